#!/usr/bin/env python3
"""Kills or fails the real program at every call that leaves the process, and checks the result.

    crash.py [--binary FILE] [--libraries FOLDER] [--points N] [--faults N] [--allocations N] [--seeds K] [--seed S]
             [--jobs J] [--filter TEXT] [--list] [--counts FILE]
    crash.py --point NAME [--second NAME] [--keep]

A reference run of each plot (tests/crash/world.py) lists its calls. Of these, `--points` deaths are tried: SIGKILL
before, in the middle of or after that call, then again at another call while the next start recovers, then a clean
pass; `--faults` system calls that fail once with an error number or move half of the bytes; `--allocations` that find
no memory. `all` tries each. In the end the source, `messages_v1`, the CRM and the file sink must hold the same, each
message exactly once and in order. Each failure prints the command that repeats it alone. Only Python's standard
library is needed.
"""

import argparse
import json
import multiprocessing
import os
import pathlib
import re
import resource
import sys
import time
from collections import Counter

ROOT = pathlib.Path(__file__).resolve().parents[2]
SEED = 20260131


def arguments_of(words):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    count = lambda text: sys.maxsize if text == "all" else int(text)  # noqa: E731
    parser.add_argument("--binary", default=str(ROOT / "build" / "release" / "elitbuzz-sync"))
    parser.add_argument("--libraries", help="the folder of the preloaded libraries; default: tests/ beside the program")
    for name in ("points", "faults", "allocations"):
        parser.add_argument(f"--{name}", type=count, default=0, metavar="N")
    parser.add_argument("--seeds", type=int, default=1, help="so many rounds of --points, each chosen by another seed")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--filter", default=os.environ.get("ELITBUZZ_SYNC_TEST_FILTER", ""),
                        help="only points whose name contains this")
    parser.add_argument("--counts", type=pathlib.Path, metavar="FILE",
                        help="where to write the counts for tests/count_tests.py; ends with 77 if nothing was tried")
    parser.add_argument("--list", action="store_true", help="prints the names of the chosen points and ends")
    parser.add_argument("--point", help="tries this one alone")
    parser.add_argument("--second", help="where the next life after --point is killed")
    parser.add_argument("--keep", action="store_true", help="keeps the directory of --point")
    return parser.parse_args(words)


ARGUMENTS = arguments_of(sys.argv[1:])
os.environ["ELITBUZZ_SYNC_BINARY"] = str(pathlib.Path(ARGUMENTS.binary).resolve())

from points import DEATHS, FAULTS, PLACES, Call, Point, in_all, read_calls, spread, with_deeds  # noqa: E402
from trial import Libraries, list_allocations, list_calls, second_point, try_point  # noqa: E402
from world import WORLDS  # noqa: E402

LIBRARIES = Libraries(ARGUMENTS.libraries or pathlib.Path(ARGUMENTS.binary).parent / "tests")


