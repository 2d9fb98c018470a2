"""Everything a test needs around the program: configuration, processes, the state's views, and the comparison of the
three sets (what the source holds, `messages_v1`, what the CRM got).

A test makes a `World`, fills its source, runs verbs and asks `agreement()` for a list of differences in plain words.
"""

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest
from collections import Counter, defaultdict
from pathlib import Path

from crm import Crm
from vendor import BOT, CUSTOMER, Vendor, now_ms

ROOT = Path(__file__).resolve().parents[2]
BINARY = os.environ.get("ELITBUZZ_SYNC_BINARY") or str(ROOT / "build" / "release" / "elitbuzz-sync")
MARK = "zimtstern"  # is in every message text; must never be in a log or an output
KEY_MARK = "canarykey"  # is in every secret
HOUR = 3_600_000
PATIENCE = float(os.environ.get("ELITBUZZ_SYNC_PATIENCE", "1"))  # stretches every deadline on slow machines


def wait_for(condition, seconds=10.0, what="the condition", every=0.02):
    """Polls until `condition()` is true and gives its value; fails with `what` after the deadline."""
    deadline = time.monotonic() + seconds * PATIENCE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:g} s in vain for {what}")
        time.sleep(every)


def yaml(value, indent=0):
    """Writes plain dictionaries and lists as block YAML; strings are always quoted."""
    pad = "  " * indent
    if isinstance(value, dict):
        lines = []
        for key, item in value.items():
            if isinstance(item, (dict, list)) and item:
                lines.append(f"{pad}{key}:\n{yaml(item, indent + 1)}")
            else:
                lines.append(f"{pad}{key}: {scalar(item)}\n")
        return "".join(lines)
    lines = []
    for item in value:
        if isinstance(item, dict) and item:
            block = yaml(item, indent + 1)
            lines.append(f"{pad}- {block[len(pad) + 2:]}")
        else:
            lines.append(f"{pad}- {scalar(item)}\n")
    return "".join(lines)


class Bare(str):
    """A scalar written without quotes (durations, sizes, instants)."""


def scalar(value):
    if isinstance(value, Bare):
        return str(value)
    if isinstance(value, (dict, list)):
        return "{}" if isinstance(value, dict) else "[]"
    return json.dumps(value, ensure_ascii=False)


