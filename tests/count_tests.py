#!/usr/bin/env python3
"""Counts what CTest ran: the last line of `./dev test`.

    count_tests.py REPORT STATUS

REPORT is what `ctest --output-junit` wrote, or nothing if CTest was not reached; STATUS its exit status. A test that
counts its own has them in the file REPORT's folder/counts/NAME.json and stands for so many. Skipped ones do not count.
Ends with 0 if tests passed and none failed.
"""

import json
import pathlib
import sys
import xml.etree.ElementTree as xml


def counts_of(case, folder):
    """How many tests passed and failed in one test of CTest."""
    failed = case.find("failure") is not None
    if not failed and case.get("status") != "run":
        return 0, 0
    own = folder / f"{case.get('name')}.json"
    if own.exists():
        counts = json.loads(own.read_text(encoding="utf-8"))
        return counts["passed"], max(counts["failed"], failed)
    return int(not failed), int(failed)


def main(report, status):
    report, status = pathlib.Path(report), int(status)
    passed = failed = 0
    if report.exists():
        counts = [counts_of(case, report.parent / "counts") for case in xml.parse(report).iter("testcase")]
        passed, failed = (sum(column) for column in zip((0, 0), *counts))
        if passed + failed == 0 and status == 0:
            print("dev: no test matches", file=sys.stderr)
    # A test program that could not be started is no failure in the report, but it is one in the exit status.
    failed = failed or int(status != 0)
    print(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
