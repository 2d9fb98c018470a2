#!/usr/bin/env python3
"""Shows the real daemon at work: a simulated bot whose users keep writing, a CRM that fails, a crash, and the ledger.

    demo.py PROGRAM

Starts PROGRAM's simulator (an Elitbuzz API and a CRM on one port of this machine) and its daemon with config/demo.yaml,
lets the CRM fail for some seconds, kills the daemon without warning and starts it again, waits until everything that was
written has arrived, and compares what the bot said, what is stored and what the CRM holds. Ends with 0 only if nothing is
missing and nothing is there twice. Everything it makes is in build/demo. Needs Python's standard library only.
"""

import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONFIGURATION = ROOT / "config" / "demo.yaml"
FOLDER = ROOT / "build" / "demo"
DATABASE = FOLDER / "state" / "elitbuzz-sync.db"
LOG = FOLDER / "elitbuzz-sync.log"
ARCHIVE = FOLDER / "archive"

# The plot, in seconds after the start of the daemon.
CRM_FAILS_AT = 3.0
CRM_WORKS_AT = 7.0
KILLED_AT = 9.0
RESTARTED_AT = 10.0
ARRIVALS_STOP_AT = 13.0
WORLD = ["--seed", "7", "--users", "40", "--days", "3", "--arrivals", "600", "--late", "0.05", "--late-max", "3"]
GIVE_UP_AT = 90.0
STOP_WITHIN = 12.0
QUIET_FOR = 4.0  # so long nothing may change before the end is believed; longer than the latest message is late


class DemoFailure(Exception):
    """The demonstration cannot go on; the text says why, for a person."""


class Simulator:
    """The simulated bot and CRM, and their own truth about what should have arrived."""

    def __init__(self, program, url, key):
        self.url = url
        port = url.rsplit(":", 1)[1]
        command = [program, "simulator", "--port", port, "--stop-arrivals-after", str(ARRIVALS_STOP_AT), *WORLD]
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
                return self.ledger()
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        raise DemoFailure(f"the simulator does not answer at {self.url}: {text_of(self.output)}")

    def ledger(self):
        return self.call("/simulator/ledger")

    def crm_fails(self, yes):
        self.call("/simulator/crm", {"down": yes})


class Daemon:
    """The program under its own configuration; may be killed and started again."""

    def __init__(self, program, key):
        self.command = [program, "run", "--config", str(CONFIGURATION)]
        self.environment = {**os.environ, "ELITBUZZ_SYNC_DEMO_KEY": key}
        self.output = open(FOLDER / "daemon.out", "w+", encoding="utf-8")
        self.process = None

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=self.output, stderr=subprocess.STDOUT, env=self.environment)

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


def archived_keys():
    """The keys of all lines that the file sink wrote, with repeats."""
    keys = []
    for file in sorted(ARCHIVE.glob("*")) if ARCHIVE.exists() else []:
        for line in file.read_text(encoding="utf-8").splitlines():
            try:
                keys.append(json.loads(line)["key"])
            except (ValueError, KeyError, TypeError):
                continue  # a line that the crash cut off; its message is written again
    return keys


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

    def show(self, ledger, known, note):
        stored, deliveries = known or (0, {})
        said, crm = ledger["messages_visible"], ledger["crm_received"]
        width = 24
        filled = width * min(crm, said) // said if said else 0
        bar = "#" * filled + "-" * (width - filled)
        line = (f"{self.seconds():5.1f} s  [{bar}] users {ledger['users_matching']:3}  said {said:5}  stored {stored:5}  "
                f"CRM {crm:5}  archive {deliveries.get(('archive', 'delivered'), 0):5}  {note}")
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
    """What happens when; each act once."""

    def __init__(self, simulator, daemon, view):
        self.acts = [
            (CRM_FAILS_AT, "the CRM fails (503 to everything)", lambda: simulator.crm_fails(True)),
            (CRM_WORKS_AT, "the CRM works again", lambda: simulator.crm_fails(False)),
            (KILLED_AT, "the daemon is killed (SIGKILL)", daemon.kill),
            (RESTARTED_AT, "the daemon is started again", daemon.start),
            (ARRIVALS_STOP_AT, "the users stop writing", lambda: None),
        ]
        self.view = view

    def advance(self):
        """Plays what is due; tells whether the plot is over."""
        while self.acts and self.view.seconds() >= self.acts[0][0]:
            _, what, act = self.acts.pop(0)
            act()
            self.view.tell(what)
        return not self.acts


def is_settled(ledger, known):
    """Whether everything that was said is stored and delivered."""
    if known is None:
        return False
    stored, deliveries = known
    return (ledger["balanced"] and stored == ledger["messages_visible"] == ledger["crm_received"] and stored > 0
            and deliveries.get(("crm", "delivered")) == stored == deliveries.get(("archive", "delivered")))


