"""A private copy of the project, built for changing one file at a time and running the unit tests of core/."""

import json
import os
import pathlib
import re
import resource
import shlex
import shutil
import subprocess
import tarfile
import tempfile
import time
from dataclasses import dataclass

COPIED = ("CMakeLists.txt", "core", "storage", "config", "daemon", "systemd", "tests")
# The tests run often and are compiled once, a changed file the other way round. Odd code is no reason to warn.
FLAGS_OF_BASE = "-O2 -g0 -w"
FLAGS_OF_CHANGED = ("-O1",)
PRECOMPILED = """
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <variant>
#include <vector>
#include <boost/json.hpp>
#include <boost/system/result.hpp>
"""
MEMORY_MAX_BYTES = 4 << 30
SLOW_SECONDS = 0.1
EXECUTABLE = "mutant_test"


class BedError(Exception):
    """The tests cannot be built, or fail without any mutant."""


@dataclass(frozen=True)
class Verdict:
    word: str  # killed, survived, not compiled
    by: str = ""  # the test that noticed, or "time limit"


def run(command, **options):
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def run_or_fail(command, **options):
    done = run(command, **options)
    if done.returncode != 0:
        raise BedError(f"{shlex.join(map(str, command))}\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
    return done


def copy_changed(source, target):
    """Makes `target` equal to `source` and leaves equal files untouched, so that they are not built again."""
    if source.is_file():
        if not target.is_file() or target.read_bytes() != source.read_bytes():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
        return
    kept = {entry.name for entry in source.iterdir() if entry.name != "__pycache__"}
    for name in kept:
        copy_changed(source / name, target / name)
    for entry in target.iterdir() if target.is_dir() else ():
        if entry.name not in kept:
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


def tests_in(report):
    """Pairs of a test's name and what GoogleTest wrote about it."""
    for suite in json.loads(report.read_text(encoding="utf-8"))["testsuites"]:
        for test in suite["testsuite"]:
            yield f"{suite['name']}.{test['name']}", test


class TestBed:
    def __init__(self, root, folder, jobs, test_folders, property_cases):
        self.root = pathlib.Path(root)
        self.folder = pathlib.Path(folder)
        self.tree = self.folder / "tree"
        self.base = self.folder / "base"
        self.jobs = jobs
        self.test_folders = ["tests/support", *test_folders]
        self.environment = dict(os.environ, ELITBUZZ_SYNC_PROPERTY_CASES=str(property_cases))
        self.compile_commands = {}
        self.dependents = {}
        self.file_of_test = {}
        self.seconds_of_test = {}
        self.seconds = 0.0

    # --- Once.
    def build(self, commit):
        if commit:
            self._copy_commit(commit)
        else:
            for name in COPIED:
                copy_changed(self.root / name, self.tree / name)
        self._keep_only_the_tests_that_run()
        run_or_fail(["cmake", "-S", self.tree, "-B", self.base, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=None",
                     f"-DCMAKE_CXX_FLAGS={FLAGS_OF_BASE}", "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON",
                     "-DCMAKE_DISABLE_PRECOMPILE_HEADERS=ON"])
        run_or_fail(["ninja", "-C", self.base, "-j", str(self.jobs), *self._targets()])
        self._read_compile_commands()
        self._read_dependents()
        self._precompile()
        self._join_tests()
        self._measure()

    def _copy_commit(self, commit):
        with tempfile.TemporaryDirectory(dir=self.folder) as unpacked:
            archive = pathlib.Path(unpacked, "project.tar")
            run_or_fail(["git", "-C", self.root, "archive", f"--output={archive}", commit, *COPIED])
            with tarfile.open(archive) as files:
                files.extractall(unpacked)
            for name in COPIED:
                copy_changed(pathlib.Path(unpacked, name), self.tree / name)

    def _keep_only_the_tests_that_run(self):
        listing = self.tree / "tests" / "CMakeLists.txt"
        kept = [line for line in listing.read_text(encoding="utf-8").splitlines()
                if not line.startswith("add_subdirectory(") or f"tests/{line[17:-1]}" in self.test_folders]
        listing.write_text("\n".join(kept) + "\n", encoding="utf-8")

    def _targets(self):
        targets = []
        for folder in self.test_folders:
            for listing in sorted((self.tree / folder).rglob("CMakeLists.txt")):
                targets += re.findall(r"elit_test_program\((\w+)", listing.read_text(encoding="utf-8"))
        return targets

    def _read_compile_commands(self):
        for entry in json.loads((self.base / "compile_commands.json").read_text(encoding="utf-8")):
            path = self._in_tree(entry["file"])
            words = shlex.split(entry["command"])
            first = next(index for index, word in enumerate(words) if re.search(r"(g|c|clang)\+\+", word))
            flags = [word for word in words[first:-4] if word not in ("-o", "-c")]
            if path:  # else it is a generated file
                self.compile_commands[path] = flags

    def _read_dependents(self):
        """Which files of core/ include a header, from what the compiler told ninja."""
        source = None
        for line in run_or_fail(["ninja", "-C", self.base, "-t", "deps"]).stdout.splitlines():
            if not line.startswith(" "):
                source = None
            elif source is None:
                source = self._in_tree(line.strip())
            else:
                header = self._in_tree(line.strip())
                if source and header and header.endswith(".hpp"):
                    self.dependents.setdefault(header, set()).add(source)

    def _in_tree(self, path):
        absolute = pathlib.Path(os.path.normpath(self.base / path))
        return absolute.relative_to(self.tree).as_posix() if absolute.is_relative_to(self.tree) else None

    def _precompile(self):
        header = self.folder / "precompiled.hpp"
        if not header.exists() or header.read_text(encoding="utf-8") != PRECOMPILED:
            header.write_text(PRECOMPILED, encoding="utf-8")
        flags = self.compile_commands["core/fetch/pager.cpp"]
        run_or_fail([*flags, *FLAGS_OF_CHANGED, "-x", "c++-header", header, "-o", f"{header}.gch"])

    def _join_tests(self):
        """All objects of the tests as one, so that the link for each mutant is short."""
        objects = []
        for folder in self.test_folders:
            objects += sorted((self.base / folder).rglob("*.o"))
        self.tests = self.folder / "tests.o"
        run_or_fail(["ld", "-r", *objects, "-o", self.tests])
        self.libraries = ["-Wl,--start-group", *sorted(self.base.rglob("libelit_*.a")), "-Wl,--end-group"]
        self.linker = next((f"-fuse-ld={name}" for name in ("mold", "lld", "gold")
                            if shutil.which(name if name == "mold" else f"ld.{name}")), None)

    def _link(self, objects, program):
        # Libraries that nothing here uses are not linked.
        system = [f"-l{name}" for name in ("gmock", "gtest", "gtest_main", "boost_json", "boost_url", "crypto", "fmt",
                                           "re2", "date-tz", "sqlite3", "yaml-cpp")]
        command = [self.compile_commands["core/fetch/pager.cpp"][0], *([self.linker] if self.linker else []), *objects,
                   self.tests, *self.libraries, "-Wl,--as-needed", *system, "-lpthread", "-o", program]
        return run(command)

    def _measure(self):
        program = self.folder / EXECUTABLE
        linked = self._link([], program)
        if linked.returncode != 0:
            raise BedError(linked.stderr[-4000:])
        listing, times = self.folder / "tests.json", self.folder / "times.json"
        run_or_fail([program, "--gtest_list_tests", f"--gtest_output=json:{listing}"])
        began = time.monotonic()
        done = run([program, "--gtest_brief=1", f"--gtest_output=json:{times}"], env=self.environment, cwd=self.folder)
        self.seconds = time.monotonic() - began
        if done.returncode != 0:
            raise BedError(f"the tests fail without any mutant:\n{done.stdout[-4000:]}")
        for name, test in tests_in(listing):
            self.file_of_test[name] = pathlib.Path(test["file"]).stem.removesuffix("_test")
        for name, test in tests_in(times):
            self.seconds_of_test[name] = float(test["time"].removesuffix("s"))

    # --- For each mutant.
    def judge(self, mutant, worker):
        place = self.folder / f"worker{worker}"
        shutil.rmtree(place, ignore_errors=True)
        changed = place / mutant.path
        changed.parent.mkdir(parents=True)
        changed.write_text(mutant.applied_to((self.tree / mutant.path).read_text(encoding="utf-8")), encoding="utf-8")
        objects = []
        for source in self._to_compile(mutant.path):
            objects.append(place / f"{len(objects)}.o")
            if self._compile(source, place, objects[-1]).returncode != 0:
                return Verdict("not compiled")
        program = place / EXECUTABLE
        if self._link(objects, program).returncode != 0:
            return Verdict("not compiled")
        return self._test(program, mutant.path, place)

    def _to_compile(self, path):
        if path.endswith(".cpp"):
            return [path]
        stem = pathlib.Path(path).stem
        return sorted(each for each in self.dependents.get(path, ())
                      if (each.startswith("core/") and not each.startswith("core/simulator/"))
                      or pathlib.Path(each).name.startswith(stem))

    def _compile(self, source, place, result):
        changed = place / source
        flags = self.compile_commands[source]
        compiler, rest = flags[0], flags[1:]
        # Project headers are named from the root: a changed one is found first.
        return run([compiler, f"-I{place}", *rest, *FLAGS_OF_CHANGED, "-include", self.folder / "precompiled.hpp", "-c",
                    changed if changed.exists() else self.tree / source, "-o", result], cwd=self.base)

    def _test(self, program, path, place):
        """First the quick tests of the file that is named after the changed one, then all quick ones, then all."""
        stem = pathlib.Path(path).stem
        quick = [name for name, seconds in self.seconds_of_test.items() if seconds < SLOW_SECONDS]
        near = [name for name in quick
                if self.file_of_test[name].startswith(stem) or stem.startswith(self.file_of_test[name])]
        slow = [name for name, seconds in self.seconds_of_test.items() if seconds >= SLOW_SECONDS]
        for chosen, pattern in ((near, ":".join(near)), (quick, "-" + ":".join(slow)), (slow, ":".join(slow))):
            if chosen:
                verdict = self._run_tests(program, chosen, pattern, place)
                if verdict.word == "killed":
                    break
        return verdict

    def _run_tests(self, program, chosen, pattern, place):
        seconds = int(3 + 3 * sum(self.seconds_of_test[name] for name in chosen))

        def limit():
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX_BYTES, MEMORY_MAX_BYTES))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

        command = [program, "--gtest_fail_fast", "--gtest_brief=1", f"--gtest_filter={pattern}"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=self.environment,
                              cwd=place, preexec_fn=limit) as process:
            try:
                output = process.communicate(timeout=20 * seconds)[0].decode("utf-8", "replace")
            except subprocess.TimeoutExpired:
                process.kill()
                return Verdict("killed", "time limit")
        if process.returncode == 0:
            return Verdict("survived")
        failed = re.search(r"\[  FAILED  \] ([\w./]+)", output)
        by_time = process.returncode in (-24, -9)
        return Verdict("killed", failed.group(1) if failed else "time limit" if by_time else "the program's end")
