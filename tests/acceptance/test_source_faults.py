"""A source that refuses, slows down, breaks off, sends no valid answer or none at all: errors, never empty lists.

Decided where the contract is silent: a known list whose elements are no objects is not asked about (an error and a
kept row are both defensible, an empty list is not).
"""

import json
import time
import unittest
from email.utils import formatdate

import peer
from harness import MARK, AcceptanceTest, Bare, wait_for
from peer import html, json_answer, plain
from vendor import Dialect, nested, now_ms, raw_json

USERS = ("919800000001", "919800000002", "919800000003")

NONSENSE = {
    "null": raw_json("null"),
    "a number": raw_json("7"),
    "a string": raw_json('"no conversations"'),
    "an empty object": raw_json("{}"),
    "an object of another shape": json_answer({"stuff": [], "total": 0}),
    "rows that are null": json_answer({"conversations": None}),
    "rows that are an object": json_answer({"conversations": {"0": {}}}),
    "an error with 200": json_answer({"error": "Internal", "status": 500, "path": "/"}),
    "a failure status with 200": json_answer({"conversations": [], "status": {"code": 2000, "desc": "FAILURE"}}),
    "a problem document with 200": json_answer({"type": "about:blank", "title": "Bad", "status": 400, "conversations": []}),
    "HTML with 200": html(),
    "an empty body with 200": plain(200),
    "JSON cut off": raw_json('{"conversations":[{"timestamp":"2026/01'),
    "JSON and then more": raw_json('{"conversations":[]} trailing'),
    "nested without end": nested(200_000),
    "a truncated body": peer.truncated(),
    "half a header": peer.half_header(),
    "a reset": peer.reset(),
    "thousands of headers": peer.many_headers(20_000),
    "a redirect": plain(302, "", {"Location": "http://127.0.0.1:1/"}),
}


