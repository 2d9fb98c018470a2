"""The small world in which every crash point is tried, and the checks of its end.

A `CrashWorld` is a world of the acceptance tests (their vendor and CRM, written independently of the program) with a
file sink beside the CRM and a plot: what happens at which request. The plot goes on over the lives of the program, so
it does not matter which of them dies.
"""

import json
import os
import pathlib
import re
import select
import signal
import stat
import sys
import time
from collections import Counter, defaultdict

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "acceptance"))

from crm import Lost  # noqa: E402
from harness import KEY_MARK, MARK, Bare, Daemon, World  # noqa: E402
from peer import plain, reset  # noqa: E402
from vendor import now_ms  # noqa: E402

USERS = ("919800000001", "919800000002", "919800000003")
NEWCOMER = "919800000004"
LATE = "late"  # is in the text of a message that became visible after younger ones
GIVE_UP_AFTER = float(os.environ.get("ELITBUZZ_SYNC_PATIENCE", "1")) * 40
ALARMS = ("warning", "error")


class Life:
    """One process from its start to its end."""

    def __init__(self, verb, code, output, errors):
        self.verb, self.code, self.output, self.errors = verb, code, output, errors

    def __str__(self):
        end = f"signal {-self.code}" if self.code < 0 else f"status {self.code}"
        return f"`{self.verb}` ended with {end}; stderr: {self.errors[-600:].strip() or 'nothing'}"


