#!/usr/bin/env python3
"""Runs the fuzz targets, one after the other, and says what they found.

    fuzz.py --programs FOLDER [--seconds N] [--keep] [TARGET...]

New inputs stay in FOLDER/../corpus/TARGET and serve the next run; what breaks a promise is kept in FOLDER/../findings.
With --keep, new inputs that reach more code than tests/fuzz/corpus does are put there, the smallest first. Ends with 1
when something was found.
"""

import argparse
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

FOLDER = pathlib.Path(__file__).resolve().parent
FILES_MAX = 60  # of one target in tests/fuzz/corpus
SIZE_MAX = 1000  # bytes of an input that is put there
INPUT_SIZE_MAX = 4096
SECONDS_PER_INPUT = 20
MEMORY_MAX_MIB = 2048


class Target:
    """One program and the folders it works with."""

    def __init__(self, programs, name):
        self.name = name
        self.program = programs / f"{name}_fuzz"
        self.seeds = FOLDER / "corpus" / name
        self.corpus = programs.parent / "corpus" / name
        self.findings = programs.parent / "findings"
        self.seeds.mkdir(parents=True, exist_ok=True)
        self.corpus.mkdir(parents=True, exist_ok=True)
        self.findings.mkdir(parents=True, exist_ok=True)

    def run(self, *arguments):
        """Runs the program; its exit status and what it said."""
        process = subprocess.run([self.program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                 check=False)
        return process.returncode, process.stdout.decode("utf-8", "replace")

    def fuzz(self, seconds):
        """Fuzzes for so long; prints a line of the table and is true when nothing was found."""
        arguments = [f"-max_total_time={seconds}", f"-timeout={SECONDS_PER_INPUT}", f"-rss_limit_mb={MEMORY_MAX_MIB}",
                     f"-max_len={INPUT_SIZE_MAX}", "-print_final_stats=1",
                     f"-artifact_prefix={self.findings}/{self.name}-"]
        dictionary = FOLDER / "dictionaries" / f"{self.name}.txt"
        if dictionary.is_file():
            arguments.append(f"-dict={dictionary}")
        status, output = self.run(*arguments, self.corpus, self.seeds)
        runs = last(r"stat::number_of_executed_units:\s*(\d+)", output) or last(r"^#(\d+)\s", output) or "0"
        edges = last(r" cov: (\d+)", output) or "0"
        print(f"{self.name:<22} {int(runs):>12,} runs {edges:>7} edges  "
              f"{'nothing found' if status == 0 else 'BROKEN'}", flush=True)
        if status != 0:
            self.report(output)
        return status == 0

    def report(self, output):
        """What was broken and how to see it again."""
        said = [line for line in output.splitlines() if re.search(r"fuzz:|ERROR:|runtime error|SUMMARY:", line)]
        print("\n".join("    " + line for line in said or output.splitlines()[-10:]))
        if artifact := last(r"Test unit written to (\S+)", output):
            print(f"    again: {self.program} {artifact}\n"
                  f"    or without a fuzzer: build/release/tests/fuzz_replay {self.name} {artifact}")

    def keep(self):
        """Puts inputs that reach new code into tests/fuzz/corpus."""
        with tempfile.TemporaryDirectory() as folder:
            self.run("-merge=1", f"-max_len={SIZE_MAX}", folder, self.seeds, self.corpus)
            known = {path.read_bytes() for path in self.seeds.iterdir()}
            new = [path for path in pathlib.Path(folder).iterdir() if path.read_bytes() not in known]
            new.sort(key=lambda path: (path.stat().st_size, path.name))
            for path in new[:max(0, FILES_MAX - len(known))]:
                shutil.copyfile(path, self.seeds / f"found_{path.name[:12]}")
        print(f"{self.name:<22} {len(list(self.seeds.iterdir())):>12} inputs in tests/fuzz/corpus", flush=True)


def last(pattern, text):
    """The group of the last match; None without one."""
    found = re.findall(pattern, text, re.MULTILINE)
    return found[-1] if found else None


def main(arguments):
    parser = argparse.ArgumentParser(prog="./dev fuzz", description="fuzzes what comes from outside")
    parser.add_argument("--programs", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=int, default=60, help="for each target; 60 when absent")
    parser.add_argument("--keep", action="store_true", help="puts inputs that reach new code into tests/fuzz/corpus")
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="all of them when absent")
    options = parser.parse_args(arguments)
    programs = options.programs.resolve()
    known = sorted(path.name.removesuffix("_fuzz") for path in programs.glob("*_fuzz"))
    for name in options.targets:
        if name not in known:
            parser.error(f"there is no target '{name}'; there are {', '.join(known)}")
    targets = [Target(programs, name) for name in options.targets or known]
    sound = [target.fuzz(options.seconds) for target in targets]
    if options.keep:
        for target in targets:
            target.keep()
    print(f"{len(targets)} targets, {sound.count(False)} broken")
    return 0 if all(sound) and targets else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