def play(simulator, daemon, view):
    """Runs the plot and then waits until all is quiet; gives the last ledger and the last known state."""
    plot = Plot(simulator, daemon, view)
    quiet_since = None
    before = None
    while True:
        over = plot.advance()
        daemon.check()
        ledger, known = simulator.ledger(), state()
        note = "waiting for the last ones" if over else ""
        if CRM_FAILS_AT <= view.seconds() < CRM_WORKS_AT:
            note = "CRM down"
        elif daemon.process is None:
            note = "no daemon"
        view.show(ledger, known, note)
        now = (ledger["messages_visible"], known)
        if not (over and is_settled(ledger, known)) or now != before:
            quiet_since = time.monotonic()
        elif time.monotonic() - quiet_since >= QUIET_FOR:
            break
        before = now
        if view.seconds() >= GIVE_UP_AT:
            break
        time.sleep(0.25)
    view.finish()
    return ledger, known


def report(ledger, known, exit_status):
    """Prints the ledger; gives what is wrong, one sentence each."""
    stored, deliveries = known or (0, {})
    keys = archived_keys()
    doubled = ledger["unexpected"] + ledger["crm_repeats_other_key"]
    undelivered = sum(n for (_, outcome), n in deliveries.items() if outcome not in ("delivered", "suppressed"))
    rows = [
        ("users followed", ledger["users_matching"]),
        ("messages the users and the bot wrote", ledger["messages_visible"]),
        ("fetched", ledger["messages_served"]),
        ("stored", stored),
        ("delivered to the CRM", deliveries.get(("crm", "delivered"), 0)),
        ("delivered to the archive", deliveries.get(("archive", "delivered"), 0)),
        ("pending or dead", undelivered),
        ("held by the CRM", ledger["crm_received"]),
        ("missing in the CRM", ledger["missing"]),
        ("duplicates in the CRM", doubled),
        ("out of order in the CRM", ledger["crm_order_violations"]),
        ("sent again under the same key", ledger["crm_repeats_same_key"]),
        ("requests to the API", ledger["api_requests"]),
    ]
    print("\nThe ledger")
    for name, count in rows:
        print(f"  {name + ':':<38}{count:>8}")
    print(f"\n  database  {DATABASE.relative_to(ROOT)}\n  log       {LOG.relative_to(ROOT)}\n"
          f"  archive   {ARCHIVE.relative_to(ROOT)}")
    expected = ledger["messages_visible"]
    checks = [
        (expected > 0, "nothing was written at all"),
        (ledger["messages_served"] == expected, "not everything was fetched"),
        (stored == expected, f"{stored} messages are stored instead of {expected}"),
        (ledger["missing"] == 0, f"{ledger['missing']} messages are missing in the CRM"),
        (doubled == 0, f"{doubled} messages are in the CRM twice or were never written"),
        (ledger["balanced"], "the simulator's ledger does not balance"),
        (undelivered == 0, f"{undelivered} deliveries are pending or dead"),
        (deliveries.get(("crm", "delivered")) == stored, "the state and the CRM disagree about what was delivered"),
        (len(set(keys)) == stored, f"the archive holds {len(set(keys))} messages instead of {stored}"),
        (len(set(keys)) == len(keys), f"{len(keys) - len(set(keys))} messages are in the archive twice"),
        (exit_status == 0, "the daemon did not end cleanly on SIGTERM" if exit_status is None
         else f"the daemon ended with {exit_status} on SIGTERM"),
    ]
    return [what for good, what in checks if not good]


def main(arguments):
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 64
    program = str(pathlib.Path(arguments[0]).resolve())
    url = re.search(r"base_url: *(http://127\.0\.0\.1:\d+)", CONFIGURATION.read_text(encoding="utf-8")).group(1)
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    key = secrets.token_hex(16)
    # An end asked for from outside runs the clean-up below, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    simulator = daemon = None
    try:
        simulator = Simulator(program, url, key)
        simulator.wait_until_it_answers()
        daemon = Daemon(program, key)
        view = View()
        view.tell(f"a bot with {WORLD[WORLD.index('--users') + 1]} users and a CRM answer at {url}; the daemon starts")
        daemon.start()
        ledger, known = play(simulator, daemon, view)
        exit_status = daemon.stop()
        wrong = report(simulator.ledger(), state() or known, exit_status)
    except (DemoFailure, urllib.error.URLError, OSError) as failure:
        print(f"\nThe demonstration failed: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return 1
    finally:
        for process in (daemon and daemon.process, simulator and simulator.process):
            if process and process.poll() is None:
                process.kill()
                process.wait()
    if wrong:
        print("\n" + "\n".join(f"WRONG: {what}" for what in wrong), file=sys.stderr)
        return 1
    print("\nNothing is missing, nothing is there twice.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