class CrashWorld(World):
    verb = "sync"
    alarms = frozenset()  # events that are true in this plot

    def __init__(self):
        super().__init__(users=USERS)
        self.life = None
        self.source()["limits"].update(page_size=4, concurrency=2)
        self.source()["poll"] = {"interval": Bare("100ms"), "max_staleness": Bare("200ms")}
        self.sink()["batch"] = {"messages": 10, "wait": Bare("1ms")}
        self.sink()["retry"] = {"first": Bare("10ms"), "max": Bare("100ms")}
        self.config["sinks"].append({"name": "archive", "type": "file", "directory": "archive",
                                     "retry": {"first": Bare("10ms"), "max": Bare("100ms")}})
        self.plot = []  # pairs of a count of conversation requests and an act
        self.reads = 0
        self.numbered = 0
        self.vendor.on_request = self._on_request
        self.set_up()
        self.write()

    def set_up(self):
        raise NotImplementedError

    # -- actions during a run ----------------------------------------------------------------------------------------

    def at_read(self, number, act):
        self.plot.append((number, act))

    def _on_request(self, _, kind, __):
        if kind != "conversations":
            return
        with self.vendor.lock:
            self.reads += 1
            due = [act for number, act in self.plot if number <= self.reads]
            self.plot = [(number, act) for number, act in self.plot if number > self.reads]
        for act in due:
            act()

    def finish_plot(self):
        """Does now what was planned and has not happened."""
        with self.vendor.lock:
            due, self.plot = [act for _, act in self.plot], []
        for act in due:
            act()

    def say(self, user, times=1, late_ms=0, word="arrival"):
        self.numbered += 1
        at, text = now_ms() - late_ms, f"{MARK} {LATE if late_ms else word} {self.numbered}"
        for _ in range(times):
            self.vendor.add(user, at, text)

    def replace_secret(self, name, value):
        """Replaces the file at once, so that nobody reads half of it."""
        fresh = self.secret(name + ".new", value)
        fresh.replace(self.directory / name)

    def hang_up(self):
        life = self.life
        while life is not None and life.arguments[0] == "run" and life.running():
            if minds_signals(life.pid):
                life.signal(signal.SIGHUP)
                return
            time.sleep(0.002)  # this request may come from the run before, which has ended

    # -- runs of the program -----------------------------------------------------------------------------------------

    def live(self, verb, environment=None):
        """Runs the verb to its end. `run` is stopped when all messages have arrived."""
        extra = {"sync": ["--json"], "status": ["--no-daemon"]}.get(verb, [])
        peers = {"CRASH_API_PORT": str(self.vendor.port), "CRASH_CRM_PORT": str(self.crm.port)}
        daemon = Daemon(self, [verb, "--config", str(self.config_path), *extra], {**peers, **(environment or {})})
        self.life = daemon
        ended = os.pidfd_open(daemon.pid)
        try:
            code = self._wait(daemon, ended)
        finally:
            os.close(ended)
            self.life = None
        return Life(verb, code, daemon.output(), daemon.errors())

    def _wait(self, daemon, ended):
        poll = select.poll()
        poll.register(ended, select.POLLIN)
        deadline = time.monotonic() + GIVE_UP_AFTER
        is_daemon, told = daemon.arguments[0] == "run", False
        while not poll.poll(20 if is_daemon else 1000):
            if is_daemon and not told and not self.plot and self.is_settled() and minds_signals(daemon.pid):
                daemon.signal(signal.SIGTERM)
                told = True
            if time.monotonic() > deadline:
                daemon.kill()
                raise AssertionError(f"`{daemon.arguments[0]}` hangs: {daemon.errors()[-1000:]}")
        return daemon.process.wait()

    def is_settled(self):
        said = len(self.vendor.rows)
        return len(self.crm.accepted) >= said and sum(len(t.splitlines()) for t in self.archive().values()) >= said

    def archive(self):
        """The text of each file of the file sink."""
        folder = self.directory / "archive"
        return {p.name: p.read_text("utf-8") for p in sorted(folder.glob("*"))} if folder.exists() else {}

    # -- checks at the end -------------------------------------------------------------------------------------------

    def judge_end(self, last):
        """The errors after the last run, a `sync` without faults."""
        wrong = [] if last.code == 0 else [f"the last life was to end with 0: {last}"]
        if last.errors:
            wrong.append(f"the last life complains: {last.errors[-600:]}")
        wrong += [f"the database: {r[0]}" for r in self._pragma("integrity_check") if r[0] != "ok"]
        wrong += [f"the database: a foreign key leads nowhere: {tuple(r)}" for r in self._pragma("foreign_key_check")]
        wrong += self.agreement(order="known")
        keys = [row["key"] for row in self.rows("SELECT key FROM messages_v1")]
        wrong += self._judge_archive(keys)
        wrong += disorder("CRM", [a.message for a in self.crm.accepted])
        if last.code == 0:
            wrong += self._judge_ledger(last, len(keys))
        wrong += self._judge_coverage()
        wrong += self._judge_status()
        return wrong

    def _pragma(self, name):
        return [tuple(row.values()) for row in self.rows(f"PRAGMA {name}")]

    def _judge_archive(self, keys):
        wrong, lines = [], []
        for name, text in self.archive().items():
            mode = stat.S_IMODE((self.directory / "archive" / name).stat().st_mode)
            if mode != 0o600:
                wrong.append(f"archive/{name} has mode {mode:o}")
            if not text.endswith("\n"):
                wrong.append(f"archive/{name} ends within a line")
            for line in text.splitlines():
                try:
                    lines.append(json.loads(line))
                except ValueError:
                    wrong.append(f"archive/{name} has a line that is not JSON: {line[:120]!r}")
        times = Counter(line["key"] for line in lines)
        lacking, foreign = set(keys) - set(times), set(times) - set(keys)
        twice = [key for key, count in times.items() if count > 1]
        for what, some in (("lacks", lacking), ("has more than once", twice), ("has foreign", foreign)):
            if some:
                wrong.append(f"the archive {what} {len(some)} of {len(keys)}: {sorted(some)[:3]}")
        return wrong + disorder("archive", lines)

    @staticmethod
    def _judge_ledger(last, stored):
        try:
            document = json.loads(last.output)
        except ValueError:
            return [f"`sync --json` printed no JSON: {last.output[:200]!r}"]
        wrong = [] if document["complete"] else [f"`sync` says that it is not complete: {document['problems']}"]
        for source in document["sources"]:
            if source["fetched"] != source["new"] + source["duplicate"] + source["rejected"]:
                wrong.append(f"the ledger does not balance: {source}")
            wrong += [f"the ledger of sink {name} is {sink} for {stored} messages"
                      for name, sink in source["sinks"].items()
                      if sink != {"delivered": stored, "pending": 0, "dead": 0, "suppressed": 0}]
            if source["new"] != stored:
                wrong.append(f"the ledger knows {source['new']} new messages, {stored} are stored")
        return wrong

    def _judge_coverage(self):
        wrong = []
        spans = defaultdict(list)
        for row in self.rows("SELECT * FROM coverage_v1"):
            spans[row["user_id"]].append((row["from_ms"], row["to_ms"]))
        since_ms, until_ms = self.since_ms, self.start_ms - 180_000
        for user in self.vendor.audiences[("feedback", "1")]:
            if len(spans[user]) != 1 or spans[user][0][0] > since_ms or spans[user][0][1] < until_ms:
                wrong.append(f"the coverage of {user} has holes or is too short: {spans[user]}")
        return wrong

    def _judge_status(self):
        life = self.live("status")
        # This world asks for reads more often than lives follow each other.
        problems = [line for line in life.output.splitlines() if line.startswith("! ") and "max_staleness" not in line]
        return [] if life.code in (0, 1) and not problems else [f"all is well, but {life}\n{life.output}"]

    def judge_log(self, allowed=frozenset()):
        """The lines of the log that must not come after runs that were only killed."""
        wrong = [f"a secret or a text was spoken: {leak}" for leak in self.leaks()]
        for path in sorted(self.log.parent.glob("*")):
            mode = stat.S_IMODE(path.stat().st_mode)
            if mode != 0o600:
                wrong.append(f"{path.name} has mode {mode:o}")
            for line in path.read_text("utf-8").splitlines():
                try:
                    event = json.loads(line)
                except ValueError:
                    event = None
                if not isinstance(event, dict):
                    if not is_torn(line):
                        wrong.append(f"a log line is not JSON: {line[:300]!r}")
                elif event["level"] in ALARMS and event["event"] not in allowed:
                    wrong.append(f"the log is alarmed without need: {line[:400]}")
        return wrong


