"""A source that is green outside and wrong inside: outages, hidden limits, rows that change or lose their shape,
audiences that match nobody, keys that were pasted badly, state files that vanish. Nothing of it passes in silence.
"""

import gzip
import json
import os
import shutil
import threading
import time
import unittest
from collections import Counter

from harness import MARK, AcceptanceTest, Bare, wait_for
from peer import plain
from vendor import Dialect, Vendor, json_answer, now_ms

USERS = ("919800000001", "919800000002", "919800000003")


class OutageTest(AcceptanceTest):
    def test_503_is_an_outage_that_is_told_and_teaches_no_rate(self):
        world = self.world(users=tuple(f"91980000{i:04d}" for i in range(10)))
        world.source()["limits"]["requests_per_second"] = 4
        world.fill(2)
        world.vendor.fail(plain(503))
        daemon = world.run()
        wait_for(lambda: world.events("source_down"), 30, "`source_down`")
        self.assertEqual(world.events("source_down")[0]["level"], "error")
        wait_for(lambda: world.status()[0]["sources"][0]["state"] == "down", 10, "status says so", 0.2)
        self.assertCode(world.status()[1], 1)
        probed = len(world.vendor.requests) + 2
        wait_for(lambda: len(world.vendor.requests) >= probed, 60, "two more refused requests")
        before = len(world.vendor.requests)
        world.vendor.heal()
        well = time.monotonic()
        wait_for(lambda: len(world.crm.accepted) == 20, 32, "20 messages")
        taken, requests = time.monotonic() - well, len(world.vendor.requests) - before
        self.assertLess(taken, 15 + requests / 4 + 3, f"{requests} requests, 4 a second, soon after the recovery")
        wait_for(lambda: world.events("source_up"), 5, "`source_up`")
        self.assertEqual(daemon.stop(), 0)

    def test_a_hidden_limit_is_used_nearly_in_full(self):
        world = self.world(users=tuple(f"91980000{i:04d}" for i in range(100)))
        world.source()["limits"]["concurrency"] = 8
        world.source()["poll"]["interval"] = Bare("60s")
        world.source()["poll"]["max_staleness"] = Bare("60s")
        world.fill(1)
        bucket = {"left": 20.0, "at": time.monotonic()}
        lock = threading.Lock()

        def limit(request):
            with lock:
                now = time.monotonic()
                bucket["left"] = min(20.0, bucket["left"] + (now - bucket["at"]) * 40)
                bucket["at"] = now
                if bucket["left"] < 1:
                    return json_answer({"message": "slow down"}, 429)
                bucket["left"] -= 1
            return None
        inner = world.vendor.answer
        world.vendor.answer = lambda request: limit(request) or inner(request)
        world.run()
        wait_for(lambda: len(world.crm.accepted) == 100, 12, "100 users within twice the least time")

    def test_an_absurd_retry_after_is_bounded_shown_and_ended_by_a_reload(self):
        for wish in ("30000", "999999999999999999999"):
            with self.subTest(wish):
                world = self.world(users=USERS[:1])
                world.fill(2)
                world.vendor.fail(lambda _, wish=wish: json_answer({"message": "x"}, 429, {"Retry-After": wish}), times=1)
                daemon = world.run()
                wait_for(lambda: world.events("throttled"), 10, "`throttled`")
                event = world.events("throttled")[0]
                self.assertLessEqual(event["wait_ms"], 3_600_000)
                self.assertRegex(event["msg"], r"until 20\d\d-")
                wait_for(lambda: world.status()[0]["sources"][0]["state"] == "throttled", 5, "status says so", 0.2)
                self.assertRegex(world.status()[0]["sources"][0]["reason"], r"until 20\d\d-")
                daemon.signal(1)
                wait_for(lambda: len(world.crm.accepted) == 2, 10, "the messages, after a reload")
                self.assertEqual(daemon.stop(), 0)

    def test_many_new_users_are_read_one_after_another(self):
        world = self.world(users=tuple(f"91980000{i:04d}" for i in range(300)))
        world.source()["limits"].update({"requests_per_second": 20, "concurrency": 1})
        world.fill(2)
        daemon = world.run()
        wait_for(lambda: len(world.crm.accepted) >= 20, 15, "messages of the first users while the others wait")
        wait_for(lambda: world.events("backfill_progress"), 25, "an expectation of the end")
        event = world.events("backfill_progress")[0]
        self.assertGreater(event["left"], 0)
        self.assertIn("eta_minutes", event)
        read = Counter(r.path for r in world.vendor.asked("conversations"))
        self.assertLess(sum(1 for n in read.values() if n == 1), 10, "whoever is begun is finished")
        self.assertEqual(daemon.stop(), 0)