class SourceFaultsTest(AcceptanceTest):
    def quick(self, **options):
        world = self.world(users=USERS, **options)
        world.config["sync"]["wait"] = Bare("1s")
        world.source()["limits"]["timeout"] = Bare("1s")
        return world

    def refuse_then_recover(self, answers, kind):
        """One source for each answer, all in one process.

        With the faults: exit 1, nothing stored, nothing covered. Without: everything, by the next sync.
        """
        world = self.world(users=())
        world.config["sources"].clear()
        world.config["sync"]["wait"] = Bare("1s")
        names = {f"s{i}": label for i, label in enumerate(answers)}
        for name, label in names.items():
            vendor = world.add_source(name, users=USERS[:2])
            world.source(name)["limits"]["timeout"] = Bare("1s")
            world.fill(2, vendor=vendor, text=name)
            vendor.fail(answers[label], kind=kind)
        done = self.assertSyncs(world, 1, seconds=90)
        self.assertTrue(done.err.strip(), f"stderr says what is wrong\n{done}")
        wrong = []
        for name, label in names.items():
            stored = world.count("SELECT count(*) FROM messages_v1 WHERE source = ?", name)
            covered = world.count("SELECT count(*) FROM coverage_v1 WHERE source = ?", name)
            if stored or covered:
                wrong.append(f"{kind} answered with {label}: {stored} row(s) stored, {covered} interval(s) covered")
        self.assertFalse(wrong, "\n".join(wrong) + f"\n{done}")
        for name in names:
            world.sources[name].heal()
        recovered = self.assertSyncs(world)
        for name, label in names.items():
            wrong += [f"{kind} after {label}: {line}" for line in world.agreement(source=name, order="strict")]
        self.assertFalse(wrong, "\n".join(wrong) + f"\n{recovered}")
        return done

    def test_nonsense_in_place_of_conversations_is_an_error_and_covers_nothing(self):
        self.refuse_then_recover(NONSENSE, "conversations")

    def test_nonsense_in_place_of_users_is_an_error_and_never_an_empty_list(self):
        self.refuse_then_recover({**NONSENSE, "users that are an object": json_answer({"users": {"a": 1}}),
                                  "users that are null": json_answer({"users": None})}, "users")

    def test_users_without_a_recognisable_id_are_an_error(self):
        self.refuse_then_recover({"users without an id": json_answer({"users": [{"name": "Someone"}]}),
                                  "users of several kinds": json_answer({"users": [["x"], None]})}, "users")

    def test_nonsense_on_a_later_page_covers_nothing_of_the_window(self):
        for name in ("null", "HTML with 200", "a truncated body", "an object of another shape"):
            with self.subTest(name):
                world = self.quick()
                world.source()["limits"]["page_size"] = 3
                world.fill(8)
                world.vendor.fail(NONSENSE[name], kind="conversations", page=2)
                self.assertSyncs(world, 1)
                self.assertEqual(world.rows("SELECT * FROM coverage_v1"), [])
                world.vendor.heal()
                self.assertSyncs(world)
                self.assertAgrees(world)

    def test_transient_errors_are_tried_again_within_the_same_sync(self):
        for name, answer in (("500", plain(500)), ("502", html(502)), ("reset", peer.reset()), ("cut", peer.truncated())):
            with self.subTest(name):
                world = self.world(users=USERS)
                world.fill(3)
                world.vendor.fail(answer, times=2)
                self.assertSyncs(world)
                self.assertAgrees(world, order="strict")

    def test_a_connection_that_was_closed_between_two_polls_is_no_error(self):
        world = self.world(users=USERS)
        world.fill(3)
        world.run()
        wait_for(lambda: len(world.crm.accepted) == 9, 15, "nine messages")
        for number in range(3):
            world.vendor.drop_connections()
            world.crm.drop_connections()
            world.vendor.add(USERS[number], now_ms(), f"{MARK} after the drop {number}")
            wait_for(lambda number=number: len(world.crm.accepted) == 10 + number, 10, "a message over a new connection")
        bad = [e for e in world.events() if e.get("level") == "error"]
        self.assertFalse(bad, f"a stale connection is retried silently: {bad[:2]}")

    def test_connections_are_reused(self):
        world = self.world(users=USERS)
        world.source()["limits"]["concurrency"] = 2
        world.fill(3)
        self.assertSyncs(world)
        self.assertLessEqual(world.vendor.connections, 4, f"for {len(world.vendor.requests)} requests")
        self.assertLessEqual(world.vendor.most_in_flight, 2, "more requests in flight than `concurrency` allows")
        self.assertAgrees(world)

    def test_401_ends_a_sync_after_a_few_requests_and_the_next_continues(self):
        world = self.quick()
        world.fill(3)
        right = world.vendor.api_key
        world.vendor.api_key = "something else"
        done = self.assertSyncs(world, 1)
        self.assertLess(done.seconds, 10)
        self.assertLessEqual(len(world.vendor.requests), 5)
        document, status = world.status()
        self.assertCode(status, 1)
        self.assertIn("credential", json.dumps(document))
        world.vendor.api_key = right
        self.assertSyncs(world)
        self.assertAgrees(world, order="strict")

    def test_401_pauses_one_source_until_its_key_file_is_rewritten(self):
        world = self.world(users=USERS)
        other = world.add_source("sales", users=USERS[:1])
        world.fill(2)
        daemon = world.run()
        wait_for(lambda: len(world.crm.accepted) == 6, 15, "six messages")
        world.vendor.api_key = "canarykey-rotated"
        asked = len(world.vendor.requests)
        wait_for(lambda: len(world.vendor.requests) > asked, 10, "a refused request")
        other.add(USERS[0], now_ms(), f"{MARK} of the other source")
        world.vendor.add(USERS[0], now_ms(), f"{MARK} during the pause")
        wait_for(lambda: len(world.crm.accepted) == 7, 10, "the other source's message")
        wait_for(lambda: "credential" in json.dumps(world.status()[0]), 10, "`paused: credential` in status", 0.5)
        self.assertLessEqual(len(world.vendor.requests) - asked, 12, "a refused key is not used over and over")
        world.secret("support.key", world.vendor.api_key)
        wait_for(lambda: len(world.crm.accepted) == 8, 25, "the message that waited for the key")
        self.assertEqual(daemon.stop(), 0)
        self.assertFalse(world.agreement(delivered=False))

    def test_retry_after_stops_every_connection_to_the_source(self):
        for status, headers in ((429, lambda: {"Retry-After": "2"}),
                                (503, lambda: {"Retry-After": formatdate(int(time.time()) + 3, usegmt=True)})):
            with self.subTest(status=status):
                world = self.world(users=tuple(f"9198000000{i:02d}" for i in range(12)))
                world.config["sync"]["wait"] = Bare("20s")
                world.fill(2)
                told = []

                def throttle(_, told=told, status=status, headers=headers):
                    told.append(time.time())
                    return plain(status, "slow down", headers())

                world.vendor.fail(throttle, kind="conversations", times=1, skip=3)
                self.assertSyncs(world)
                after = [r.at - told[0] for r in world.vendor.requests if r.at > told[0] + 0.3]
                self.assertTrue(after, "no request after the pause")
                self.assertGreater(min(after), 1.85, "a request came before Retry-After had passed")
                self.assertAgrees(world)

    def test_a_source_that_is_down_ends_sync_within_a_minute_and_needs_no_hand(self):
        world = self.world(users=USERS)
        world.config["sync"] = {"wait": Bare("3s")}
        world.fill(3)
        world.source()["base_url"] = "http://127.0.0.1:1"
        done = self.assertSyncs(world, 1, seconds=60)
        self.assertLess(done.seconds, 30)
        self.assertEqual(world.stored(), 0)
        world.source()["base_url"] = world.vendor.url
        self.assertSyncs(world)
        self.assertAgrees(world, order="strict")

    def test_a_source_that_hangs_or_drips_ends_sync_and_covers_nothing(self):
        done = self.refuse_then_recover({"nothing at all": peer.hang(), "a byte now and then": peer.drip(0.1)}, "conversations")
        self.assertLess(done.seconds, 40)

    def test_a_source_that_goes_down_in_the_middle_resumes(self):
        world = self.quick()
        world.source()["limits"]["page_size"] = 3
        world.fill(10)
        world.vendor.fail(peer.reset(), skip=6)
        self.assertSyncs(world, 1)
        world.vendor.heal()
        self.assertSyncs(world)
        self.assertAgrees(world)

    def test_an_answer_larger_than_allowed_is_an_error_within_memory_bounds(self):
        world = self.quick()
        world.source()["limits"]["response_size"] = Bare("1MiB")
        world.fill(3)
        world.vendor.fail(peer.flood(64 << 20), kind="conversations", user=USERS[0])
        done = self.assertSyncs(world, 1)
        self.assertLess(done.seconds, 30)
        self.assertAgrees(world, users=USERS[1:])
        world.vendor.heal()
        self.assertSyncs(world)
        self.assertAgrees(world)

    def test_an_unknown_shape_is_shown_as_a_redacted_excerpt(self):
        """The excerpt helps to find the shape; texts and keys in it are not shown (checked for every test)."""
        world = self.quick()
        world.fill(1)
        world.vendor.fail(json_answer({"strange_list": [{"response": f"{MARK} secret words"}]}), kind="conversations")
        done = self.assertSyncs(world, 1)
        everything = done.err + "".join(json.dumps(e) for e in world.events())
        self.assertIn("strange_list", everything, "the unknown key is not named")

    def test_redirects_take_no_credentials_to_another_host(self):
        world = self.quick()
        world.fill(1)
        other = world.add_source("elsewhere", Dialect())
        world.config["sources"].pop()
        world.vendor.fail(lambda r: plain(302, "", {"Location": other.url + r.target}))
        self.assertSyncs(world, 1)
        self.assertEqual([r for r in other.requests if r.header("authorization")], [])

    def test_a_down_source_leaves_another_alone(self):
        world = self.quick()
        other = world.add_source("sales", users=USERS[:2])
        world.fill(3, vendor=other, text="sales")
        world.vendor.fail(peer.reset())
        self.assertSyncs(world, 1)
        self.assertFalse(world.agreement(source="sales"))


if __name__ == "__main__":
    unittest.main()
