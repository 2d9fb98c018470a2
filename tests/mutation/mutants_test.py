#!/usr/bin/env python3
"""Tests the list of mutants: what is changed, and what is left alone."""

import pathlib
import tempfile
import unittest

from equivalents import read_equivalents
from mutants import mutants_of
from mutate import sample_of

CODE = """#include <vector>
namespace elit {
static_assert(1 < 2);
// a < b
bool less(const std::vector<int>& a, int b) {
  int sum = 0;
  for (const int each : a) {
    sum += each;
  }
  if (!a.empty() && sum < b) {
    note(sum);
    return true;
  }
  check(sum > 0, "a < b");
  return false;
}
}  // namespace elit
"""


def changes_in(code):
    return [(mutant.line, mutant.change) for mutant in mutants_of("core/less.cpp", code)]


class Mutants(unittest.TestCase):
    def test_change_operators_constants_and_conditions_and_remove_statements(self):
        changes = changes_in(CODE)
        for expected in ((6, "`0` -> `1`"), (8, "`+=` -> `-=`"), (8, "`sum += each;` removed"), (10, "`!` removed"),
                         (10, "`&&` -> `||`"), (10, "`<` -> `<=`"), (11, "`note(sum);` removed"),
                         (12, "`true` -> `false`"), (14, "`>` -> `>=`"), (15, "`false` -> `true`"),
                         (10, "`!a.empty() && sum < b` -> `!(!a.empty() && sum < b)`")):
            self.assertIn(expected, changes)

    def test_leave_comments_texts_templates_checks_and_what_only_the_compiler_reads(self):
        changes = changes_in(CODE)
        self.assertFalse([change for change in changes if change[0] in (1, 2, 3, 4, 5)])
        self.assertNotIn((14, "`<` -> `<=`"), changes)
        self.assertFalse([change for line, change in changes if line == 14 and "removed" in change])

    def test_are_one_change_of_the_text(self):
        for mutant in mutants_of("core/less.cpp", CODE):
            changed = mutant.applied_to(CODE)
            self.assertNotEqual(changed, CODE)
            self.assertEqual(changed[: mutant.start], CODE[: mutant.start])

    def test_swap_names_of_opposites_and_bounds_of_characters(self):
        changes = changes_in("int f() {\n  return std::min(a.front(), c == 'y' ? 0x10U : 1'000);\n}\n")
        self.assertEqual([change for _, change in changes],
                         ["`min` -> `max`", "`front` -> `back`", "`==` -> `!=`", "`'y'` -> `'z'`",
                          "`0x10U` -> `15U`", "`0x10U` -> `17U`", "`1'000` -> `1001`", "`1'000` -> `999`"])

    def test_tell_declarations_from_statements(self):
        statements = ("Row row(a);", "Row other = row;", "int i{0};", "row = other;", "a.b(c);")
        changes = changes_in("void f() {\n" + "\n".join(statements) + "\n}\n")
        self.assertEqual([change for _, change in changes if "removed" in change],
                         ["`row = other;` removed", "`a.b(c);` removed"])

    def test_know_equal_changes_of_equal_lines_apart(self):
        mutants = mutants_of("core/f.cpp", "bool f() {\n  return a < b && c < d;\n}\n" * 2)
        self.assertEqual(len({mutant.identity() for mutant in mutants}), len(mutants))


class Sample(unittest.TestCase):
    def test_has_every_file_and_is_the_same_for_the_same_seed(self):
        large = mutants_of("core/large.cpp", CODE * 20)
        by_file = {"core/large.cpp": large, "core/small.cpp": mutants_of("core/small.cpp", CODE)}
        sample = sample_of(by_file, 30, 7)
        self.assertEqual(len(sample), 30)
        self.assertEqual({mutant.path for mutant in sample}, set(by_file))
        self.assertEqual(sample, sample_of(by_file, 30, 7))
        self.assertNotEqual(sample, sample_of(by_file, 30, 8))


class Equivalents(unittest.TestCase):
    def test_are_read_with_their_reasons(self):
        with tempfile.TemporaryDirectory() as folder:
            file = pathlib.Path(folder, "equivalents.txt")
            file.write_text("# why\nfile: a.cpp\nline: x < y;\nchange: `<` -> `<=`\nbecause: never equal\n")
            self.assertEqual(read_equivalents(file), {("a.cpp", "x < y;", "`<` -> `<=`", 1): "never equal"})
            file.write_text("file: a.cpp\nbecause: no change is named\n")
            self.assertRaises(ValueError, read_equivalents, file)

    def test_of_the_project_can_be_read(self):
        self.assertTrue(read_equivalents(pathlib.Path(__file__).with_name("equivalents.txt")))


if __name__ == "__main__":
    unittest.main()