class ReasonTest(AcceptanceTest):
    def test_sync_names_the_reason_and_what_to_do(self):
        for answer, words in ((plain(401), ("401", "api_key")), (plain(403), ("403", "access")), (plain(503), ("503",)),
                              (json_answer({"message": "x"}, 429, {"Retry-After": "3000"}), ("429",)),
                              (plain(404), ("404", "base_url"))):
            with self.subTest(words[0]):
                world = self.world(users=USERS[:1])
                world.config["sync"]["wait"] = Bare("1s")
                world.fill(1)
                world.vendor.fail(answer)
                done = self.assertSyncs(world, 1)
                for word in words:
                    self.assertIn(word, done.err)

    def test_the_reason_is_named_where_only_the_conversations_fail(self):
        world = self.world(users=USERS[:2])
        world.config["sync"]["wait"] = Bare("1s")
        world.fill(1)
        world.vendor.fail(plain(403), kind="conversations")
        self.assertIn("403", self.assertSyncs(world, 1).err)

    def test_a_compressed_answer_is_named(self):
        world = self.world(users=USERS[:1])
        world.config["sync"]["wait"] = Bare("1s")
        body = gzip.compress(b'{"users": []}')
        world.vendor.fail(plain(200, body, {"Content-Encoding": "gzip", "Content-Type": "application/json"}))
        self.assertIn("compressed", self.assertSyncs(world, 1).err)

    def test_an_audience_that_matches_nobody_is_told_with_its_odd_characters(self):
        for attribute, value, shown in (("feedbak", "1", '"feedbak"'), ("feedback", "1\u00a0", r"1\u{00a0}"),
                                        ("feedback", "\u201c1\u201d", r"\u{201c}1\u{201d}"), ("Feedback", "1", '"Feedback"'),
                                        ("feedback", "1 ", r"1\u{0020}")):
            with self.subTest(shown):
                world = self.world(users=USERS[:1])
                world.fill(1)
                world.source()["audiences"] = [{"attribute": attribute, "value": value}]
                done = self.assertSyncs(world)
                self.assertIn(shown, done.err)
                self.assertIn(shown, world.events("audience_empty")[0]["msg"])
                self.assertCode(world.status()[1], 1)
                world.source()["audiences"] = [{"attribute": "feedback", "value": "1"}]
                self.assertEqual(self.assertSyncs(world).err, "")

    def test_a_key_that_was_pasted_badly_is_mended_or_named(self):
        world = self.world(users=USERS[:1])
        world.fill(1)
        key = world.vendor.api_key
        world.secret("support.key", "\ufeff" + key)
        self.assertSyncs(world)
        for pasted, word in ((f"Basic {key}", "Basic"), (f"basic {key}", "Basic"), (f'"{key}"', "quotes"),
                             (f"\u201c{key}\u201d", "quotes"), (f"Authorization: Basic {key}", "header")):
            with self.subTest(word):
                world.secret("support.key", pasted)
                done = world.verb("validate")
                self.assertCode(done, 78)
                self.assertIn(word, done.err)
                self.assertNotIn(key, done.err)
        world.secret("support.key", key)


