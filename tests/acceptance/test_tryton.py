"""A server that we did not write: Tryton, a real CRM, behind a wire that loses requests and answers.

The program delivers to it by a preset of these tests, as an operator would write one for a CRM it does not know.
"""

import http.client
import json
import re
import shutil
import sys
import time
import unittest
from collections import Counter
from pathlib import Path

import tryton
from harness import MARK, AcceptanceTest, Bare, World, wait_for
from relay import LOST_AFTER, LOST_BEFORE, Relay, nth
from tryton import TrytonError
from vendor import Dialect, now_ms

PRESET = Path(__file__).parent / "presets" / "tryton.yaml"
USERS = ("919800000001", "919800000002", "919800000003")
LOGIN = "common.db.login"
FIND_PARTIES, FIND_NOTES = "party.party.search_read", "ir.note.search_read"
NEW_PARTIES, NEW_NOTES = "party.party.create", "ir.note.create"
CHANGE_PARTY, CHANGE_NOTE = "party.party.write", "ir.note.write"


def setUpModule():
    reason = tryton.unavailable()
    if reason:
        sys.stderr.write(f"skipped: {reason}\n")
        raise unittest.SkipTest(reason)


class ServerTest(unittest.TestCase):
    """What the real server does, without the program: that is what the preset of these tests is built on."""

    @classmethod
    def setUpClass(cls):
        cls.server = tryton.Tryton.shared()

    def party(self, code):
        return self.server.create("party.party", {"code": code, "name": "Asha"})[0]

    def note(self, party, message):
        record = {"resource": f"party.party,{party}", "message": message, "unread": False}
        return self.server.create("ir.note", record)[0]

    def test_a_code_belongs_to_one_party_and_a_second_create_is_refused(self):
        first = self.party("u-twice")
        with self.assertRaises(TrytonError) as refused:
            self.party("u-twice")
        self.assertEqual((refused.exception.name, refused.exception.text),
                         ("UserError", "The code on party must be unique."))
        self.assertEqual(self.server.search("party.party", ["code", "=", "u-twice"]), [first])

    def test_one_refused_record_keeps_its_neighbours_out(self):
        self.party("u-taken")
        with self.assertRaises(TrytonError):
            self.server.create("party.party", {"code": "u-new", "name": "New"}, {"code": "u-taken", "name": "Old"})
        self.assertEqual(self.server.search("party.party", ["code", "=", "u-new"]), [])

    def test_a_note_created_twice_is_two_notes(self):
        party = self.party("u-notes")
        notes = [self.note(party, "[key-1] hello") for _ in range(2)]
        self.assertEqual(sorted(self.server.search("ir.note", ["message", "like", "%[key-1]%"])), notes)
        self.assertEqual([n["message"] for n in self.server.notes("u-notes")], ["[key-1] hello"] * 2)

    def test_notes_are_found_by_their_party_and_by_a_marker(self):
        party, other = self.party("u-search"), self.party("u-other")
        wanted, _ = self.note(party, "[key-2] one"), self.note(party, "[key-3] two")
        elsewhere = self.note(other, "[key-2] at another")
        of_party = ["resource", "=", f"party.party,{party}"]
        self.assertEqual(len(self.server.search("ir.note", of_party)), 2)
        self.assertEqual(sorted(self.server.search("ir.note", ["message", "like", "%[key-2]%"])), [wanted, elsewhere])
        self.assertEqual(self.server.search("ir.note", of_party, ["message", "like", "%[key-2]%"]), [wanted])

    def test_a_wrong_password_and_an_ended_session_are_unauthorised(self):
        with self.assertRaises(TrytonError) as refused:
            self.server.login(password="wrong")
        self.assertEqual(refused.exception.name, "401")
        session = self.server.login()
        self.server.end_sessions()
        with self.assertRaises(TrytonError) as ended:
            self.server.ask("model.party.party.search", [[], 0, None, None, {}],
                            {"Authorization": f"Session {session}"})
        self.assertEqual(ended.exception.name, "401")
        self.assertIsInstance(self.server.parties(), list)

    def test_it_comes_back_at_its_port_with_what_it_had(self):
        url, party = self.server.url, self.party("u-restart")
        self.server.stop()
        self.server.start()
        self.assertEqual(self.server.url, url)
        self.assertEqual(self.server.search("party.party", ["code", "=", "u-restart"]), [party])


