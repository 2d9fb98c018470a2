"""Reads the list of mutants that change nothing anybody could see."""

FIELDS = ("file", "line", "change", "because")


def read_equivalents(path):
    """The reasons by the identity of a mutant. An entry is the lines `file:`, `line:`, `change:`, `because:`, in that
    order, and `place: N` before the reason if the change is not the first of its kind in equal lines of the file."""
    reasons, entry = {}, {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, found, value = line.partition(": ")
        if not found or name not in (*FIELDS, "place"):
            raise ValueError(f"{path}:{number}: not one of {', '.join(FIELDS)}: {line}")
        entry[name] = value.strip()
        if name == "because":
            missing = [field for field in FIELDS if field not in entry]
            if missing:
                raise ValueError(f"{path}:{number}: an entry without {', '.join(missing)}")
            reasons[entry["file"], entry["line"], entry["change"], int(entry.get("place", 1))] = entry["because"]
            entry = {}
    if entry:
        raise ValueError(f"{path}: the last entry has no reason")
    return reasons