class RowsTest(AcceptanceTest):
    def renamed(self, world, on=True):
        """From now on the text of each message comes under another name."""
        inner = Vendor.render

        def render(row):
            element = inner(world.vendor, row)
            if on:
                element["messageBody"] = element.pop("response")
            return element
        world.vendor.render = render

    def test_a_member_that_vanishes_holds_its_rows_back_until_it_is_accepted(self):
        world = self.world(users=USERS[:1])
        user, now = USERS[0], now_ms()
        for k in range(4):
            world.vendor.add(user, now - 20_000 + k, f"{MARK} as ever {k}")
        self.assertSyncs(world)
        self.renamed(world)
        world.vendor.add(user, now - 10_000, f"{MARK} after the update")
        covered = world.rows("SELECT * FROM coverage_v1")
        done = self.assertSyncs(world, 1)
        drift = world.events("drift")
        self.assertEqual([e["level"] for e in drift], ["error"])
        self.assertIn("`response`", drift[0]["msg"])
        self.assertIn("accept_missing", drift[0]["msg"])
        self.assertEqual(len(world.crm.accepted), 4, "no blank messages")
        self.assertEqual(world.rows("SELECT * FROM coverage_v1"), covered)
        self.assertIn("response", json.dumps(world.rows("SELECT * FROM source_conditions")))
        self.assertIn("user", done.err)
        self.renamed(world, False)
        self.assertSyncs(world)
        self.assertAgrees(world)
        self.assertEqual(world.rows("SELECT * FROM source_conditions"), [])
        self.renamed(world)
        world.vendor.add(user, now - 5_000, f"{MARK} accepted without a text")
        world.source()["api"] = {"accept_missing": ["response"]}
        self.assertSyncs(world)
        self.assertEqual(len(world.crm.accepted), 6)

    def test_wrapped_rows_are_no_messages_until_their_place_is_named(self):
        world = self.world(users=USERS[:1])
        world.fill(4)
        inner = Vendor.render
        world.vendor.render = lambda row: {"message": inner(world.vendor, row)}
        done = self.assertSyncs(world, 1)
        self.assertEqual(world.stored(), 0)
        self.assertEqual(world.rows("SELECT * FROM coverage_v1"), [])
        self.assertIn("api.message", world.events("drift")[0]["msg"] + done.err)
        self.assertIn("message(object)", world.events("drift")[0]["msg"])
        world.source()["api"] = {"message": "/message"}
        self.assertSyncs(world)
        self.assertEqual(len(world.crm.accepted), 4)

    def test_an_element_that_nobody_can_read_costs_its_neighbours_nothing_and_is_told(self):
        for odd in (None, 7, "text", [], {"id": 1, "status": "deleted"}, True):
            with self.subTest(odd=odd):
                world = self.world(users=USERS[:2])
                world.fill(3)
                inner = world.vendor._conversations

                def conversations(request, user, odd=odd, inner=inner):
                    reply = inner(request, user)
                    document = json.loads(reply.body)
                    if user == USERS[0] and document["conversations"]:
                        document["conversations"].insert(1, odd)
                    return json_answer(document)
                world.vendor._conversations = conversations
                self.assertSyncs(world, 1)
                self.assertEqual(len(world.crm.accepted), 6)
                covered = {r["user_id"] for r in world.rows("SELECT user_id FROM coverage_v1")}
                self.assertEqual(covered, {USERS[1]}, "the other user is complete")
                self.assertTrue(world.events("drift") and world.events("rows_unreadable"))

    def test_nobody_leaves_for_an_element_that_is_no_user(self):
        world = self.world(users=USERS)
        world.fill(1)
        self.assertSyncs(world)
        world.vendor._element = lambda user: {"name": "?"} if user == USERS[0] else Vendor._element(world.vendor, user)
        world.sync()
        self.assertEqual(world.user(USERS[0])["status"], "following")
        self.assertTrue(world.events("drift"))

    def signed(self, form):
        """Reads one message again and again whose links are signed anew each time."""
        world = self.world(users=USERS[:1])
        world.source().update({"lookback": Bare("20s"), "poll": {"interval": Bare("200ms"), "max_staleness": Bare("1s")}})
        row = world.vendor.add(USERS[0], now_ms() - 1000, f"{MARK} see")
        reads = [0]
        inner = Vendor.render

        def render(row):
            reads[0] += 1
            element = inner(world.vendor, row)
            form(element, f"{0xa0000000 + reads[0]:08x}")
            return element
        world.vendor.render = render
        daemon = world.run()
        wait_for(lambda: reads[0] >= 6, 20, "six reads")
        self.assertEqual(daemon.stop(), 0)
        self.assertEqual(world.stored(), 1, f"after {reads[0]} reads")
        self.assertEqual(len(world.crm.accepted), 1)
        return world, row

    def test_links_signed_anew_make_no_new_message(self):
        def path(element, sign):
            element["file"] = {"url": f"https://m.example.invalid/t/{sign}/a.jpg", "mimeType": "image/jpeg"}

        def short_path(element, sign):
            element["file"] = {"url": f"https://m.example.invalid/{sign[-3:]}/a.jpg", "mimeType": "image/jpeg"}

        def text(element, sign):
            element["response"] = f"{MARK} see https://m.example.invalid/a.png?Expires={sign}#x and more"

        def inner(element, sign):
            element["response"] = json.dumps({"url": f"https://m.example.invalid/a.pdf?X-Amz-Signature={sign}", "n": MARK})

        def escaped(element, sign):
            element["response"] = json.dumps({"url": f"https://m.example.invalid/a.pdf?s={sign}", "n": MARK}).replace("/", "\\/")

        def nested(element, sign):
            element["response"] = {"cards": [{"image_url": f"https://m.example.invalid/c.png?s={sign}", "n": MARK}]}
        for form in (path, short_path, text, inner, escaped, nested):
            with self.subTest(form.__name__):
                world, _ = self.signed(form)
                self.assertFalse(world.events("near_copies"))

    def test_a_field_that_is_filled_later_makes_no_new_message(self):
        fills = {"response": lambda e, late: e.update(response=e["response"] if late else ""),
                 "response null": lambda e, late: e.update(response=e["response"] if late else None),
                 "file": lambda e, late: e.update(file={"url": "https://m.example.invalid/a.jpg"} if late else None),
                 "sender": lambda e, late: e.update(sender="user" if late else None)}
        for name, fill in fills.items():
            with self.subTest(name):
                world = self.world(users=USERS[:1])
                world.vendor.add(USERS[0], now_ms() - 1000, f"{MARK} text")
                late = [False]
                inner = Vendor.render

                def render(row, fill=fill, late=late, inner=inner, world=world):
                    element = inner(world.vendor, row)
                    fill(element, late[0])
                    return element
                world.vendor.render = render
                self.assertSyncs(world)
                late[0] = True
                self.assertSyncs(world)
                self.assertSyncs(world)
                rows = world.rows("SELECT text, media_url, raw, sender FROM messages_v1")
                self.assertEqual(len(rows), 1, rows)
                self.assertEqual(len(world.crm.accepted), 1)
                self.assertEqual(json.loads(rows[0]["raw"])["response"], f"{MARK} text", "the store follows")
                self.assertEqual(rows[0]["sender"], "user")

    def test_a_text_that_changes_is_kept_twice_and_told(self):
        world = self.world(users=USERS[:1])
        row = world.vendor.add(USERS[0], now_ms() - 1000, f"{MARK} one")
        self.assertSyncs(world)
        row.text = f"{MARK} two"
        self.assertSyncs(world)
        self.assertEqual(world.stored(), 2)
        self.assertTrue(world.events("near_copies"))

    def test_alike_messages_of_one_instant_stay_as_many_as_they_are(self):
        world = self.world(users=USERS[:1])
        at = now_ms() - 60_000
        world.vendor.add(USERS[0], at, f"{MARK} photo", media=("https://m.example.invalid/1/a.jpg", "image/jpeg"))
        self.assertSyncs(world)
        world.vendor.add(USERS[0], at, f"{MARK} photo", media=("https://m.example.invalid/2/a.jpg", "image/jpeg"))
        self.assertSyncs(world)
        world.vendor.add(USERS[0], at, "", media=("https://m.example.invalid/2/a.jpg", "image/jpeg"))
        world.vendor.add(USERS[0], at, f"{MARK} photo")
        self.assertSyncs(world)
        self.assertEqual(world.stored(), 4)
        self.assertEqual(len(world.crm.accepted), 4)

    def test_placeholders_of_time_are_null(self):
        for stamp in ("0001-01-01T00:00:00Z", "1970-01-01T00:00:00.000Z", "9999-12-31T23:59:59Z", 0, "1970/01/01 00:00:00.000+0000"):
            with self.subTest(stamp=stamp):
                world = self.world(users=USERS[:1])
                world.vendor.add(USERS[0], now_ms() - 60_000, f"{MARK} when", extra={"timestamp": stamp})
                self.assertSyncs(world)
                self.assertEqual([r["timestamp_ms"] for r in world.rows("SELECT timestamp_ms FROM messages_v1")], [None])

    def test_messages_of_one_second_keep_the_order_of_the_conversation(self):
        for order in ("newest", "oldest"):
            with self.subTest(order):
                world = self.world(Dialect(order=order), users=USERS[:2])
                second = (now_ms() - 60_000) // 1000 * 1000
                world.vendor.add(USERS[0], second - 9000, f"{MARK} earlier")
                world.vendor.add(USERS[0], second - 8000, f"{MARK} earlier too")
                self.assertSyncs(world)
                for k in range(3):
                    world.vendor.add(USERS[1], second, f"{MARK} step {k}")
                self.assertSyncs(world)
                for k in range(3, 6):
                    world.vendor.add(USERS[1], second, f"{MARK} step {k}")
                self.assertSyncs(world)
                said = [a.message["text"][-1] for a in world.crm.accepted if "step" in a.message["text"]]
                self.assertEqual(said, list("012345"))


class StateFilesTest(AcceptanceTest):
    def test_state_files_that_vanish_or_are_exchanged_end_the_daemon_with_74(self):
        for exchanged in (False, True):
            with self.subTest(exchanged=exchanged):
                world = self.world(users=USERS[:1])
                world.fill(2)
                self.assertSyncs(world)
                copy = world.directory / "copy.db"
                shutil.copy(world.database, copy)
                daemon = world.run()
                wait_for(lambda: world.events("cycle")[2:], 15, "a few cycles")
                for path in world.state.glob("elitbuzz-sync.db*"):
                    path.unlink()
                if exchanged:
                    os.replace(copy, world.database)
                    world.database.chmod(0o600)
                self.assertEqual(daemon.wait(15), 74)
                self.assertIn("deleted or another one was put in its place", daemon.errors())
                self.assertTrue(world.events("storage_failed"))
                world.vendor.add(USERS[0], now_ms() - 1000, f"{MARK} after it")
                self.assertSyncs(world)
                self.assertFalse(world.agreement(delivered=False))


if __name__ == "__main__":
    unittest.main()
