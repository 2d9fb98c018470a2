"""The fakes are correct: a simple reader gets exactly the true messages in every dialect."""

import http.client
import itertools
import json
import time
import unittest
from collections import Counter
from urllib.parse import urlencode

import peer
from crm import Crm, Lost, Results, above
from harness import compare, disorder, wait_for, yaml
from vendor import (ERROR_KEYS, ORDERS, PAST_THE_END, PREFIX, TIMESTAMPS, USER_FIELDS, USER_SHAPES, Dialect,
                    Vendor, now_ms)

USER = "919800000001"


class FakeTest(unittest.TestCase):
    def vendor(self, **dialect):
        vendor = Vendor(Dialect(**dialect))
        self.addCleanup(vendor.stop)
        vendor.follow(USER)
        return vendor

    def get(self, fake, path, headers=None, **query):
        connection = http.client.HTTPConnection("127.0.0.1", fake.port, timeout=5)
        try:
            connection.request("GET", path + "?" + urlencode(query), headers={"Authorization": "Basic k", **(headers or {})})
            answer = connection.getresponse()
            body = answer.read()
            return answer.status, json.loads(body) if body[:1] in b"[{" and body else body
        finally:
            connection.close()

    def page(self, vendor, number, size, **query):
        return self.get(vendor, PREFIX + f"channel-user/{USER}/conversations", page_number=number, page_size=size, **query)

    def read_all(self, vendor, size):
        rows, previous = [], None
        for number in itertools.count(1):
            status, document = self.page(vendor, number, size, start_date=vendor.rows[0].at_ms - 10,
                                         end_date=now_ms() - 1)
            page = document["conversations"] if status == 200 else []
            stable = sorted(r["response"] for r in page)
            if not page or stable == previous:
                return rows
            rows, previous = rows + page, stable

    def test_every_order_cap_and_ending_tells_the_whole_truth_once(self):
        for order, past_end in itertools.product(ORDERS, PAST_THE_END):
            with self.subTest(order=order, past_end=past_end):
                vendor = self.vendor(order=order, past_end=past_end, cap=7)
                for i in range(20):
                    vendor.add(USER, now_ms() - 100000 + i, f"t{i}")
                self.assertEqual(Counter(r["response"] for r in self.read_all(vendor, 50)), Counter(f"t{i}" for i in range(20)))

    def test_boundaries_follow_the_dialect(self):
        for start, end in itertools.product((True, False), repeat=2):
            vendor = self.vendor(start_inclusive=start, end_inclusive=end)
            vendor.add(USER, 1_700_000_000_000, "first")
            vendor.add(USER, 1_700_000_001_000, "last")
            _, document = self.page(vendor, 1, 10, start_date=1_700_000_000_000, end_date=1_700_000_001_000)
            self.assertEqual(sorted(r["response"] for r in document["conversations"]), ["first"] * start + ["last"] * end)

    def test_every_users_shape_and_field_names_the_user(self):
        for shape, name in itertools.product(USER_SHAPES, [*USER_FIELDS, "string", "number"]):
            vendor = self.vendor(users_shape=shape, user_field=name)
            status, document = self.get(vendor, PREFIX + "users", attribute_name="feedback", attribute_value="1")
            self.assertEqual(status, 200)
            self.assertIn(USER, json.dumps(document))

    def test_every_timestamp_form_renders(self):
        shown = {name: form[0](1_769_850_902_345) for name, form in TIMESTAMPS.items()}
        self.assertEqual(shown["slashes"], "2026/01/31 09:15:02.345+0000")
        self.assertEqual(shown["offset with colon"], "2026-01-31T14:45:02.345+05:30")
        self.assertEqual(shown["negative offset"], "2026/01/31 05:45:02.345-0330")
        self.assertEqual(shown["nine digits"], "2026-01-31T09:15:02.345000000Z")
        self.assertEqual(shown["no fraction"], "2026/01/31 09:15:02+0000")
        self.assertEqual(shown["one digit"], "2026/01/31 09:15:02.3+0000")
        self.assertEqual(shown["s number"], 1_769_850_902)

    def test_wrong_key_wrong_path_wrong_window_and_wrong_page_are_refused(self):
        vendor = self.vendor()
        self.assertEqual(self.get(vendor, PREFIX + "users", {"Authorization": "Basic other"})[0], 401)
        self.assertEqual(self.get(vendor, "/elsewhere")[0], 404)
        for keys in ERROR_KEYS:
            vendor.dialect.error_keys = keys
            status, body = self.page(vendor, 1, 10, start_date=1_700_000_000_000, end_date=1_700_000_000_000)
            self.assertEqual((status, "INVALID_INPUT_DATE_VALUE" in json.dumps(body)), (400, True))
        self.assertEqual(self.page(vendor, 0, 10)[0], 400)
        self.assertEqual(len(vendor.violations), 1 + len(ERROR_KEYS) + 1, vendor.violations)

    def test_faults_are_used_up_and_then_the_truth_is_told(self):
        vendor = self.vendor()
        vendor.add(USER, now_ms() - 1000, "x")
        vendor.fail(peer.plain(503, headers={"Retry-After": "1"}), kind="conversations", times=2)
        self.assertEqual([self.page(vendor, 1, 5)[0] for _ in range(3)], [503, 503, 200])

    def test_broken_answers_are_broken(self):
        vendor = self.vendor()
        for answer, error in ((peer.reset(), OSError), (peer.truncated(), http.client.IncompleteRead)):
            vendor.heal()
            vendor.fail(answer)
            with self.assertRaises(error):
                self.page(vendor, 1, 5)
        vendor.heal()
        vendor.fail(peer.flood(100_000))
        self.assertGreater(len(self.page(vendor, 1, 5)[1]["conversations"]), 10)

    def test_signed_urls_change_and_late_rows_stay_hidden(self):
        vendor = self.vendor()
        vendor.add(USER, now_ms() - 1000, "x", media=("https://m.invalid/a", "image/png"))
        vendor.add(USER, now_ms() - 1000, "late", visible_from=time.time() + 3600)
        one, two = (self.page(vendor, 1, 5)[1]["conversations"] for _ in range(2))
        self.assertEqual(len(one), 1)
        self.assertNotEqual(one[0]["file"]["url"], two[0]["file"]["url"])


