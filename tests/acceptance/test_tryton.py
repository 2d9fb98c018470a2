"""A server that we did not write: Tryton, a real CRM, behind a wire that loses requests and answers."""

import http.client
import json
import sys
import unittest

import tryton
from relay import LOST_AFTER, LOST_BEFORE, Relay, nth
from tryton import TrytonError


def setUpModule():
    reason = tryton.unavailable()
    if reason:
        sys.stderr.write(f"skipped: {reason}\n")
        raise unittest.SkipTest(reason)


class ServerTest(unittest.TestCase):
    """What the real server does, without the program: that is what the preset of these tests is built on."""

    @classmethod
    def setUpClass(cls):
        cls.server = tryton.Tryton()
        cls.addClassCleanup(cls.server.close)

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
        self.server = tryton.Tryton()
        self.addCleanup(self.server.close)
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


if __name__ == "__main__":
    unittest.main()
