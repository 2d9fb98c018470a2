#!/usr/bin/env python3
"""Changes core/ in small ways, one at a time, and looks whether the unit tests notice.

    mutate.py [--files GLOB] [--sample N] [--seed N] [--jobs N] [--properties N] [--again] [--commit REVISION]
              [--build FOLDER]

A change that no test notices ("survives") is a behaviour that nobody has asked for, or that nobody checks. Ends with 0
if at least 90 % of the changes that compile are noticed ("killed"). The work tree is never touched.
"""

import argparse
import fnmatch
import json
import pathlib
import queue
import random
import sys
import threading
import time
from collections import Counter

from equivalents import read_equivalents
from mutants import mutants_of
from test_bed import BedError, TestBed

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCORE_MIN = 0.9
# Defaults of the configuration are checked against its reference by tests/config.
EXCLUDED = ("core/simulator/*", "core/options.hpp")


def arguments_from(words):
    parser = argparse.ArgumentParser(prog="./dev mutate", description=__doc__.split("\n\n")[0])
    parser.add_argument("--files", metavar="GLOB", default="core/*", help="only these files, for example 'core/fetch/pager*'")
    parser.add_argument("--sample", metavar="N", type=int, default=400, help="so many mutants; 0: all (default 400)")
    parser.add_argument("--seed", metavar="N", type=int, default=1, help="chooses the sample (default 1)")
    parser.add_argument("--jobs", metavar="N", type=int, default=2, help="at once (default 2)")
    parser.add_argument("--properties", metavar="N", type=int, default=0,
                        help="run tests/properties too, with N cases each (default: not)")
    parser.add_argument("--again", action="store_true",
                        help="only those that survived or were not reached in the run before")
    parser.add_argument("--commit", metavar="REVISION", help="of this state of the project, not of the work tree")
    parser.add_argument("--build", metavar="FOLDER", type=pathlib.Path, default=ROOT / "build" / "mutation")
    return parser.parse_args(words)


def chosen_files(root, pattern):
    for path in sorted((root / "core").rglob("*.[ch]pp")):
        name = path.relative_to(root).as_posix()
        if fnmatch.fnmatch(name, pattern) and not any(fnmatch.fnmatch(name, each) for each in EXCLUDED):
            yield name


def sample_of(mutants_by_file, count, seed):
    """`count` mutants, each file with its share and at least one."""
    total = sum(map(len, mutants_by_file.values()))
    if count <= 0 or count >= total:
        return [mutant for mutants in mutants_by_file.values() for mutant in mutants]
    shuffled = {path: random.Random(f"{seed}:{path}").sample(mutants, len(mutants))
                for path, mutants in mutants_by_file.items() if mutants}
    # The place of a mutant in the queue of its file, as a share of that file: taking the smallest serves all files.
    ranked = [((place + 0.5) / len(mutants) if place else 0.0, mutant)
              for mutants in shuffled.values() for place, mutant in enumerate(mutants)]
    ranked.sort(key=lambda pair: (pair[0], pair[1].path, pair[1].start))
    return sorted((mutant for _, mutant in ranked[:count]), key=lambda mutant: (mutant.path, mutant.start))