class CrmFakeTest(unittest.TestCase):
    def crm(self):
        crm = Crm()
        self.addCleanup(crm.stop)
        return crm

    def post(self, crm, keys, idempotency_key):
        messages = [{"key": f"{k:032x}", "source": "s", "user_id": "u", "timestamp": "2026-01-31T09:15:02.345Z",
                     "direction": "in", "sender": "user", "type": "TEXT", "text": "x", "media": None, "user": {}, "raw": {}}
                    for k in keys]
        connection = http.client.HTTPConnection("127.0.0.1", crm.port, timeout=5)
        try:
            connection.request("POST", "/conversations", json.dumps({"messages": messages}),
                               {"Content-Type": "application/json", "Idempotency-Key": idempotency_key})
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def test_a_lost_answer_is_processed_once_for_one_key(self):
        crm = self.crm()
        crm.script = [Lost(peer.reset())]
        self.assertIsNone(self.post(crm, [1, 2], "a"))
        self.assertEqual(self.post(crm, [1, 2], "a")[0], 200)
        self.assertEqual(len(crm.accepted), 2)
        self.assertEqual(crm.key_problems(), [])
        self.post(crm, [1, 2], "b")
        self.assertEqual((len(crm.accepted), len(crm.key_problems())), (4, 1))
        self.assertEqual(crm.problems, [])

    def test_results_and_limits(self):
        crm = self.crm()
        crm.rule = above(2)
        self.assertEqual(self.post(crm, [1, 2, 3], "a")[0], 413)
        crm.rule = lambda _: Results(lambda m: {"status": "ok"} if m["key"].endswith("1") else {"status": "error"})
        self.assertEqual(len(json.loads(self.post(crm, [1, 2], "b")[1])["results"]), 2)
        self.assertEqual(len(crm.accepted), 1)


class HelperTest(unittest.TestCase):
    def test_the_configuration_writer_makes_block_yaml(self):
        text = yaml({"a": {"b": [{"c": 1, "d": {"e": "x"}}, {"c": 2}]}, "f": []})
        self.assertEqual(text, 'a:\n  b:\n    - c: 1\n      d:\n        e: "x"\n    - c: 2\nf: []\n')

    def test_comparison_names_what_is_missing_and_what_is_too_much(self):
        lines = compare(Counter({("u", 1, "a"): 2}), Counter({("u", 1, "a"): 1, ("u", 2, "b"): 1}), "here")
        self.assertIn("here lacks 1", lines[0])
        self.assertIn("here has too much 1", lines[1])

    def test_disorder_is_seen(self):
        class A:
            def __init__(self, stamp):
                self.source, self.user_id, self.timestamp, self.key = "s", "u", stamp, stamp

        self.assertEqual(len(disorder([A("1"), A("3"), A("2")], {}, "strict")), 1)

    def test_waiting_in_vain_fails(self):
        with self.assertRaises(AssertionError):
            wait_for(lambda: False, 0.05)


if __name__ == "__main__":
    unittest.main()