def rfc3339(ms):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(ms // 1000)) + f".{ms % 1000:03d}Z"


class Finished:
    """The result of a verb: exit status and output."""

    def __init__(self, arguments, code, out, err, seconds):
        self.arguments, self.code, self.out, self.err, self.seconds = arguments, code, out, err, seconds

    def __str__(self):
        return (f"`{' '.join(self.arguments)}` exited {self.code} after {self.seconds:.1f} s\n--- stdout\n"
                f"{self.out[-3000:]}\n--- stderr\n{self.err[-3000:]}")


class Daemon:
    """A running process; always ended by `kill` at the latest, when its world closes."""

    def __init__(self, world, arguments, environment=None, **options):
        self.arguments = arguments
        self.out = open(world.directory / f"out-{len(world.daemons)}.txt", "w+b")
        self.err = open(world.directory / f"err-{len(world.daemons)}.txt", "w+b")
        self.started = time.monotonic()
        self.process = subprocess.Popen([BINARY, *arguments], stdin=subprocess.DEVNULL, stdout=self.out,
                                        stderr=self.err, env={**clean_environment(), **(environment or {})},
                                        cwd=str(world.directory), **options)
        world.daemons.append(self)

    @property
    def pid(self):
        return self.process.pid

    def running(self):
        return self.process.poll() is None

    def signal(self, number):
        if self.running():
            self.process.send_signal(number)

    def kill(self):
        self.signal(signal.SIGKILL)
        self.process.wait(30)
        return self

    def stop(self, seconds=10):
        """SIGTERM and the exit status; the contract gives it 10 s."""
        self.signal(signal.SIGTERM)
        return self.wait(seconds + 1)

    def wait(self, seconds):
        try:
            return self.process.wait(seconds * PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"`{' '.join(self.arguments)}` was still running after {seconds:g} s\n"
                                 + self.errors()[-3000:]) from None

    def _read(self, stream):
        return Path(stream.name).read_text("utf-8", "replace")

    def output(self):
        return self._read(self.out)

    def errors(self):
        return self._read(self.err)

    def close(self):
        self.kill()
        self.out.close()
        self.err.close()


def clean_environment():
    drop = {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "CREDENTIALS_DIRECTORY", "LOGS_DIRECTORY", "STATE_DIRECTORY"}
    return {k: v for k, v in os.environ.items() if k not in drop and not k.lower().endswith("_proxy")}


class World:
    """One state directory with its sources, CRMs, configuration and processes."""

    def __init__(self, dialect=None, users=("919800000001", "919800000002"), sinks=("crm",), since_hours=48):
        self._temporary = tempfile.TemporaryDirectory(prefix="elitbuzz-acceptance-")
        self.directory = Path(self._temporary.name)
        self.daemons, self.peers, self.finished = [], [], []
        self.secrets = {}
        self.start_ms = now_ms()
        self.since_ms = self.start_ms - since_hours * HOUR
        self.state = self.directory / "state"
        self.database = self.state / "elitbuzz-sync.db"
        self.log = self.directory / "log" / "elitbuzz-sync.log"
        self.config_path = self.directory / "elitbuzz-sync.yaml"
        self.config = {"state": {"directory": "state"},
                       "log": {"file": "log/elitbuzz-sync.log", "level": "trace", "format": "json"},
                       "sync": {"wait": Bare("5s")}, "sources": [], "sinks": []}
        self.sources, self.crms = {}, {}
        self.vendor = self.add_source("support", dialect, users)
        for name in sinks:
            self.add_crm(name)
        self.crm = next(iter(self.crms.values()), None)

    # -- building ---------------------------------------------------------------------------------------------------

    def secret(self, name, value, mode=0o600):
        path = self.directory / name
        path.write_text(value + "\n")
        path.chmod(mode)
        self.secrets[name] = value
        return path

    def add_source(self, name, dialect=None, users=()):
        vendor = Vendor(dialect, api_key=f"{KEY_MARK}-{name}-0f3c")
        vendor.follow(*users)
        self.peers.append(vendor)
        self.sources[name] = vendor
        self.secret(f"{name}.key", vendor.api_key)
        self.config["sources"].append({
            "name": name, "base_url": vendor.url, "customer_id": CUSTOMER, "bot_key": BOT,
            "api_key": {"file": f"{name}.key"}, "audiences": [{"attribute": "feedback", "value": "1"}],
            "since": Bare(rfc3339(self.since_ms)), "poll": {"interval": Bare("1s"), "max_staleness": Bare("2s")},
            "limits": {"requests_per_second": 0, "concurrency": 4, "timeout": Bare("5s")}})
        return vendor

    def add_crm(self, name):
        crm = Crm(token=f"Bearer {KEY_MARK}-{name}")
        self.peers.append(crm)
        self.crms[name] = crm
        self.secret(f"{name}.token", crm.token)
        self.config["sinks"].append({
            "name": name, "type": "http", "url": crm.endpoint, "headers": {"Authorization": {"file": f"{name}.token"}},
            "batch": {"messages": 100, "wait": Bare("50ms")}, "concurrency": 4, "timeout": Bare("2s"),
            "retry": {"first": Bare("100ms"), "max": Bare("500ms")}})
        return crm

    def source(self, name="support"):
        return next(s for s in self.config["sources"] if s["name"] == name)

    def sink(self, name="crm"):
        return next(s for s in self.config["sinks"] if s["name"] == name)

    def fill(self, per_user=8, hours=(6, 3), vendor=None, text="hello"):
        """Ordinary history of every followed user, evenly spread between so many hours ago."""
        vendor = vendor or self.vendor
        first, last = (int(now_ms() - h * HOUR) for h in hours)
        for user in sorted({u for a in vendor.audiences.values() for u in a}):
            for i in range(per_user):
                kind = {3: "OPTIONS", 5: "FILE_RECEIVED"}.get(i % 7, "TEXT")
                media = (f"https://media.example.invalid/{user}/{i}.jpeg", "image/jpeg") if i % 7 == 5 else None
                vendor.add(user, first + (last - first) * i // max(1, per_user) + i % 7, f"{MARK} {text} {user[-3:]}/{i}",
                           sender="bot" if i % 2 else "user", kind=kind, media=media)

    def write(self, text=None):
        self.config_path.write_text(yaml(self.config) if text is None else text)
        return self.config_path

    # -- running ----------------------------------------------------------------------------------------------------

    def verb(self, *arguments, seconds=60, write=True, environment=None, **options):
        """Runs a verb to its end."""
        if write:
            self.write()
        begin = time.monotonic()
        process = Daemon(self, [arguments[0], "--config", str(self.config_path), *arguments[1:]], environment, **options)
        code = process.wait(seconds)
        done = Finished(process.arguments, code, process.output(), process.errors(), time.monotonic() - begin)
        self.finished.append(done)
        return done

    def sync(self, **options):
        return self.verb("sync", **options)

    def run(self, environment=None, write=True, **options):
        if write:
            self.write()
        return Daemon(self, ["run", "--config", str(self.config_path)], environment, **options)

    def status(self, daemon=False):
        """The document of `status --json` and how it ended; `daemon`: one has to run."""
        done = self.verb("status", "--json", *([] if daemon else ["--no-daemon"]), write=False)
        try:
            return json.loads(done.out), done
        except ValueError as error:
            raise AssertionError(f"status --json is not one JSON document: {error}\n{done}") from None

    # -- looking ----------------------------------------------------------------------------------------------------

    def rows(self, query, *parameters, database=None):
        connection = sqlite3.connect(f"file:{database or self.database}?mode=ro", uri=True, timeout=5)
        try:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query, parameters)]
        finally:
            connection.close()

    def count(self, query, *parameters):
        if not self.database.exists():
            return 0
        try:
            return next(iter(self.rows(query, *parameters)[0].values()))
        except sqlite3.OperationalError:
            return 0

    def stored(self):
        return self.count("SELECT count(*) FROM messages_v1")

    def states(self, sink="crm"):
        """How many deliveries of a sink are in each state; nothing while there is no store yet."""
        try:
            return dict(Counter(r["state"] for r in self.rows("SELECT state FROM deliveries_v1 WHERE sink = ?", sink)))
        except sqlite3.OperationalError:
            return {}

    def user(self, user, source="support"):
        try:
            found = self.rows("SELECT * FROM users_v1 WHERE source = ? AND user_id = ?", source, user)
        except sqlite3.OperationalError:
            return None
        return found[0] if found else None

    def events(self, name=None):
        """The log's lines as objects; a line that is no object is an error."""
        if not self.log.exists():
            return []
        events = []
        for number, line in enumerate(self.log.read_text("utf-8").splitlines(), 1):
            try:
                event = json.loads(line)
            except ValueError:
                raise AssertionError(f"log line {number} is not JSON: {line[:200]}") from None
            events.append(event)
        return [e for e in events if name is None or e.get("event") == name]

    def spoken(self):
        """All logs and outputs."""
        texts = {f"stdout of {d.arguments} ({i})": d.output() for i, d in enumerate(self.daemons)}
        texts.update({f"stderr of {d.arguments} ({i})": d.errors() for i, d in enumerate(self.daemons)})
        for path in sorted(self.log.parent.glob("*")) if self.log.parent.exists() else []:
            if path.is_file():
                texts[path.name] = path.read_text("utf-8", "replace")
        return texts

    def leaks(self):
        found = []
        for name, text in self.spoken().items():
            for mark in (MARK, KEY_MARK):
                for hit in list(re.finditer(mark, text))[:3]:
                    found.append(f"{name} contains {mark!r}: …{text[max(0, hit.start() - 100):hit.end() + 40]!r}…")
        return found

    def keep(self):
        """Copies the directory to where it stays, for looking into a failure."""
        copy = tempfile.mkdtemp(prefix="elitbuzz-kept-")
        shutil.copytree(self.directory, copy, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.socket"))
        sys.stderr.write(f"kept {copy}\n")

    def close(self):
        for daemon in self.daemons:
            daemon.close()
        for peer in self.peers:
            peer.stop()
        self._temporary.cleanup()

    # -- the three sets ---------------------------------------------------------------------------------------------

    def agreement(self, order="known", sinks=None, source="support", users=None, since_ms=None, delivered=True):
        """Every difference between the source's truth, `messages_v1` and each CRM, as readable lines.

        `order`: "strict" wants each user's messages at the CRM in time order; "known" only those that were stored
        before the request that overtook them; None looks at nothing.
        """
        vendor = self.sources[source]
        truth = vendor.truth(users, since_ms)
        stored = self.rows("SELECT * FROM messages_v1 WHERE source = ?", source)
        told = Counter((r.user, vendor.dialect.expected_ms(r), said(r.text if r.response is None else r.response))
                       for r in truth)
        held = Counter((r["user_id"], r["timestamp_ms"], said(raw_response(r))) for r in stored)
        differences = compare(told, held, "messages_v1")
        plain_text = {(r.user, r.text) for r in truth if r.kind == "TEXT" and r.response is None}
        differences += [f"the text of {r['key']} is {r['text']!r}, sent was {raw_response(r)!r}" for r in stored
                        if (r["user_id"], raw_response(r)) in plain_text and r["text"] != raw_response(r)][:3]
        differences += [f"two rows of messages_v1 have the key {k}" for k, n in
                        Counter(r["key"] for r in stored).items() if n > 1]
        differences += [f"{k!r} is no key" for k in (r["key"] for r in stored) if not re.fullmatch("[0-9a-f]{32}", k)]
        if vendor.violations:
            differences.append(f"{len(vendor.violations)} improper request(s), first: {vendor.violations[0]}")
        if delivered:
            for name, crm in self.crms.items():
                if sinks is None or name in sinks:
                    differences += self.crm_differences(name, crm, stored, order)
        return differences

    def crm_differences(self, name, crm, stored, order):
        mine = {row["source"] for row in stored}
        got = [a for a in list(crm.accepted) if a.source in mine]
        by_key = {row["key"]: row for row in stored}
        differences = [f"CRM {name}: {p}" for p in crm.problems[:3] + crm.key_problems()[:3]]
        times = Counter(a.key for a in got)
        lacking = [k for k in by_key if k not in times]
        if lacking:
            differences.append(f"CRM {name} lacks {len(lacking)} of {len(by_key)}: " + self.describe(by_key, lacking))
        twice = [k for k, n in times.items() if n > 1]
        if twice:
            differences.append(f"CRM {name} has {len(twice)} message(s) more than once: " + self.describe(by_key, twice))
        foreign = [k for k in times if k not in by_key]
        if foreign:
            differences.append(f"CRM {name} has {len(foreign)} key(s) that are not in messages_v1: {foreign[:3]}")
        for a in got:
            row = by_key.get(a.key)
            if row and (row["user_id"] != a.user_id or (row["text"] or "") != (a.message.get("text") or "")):
                differences.append(f"CRM {name}: {a.key} differs from the stored row: {a.message.get('text')!r}")
                break
            if row and a.timestamp != (None if row["timestamp_ms"] is None else rfc3339(row["timestamp_ms"])):
                differences.append(f"CRM {name}: {a.key} has time {a.timestamp}, stored {row['timestamp_ms']}")
                break
        wrong = self.rows("SELECT key, state FROM deliveries_v1 WHERE sink = ? AND state != 'delivered'", name)
        if wrong:
            differences.append(f"deliveries_v1 of {name}: {dict(Counter(r['state'] for r in wrong))} not delivered")
        if order:
            differences += [f"CRM {name}: {line}" for line in disorder(got, by_key, order)[:3]]
        return differences

    @staticmethod
    def describe(by_key, keys, count=4):
        rows = [by_key[k] for k in keys if k in by_key][:count]
        return "; ".join(f"{r['user_id']} {r['timestamp_text']} {r['text']!r}" for r in rows) + (" …" if len(keys) > count else "")


def raw_response(row):
    """The member `response` of the stored raw row; a sentence with the row when it is no JSON object."""
    try:
        response = json.loads(row["raw"]).get("response")
    except (ValueError, AttributeError, TypeError):
        return f"not a JSON object: {row['raw']!r}"
    return response


def said(response):
    return response if isinstance(response, str) else json.dumps(response, sort_keys=True)


def compare(expected, found, where):
    lines = []
    for label, counter in ((f"{where} lacks", expected - found), (f"{where} has too much", found - expected)):
        if counter:
            total = sum(counter.values())
            some = "; ".join(f"{n}x {user} at {at}: {text!r}" for (user, at, text), n in list(counter.items())[:4])
            lines.append(f"{label} {total} (expected {sum(expected.values())} in all, found {sum(found.values())}): {some}")
    return lines


def disorder(accepted, by_key, order):
    """Pairs of one user's messages that arrived out of order."""
    lines = []
    per_user = defaultdict(list)
    for a in accepted:
        if a.timestamp is not None:
            per_user[(a.source, a.user_id)].append(a)
    for (_, user), items in per_user.items():
        for earlier, later in zip(items, items[1:]):
            if later.timestamp >= earlier.timestamp:
                continue
            row = by_key.get(later.key)
            if order == "known" and row and row["stored_ms"] > earlier.batch.first_at * 1000 - 1500:
                continue
            lines.append(f"{user}: the message of {earlier.timestamp} arrived before the one of {later.timestamp}")
    return lines


class AcceptanceTest(unittest.TestCase):
    """Makes the worlds of a test and closes them. A test fails if a secret or a message text was printed or logged."""

    longMessage = False
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        if not os.access(BINARY, os.X_OK):
            if os.environ.get("ELITBUZZ_SYNC_REQUIRED") == "1":
                raise AssertionError(f"no program at {BINARY}")
            raise unittest.SkipTest(f"no program at {BINARY}")

    def world(self, *arguments, **options):
        world = World(*arguments, **options)
        self.addCleanup(self._finish, world)
        return world

    def _finish(self, world):
        try:
            for daemon in world.daemons:
                daemon.kill()
            leaks = world.leaks()
        finally:
            if os.environ.get("ELITBUZZ_SYNC_KEEP") == "1":
                world.keep()
            world.close()
        self.assertFalse(leaks, "\n".join(leaks))

    def assertAgrees(self, world, **options):
        differences = world.agreement(**options)
        self.assertFalse(differences, "\n" + "\n".join(differences) + self._last(world))

    def assertSyncs(self, world, code=0, **options):
        """Runs `sync` and checks its exit status (a number, or a set of them)."""
        done = world.sync(**options)
        self.assertCode(done, code)
        return done

    def assertCode(self, done, code):
        wanted = {code} if isinstance(code, int) else set(code)
        self.assertIn(done.code, wanted, f"exit {done.code} in place of {sorted(wanted)}: {done}")

    @staticmethod
    def _last(world):
        return f"\nlast: {world.finished[-1]}" if world.finished else ""