def judge_all(bed, mutants, jobs, note):
    """Judges them in an order that has all files at every point, and hands each mutant and verdict to `note`."""
    waiting, counted = queue.SimpleQueue(), []
    for mutant in random.Random(0).sample(mutants, len(mutants)):
        waiting.put(mutant)

    def work(worker):
        while True:
            try:
                mutant = waiting.get_nowait()
            except queue.Empty:
                return
            verdict = bed.judge(mutant, worker)
            note(mutant, verdict)
            counted.append(verdict)
            if verdict.word == "survived":
                print(f"survived: {mutant.describe()}", file=sys.stderr, flush=True)
            if len(counted) % 25 == 0:
                print(f"mutation: {len(counted)} of {len(mutants)}", file=sys.stderr, flush=True)

    workers = [threading.Thread(target=work, args=(number,)) for number in range(jobs)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if len(counted) < len(mutants):
        raise BedError(f"{len(mutants) - len(counted)} mutants were not judged")


class LastRun:
    """The verdicts of the run before, by what tells a mutant from others."""

    def __init__(self, folder):
        self.file = folder / "last.json"
        self.lock = threading.Lock()

    def read(self):
        if not self.file.exists():
            raise BedError("there was no run before")
        return {tuple(entry["mutant"]): entry["verdict"] for entry in json.loads(self.file.read_text(encoding="utf-8"))}

    def write(self, verdicts):
        """After each verdict, so that a run that is ended early can be gone on with by --again."""
        entries = [{"mutant": identity, "verdict": word} for identity, word in verdicts.items()]
        self.file.write_text(json.dumps(entries, indent=1), encoding="utf-8")


def report(mutants, words, equivalents):
    """Prints the result; `words` are the verdicts by the mutants' identities. Returns the score."""
    counts = Counter(words[mutant.identity()] for mutant in mutants)
    survivors = [mutant for mutant in mutants if words[mutant.identity()] == "survived"]
    by_file = {}
    for mutant in mutants:
        by_file.setdefault(mutant.path, Counter())[words[mutant.identity()]] += 1
    for path, count in by_file.items():
        print(f"{path:40} killed {count['killed']:4}  survived {count['survived']:3}"
              f"  not compiled {count['not compiled']:3}")
    for mutant in survivors:
        print(f"survived: {mutant.describe()}")
    compiled = counts["killed"] + counts["survived"]
    score = counts["killed"] / compiled if compiled else 0.0
    print(f"{compiled} mutants: killed {counts['killed']}, survived {counts['survived']}, score {100 * score:.1f} %;"
          f" not compiled {counts['not compiled']}, equivalent by tests/mutation/equivalents.txt {equivalents}")
    return score


def main(words):
    arguments = arguments_from(words)
    folders = ["tests/core"] + (["tests/properties"] if arguments.properties else [])
    bed = TestBed(ROOT, arguments.build, arguments.jobs, folders, arguments.properties or 1)
    last = LastRun(arguments.build)
    began = time.monotonic()
    try:
        bed.build(arguments.commit)
        print(f"mutation: the tests of {', '.join(folders)} take {bed.seconds:.1f} s", file=sys.stderr)
        equivalents = read_equivalents(pathlib.Path(__file__).with_name("equivalents.txt"))
        by_file = {path: mutants_of(path, (bed.tree / path).read_text(encoding="utf-8"))
                   for path in chosen_files(bed.tree, arguments.files)}
        everything = sum(map(len, by_file.values()))
        identities = {mutant.identity() for mutants in by_file.values() for mutant in mutants}
        for path, line, change, _ in equivalents:
            if path in by_file and not any(each[:3] == (path, line, change) for each in identities):
                print(f"mutation: equivalents.txt names a line that is gone: {path}: {line}", file=sys.stderr)
        if arguments.again:
            verdicts = last.read()
            sample = [mutant for mutants in by_file.values() for mutant in mutants if mutant.identity() in verdicts]
        else:
            verdicts = {}
            sample = sample_of(by_file, arguments.sample, arguments.seed)
        living = [mutant for mutant in sample if mutant.identity() not in equivalents]
        open_ones = [mutant for mutant in living if verdicts.get(mutant.identity()) in (None, "survived")]

        def note(mutant, verdict):
            with last.lock:
                verdicts[mutant.identity()] = verdict.word
                last.write(verdicts)

        for mutant in open_ones:
            verdicts[mutant.identity()] = "survived"
        judge_all(bed, open_ones, arguments.jobs, note)
    except BedError as error:
        print(f"mutation: {error}", file=sys.stderr)
        return 2
    print(f"mutation: {len(sample)} of {everything} mutants in {len(by_file)} files, seed {arguments.seed},"
          f" {time.monotonic() - began:.0f} s")
    return 0 if report(living, verdicts, len(sample) - len(living)) >= SCORE_MIN else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
