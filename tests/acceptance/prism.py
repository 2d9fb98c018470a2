"""An independent checker: Prism stands before an endpoint and checks both sides against an OpenAPI document.

A request that the document does not allow is answered 422 and goes no further; an answer that it does not allow is
replaced by a 500. The documents are in `tests/openapi`, beside the lock file that pins Prism. It is installed into
`build/` on first use, without running anybody's install scripts; where that is not possible `unavailable` says why.
"""

import fcntl
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

from relay import Relay

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = ROOT / "tests" / "openapi"
CACHE = ROOT / "build" / "prism"
NODE_MIN = (18, 20, 1)
INSTALL_SECONDS = 240
ASK_AGAIN_SECONDS = 600  # after an installation that failed
MADE_BY_PRISM = b"https://stoplight.io/prism/errors#"
PATIENCE = float(os.environ.get("ELITBUZZ_SYNC_PATIENCE", "1"))


def unavailable():
    """The reason, in a sentence, why Prism cannot run here; None when it can. Installs it if necessary."""
    for program in ("node", "npm"):
        if not shutil.which(program):
            return f"no {program}: the contracts need Node.js and npm (packages nodejs and npm)"
    version = subprocess.run(["node", "--version"], capture_output=True, text=True, timeout=60, check=False).stdout
    if tuple(int(n) for n in re.findall(r"\d+", version)[:3]) < NODE_MIN:
        return f"Node.js {version.strip()} is too old: Prism needs {'.'.join(map(str, NODE_MIN))}"
    return install()


def folder():
    """Where the pinned version is installed."""
    pinned = b"".join((CONTRACTS / name).read_bytes() for name in ("package.json", "package-lock.json"))
    return CACHE / hashlib.sha256(pinned).hexdigest()[:16]


def install():
    """The reason why the pinned version cannot be installed; None when it is installed."""
    target = folder()
    failed = target.with_suffix(".failed")
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if target.exists():
            return None
        if failed.exists() and time.time() - failed.stat().st_mtime < ASK_AGAIN_SECONDS:
            return failed.read_text("utf-8")
        with tempfile.TemporaryDirectory(prefix="installing-", dir=CACHE) as directory:
            problem = run_npm(Path(directory))
            if problem:
                problem += f"; it is tried again in {ASK_AGAIN_SECONDS // 60} minutes, or at once without {failed}"
                failed.write_text(problem, "utf-8")
            else:
                os.rename(directory, target)
                os.mkdir(directory)  # for the temporary directory to remove
            return problem


def run_npm(directory):
    """Installs what the lock file pins; never asks, never waits longer than its limits, runs no script of a package."""
    for name in ("package.json", "package-lock.json"):
        shutil.copy(CONTRACTS / name, directory)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--prefer-offline",
               "--fetch-retries=1", "--fetch-timeout=20000", "--loglevel=error"]
    process = subprocess.Popen(command, cwd=directory, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE, text=True, start_new_session=True)
    try:
        _, said = process.communicate(timeout=INSTALL_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return f"npm did not get Prism from its registry within {INSTALL_SECONDS} s"
    if process.returncode:
        lines = [line for line in said.splitlines() if line.strip()]
        return "npm did not get Prism from its registry: " + (lines[0] if lines else f"exit {process.returncode}")
    return None


class Prism:
    """A running checker: `url` is where clients go, `upstream` where requests that are allowed are sent to."""

    def __init__(self, contract, upstream):
        self.contract = contract
        self._temporary = tempfile.TemporaryDirectory(prefix="elitbuzz-prism-")
        self.log = Path(self._temporary.name) / "prism.log"
        program = (folder() / "node_modules" / ".bin" / "prism").resolve()
        # It ends with this process, however that ends.
        command = ["setpriv", "--pdeathsig", "TERM", "node", str(program), "proxy", str(CONTRACTS / f"{contract}.json"),
                   upstream, "--errors", "--host", "127.0.0.1", "--port", "0", "--cors", "false"]
        environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        with open(self.log, "wb") as output:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                            env=environment)
        self.port = self._wait_for_port(60 * PATIENCE)
        self.url = f"http://127.0.0.1:{self.port}"

    def _wait_for_port(self, seconds):
        deadline = time.monotonic() + seconds
        while True:
            listening = re.search(r"listening on http://127\.0\.0\.1:(\d+)", self.said())
            if listening:
                return int(listening[1])
            if self.process.poll() is not None or time.monotonic() > deadline:
                said = self.said()
                self.stop()
                raise AssertionError(f"Prism does not listen for {self.contract}: {said[-2000:]}")
            time.sleep(0.05)

    def said(self):
        return self.log.read_text("utf-8", "replace")

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)
        self._temporary.cleanup()


def complaint(answer):
    """The violation that Prism reports in its `Answer` to an exchange; None without one."""
    noted = next((v for k, v in answer.headers.items() if k.lower() == "sl-violations"), None)
    if MADE_BY_PRISM in answer.body:
        return answer.body.decode("utf-8", "replace")
    return noted


class Checked:
    """Prism with the contract of a CRM, and behind it the server that a test sets."""

    _running = {}

    def __init__(self, vendor):
        self.behind = Relay()
        self.prism = Prism(vendor, f"{self.behind.url}/crm/{vendor}")

    @classmethod
    def of(cls, vendor):
        """Starting one takes seconds, so the tests of a file share them."""
        if vendor not in cls._running:
            cls._running[vendor] = cls(vendor)
            unittest.addModuleCleanup(cls._stop, vendor)
        return cls._running[vendor]

    @classmethod
    def _stop(cls, vendor):
        checked = cls._running.pop(vendor)
        checked.prism.stop()
        checked.behind.stop()


class CheckedTest(unittest.TestCase):
    """Is skipped with the reason where Prism cannot run."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        reason = unavailable()
        if reason:
            sys.stderr.write(f"{cls.__name__} skipped: {reason}\n")
            raise unittest.SkipTest(reason)