def minds_signals(pid):
    """Whether the process handles SIGHUP already; before that, SIGHUP ends it like any program."""
    try:
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False
    masks = re.findall(r"^Sig(?:Blk|Cgt):\s*([0-9a-f]+)$", status, re.MULTILINE)
    return any(int(mask, 16) >> (signal.SIGHUP - 1) & 1 for mask in masks)


def is_torn(line):
    """Whether the line is the cut-off beginning of one event and nothing else."""
    return line.startswith('{"ts":') and line.count('"ts":') == 1


def disorder(where, messages):
    """Messages of a user that came out of order, except those that became visible late."""
    wrong, newest = [], {}
    for message in messages:
        if LATE in message["text"]:
            continue
        user = message["user_id"]
        if message["timestamp"] < newest.get(user, ""):
            wrong.append(f"{where}: of {user}, {message['timestamp']} came after {newest[user]}")
        newest[user] = max(message["timestamp"], newest.get(user, ""))
    return wrong[:3]


class FirstSync(CrashWorld):
    """`sync` builds the state; users write while it reads their history."""

    def set_up(self):
        self.fill(9)
        self.at_read(3, lambda: self.say(USERS[0]))
        self.at_read(6, lambda: self.say(USERS[1], times=2))
        self.at_read(9, lambda: self.say(USERS[2], late_ms=60_000))


class LaterSync(CrashWorld):
    """`sync` on a state that exists, with a new user, while the CRM fails, loses an answer and takes small batches."""

    alarms = frozenset({"sink_failing"})

    def set_up(self):
        self.fill(5)
        self.write()
        first = self.live("sync")
        if first.code != 0:
            raise AssertionError(f"no state to begin with: {first}")
        self.reads = 0
        self.vendor.follow(*USERS, NEWCOMER)
        for number in range(6):
            self.vendor.add(NEWCOMER, now_ms() - 7_200_000 + number, f"{MARK} of the newcomer {number}")
        for user in USERS:
            self.say(user, late_ms=90_000)
            self.say(user)
        self.crm.script = [plain(503)]
        self.crm.rule = Grudging(self.crm)
        self.at_read(4, lambda: self.say(USERS[0]))
        self.at_read(6, lambda: self.say(NEWCOMER, times=2))


class Grudging:
    """A rule of the CRM: no batch of more than 4 messages, and the first answer to a batch is lost."""

    def __init__(self, crm):
        self.crm, self.lost = crm, False

    def __call__(self, batch):
        if len(batch.messages) > 4:
            return plain(413, "too large")
        if not self.lost:
            self.lost = True
            return Lost(reset())
        return None


class DaemonRun(CrashWorld):
    """`run` on a new state: both secrets, the configuration and the log file are changed, and then it is stopped."""

    verb = "run"
    alarms = frozenset({"source_paused", "sink_paused"})

    def set_up(self):
        self.fill(6)
        self.at_read(4, lambda: self.say(USERS[0]))
        self.at_read(8, self.change_crm_token)
        self.at_read(10, lambda: self.say(USERS[1], times=2))
        self.at_read(14, self.change_configuration)
        self.at_read(16, lambda: self.say(USERS[2], late_ms=60_000))
        self.at_read(18, self.change_api_key)
        self.at_read(20, lambda: self.say(USERS[2]))

    def change_crm_token(self):
        self.replace_secret("crm.token", f"Bearer {KEY_MARK}-crm-second")
        self.crm.token = self.secrets["crm.token.new"]
        self.hang_up()

    def change_api_key(self):
        self.replace_secret("support.key", f"{KEY_MARK}-support-second")
        self.vendor.api_key = self.secrets["support.key.new"]
        self.hang_up()

    def change_configuration(self):
        self.source()["limits"]["page_size"] = 5
        fresh = self.directory / "fresh.yaml"
        fresh.write_text(re.sub("page_size: 4", "page_size: 5", self.config_path.read_text()))
        fresh.replace(self.config_path)
        if self.log.exists():
            self.log.rename(self.log.with_suffix(".log.1"))
        self.hang_up()


WORLDS = {"first": FirstSync, "later": LaterSync, "daemon": DaemonRun}