class RelayTest(unittest.TestCase):
    """The wire loses exactly what it is told to lose."""

    def setUp(self):
        self.server = tryton.Tryton.shared()
        self.relay = Relay(self.server.url)
        self.addCleanup(self.relay.stop)
        self.session = self.server.login()

    def create(self, code):
        """The status of a create over the wire, or None when no answer came."""
        body = json.dumps({"id": 1, "method": "model.party.party.create",
                           "params": [[{"code": code, "name": "x"}], {}]})
        connection = http.client.HTTPConnection("127.0.0.1", self.relay.port, timeout=20)
        try:
            connection.request("POST", "/crm/", body, {"Content-Type": "application/json",
                                                       "Authorization": f"Session {self.session}"})
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def test_a_lost_answer_leaves_the_record_and_a_lost_request_does_not(self):
        self.relay.fault = nth(2, LOST_AFTER)
        self.assertEqual([self.create("a"), self.create("b"), self.create("c")], [200, None, 200])
        self.relay.fault = nth(1, LOST_BEFORE)
        self.assertEqual([self.create("d"), self.create("e")], [None, 200])
        self.assertEqual([p["code"] for p in self.server.parties()], ["a", "b", "c", "e"])
        self.assertEqual([(e.fault, e.answer and e.answer.status) for e in self.relay.seen()],
                         [(None, 200), (LOST_AFTER, 200), (None, 200), (LOST_BEFORE, None), (None, 200)])

    def test_a_server_that_is_down_gives_no_answer(self):
        self.server.stop()
        self.assertIsNone(self.create("a"))
        self.server.start()
        self.assertEqual(self.create("b"), 200)


