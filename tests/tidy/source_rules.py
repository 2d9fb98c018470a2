#!/usr/bin/env python3
"""Checks what the compiler does not: who may include whom, and the rules of the house.

    source_rules.py [ROOT]

Prints `file:line: what is wrong` for each violation and ends with 1 if there is any.
"""

import os
import pathlib
import re
import sys

import coroutine_law

PRODUCT = ("core", "storage", "config", "daemon")
VALUES = ("core", "core/text")
DAEMON_PARTS = ("daemon/http", "daemon/log", "daemon/system", "daemon/time")
# Every room of the product and the rooms it may include; CMake links the same ones. `fetch` and `delivery` never meet,
# `http` knows no meaning, and only verbs and rehearsals see the simulator.
ROOMS = {
    "core": (),
    "core/text": ("core",),
    "core/fetch": VALUES,
    "core/elitbuzz": (*VALUES, "core/fetch"),
    "core/delivery": VALUES,
    "core/crm": (*VALUES, "core/delivery"),
    "core/status": VALUES,
    "core/simulator": (*VALUES, "core/simulator/crms"),
    "core/simulator/crms": (*VALUES, "core/simulator"),
    "storage/files": (),
    "storage/memory_disk": ("core",),
    "storage": (*VALUES, "core/fetch", "core/delivery", "core/status", "storage/files", "storage/memory_disk"),
    "config/yaml": (*VALUES, "storage/files"),
    "config/presets": (*VALUES, "core/crm", "config/yaml"),
    "config/options": (*VALUES, "config/yaml", "config/presets"),
    "config": (*VALUES, "core/crm", "config/yaml", "config/presets", "config/options"),
    "daemon/time": ("core",),
    "daemon/http": (*VALUES, "daemon/time"),
    "daemon/log": (*VALUES, "storage/files"),
    "daemon/system": (*VALUES, "config", "storage", "storage/files", "daemon/time"),
    "daemon/fetch": (*VALUES, "core/elitbuzz", "core/fetch", "storage", *DAEMON_PARTS),
    "daemon/delivery": (*VALUES, "core/crm", "core/delivery", "storage", "storage/files", *DAEMON_PARTS),
    "daemon": (*VALUES, "core/crm", "core/status", "config", "storage", "daemon/delivery", "daemon/fetch", *DAEMON_PARTS),
    "daemon/rehearsal": (*VALUES, "core/crm", "core/simulator", "core/simulator/crms", "config/yaml", "storage", "storage/memory_disk", "daemon",
                         "daemon/delivery", *DAEMON_PARTS),
    "daemon/commands": (*VALUES, "core/crm", "core/delivery", "core/fetch", "core/simulator", "core/status", "config", "config/options",
                        "config/presets", "config/yaml", "storage", "daemon", "daemon/delivery", "daemon/rehearsal",
                        *DAEMON_PARTS),
}
SQLITE_FILES = ("storage/sqlite.cpp", "storage/sqlite.hpp", "storage/memory_disk/memory_disk_vfs.cpp")
SKIPPED_FOLDERS = {".git", "build", "__pycache__", ".cache"}
LINES_MAX = 800
BANNED_NAMES = {"util", "utils", "common", "helper", "helpers", "base", "misc"}
TEXT_SUFFIXES = {".cpp", ".hpp", ".py", ".sql", ".txt", ".md", ".yaml", ".yml", ".json", ".sh", ".service", ""}
# Written in two parts, so that this file does not violate its own rule.
UNFINISHED = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')
SUITE = re.compile(r"^\s*TEST(?:_F|_P)?\(\s*(\w+)", re.MULTILINE)
TYPE = re.compile(r"^\s*(?:class|struct|enum class) ([A-Z]\w*)", re.MULTILINE)


def is_code(path):
    return path.suffix in (".cpp", ".hpp")


def room_of(path):
    """The innermost folder of ROOMS that holds the file; "" for a file that stands in none."""
    folder = path
    while "/" in folder:
        folder = folder.rsplit("/", 1)[0]
        if folder in ROOMS:
            return folder
    return ""


def may_include(path, included):
    """Whether the product's file `path` may include the project's file `included`."""
    room, other = room_of(path), room_of(included)
    if other == "" or path == "daemon/main.cpp":
        return other in ("daemon", "daemon/commands", "daemon/system")
    return other == room or other in ROOMS.get(room, ())


