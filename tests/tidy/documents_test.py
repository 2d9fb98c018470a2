"""Checks what can be checked of the documents without the program: links, anchors, exit statuses, events, files."""

import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DOCUMENTS = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "config/crm/README.md",
             "config/crm/PRESETS.md", "tests/acceptance/README.md", "tests/openapi/README.md",
             *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")))
LINE_MAX = 120
FOLDERS = ("core", "storage", "config", "daemon", "systemd", "tests")


def text_of(name):
    return (ROOT / name).read_text(encoding="utf-8")


def prose(text):
    """Without the blocks of code, whose `#` and `[` mean something else."""
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def anchors(text):
    """The anchors of a document's headings, as they are usually made."""
    headings = re.findall(r"^#+ (.+)$", prose(text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(name, text):
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(text)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        linked = (ROOT / name).parent / path if path else ROOT / name
        if not linked.exists():
            broken.append(f"{target}: there is no such file")
        elif anchor and anchor not in anchors(text if not path else linked.read_text(encoding="utf-8")):
            broken.append(f"{target}: there is no such heading")
    return broken


def table(text, first_heading):
    """The first cells of the table whose first heading is this."""
    rows = re.search(rf"^\| {first_heading} \|.*\n\| ---.*\n((?:\|.*\n)+)", text, re.MULTILINE)
    return re.findall(r"^\| `?([^|`]+?)`? \|", rows.group(1), re.MULTILINE) if rows else []


def suites():
    """The suites of the C++ tests: each with the path of its file."""
    macro = re.compile(r"^\s*TEST(?:_F|_P)?\(\s*(\w+)", re.MULTILINE)
    return {suite: path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("*.cpp")
            for suite in macro.findall(path.read_text(encoding="utf-8"))}


class Documents(unittest.TestCase):
    def test_every_relative_link_leads_somewhere(self):
        for name in DOCUMENTS:
            self.assertEqual(broken_links(name, text_of(name)), [], name)

    def test_every_page_of_docs_is_linked(self):
        linked = set(re.findall(r"\]\((docs/[\w-]+\.md)", text_of("README.md") + text_of("ARCHITECTURE.md")))
        pages = {name for name in DOCUMENTS if name.startswith("docs/")}
        self.assertGreater(len(pages), 3)
        self.assertEqual(pages - linked, set())

    def test_a_broken_link_would_be_seen(self):
        text = "# One\n[a](nowhere.md) [b](#two) [c](#one) [d](README.md#no-such-heading) [e](https://example.com)"
        self.assertEqual(len(broken_links("README.md", text)), 3)

    def test_prose_has_no_overlong_lines(self):
        for name in DOCUMENTS:
            long = [line for line in prose(text_of(name)).splitlines()
                    if len(line) > LINE_MAX and not line.startswith(("|", "- `"))]
            self.assertEqual(long, [], name)

    def test_the_exit_statuses_are_those_of_the_code(self):
        code = set(re.findall(r"inline constexpr int exit_\w+ = (\d+);", text_of("daemon/system/exit_status.hpp")))
        self.assertTrue(code)
        self.assertEqual(set(table(text_of("README.md"), "exit")), code)

    def test_every_event_to_alert_on_exists_and_is_written(self):
        known = set(table(text_of("daemon/log/EVENTS.md"), "event"))
        alerts = re.search(r"^\| alert on \|.*\n\| ---.*\n((?:\|.*\n)+)", text_of("README.md"), re.MULTILINE).group(1)
        named = {word for line in alerts.splitlines() for word in re.findall(r"`([a-z]+(?:_[a-z]+)*)`", line.split("|")[1])}
        self.assertGreater(len(named), 5)
        self.assertEqual(named - known, set())
        source = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "daemon").rglob("*.cpp")
                         if path.name != "event.cpp")
        unwritten = {event for event in named if not re.search(rf"\bEvent::{event}\b", source)}
        self.assertEqual(unwritten - {"log_failed"}, set())

    def test_every_file_that_is_named_exists(self):
        for name in DOCUMENTS:
            for path in re.findall(r"`([\w./]+\.(?:cpp|hpp|py|md|yaml|json|sql))`", text_of(name)):
                if path.startswith(tuple(f"{folder}/" for folder in FOLDERS)) and "NNNN" not in path:
                    self.assertTrue((ROOT / path).exists(), f"{name} names {path}")

    def test_every_verb_of_dev_that_is_named_exists(self):
        verbs = re.search(r"^    ((?:\w+ \| )+\w+)\) \"verb_\$1\"", text_of("dev"), re.MULTILINE).group(1).split(" | ")
        for name in DOCUMENTS:
            for verb in re.findall(r"\./dev ([a-z]+)", text_of(name)):
                self.assertIn(verb, verbs, name)

    def test_every_test_that_is_named_exists(self):
        files = [ROOT / name for name in DOCUMENTS] + [*(ROOT / "tests").rglob("*_test.cpp"), ROOT / "daemon/log/event.cpp"]
        named = {name for file in files for name in re.findall(r"\./dev test (\w+)", file.read_text(encoding="utf-8"))}
        self.assertGreater(len(named), 5)
        self.assertEqual({name for name in named if not any(name in suite for suite in suites())}, set())

    def test_every_suite_with_threads_is_built_with_tsan(self):
        pattern = re.search(r"^tests_threads='(.+?)'\\\n'(.+)'$", text_of("dev"), re.MULTILINE)
        names = re.fullmatch(r"\(\^\|/\)\(([\w|]+)\)Test\\\.", "".join(pattern.groups())).group(1).split("|")
        known = suites()
        self.assertGreater(len(names), 10)
        folders = tuple(f"tests/{name}/" for name in re.findall(r"(\w+)_test\b", re.search(
            r"^targets_threads=\((.+)\)$", text_of("dev"), re.MULTILINE).group(1)))
        self.assertEqual([name for name in names if not known.get(f"{name}Test", "").startswith(folders)], [])


if __name__ == "__main__":
    unittest.main()