class Office(World):
    """A source, a Tryton, and the wire between it and the program."""

    def __init__(self, unit="message", preset=None, users=USERS):
        super().__init__(Dialect(signed_urls=False), users, sinks=())
        path = self.directory / "tryton.yaml"
        path.write_text(PRESET.read_text("utf-8") if preset is None else preset, "utf-8")
        self.unit = unit
        self.hours = time.gmtime().tm_hour - 12  # behind UTC: where it is noon, days do not end while a test runs
        self.server = tryton.Tryton.shared()
        self.wire = Relay(self.server.url)
        self.peers.append(self.wire)
        self.secret("password", tryton.PASSWORD)
        self.config["sinks"].append({
            "name": "tryton", "type": "custom", "preset": "tryton.yaml", "url": self.wire.url, "unit": unit,
            "timezone": f"Etc/GMT{self.hours:+}",
            "secrets": {"password": {"file": "password"}}, "concurrency": 2, "timeout": Bare("1s"),
            "batch": {"messages": 10, "wait": Bare("20ms")}, "retry": {"first": Bare("50ms"), "max": Bare("200ms")}})

    def calls(self):
        """The methods that were asked since the last look, in order."""
        with self.wire.lock:
            asked, self.wire.exchanges = self.wire.exchanges, []
        return [method(exchange.request) for exchange in asked]

    def lose_state(self):
        for path in self.directory.glob("state*"):
            shutil.rmtree(path)

    def differences(self):
        """What is wrong in Tryton, compared with what is stored; readable lines."""
        lines = self.agreement(delivered=False)
        stored = self.rows("SELECT * FROM messages_v1 ORDER BY timestamp_ms, key")
        parties = {f"party.party,{party['id']}": party["code"] for party in self.server.parties()}
        wanted = sorted({f"support.{row['user_id']}" for row in stored})
        if sorted(parties.values()) != wanted:
            lines.append(f"the parties {sorted(parties.values())} in place of {wanted}")
        told = [(parties.get(note["resource"]), *parts(note["message"])) for note in self.server.notes()]
        wanted = self.notes_of_messages(stored) if self.unit == "message" else self.notes_of_days(stored)
        lines += [f"{what} {len(some)} note(s), such as {some[0]}" for what, some in (
            ("lacks", list((Counter(wanted) - Counter(told)).elements())),
            ("has too much:", list((Counter(told) - Counter(wanted)).elements()))) if some]
        states = self.states("tryton")
        return lines if states == {"delivered": len(stored)} else [*lines, f"{len(stored)} stored, {states}"]

    @staticmethod
    def notes_of_messages(stored):
        """(the party's code, what the note says, the key in its last line) of each."""
        return [(f"support.{row['user_id']}", tuple(re.findall(rf"{MARK} .*", row["text"])), row["key"])
                for row in stored]

    def notes_of_days(self, stored):
        said = {}
        for row in stored:
            code = f"support.{row['user_id']}"
            day = time.strftime("%Y-%m-%d", time.gmtime(row["timestamp_ms"] // 1000 - 3600 * self.hours))
            said.setdefault((code, f"{code}.{day}#1"), []).extend(re.findall(rf"{MARK} .*", row["text"]))
        return [(code, tuple(texts), key) for (code, key), texts in said.items()]


def parts(message):
    """What a note says of messages, and the key in its last line."""
    text, _, last = message.rpartition("\n")
    return tuple(re.findall(rf"{MARK} .*", text)), last.strip("[]")


def method(request):
    return json.loads(request.body)["method"].removeprefix("model.")


def asks(name):
    return lambda request: method(request) == name


def changed_preset(*replacements):
    text = PRESET.read_text("utf-8")
    for old, new in replacements:
        assert text.count(old) == 1, f"{text.count(old)} times {old!r}"
        text = text.replace(old, new)
    return text


class DeliveryTest(AcceptanceTest):
    """Each party and each note is there once, whatever happens on the way."""

    def office(self, **options):
        office = Office(**options)
        self.addCleanup(self._finish, office)
        return office

    def assertHolds(self, office):
        differences = office.differences()
        self.assertFalse(differences, "\n" + "\n".join(differences) + self._last(office))

    def say(self, office, *users, text="more"):
        for user in users:
            office.vendor.add(user, now_ms(), f"{MARK} {text} {user[-3:]}")

    def test_each_message_is_one_note_and_a_changed_name_is_written(self):
        office = self.office()
        office.fill(7)
        self.assertSyncs(office)
        self.assertHolds(office)
        self.assertEqual(office.calls()[:4], [LOGIN, FIND_PARTIES, NEW_PARTIES, FIND_NOTES])
        ids = {party["code"]: party["id"] for party in office.server.parties()}
        self.assertSyncs(office)
        self.assertEqual(office.calls(), [], "nothing is new")
        office.vendor.user_extra[USERS[0]] = {"name": "Asha Rao"}
        self.say(office, *USERS)
        self.assertSyncs(office)
        self.assertHolds(office)
        calls = Counter(office.calls())
        self.assertEqual((set(calls), calls[CHANGE_PARTY]), ({CHANGE_PARTY, FIND_NOTES, NEW_NOTES}, 1))
        self.assertEqual({party["code"]: party["id"] for party in office.server.parties()}, ids)
        names = {party["code"]: party["name"] for party in office.server.parties()}
        self.assertEqual(names, {f"support.{user}": "Someone" for user in USERS} | {f"support.{USERS[0]}": "Asha Rao"})
        order = [parts(note["message"])[0] for note in office.server.notes(f"support.{USERS[1]}")]
        self.assertEqual(order, [(f"{MARK} hello 002/{i}",) for i in range(7)] + [(f"{MARK} more 002",)])

    def test_a_note_for_each_day_grows_in_place(self):
        office = self.office(unit="day")
        office.fill(4, hours=(30, 1))
        self.assertSyncs(office)
        self.assertHolds(office)
        before, _ = office.server.notes(), office.calls()
        self.say(office, *USERS)
        self.assertSyncs(office)
        self.assertHolds(office)
        self.assertEqual(Counter(office.calls()), Counter({CHANGE_NOTE: len(USERS)}))
        self.assertEqual([note["id"] for note in office.server.notes()], [note["id"] for note in before])

    def test_after_a_lost_state_everything_is_found_and_nothing_is_made(self):
        for unit in ("message", "day"):
            with self.subTest(unit=unit):
                office = self.office(unit=unit)
                office.fill(6)
                self.assertSyncs(office)
                before = office.server.parties(), office.server.notes()
                office.calls()
                office.lose_state()
                self.assertSyncs(office)
                self.assertHolds(office)
                self.assertEqual((office.server.parties(), office.server.notes()), before)
                calls = set(office.calls())
                self.assertLessEqual({FIND_PARTIES, FIND_NOTES}, calls)
                self.assertFalse(calls & {NEW_PARTIES, NEW_NOTES}, "something was made before it was looked up")

    def test_what_was_lost_on_the_way_is_looked_up_before_it_is_asked_again(self):
        for name, find in ((NEW_PARTIES, FIND_PARTIES), (NEW_NOTES, FIND_NOTES)):
            for loss in (LOST_AFTER, LOST_BEFORE):
                with self.subTest(method=name, loss=loss):
                    office = self.office(users=USERS[:1])
                    office.fill(3)
                    office.wire.fault = nth(1, loss, asks(name))
                    self.assertSyncs(office)
                    self.assertHolds(office)
                    calls = [call for call in office.calls() if call in (name, find)]
                    lost = calls.index(name)
                    # What is not found is looked for once more before it counts as lost.
                    again = [find, name] if loss == LOST_BEFORE else []
                    self.assertEqual(calls[lost + 1:lost + 4], [find, *again], calls)

    def test_a_preset_that_looks_only_after_a_loss_finds_what_was_lost(self):
        preset = changed_preset(
            ("  - name: known-notes\n    item: activity\n",
             "  - name: known-notes\n    item: activity\n    only: unsure\n"),
            ("    items_max: 20\n    idempotency: lookup_before_create\n",
             "    items_max: 20\n    idempotency: lookup_after_unknown\n"))
        for loss in (LOST_AFTER, LOST_BEFORE):
            with self.subTest(loss=loss):
                office = self.office(preset=preset, users=USERS[:1])
                office.fill(3)
                self.assertSyncs(office)
                self.assertNotIn(FIND_NOTES, office.calls())
                self.say(office, USERS[0])
                office.wire.fault = nth(1, loss, asks(NEW_NOTES))
                self.assertSyncs(office)
                self.assertHolds(office)
                notes = [call for call in office.calls() if call in (FIND_NOTES, NEW_NOTES)]
                self.assertEqual(notes, [NEW_NOTES, FIND_NOTES, *[FIND_NOTES, NEW_NOTES] * (loss == LOST_BEFORE)])

    def test_kills_make_no_second_party_and_no_second_note(self):
        for unit in ("message", "day"):
            with self.subTest(unit=unit):
                office = self.office(unit=unit)
                office.source()["poll"] = {"interval": Bare("1s"), "max_staleness": Bare("1s")}
                for name, loss in ((NEW_PARTIES, LOST_AFTER), (NEW_NOTES, LOST_AFTER), (NEW_NOTES, LOST_BEFORE)):
                    self.say(office, *USERS[:2 if name == NEW_PARTIES else 3], text=f"before {name} {loss[:20]}")
                    self.kill_at(office, name, loss)
                self.assertSyncs(office)
                self.assertHolds(office)

    def kill_at(self, office, name, loss):
        """Kills the daemon during its first request of that name, before or after the server answered."""
        decide, died = nth(1, loss, asks(name)), []

        def fault(request):
            lost = decide(request)
            if lost == LOST_BEFORE:
                died.append(daemon.kill())
            elif lost:
                passed = office.wire.pass_on(request)
                died.append(daemon.kill())
                return passed
            return None

        office.wire.fault = fault
        daemon = office.run()
        wait_for(lambda: died, 20, f"{name} to be asked")
        office.wire.fault = None

    def test_a_refused_name_is_left_out_and_told_and_keeps_no_notes_back(self):
        office = self.office()
        office.config["sinks"][0]["fields"] = {"name": "/nickname"}
        for user, name in zip(USERS, ("Asha", "no\nname", "Zoë")):
            office.vendor.user_extra[user] = {"nickname": name}
        office.fill(4)
        self.assertSyncs(office)
        self.assertEqual(sorted(party["name"] or "" for party in office.server.parties()), ["", "Asha", "Zoë"])
        self.assertHolds(office)
        told = office.events("contact_field_refused")
        self.assertEqual([(event["level"], event["fields"]) for event in told], [("warning", "name")])
        self.assertNotIn(USERS[1], json.dumps(told))
        office.vendor.user_extra[USERS[1]] = {"nickname": "a name"}
        self.say(office, USERS[1])
        self.assertSyncs(office)
        self.assertEqual(sorted(party["name"] for party in office.server.parties()), ["Asha", "Zoë", "a name"])
        self.assertHolds(office)

    def test_a_session_of_any_user_will_do(self):
        office = self.office()
        groups = office.server.search("ir.model.data", ["fs_id", "in", ["group_admin", "group_party_admin"]])
        groups = [row["db_id"] for row in office.server.read("ir.model.data", groups, "db_id")]
        password = "canarykey-93QmZwXv"
        office.server.create("res.user", {"name": "Clerk", "login": "clerk", "password": password,
                                          "groups": [["add", groups]]})
        office.secret("password", password)
        office.config["sinks"][0]["settings"] = {"login": "clerk"}
        office.fill(2)
        self.assertSyncs(office)
        self.assertHolds(office)

    def test_a_session_that_cannot_be_kept_is_told(self):
        office = self.office()
        office.fill(2)
        office.config["sync"]["wait"] = Bare("1s")
        kept = office.directory / "state-tokens"
        kept.write_text("in the way")
        self.assertSyncs(office, 1)
        told = office.events("token_file_failed")
        self.assertTrue(told)
        self.assertIn("state-tokens", told[-1]["msg"])
        self.assertEqual({event["sink"] for event in told}, {"tryton"})
        kept.unlink()
        office.config["sync"]["wait"] = Bare("10s")
        self.assertSyncs(office)
        self.assertHolds(office)

    def test_a_wrong_password_pauses_until_it_is_right(self):
        office = self.office()
        office.fill(3)
        office.secret("password", "canarykey-wrong")
        self.assertSyncs(office, 1)
        self.assertEqual(office.calls(), [LOGIN])
        self.assertEqual([sink["state"] for sink in office.status()[0]["sinks"]], ["paused: credential"])
        self.assertEqual(office.server.parties(), [])
        office.secret("password", tryton.PASSWORD)
        self.assertSyncs(office)
        self.assertHolds(office)

    def test_an_ended_session_is_replaced_by_one_new_login(self):
        office = self.office()
        office.fill(3)
        self.assertSyncs(office)
        self.assertEqual(office.calls().count(LOGIN), 1)
        self.say(office, *USERS)
        self.assertSyncs(office)
        self.assertNotIn(LOGIN, office.calls(), "a session outlives the process")
        office.server.end_sessions()
        self.say(office, *USERS)
        self.assertSyncs(office)
        self.assertHolds(office)
        self.assertEqual(office.calls().count(LOGIN), 1)

    def test_a_tryton_that_is_down_gets_everything_when_it_is_back(self):
        office = self.office()
        office.source()["poll"] = {"interval": Bare("1s"), "max_staleness": Bare("1s")}
        office.fill(3)
        office.server.stop()
        daemon = office.run()
        wait_for(lambda: len(office.wire.seen()) > 2, 10, "some attempts")
        self.assertEqual(office.states("tryton").get("delivered", 0), 0)
        office.server.start()
        wait_for(lambda: office.states("tryton") == {"delivered": 9}, 15, "nine delivered messages")
        self.assertEqual(daemon.stop(), 0)
        self.assertHolds(office)


if __name__ == "__main__":
    unittest.main()