def include_violations(path, lines, exists):
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        quoted, name = match.group(1) == '"', match.group(2)
        product = path.split("/")[0] in PRODUCT
        if quoted and not exists(name):
            yield number, f'"{name}" is no file of the project; includes are written from the root'
        elif quoted and product and not may_include(path, name):
            yield number, f"{room_of(path)}/ may not include {name}"
        elif product and name == "sqlite3.h" and not path.startswith(SQLITE_FILES):
            yield number, "sqlite3.h is for storage/sqlite.cpp, sqlite.hpp and memory_disk_vfs.cpp alone"
        elif product and name in ("cctype", "ctype.h", "cwctype"):
            yield number, f"<{name}> depends on the locale: use core/ascii.hpp"
        elif path.startswith("core/") and re.match(r"boost/(asio|beast)|spdlog/|iostream$|thread$|sys/socket", name):
            yield number, f"core/ does no I/O and never waits: <{name}>"


PHRASES = [
    # (applies to, pattern, what is wrong)
    (lambda path: path.startswith(("core/", "tests/")) and is_code(pathlib.PurePath(path)),
     re.compile(r"\bthis_thread::sleep|\b(?:u|nano)sleep\s*\("), "nothing here sleeps: time is an argument"),
    (lambda path: path.startswith("core/"),
     re.compile(r"\b(?:system|steady|high_resolution)_clock::now\b|\bstd::time\s*\(|\bclock_gettime\b"),
     "core/ reads no clock: time is an argument"),
    (lambda path: path.startswith("core/"), re.compile(r"\bstd::(?:cout|cerr|clog|cin|random_device)\b"),
     "core/ does no I/O: values in, values out"),
]


def code_violations(path, text):
    code = coroutine_law.without_comments_and_texts(text)
    for applies, pattern, what in PHRASES:
        if applies(path):
            for match in pattern.finditer(code):
                yield code.count("\n", 0, match.start()) + 1, what
    yield from coroutine_law.violations(text)


def subjects_of(path, text):
    """The names that a suite may begin with because of this header of the product: its own and those of its types."""
    return {file_subject(path), *TYPE.findall(text)}


def file_subject(path):
    """`core/text/time_text.hpp` and `tests/core/text/time_text_test.cpp` are about TimeText."""
    stem = pathlib.PurePath(path).stem.removesuffix("_test")
    return "".join(word[:1].upper() + word[1:] for word in stem.split("_"))


def begins_with(suite, subject):
    """Whether the words of `suite` begin with those of `subject`; the file `hubspot` holds HubSpot."""
    return suite.lower().startswith(subject.lower()) and not suite[len(subject):][:1].islower()


def suite_violations(path, text, subjects):
    for match in SUITE.finditer(text):
        suite, line = match.group(1), text.count("\n", 0, match.start(1)) + 1
        if not suite.endswith("Test"):
            yield line, f"the suite {suite} does not end in Test"
        elif not any(begins_with(suite, subject) for subject in (file_subject(path), *subjects)):
            yield line, f"the suite {suite} is named after no class or file of the product and not after its own file"


def name_violations(path):
    for part in pathlib.PurePath(path).parts:
        stem = part.split(".")[0]
        if stem in BANNED_NAMES or re.search(r"_(?:utils?|helpers?|misc)$", stem):
            yield 1, f"'{part}' says nothing: name it after what it holds"


def violations(path, text, exists, subjects=()):
    """Pairs of line number and what is wrong, for one file of the project with its path from the root.

    `exists` tells whether a path from the root is a file; `subjects` are the names of `subjects_of` the whole product.
    """
    lines = text.splitlines()
    yield from name_violations(path)
    if len(lines) > LINES_MAX and (path == "dev" or path.endswith((".cpp", ".hpp", ".py", ".sql"))):
        yield LINES_MAX + 1, f"{len(lines)} lines: a file past {LINES_MAX} wants to be two"
    for number, line in enumerate(lines, 1):
        if UNFINISHED.search(line):
            yield number, "unfinished work is not left in the code"
    if is_code(pathlib.PurePath(path)):
        yield from include_violations(path, lines, exists)
        yield from code_violations(path, text)
    if path.startswith("tests/") and path.endswith(".cpp"):
        yield from suite_violations(path, text, subjects)


def project_files(root):
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in SKIPPED_FOLDERS)
        for name in sorted(files):
            path = pathlib.Path(folder, name)
            if path.suffix in TEXT_SUFFIXES and name not in ("LICENSE", ".git"):
                yield path


def main(arguments):
    root = pathlib.Path(arguments[0] if arguments else pathlib.Path(__file__).parents[2]).resolve()
    count = 0
    subjects = {subject for room in ROOMS for header in (root / room).glob("*.hpp")
                for subject in subjects_of(header, header.read_text(encoding="utf-8"))}
    for file in project_files(root):
        path = file.relative_to(root).as_posix()
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a fixture of bytes, not a text
        for line, what in violations(path, text, lambda name: (root / name).is_file(), subjects):
            print(f"{path}:{line}: {what}")
            count += 1
    print(f"source rules: {count} violations" if count else "source rules: kept")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
