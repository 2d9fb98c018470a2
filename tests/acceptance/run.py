#!/usr/bin/env python3
"""Runs one module of these tests for CTest and counts them one by one.

    run.py MODULE COUNTS

Writes the counts to the file COUNTS, as tests/count_tests.py reads them. ELITBUZZ_SYNC_TEST_FILTER in the environment
chooses the tests whose name contains it. Ends with 0, with 1 if a test failed, and with 77 if all were skipped or none
was chosen.
"""

import json
import os
import pathlib
import sys
import unittest

SKIPPED = 77


class Result(unittest.TextTestResult):
    passed = 0

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1


def main(module, counts):
    loader = unittest.defaultTestLoader
    loader.testNamePatterns = [f"*{os.environ.get('ELITBUZZ_SYNC_TEST_FILTER', '')}*"]
    tests = loader.discover(str(pathlib.Path(__file__).parent), pattern=f"{module}.py")
    result = unittest.TextTestRunner(resultclass=Result).run(tests)
    failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    pathlib.Path(counts).write_text(json.dumps({"passed": result.passed, "failed": failed}), encoding="utf-8")
    return 1 if failed else 0 if result.passed else SKIPPED


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
