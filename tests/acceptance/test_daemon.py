"""`run` as a service: notifications, signals, reloads, the log with its ledger, `status`, and what is never logged.

Decided where the contract is silent: a reload that fails sends `READY=1` again all the same (the old configuration is
the one that is in force), as the service manager would otherwise wait forever. The `cycle` event's `new` may be of the
cycle or a total since the start of the state.
"""

import errno
import fcntl
import json
import os
import re
import signal
import socket
import stat
import subprocess
import threading
import time
import unittest

import harness
from harness import MARK, AcceptanceTest, Bare, wait_for, yaml
from peer import Peer, hang, plain
from vendor import now_ms

USERS = ("919800000001", "919800000002")


class Notified:
    """Listens where systemd would."""

    def __init__(self, world):
        self.path = str(world.directory / "notify.socket")
        self.messages = []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.settimeout(0.1)
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    def _listen(self):
        while not self.over.is_set():
            try:
                text = self.socket.recv(65536).decode()
            except (TimeoutError, OSError):
                continue
            self.messages.append((time.monotonic(), text))

    def lines(self, name):
        return [line for _, text in list(self.messages) for line in text.split("\n") if line.split("=")[0] == name]

    def order(self):
        return [line for _, text in list(self.messages) for line in text.split("\n")]

    def close(self):
        self.over.set()
        self.thread.join(2)
        self.socket.close()


NOTES = """credentials: {open: {}}
steps:
  - {name: notes, item: activity, path: /PATH, idempotency: upsert, body: {key: "${activity.key}"}}
"""


class Notes(Peer):
    """A CRM that accepts everything."""

    def answer(self, request):
        return plain(200, b"{}")

    def paths(self):
        with self.lock:
            return [request.path for request in self.requests]