class Points:
    """All points of the reference runs."""

    def __init__(self, allocations):
        self.deaths, self.faults, self.memory, self.recoveries = [], [], [], {}
        self.calls = 0
        for plot in WORLDS:
            calls = in_all([read_calls(list_calls(LIBRARIES, plot)) for _ in range(2)])
            self.calls += len(calls)
            self.deaths += with_deeds("kill", plot, calls, DEATHS)
            self.faults += with_deeds("fault", plot, calls, FAULTS)
            self.recoveries[plot] = self._recovery(plot, calls)
            if allocations:
                self.memory += [Point("memory", plot, number) for number in list_allocations(LIBRARIES, plot)]

    @staticmethod
    def _recovery(plot, calls):
        """The points of the run that follows one which was killed during its work."""
        writes = [call for call in calls if (call.kind, call.place) == ("write", "wal")]
        middle = Point("kill", plot, writes[len(writes) // 2], "half")
        return with_deeds("kill", plot, read_calls(list_calls(LIBRARIES, plot, kill=middle)), DEATHS)


def can_match(text):
    """Whether the name of any point can contain the text: listing the points takes seconds."""
    text = re.sub(r"\d+", "1", text)
    deeds = {"kill": DEATHS, "fault": FAULTS}
    names = [Point(what, plot, Call(kind, place, 1), deed).name for what in deeds for plot in WORLDS
             for kind, some in deeds[what].items() for place in PLACES for deed in some]
    return any(text in name for name in names + [Point("memory", plot, 1).name for plot in WORLDS])


def chosen_of(points, arguments):
    """Pairs of a point and the second death."""
    pairs = []
    for seed in range(arguments.seed, arguments.seed + arguments.seeds):
        for some, count in ((points.deaths, arguments.points), (points.faults, arguments.faults),
                            (points.memory, arguments.allocations)):
            if seed > arguments.seed and some is not points.deaths:
                continue  # they have no second point that another seed would change
            for point in spread(some, count, seed):
                second = second_point(point, points.recoveries[point.plot], seed) if point.what == "kill" else None
                pairs.append((point, second))
    return [(point, second) for point, second in pairs if arguments.filter in point.name]


def work(pair):
    return try_point(LIBRARIES, *pair)


def try_all(pairs):
    outcomes = []
    with multiprocessing.get_context("spawn").Pool(ARGUMENTS.jobs) as pool:
        for outcome in pool.imap_unordered(work, pairs):
            outcomes.append(outcome)
            if outcome.wrong:
                tell(outcome)
        pool.close()
        pool.join()
    return outcomes


def replay_command(outcome):
    second = f" --second {outcome.second.name}" if outcome.second else ""
    return f"python3 -B tests/crash/crash.py --binary {ARGUMENTS.binary} --point {outcome.point.name}{second}"


def tell(outcome):
    print(f"FAIL: {outcome.point.name}\n  " + "\n  ".join(line.replace("\n", "\n  ") for line in outcome.wrong))
    print(f"  again: {replay_command(outcome)}", flush=True)


def summary(points, outcomes, seconds):
    of = Counter(outcome.point.what for outcome in outcomes)
    kills = [outcome for outcome in outcomes if outcome.point.what == "kill"]
    distinct = {outcome.point for outcome in kills if outcome.reached}
    others = [outcome for outcome in outcomes if outcome.point.what != "kill"]
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(usage.ru_utime + usage.ru_stime for usage in spent)
    yield (f"points: {points.calls} calls in {len(WORLDS)} plots; {len(points.deaths)} deaths, {len(points.faults)} "
           f"faults, {len(points.memory)} allocations to choose from")
    yield (f"kills: {of['kill']} tried, {len(distinct)} distinct points died at, "
           f"{sum(o.second_reached for o in kills)} died again while recovering; "
           f"{sum(o.repeats for o in kills)} batches came again to the CRM, all under the same key"
           if not any(o.wrong for o in kills) else f"kills: {of['kill']} tried, "
           f"{sum(bool(o.wrong) for o in kills)} ended wrong")
    for what in ("fault", "memory"):
        met = Counter(o.status for o in others if o.point.what == what and o.reached)
        yield (f"{what}: {of[what]} tried, {sum(met.values())} met; exit statuses "
               + (", ".join(f"{status}: {count}" for status, count in sorted(met.items())) or "none"))
    yield f"cost: {seconds:.0f} s, {cpu:.0f} s of processor time, {cpu / max(1, len(outcomes)):.2f} s a point"


def main():
    begin = time.monotonic()
    if ARGUMENTS.point:
        second = Point.parse(ARGUMENTS.second) if ARGUMENTS.second else None
        outcome = try_point(LIBRARIES, Point.parse(ARGUMENTS.point), second, ARGUMENTS.keep)
        if outcome.wrong:
            tell(outcome)
        print(f"{'reached' if outcome.reached else 'not reached'}, status {outcome.status}: "
              f"{'WRONG' if outcome.wrong else 'as it should be'}")
        return 1 if outcome.wrong else 0
    points, pairs = None, []
    if can_match(ARGUMENTS.filter):
        points = Points(ARGUMENTS.allocations)
        pairs = chosen_of(points, ARGUMENTS)
    if ARGUMENTS.list:
        print("\n".join(point.name for point, _ in pairs))
        return 0
    outcomes = []
    if pairs:
        outcomes = try_all(pairs)
    failures = sum(bool(outcome.wrong) for outcome in outcomes)
    seconds = time.monotonic() - begin
    if outcomes:
        print("\n".join(summary(points, outcomes, seconds)))
    print(f"{len(outcomes)} points tried, {failures} failed, in {seconds:.1f} s")
    if ARGUMENTS.counts:
        ARGUMENTS.counts.write_text(json.dumps({"passed": len(outcomes) - failures, "failed": failures}),
                                    encoding="utf-8")
        if not outcomes:
            return 77
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
