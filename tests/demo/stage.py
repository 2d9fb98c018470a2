"""What the demonstrations share: the simulator, the daemon, the display, the plot, and the wait for the end."""

import json
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "demo"
DATABASE = FOLDER / "state" / "elitbuzz-sync.db"
LOG = FOLDER / "elitbuzz-sync.log"

GIVE_UP_AT = 90.0  # seconds after the start of the daemon
STOP_WITHIN = 12.0
QUIET_FOR = 4.0  # so long nothing may change before the end is believed; longer than the latest message is late


class DemoFailure(Exception):
    """The demonstration cannot go on; the text says why, for a person."""


class Simulator:
    """The simulated bot and CRM, and their own truth about what should have arrived."""

    def __init__(self, program, key, *world):
        self.url = None  # known once it answers: the system chooses a free port
        command = [program, "simulator", "--port", "0", "--json", *world]
        self.output = open(FOLDER / "simulator.out", "w+", encoding="utf-8")
        self.process = subprocess.Popen(command, stdout=self.output, stderr=subprocess.STDOUT,
                                        env={**os.environ, "ELITBUZZ_SIMULATOR_API_KEY": key})
        # Not through the proxy that the environment may name: it is on this machine.
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def call(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data=data, headers={"Content-Type": "application/json"})
        with self.opener.open(request, timeout=5) as answer:
            return json.load(answer)

    def wait_until_it_answers(self):
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                self.url = self.url or self.address()
                return self.ledger()
            except (ValueError, urllib.error.URLError, OSError):
                time.sleep(0.05)
        raise DemoFailure(f"the simulator does not answer: {text_of(self.output)}")

    def address(self):
        """What the first line of its output says. ValueError: not written yet."""
        with open(self.output.name, encoding="utf-8") as output:
            return json.loads(output.readline())["url"]

    def ledger(self):
        return self.call("/simulator/ledger")

    def crm_fails(self, yes, crm="crm"):
        self.call(f"/simulator/{crm}", {"down": yes})


class Daemon:
    """The program under its own configuration; may be killed and started again."""

    def __init__(self, program, configuration, secrets):
        self.command = [program, "run", "--config", str(configuration)]
        self.environment = {**os.environ, **secrets}
        self.output = open(FOLDER / "daemon.out", "w+", encoding="utf-8")
        self.process = None

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=self.output, stderr=subprocess.STDOUT,
                                        env=self.environment)

    def check(self):
        if self.process is not None and self.process.poll() is not None:
            raise DemoFailure(f"the daemon ended by itself with {self.process.returncode}: {text_of(self.output)}")

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process = None

    def stop(self):
        """Asks it to end; gives its exit status, or None when it does not obey."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            return None


def text_of(output):
    output.flush()
    output.seek(0)
    return output.read().strip()[-2000:] or "(it said nothing)"


def state():
    """Stored messages, and messages by (sink, state of delivery); None while there is no readable database."""
    if not DATABASE.exists():
        return None
    try:
        connection = sqlite3.connect(f"file:{DATABASE}?mode=ro", uri=True, timeout=2)
        try:
            stored = connection.execute("SELECT count(*) FROM messages_v1").fetchone()[0]
            rows = connection.execute("SELECT sink, state, count(*) FROM deliveries_v1 GROUP BY sink, state").fetchall()
        finally:
            connection.close()
    except sqlite3.Error:
        return None  # the daemon is just making it
    return stored, {(sink, outcome): count for sink, outcome, count in rows}


class View:
    """One line that is redrawn on a terminal, a line now and then elsewhere; what happens stays above it."""

    def __init__(self):
        self.live = sys.stdout.isatty()
        self.begin = time.monotonic()
        self.last_plain = -10.0

    def seconds(self):
        return time.monotonic() - self.begin

    def tell(self, text):
        erase = "\r\x1b[K" if self.live else ""
        print(f"{erase}{self.seconds():5.1f} s  {text}", flush=True)

    @staticmethod
    def progress( said, crm):
        """How much of what was said is in the CRM, as a bar."""
        width = 24
        filled = width * min(crm, said) // said if said else 0
        return "#" * filled + "-" * (width - filled)

    def show(self, line):
        line = f"{self.seconds():5.1f} s  {line}"
        if self.live:
            columns = shutil.get_terminal_size((120, 24)).columns
            print(f"\r\x1b[K{line[:columns - 1]}", end="", flush=True)
        elif self.seconds() - self.last_plain >= 2:
            self.last_plain = self.seconds()
            print(line, flush=True)

    def finish(self):
        if self.live:
            print()


class Plot:
    """What happens when; each act once. An act: (seconds, what is told, what is done)."""

    def __init__(self, acts, view):
        self.acts, self.view = acts, view

    def advance(self):
        """Plays what is due; tells whether the plot is over."""
        while self.acts and self.view.seconds() >= self.acts[0][0]:
            _, what, act = self.acts.pop(0)
            act()
            self.view.tell(what)
        return not self.acts


def play(plot, simulator, daemon, show, is_settled):
    """Runs the plot and then waits until all is quiet; gives the last ledger and the last known state.

    `show(ledger, known, over)` draws what is going on, `is_settled(ledger, known)` tells whether all has arrived.
    """
    quiet_since = None
    before = None
    while True:
        over = plot.advance()
        daemon.check()
        ledger, known = simulator.ledger(), state()
        show(ledger, known, over)
        now = (ledger["messages_visible"], known)
        if not (over and is_settled(ledger, known)) or now != before:
            quiet_since = time.monotonic()
        elif time.monotonic() - quiet_since >= QUIET_FOR:
            break
        before = now
        if plot.view.seconds() >= GIVE_UP_AT:
            break
        time.sleep(0.25)
    plot.view.finish()
    return ledger, known


def clear_folder():
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)


def perform(story):
    """Runs `story(processes)`, which notes in the list what it started and gives what is wrong; gives the status."""
    # An end asked for from outside runs the clean-up below, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    started = []
    try:
        wrong = story(started)
    except (DemoFailure, urllib.error.URLError, OSError) as failure:
        print(f"\nThe demonstration failed: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return 1
    finally:
        for one in started:
            if one.process and one.process.poll() is None:
                one.process.kill()
                one.process.wait()
    if wrong:
        print("\n" + "\n".join(f"WRONG: {what}" for what in wrong), file=sys.stderr)
        return 1
    print("\nNothing is missing, nothing is there twice.")
    return 0


def ended(exit_status):
    """A check of how the daemon ended: (good, what is wrong otherwise)."""
    return (exit_status == 0, "the daemon did not end cleanly on SIGTERM" if exit_status is None
            else f"the daemon ended with {exit_status} on SIGTERM")