class DaemonTest(AcceptanceTest):
    def filled(self, per_user=5, **options):
        world = self.world(users=USERS, **options)
        world.fill(per_user)
        return world

    def notified(self, world):
        notified = Notified(world)
        self.addCleanup(notified.close)
        return notified

    def started(self, world, environment=None):
        daemon = world.run(environment)
        wait_for(lambda: world.states() == {"delivered": world.stored()} and world.stored() >= len(world.vendor.rows), 15,
                 "the history to be delivered")
        return daemon

    # -- the service manager ----------------------------------------------------------------------------------------

    def test_the_service_manager_is_told_ready_status_watchdog_reloading_and_stopping(self):
        world = self.filled()
        notified = self.notified(world)
        daemon = world.run({"NOTIFY_SOCKET": notified.path, "WATCHDOG_USEC": "1000000"})
        wait_for(lambda: notified.lines("READY"), 10, "READY=1")
        wait_for(lambda: notified.lines("STATUS"), 10, "STATUS=…")
        wait_for(lambda: len(notified.lines("WATCHDOG")) >= 5, 10, "five WATCHDOG=1")
        beats = [at for at, text in notified.messages if "WATCHDOG=1" in text]
        self.assertLess(max(b - a for a, b in zip(beats, beats[1:])), 1.0, "beats are further apart than WATCHDOG_USEC")
        ready = len(notified.lines("READY"))
        daemon.signal(signal.SIGHUP)
        wait_for(lambda: notified.lines("RELOADING"), 10, "RELOADING=1")
        wait_for(lambda: notified.lines("MONOTONIC_USEC"), 2, "MONOTONIC_USEC with RELOADING=1")
        wait_for(lambda: len(notified.lines("READY")) > ready, 10, "READY=1 after the reload")
        self.assertEqual(daemon.stop(), 0)
        wait_for(lambda: notified.lines("STOPPING"), 2, "STOPPING=1")
        self.assertEqual(notified.order().count("STOPPING=1"), 1)

    def test_an_abstract_notify_socket_works_too(self):
        world = self.filled(1)
        name = f"elitbuzz-acceptance-{os.getpid()}-{time.monotonic_ns()}"
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(listener.close)
        listener.bind("\0" + name)
        listener.settimeout(10)
        world.run({"NOTIFY_SOCKET": "@" + name})
        self.assertIn("READY=1", listener.recv(65536).decode())

    def test_readiness_is_not_told_for_a_configuration_that_is_refused(self):
        world = self.filled(1)
        notified = self.notified(world)
        world.config["log"]["level"] = "chatty"
        daemon = world.run({"NOTIFY_SOCKET": notified.path})
        self.assertEqual(daemon.wait(10), 78)
        self.assertFalse(notified.lines("READY"))

    def test_readiness_does_not_wait_for_a_source_that_is_down(self):
        world = self.filled(1)
        notified = self.notified(world)
        world.vendor.fail(hang())
        world.run({"NOTIFY_SOCKET": notified.path})
        wait_for(lambda: notified.lines("READY"), 5, "READY=1")

    # -- stopping ---------------------------------------------------------------------------------------------------

    def test_sigterm_and_sigint_end_an_idle_daemon_at_once(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(signal=number.name):
                world = self.filled()
                daemon = self.started(world)
                begin = time.monotonic()
                daemon.signal(number)
                self.assertEqual(daemon.wait(11), 0)
                self.assertLess(time.monotonic() - begin, 5)
                self.assertSyncs(world)
                self.assertAgrees(world, order="strict")

    def test_sigterm_ends_within_ten_seconds_while_source_and_crm_hang(self):
        world = self.filled()
        world.source()["limits"]["timeout"] = Bare("60s")
        world.sink()["timeout"] = Bare("60s")
        world.crm.rule = lambda _: hang()
        daemon = world.run()
        wait_for(lambda: world.crm.batches, 15, "a batch at the CRM")
        world.vendor.fail(hang())
        asked = len(world.vendor.requests)
        wait_for(lambda: len(world.vendor.requests) > asked, 10, "a request that hangs")
        begin = time.monotonic()
        self.assertEqual(daemon.stop(), 0)
        self.assertLess(time.monotonic() - begin, 10)
        world.vendor.heal()
        world.crm.rule = None
        self.assertSyncs(world)
        self.assertAgrees(world)

    def test_a_signal_during_the_start_is_obeyed_as_soon_as_the_start_is_over(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(signal=number.name):
                world = self.filled()
                world.sync()
                with open(world.state / "elitbuzz-sync.lock", "rb") as lock:
                    fcntl.flock(lock, fcntl.LOCK_EX)
                    begun = len(world.events("started"))
                    daemon = world.run()
                    wait_for(lambda: len(world.events("started")) > begun, 10, "the event `started`", every=0.002)
                    daemon.signal(number)
                self.assertEqual(daemon.wait(5), 0, daemon.errors())
                self.assertTrue(world.events("stopped"))

    def test_sigterm_in_the_middle_of_a_long_history_loses_and_doubles_nothing(self):
        world = self.world(users=USERS)
        world.source()["limits"]["page_size"] = 20
        world.sink()["batch"] = {"messages": 5, "wait": Bare("10ms")}
        world.fill(300)
        for goal in (20, 100, 200):
            # The CRM takes no more than this, so that every process is stopped in the middle of its work.
            wait = plain(429, headers={"Retry-After": "1"})
            world.crm.rule = lambda _, goal=goal, wait=wait: wait if len(world.crm.accepted) >= goal else None
            asked = len(world.crm.batches)
            daemon = world.run()
            wait_for(lambda goal=goal, asked=asked: len(world.crm.accepted) >= goal and len(world.crm.batches) > asked,
                     20, f"{goal} messages")
            self.assertEqual(daemon.stop(), 0)
        world.crm.rule = None
        self.assertSyncs(world)
        self.assertAgrees(world)

    # -- reloading --------------------------------------------------------------------------------------------------

    def test_sighup_takes_over_a_good_configuration_without_a_restart(self):
        world = self.filled()
        daemon = self.started(world)
        world.add_crm("added")
        world.vendor.follow("919800000003", attribute="user.language", value="en")
        world.vendor.add("919800000003", now_ms() - 3_600_000, f"{MARK} of the new audience")
        world.source()["audiences"].append({"attribute": "user.language", "value": "en"})
        world.write()
        daemon.signal(signal.SIGHUP)
        wait_for(lambda: len(world.crms["added"].accepted) == 11, 20, "everything at the added CRM")
        wait_for(lambda: world.states() == {"delivered": 11}, 10, "the new audience's message at the old CRM")
        wait_for(lambda: world.states("added") == {"delivered": 11}, 5, "eleven delivered")
        self.assertAgrees(world)
        self.assertEqual(daemon.stop(), 0)

    def test_sighup_takes_over_a_changed_preset_file_of_an_unchanged_configuration(self):
        world = self.filled(1, sinks=())
        notes = Notes()
        world.peers.append(notes)
        preset = world.directory / "notes.yaml"
        preset.write_text(NOTES.replace("PATH", "old"))
        world.config["sinks"].append({"name": "crm", "type": "custom", "preset": "notes.yaml", "url": notes.url,
                                      "batch": {"wait": Bare("50ms")}})
        daemon = self.started(world)
        self.assertEqual(set(notes.paths()), {"/old"})
        preset.write_text(NOTES.replace("PATH", "new"))
        daemon.signal(signal.SIGHUP)
        wait_for(lambda: "the new configuration is in use" in json.dumps(world.events("reloaded")), 10,
                 "the changed preset in force")
        world.vendor.add(USERS[0], now_ms(), f"{MARK} with the changed preset")
        wait_for(lambda: "/new" in notes.paths(), 10, "a request as the changed preset says")
        self.assertEqual(daemon.stop(), 0)

    def test_sighup_with_a_bad_configuration_keeps_the_old_one_and_says_why(self):
        world = self.filled()
        notified = self.notified(world)
        daemon = self.started(world, {"NOTIFY_SOCKET": notified.path})
        known = len(world.events())
        ready = len(notified.lines("READY"))
        world.write(yaml(world.config).replace("page_size", "pagesize").replace("concurrency: 4", "concurrency: lots"))
        daemon.signal(signal.SIGHUP)
        complaint = wait_for(lambda: [e for e in world.events()[known:] if e["level"] in ("warn", "warning", "error")], 10,
                             "an event that says why")
        self.assertIn("concurrency", json.dumps(complaint), "the reason is not named")
        wait_for(lambda: len(notified.lines("READY")) > ready, 10, "READY=1 after the failed reload")
        world.vendor.add(USERS[0], now_ms(), f"{MARK} after the bad reload")
        wait_for(lambda: len(world.crm.accepted) == 11, 10, "work goes on with the old configuration")
        self.assertEqual(daemon.stop(), 0)

    def test_sighup_reads_the_secrets_again(self):
        world = self.filled()
        daemon = self.started(world)
        world.vendor.api_key = "canarykey-second"
        world.crm.token = "Bearer canarykey-second"
        world.secret("support.key", world.vendor.api_key)
        world.secret("crm.token", world.crm.token)
        daemon.signal(signal.SIGHUP)
        world.vendor.add(USERS[0], now_ms(), f"{MARK} with the new keys")
        wait_for(lambda: len(world.crm.accepted) == 11, 10, "a message with the new keys, sooner than a pause would allow")

    def test_sighup_reopens_the_log_and_loses_no_line(self):
        world = self.filled()
        daemon = self.started(world)
        old = world.log.with_suffix(".1")
        inode = world.log.stat().st_ino
        world.log.rename(old)
        daemon.signal(signal.SIGHUP)
        wait_for(lambda: world.log.exists() and world.log.stat().st_ino != inode, 10, "a new log file")
        wait_for(lambda: world.events("cycle"), 10, "a cycle in the new log")
        self.assertEqual(stat.S_IMODE(world.log.stat().st_mode) & 0o077, 0, "the new log is readable by others")
        size = old.stat().st_size
        wait_for(lambda count=len(world.events("cycle")): len(world.events("cycle")) > count + 1, 10, "two more cycles")
        self.assertEqual(old.stat().st_size, size, "the old file is still written")
        self.assertTrue(old.read_text().endswith("\n"))

    def test_a_log_that_is_truncated_in_place_gets_no_holes(self):
        world = self.filled()
        self.started(world)
        os.truncate(world.log, 0)
        wait_for(lambda: world.events("cycle"), 10, "a cycle after the truncation")
        self.assertNotIn(b"\0", world.log.read_bytes())

    def test_a_log_that_cannot_be_written_stops_nothing(self):
        """The log is a device that is always full. The test makes a node of its own, so that no other one is changed."""
        world = self.filled()
        full = world.directory / "full"
        try:
            os.mknod(full, stat.S_IFCHR | 0o600, os.makedev(1, 7))
            with open(full, "wb", buffering=0) as device:
                device.write(b"x")
        except OSError as error:
            if error.errno != errno.ENOSPC:
                self.skipTest(f"cannot make a full device: {error}")
        world.config["log"]["file"] = "full"
        self.assertSyncs(world)
        self.assertAgrees(world, order="strict")

    # -- the ledger -------------------------------------------------------------------------------------------------

    def test_every_cycle_balances_and_agrees_with_the_store(self):
        world = self.filled(10, sinks=("crm", "picky"))
        world.crms["picky"].rule = lambda b: plain(422, "no") if any("001/3" in m["text"] for m in b.messages) else None
        world.vendor.add(USERS[0], now_ms() - 1000, f"{MARK} unreadable", form="words")
        daemon = world.run()
        wait_for(lambda: len(world.crm.accepted) == 21, 15, "21 messages")
        for number in range(6):
            world.vendor.add(USERS[number % 2], now_ms(), f"{MARK} later {number}")
            wait_for(lambda number=number: len(world.crm.accepted) == 22 + number, 10, "one more message")
        wait_for(lambda: world.states("picky") == {"delivered": 26, "dead": 1}, 10, "26 delivered and 1 dead")
        cycles = len(world.events("cycle"))
        wait_for(lambda: len(world.events("cycle")) >= cycles + 2, 10, "two more cycles")
        self.assertEqual(daemon.stop(), 0)
        events = world.events("cycle")
        for event in events:
            self.assertEqual(event["fetched"], event["new"] + event["duplicate"] + event["rejected"], f"unbalanced: {event}")
            self.assertEqual(event["source"], "support")
        self.assertIn(world.stored(), (sum(e["new"] for e in events), events[-1]["new"]),
                      "neither the sum of `new` over all cycles nor the last total is what is stored")
        for sink, numbers in events[-1]["sinks"].items():
            states = world.states(sink)
            self.assertEqual(numbers, {**{n: states.get(n, 0) for n in ("delivered", "dead", "suppressed")},
                                       "pending": sum(states.get(n, 0) for n in ("pending", "in_flight", "unknown"))},
                             f"the last cycle's totals of {sink} and deliveries_v1 {states}")
            self.assertEqual(sum(numbers.values()), world.stored())
        self.assertEqual(set(events[-1]["sinks"]), {"crm", "picky"})
        self.assertEqual(world.events("ledger_mismatch"), [])

    def test_every_log_line_has_the_promised_fields(self):
        world = self.filled()
        world.vendor.fail(plain(500), times=2)
        self.assertSyncs(world)
        events = world.events()
        self.assertGreater(len(events), 2)
        for event in events:
            for name in ("ts", "level", "event", "msg"):
                self.assertIn(name, event, f"{event}")
            self.assertRegex(event["event"], r"^[a-z][a-z0-9_.]*$")
        self.assertTrue([e for e in events if e["event"] == "cycle"], "a `sync` is a cycle too")

    def test_the_log_goes_to_stderr_when_no_file_is_named_and_can_be_text(self):
        world = self.filled()
        world.config["log"] = {"level": "info", "format": "text"}
        done = self.assertSyncs(world)
        self.assertIn("cycle", done.err)
        world.config["log"] = {"level": "info", "format": "json"}
        done = self.assertSyncs(world)
        self.assertTrue([e for e in map(json.loads, filter(lambda l: l.startswith("{"), done.err.splitlines()))
                         if e["event"] == "cycle"], done.err)

    # -- status -----------------------------------------------------------------------------------------------------

    def test_status_is_0_when_all_is_well_and_1_when_something_is_dead_or_paused(self):
        world = self.filled()
        world.source()["poll"]["max_staleness"] = Bare("5m")
        self.assertSyncs(world)
        document, done = world.status()
        self.assertCode(done, 0)
        self.assertIsInstance(document, dict)
        self.assertIn("support", json.dumps(document))
        self.assertIn("crm", json.dumps(document))
        human = world.verb("status", "--no-daemon", write=False)
        self.assertCode(human, 0)
        self.assertIn("support", human.out)
        world.vendor.add(USERS[0], now_ms() - 1000, f"{MARK} refused")
        world.crm.rule = lambda _: plain(400, "no")
        self.assertSyncs(world, 1)
        document, done = world.status()
        self.assertCode(done, 1)
        self.assertRegex(json.dumps(document), r'"dead": 1\b')
        self.assertIn("sink crm: 1 message is dead", document["problems"])

    def problems(self, world, **options):
        document, done = world.status(**options)
        self.assertCode(done, 1)
        return "\n".join(document["problems"])

    def test_status_is_a_health_check_of_the_daemon_too(self):
        world = self.filled()
        world.source()["poll"]["max_staleness"] = Bare("5m")
        self.assertSyncs(world)
        self.assertIn("the daemon does not run", self.problems(world, daemon=True))
        daemon = world.run()
        wait_for(lambda: world.status(daemon=True)[1].code == 0, 15, "a healthy status beside the daemon")
        daemon.kill()
        self.assertIn("the daemon does not run", self.problems(world, daemon=True))

    def test_status_tells_of_a_user_who_is_staler_than_promised(self):
        world = self.filled()
        world.source()["poll"] = {"interval": Bare("1s"), "max_staleness": Bare("3s")}
        self.assertSyncs(world)
        self.assertCode(world.status()[1], 0)
        wait_for(lambda: world.status()[1].code == 1, 20, "the promise of three seconds to be broken", 0.5)
        self.assertIn("poll.max_staleness", self.problems(world))

    def test_status_tells_of_an_audience_that_matches_nobody(self):
        world = self.filled()
        world.source()["audiences"].append({"attribute": "feedback", "value": "2\u00a0"})
        self.assertSyncs(world, {0, 1})
        self.assertIn('"feedback" = "2\\u{00a0}" matches nobody', self.problems(world))

    def test_status_tells_that_nobody_was_ever_read(self):
        world = self.filled()
        world.vendor.fail(plain(500, "down"), kind="conversations")
        daemon = world.run()
        wait_for(lambda: world.database.exists() and world.user(USERS[0]), 15, "a list of users")
        self.assertIn("nobody has been read yet", self.problems(world))
        self.assertEqual(daemon.stop(), 0)

    def test_status_shows_the_state_in_spite_of_a_mistake_in_the_configuration(self):
        world = self.world(users=USERS[:1])
        world.fill(3)
        daemon = world.run()
        wait_for(lambda: world.states() == {"delivered": 3}, 15, "three deliveries")
        world.config["sources"][0]["poll"] = {"interval": Bare("tomorrow")}
        done = world.verb("status", seconds=10)
        self.assertCode(done, 78)
        self.assertIn("sources[0].poll.interval", done.err)
        self.assertIn("! the configuration has 1 mistake", done.out)
        self.assertIn("delivered 3", done.out)
        self.assertEqual(daemon.stop(), 0)

    def test_status_before_the_first_start_is_a_clear_answer(self):
        world = self.filled()
        world.write()
        done = world.verb("status", write=False)
        self.assertIn(done.code, (0, 1, 74), str(done))
        self.assertTrue((done.out + done.err).strip())
        self.assertFalse(world.database.exists(), "`status` made a state")

    def test_sync_without_delivering_fetches_only(self):
        world = self.filled()
        self.assertCode(world.verb("sync", "--no-deliver"), 0)
        self.assertEqual(world.crm.batches, [])
        self.assertEqual(world.states(), {"pending": 10})
        self.assertSyncs(world)
        self.assertAgrees(world, order="strict")

    def test_a_sync_shows_its_progress_on_a_terminal(self):
        world = self.filled()
        world.write()
        master, terminal = os.openpty()
        done = subprocess.run([harness.BINARY, "sync", "--config", str(world.config_path)], stdout=subprocess.PIPE,
                              stderr=terminal, timeout=60, check=False)
        os.close(terminal)
        shown = os.read(master, 65536).decode()
        os.close(master)
        self.assertEqual(done.returncode, 0, shown)
        self.assertRegex(shown, r"\[[#-]+\] \d+/\d+ users")
        self.assertTrue(shown.endswith("\r\x1b[K"), "the bar is removed at the end")

    # -- output -----------------------------------------------------------------------------------------------------

    def test_output_that_cannot_be_written_is_an_error_of_every_verb(self):
        world = self.filled()
        self.assertSyncs(world)
        for verb in (["status"], ["status", "--json"], ["config", "schema"], ["config", "show"], ["sync", "--json"], ["--help"],
                     ["--version"], ["sync", "--help"]):
            for name, redirection in (("closed", ">&-"), ("full", ">/dev/full")):
                with self.subTest(verb=verb, stdout=name):
                    named = [] if verb[-1] in ("--help", "--version", "schema") else ["--config", str(world.config_path)]
                    done = subprocess.run(["sh", "-c", f'exec "$0" "$@" {redirection}', harness.BINARY, *verb, *named],
                                          stderr=subprocess.PIPE, text=True, timeout=60, check=False)
                    self.assertEqual(done.returncode, 74, done.stderr)
                    self.assertIn("output could not be written", done.stderr)

    def journal(self, world):
        """An environment in which stderr, a file of the daemon to come, counts as the journal."""
        path = world.directory / f"err-{len(world.daemons)}.txt"
        path.touch()
        status = path.stat()
        return {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}

    def test_lines_for_the_journal_carry_their_priority(self):
        world = self.filled()
        world.config["log"] = {"level": "info", "format": "json"}
        world.crm.rule = lambda _: plain(401, "no")
        daemon = world.run(self.journal(world))
        wait_for(lambda: "sink_paused" in daemon.errors(), 15, "the pause in the journal")
        self.assertEqual(daemon.stop(), 0)
        wanted = {"error": "<3>", "warning": "<4>", "info": "<6>"}
        for line in daemon.errors().splitlines():
            self.assertEqual(line[:3], wanted[json.loads(line[3:])["level"]], line)

    def test_the_journal_gets_errors_and_changes_of_state_beside_a_log_file(self):
        world = self.filled()
        world.crm.rule = lambda _: plain(401, "no")
        daemon = world.run(self.journal(world))
        wait_for(lambda: "sink_paused" in daemon.errors(), 15, "the pause in the journal")
        self.assertEqual(daemon.stop(), 0)
        events = [json.loads(line[3:])["event"] for line in daemon.errors().splitlines()]
        self.assertEqual(events[:2], ["started", "ready"])
        self.assertEqual(events[-1], "stopped")
        self.assertNotIn("cycle", events)
        self.assertIn("cycle", [event["event"] for event in world.events()])

    def test_the_service_manager_is_told_the_same_problems(self):
        world = self.filled()
        notified = Notified(world)
        self.addCleanup(notified.close)
        world.crm.rule = lambda _: plain(401, "no")
        daemon = world.run({"NOTIFY_SOCKET": notified.path})
        wait_for(lambda: any("paused: credential" in line and "problem" in line for line in notified.lines("STATUS")), 20,
                 "the problem in STATUS=")
        world.write("sources: [")
        daemon.signal(signal.SIGHUP)
        wait_for(lambda: "configuration is refused" in notified.lines("STATUS")[-1], 10, "the refusal in STATUS=")
        self.assertEqual(daemon.stop(), 0)

    # -- silence ----------------------------------------------------------------------------------------------------

    def test_keys_texts_and_whole_user_ids_are_in_no_log_no_output_and_no_command_line(self):
        """At the level trace, with every kind of fault. Each test also checks that no key and no text is logged."""
        world = self.filled(6, sinks=("crm", "second"))
        world.vendor.user_extra[USERS[0]] = {"email": f"{MARK}@example.invalid"}
        world.vendor.fail(plain(500, json.dumps({"error": f"{MARK} in an error", "user": USERS[0]})), times=1)
        world.vendor.fail(world.vendor.error(400, 1002, f"{MARK} {USERS[1]}"), kind="conversations", user=USERS[1], times=1)
        world.crms["second"].rule = lambda b: plain(400, f"refused {b.messages[0]['text']}")
        daemon = world.run()
        wait_for(lambda: len(world.crm.accepted) >= 6 and len(world.crms["second"].batches) >= 6, 20, "six messages and refusals")
        arguments = subprocess.run(["ps", "-ww", "-o", "args=", "-p", str(daemon.pid)], capture_output=True, text=True,
                                   check=False).stdout if os.path.exists("/bin/ps") else ""
        with open(f"/proc/{daemon.pid}/cmdline", encoding="utf-8") as file:
            arguments += file.read()
        self.assertNotIn("canarykey", arguments)
        world.status()
        world.verb("status", write=False)
        world.verb("validate", write=False)
        self.assertEqual(daemon.stop(), 0)
        log = world.log.read_text()
        for user in USERS:
            hit = re.search(f".{{0,80}}{user}.{{0,20}}", log)
            self.assertIsNone(hit, f"a whole user id is in the log: {hit and hit[0]}")
        self.assertFalse(world.leaks(), "\n".join(world.leaks()))

    def test_user_ids_are_whole_in_the_log_only_when_asked_for(self):
        world = self.filled(2)
        world.config["log"]["reveal_user_ids"] = True
        self.assertSyncs(world)
        masked = self.filled(2)
        self.assertSyncs(masked)
        if "9198…" in masked.log.read_text() or "0001" in masked.log.read_text():
            self.assertIn(USERS[0], world.log.read_text(), "reveal_user_ids changes nothing")


if __name__ == "__main__":
    unittest.main()
