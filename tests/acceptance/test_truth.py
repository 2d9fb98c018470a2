"""The truth test: the source, `messages_v1` and the CRM hold the same messages, each exactly once, in order per user.

The matrix does not multiply every switch with every other; each value of each switch appears, in company that makes
it hard (small pages, caps, identical rows, signed media). The histories of the matrix lie within a few hours, so each
user's messages are known when they are sent and the order at the CRM has to be strict.

Left open by the contract and decided here: rows older than `since` are not stored, a row exactly at `since` is.
A repeated last page together with shuffled pages is not asked for: nobody can tell that from new rows.
"""

import json
import unittest

from harness import HOUR, MARK, AcceptanceTest, Bare, rfc3339
from vendor import BOT, CUSTOMER, ERROR_KEYS, TIMESTAMPS, UNREADABLE, USER_FIELDS, USER_SHAPES, Dialect, now_ms, raw_json

A, B = "919800000001", "919800000002"

# sentence -> (dialect, page size)
DIALECTS = {
    "start_is_exclusive": (dict(start_inclusive=False), 5),
    "end_is_exclusive": (dict(end_inclusive=False, order="oldest"), 5),
    "both_boundaries_are_exclusive": (dict(start_inclusive=False, end_inclusive=False, order="hashed"), 4),
    "both_boundaries_are_inclusive": (dict(), 4),
    "pages_come_oldest_first": (dict(order="oldest", past_end="1004"), 3),
    "pages_come_in_no_order": (dict(order="hashed", past_end="404"), 3),
    "rows_are_shuffled_in_each_page": (dict(order="page-shuffled", past_end="204"), 4),
    "pages_are_capped_below_the_size": (dict(cap=3), 500),
    "pages_are_capped_and_the_last_one_repeats": (dict(cap=5, past_end="repeat"), 500),
    "pages_are_capped_and_oldest_first_and_end_in_1004": (dict(cap=4, order="oldest", past_end="1004"), 50),
    "pages_are_capped_and_shuffled_and_end_in_404": (dict(cap=2, order="page-shuffled", past_end="404"), 20),
    "the_last_page_repeats_and_is_full": (dict(past_end="repeat"), 8),
    "nothing_is_told_by_204": (dict(past_end="204"), 500),
    "the_page_size_is_ignored": (dict(page_size_names=()), 3),
    "only_the_capital_page_size_is_read": (dict(page_size_names=("Page_size",), past_end="1004"), 3),
    "rows_come_under_messages": (dict(messages_shape="messages", order="oldest"), 6),
    "rows_come_as_a_bare_list": (dict(messages_shape="bare", past_end="204"), 6),
    "rows_come_in_a_response_object": (dict(messages_shape="responseObject.conversations", success_status=True), 6),
    "success_is_status_1000_beside_the_rows": (dict(success_status=True, past_end="repeat", cap=6), 100),
    "rows_have_an_id": (dict(ids="id", order="hashed", past_end="1004"), 3),
    "rows_have_a_message_id": (dict(ids="message_id", cap=5), 10),
    "rows_have_an_id_that_changes_with_each_read": (dict(ids="id", ids_are="changing", order="oldest"), 4),
    "rows_share_one_id": (dict(ids="_id", ids_are="constant", order="hashed"), 4),
    "media_urls_are_stable": (dict(signed_urls=False), 5),
    **{f"errors_are_spelled_by_{name}": (dict(error_keys=name, past_end="1004"), 4) for name in sorted(ERROR_KEYS)},
}


class TruthTest(AcceptanceTest):
    def agrees(self, dialect, page_size=None, before=None, order="strict", **filling):
        world = self.world(dialect)
        world.fill(**filling)
        if before:
            before(world)
        if page_size:
            world.source()["limits"]["page_size"] = page_size
        self.assertSyncs(world)
        self.assertAgrees(world, order=order)
        return world

    def test_a_plain_history_reaches_the_store_and_the_crm_once_and_in_order(self):
        world = self.agrees(Dialect(), per_user=20)
        row = next(r for r in world.rows("SELECT * FROM messages_v1") if r["sender"] == "bot")
        self.assertEqual(row["direction"], "out", f"a row of the bot: {row}")
        media = next(a.message for a in world.crm.accepted if a.message["media"])
        self.assertIn("https://media.example.invalid/", json.dumps(media["media"]))
        self.assertEqual(media["user"].get("channelUserId"), media["user_id"], "`user` is the element of the users list")
        self.assertEqual(media["raw"].get("message_type"), "FILE_RECEIVED", "`raw` is the row as sent")

    def test_every_timestamp_form_is_read(self):
        """All forms in one history, a row each, and again with the whole server speaking one form."""
        def add(world):
            for i, form in enumerate(sorted(TIMESTAMPS)):
                world.vendor.add(A, now_ms() - HOUR - 5000 * i - 321, f"{MARK} form {form}", form=form)
        self.agrees(Dialect(), 7, before=add)

    def test_a_server_that_speaks_in_whole_seconds_is_read_to_the_last_row(self):
        for form in ("no fraction", "s number"):
            with self.subTest(form=form):
                self.agrees(Dialect(timestamp=form, start_inclusive=False, end_inclusive=False), 3)

    def test_rows_whose_time_cannot_be_read_are_kept_with_null(self):
        def add(world):
            for i, form in enumerate(sorted(UNREADABLE)):
                world.vendor.add(A, now_ms() - HOUR - i, f"{MARK} unreadable {form}", form=form)
        world = self.agrees(Dialect(), 4, before=add)
        self.assertEqual(world.count("SELECT count(*) FROM messages_v1 WHERE timestamp_ms IS NULL"), len(UNREADABLE))

    def test_every_shape_of_the_users_list_is_understood(self):
        """Nine shapes and eleven ways to name a user, each at least once, in as many sources of one process."""
        fields = [*USER_FIELDS, "string", "number"]
        world = self.world(sinks=("crm",))
        for i, name in enumerate(fields):
            dialect = Dialect(users_shape=USER_SHAPES[i % len(USER_SHAPES)], user_field=name)
            vendor = world.add_source(f"s{i}", dialect, (f"91980000{i:04d}",))
            vendor.add(f"91980000{i:04d}", now_ms() - HOUR, f"{MARK} of source {i}")
        done = world.sync()
        for i, name in enumerate(fields):
            differences = world.agreement(source=f"s{i}", delivered=False)
            shape = USER_SHAPES[i % len(USER_SHAPES)]
            self.assertFalse(differences, f"users as {shape!r}, elements as {name!r}: {differences}\n{done}")
        self.assertCode(done, 0)

    def test_ids_and_attributes_of_any_characters_are_asked_for_correctly(self):
        users = ("+91 98@web:1", "3f0c9a2e-77aa-4b1e-9c55-d0a1c2b3e4f5", "ümlaut/ü?&=#%41", "a;b,c'd\"e")
        world = self.world(users=())
        world.vendor.audiences = {("user.größe & co", "50 % + mehr"): list(users)}
        world.source()["audiences"] = [{"attribute": "user.größe & co", "value": "50 % + mehr"}]
        for i, user in enumerate(users):
            world.vendor.add(user, now_ms() - HOUR + i, f"{MARK} for odd user {i}")
        self.assertSyncs(world)
        self.assertAgrees(world, order="strict")

    def test_pointers_in_the_configuration_find_users_ids_and_rows(self):
        world = self.world(Dialect(users_shape="deep.list", user_field="who", messages_shape="deep.rows"))
        world.source()["api"] = {"users_list": "/deep/list", "user_id": "/who", "messages_list": "/deep/rows"}
        world.fill()
        self.assertSyncs(world)
        self.assertAgrees(world, order="strict")

    def test_path_templates_and_sender_roles_come_from_the_configuration(self):
        world = self.world()
        world.vendor.prefix = f"/label/v9/{BOT}/of/{CUSTOMER}/"
        path = "/label/v9/{bot_key}/of/{customer_id}/"
        world.source()["api"] = {"users_path": path + "users", "sender_roles": {"bot": "out", "Priya": "agent"},
                                 "conversations_path": path + "channel-user/{user_id}/conversations"}
        world.vendor.add(A, now_ms() - HOUR, f"{MARK} by an agent", sender="Priya")
        self.assertSyncs(world)
        self.assertAgrees(world)
        self.assertEqual(world.rows("SELECT direction FROM messages_v1")[0]["direction"], "agent")

    def test_a_thousand_messages_in_one_millisecond_cross_page_borders_whole(self):
        at = now_ms() - HOUR
        for order, cap in (("newest", None), ("hashed", 90)):
            with self.subTest(order=order):
                world = self.world(Dialect(order=order, cap=cap), users=(A,))
                for i in range(1000):
                    world.vendor.add(A, at, f"{MARK} burst {i}", sender="bot")
                world.source()["limits"]["page_size"] = 130
                self.assertSyncs(world)
                self.assertAgrees(world, order="strict")

    def test_two_identical_messages_in_one_millisecond_stay_two(self):
        """Within a page, across a page border, at either end of the history; with and without ids."""
        at = now_ms() - HOUR
        patterns = {"919800000001": (0, 0, 1, 2, 3), "919800000002": (0, 1, 1, 2, 3), "919800000003": (0, 1, 2, 3, 3),
                    "919800000004": (0, 0, 0, 1, 1), "919800000005": (0, 0)}
        for page_size in (1, 2, 3, 500):
            for ids, order in ((None, "newest"), ("id", "oldest")):
                with self.subTest(page_size=page_size, ids=ids, order=order):
                    world = self.world(Dialect(ids=ids, order=order), users=tuple(patterns))
                    for user, offsets in patterns.items():
                        for offset in offsets:
                            world.vendor.add(user, at + offset, f"{MARK} twin {offset}")
                    world.source()["limits"]["page_size"] = page_size
                    self.assertSyncs(world)
                    self.assertAgrees(world, order="strict")

    def test_identical_messages_stay_as_many_when_they_are_read_again(self):
        world = self.world(users=(A,))
        at = now_ms() - 60_000
        for text in ("twin", "twin", "other", "twin"):
            world.vendor.add(A, at, f"{MARK} {text}")
        world.source()["limits"]["page_size"] = 2
        self.assertSyncs(world)
        world.vendor.add(A, at, f"{MARK} twin")
        self.assertSyncs(world)
        self.assertSyncs(world)
        self.assertAgrees(world)

    def test_late_arrivals_within_the_look_back_are_found(self):
        world = self.world(users=(A,))
        world.fill(4, hours=(0.1, 0.01))
        self.assertSyncs(world)
        for minutes in (1, 4, 8):
            world.vendor.add(A, now_ms() - minutes * 60_000, f"{MARK} late by {minutes} minutes")
        self.assertSyncs(world)
        self.assertAgrees(world)

    def test_rows_inserted_between_two_page_reads_cost_nothing(self):
        """Some fall into the window that is being read, some are newer than its end."""
        for order in ("newest", "oldest", "hashed"):
            with self.subTest(order=order):
                world = self.world(Dialect(order=order), users=(A,))
                world.source()["limits"]["page_size"] = 3
                world.fill(14, hours=(0.12, 0.05))
                inserted = []

                def insert(user, page, world=world, inserted=inserted):
                    if page > 1 and len(inserted) < 6:
                        at = now_ms() - (300_000 if len(inserted) % 2 else 0)
                        inserted.append(world.vendor.add(user, at, f"{MARK} inserted {len(inserted)}"))

                world.vendor.before_page = insert
                self.assertSyncs(world)
                world.vendor.before_page = None
                self.assertTrue(inserted, "no second page was ever read, so nothing was inserted")
                self.assertSyncs(world)
                self.assertAgrees(world)

    def test_a_long_history_over_many_pages_arrives_whole(self):
        """Live reads may overtake the history, so the order is asked for only among what was known."""
        world = self.world(Dialect(order="newest", cap=200), users=(A, B), since_hours=24 * 90)
        world.fill(1500, hours=(24 * 80, 1))
        self.assertSyncs(world)
        self.assertAgrees(world)

    def test_without_since_all_history_arrives(self):
        world = self.world(users=(A,))
        del world.source()["since"]
        for days in (0.1, 40, 400, 1500):
            world.vendor.add(A, now_ms() - int(days * 24 * HOUR), f"{MARK} {days} days old")
        self.assertSyncs(world)
        self.assertAgrees(world)

    def test_since_is_the_first_instant_and_nothing_before_it_is_stored(self):
        for inclusive in (True, False):
            with self.subTest(start_inclusive=inclusive):
                world = self.world(Dialect(start_inclusive=inclusive), users=(A,))
                world.source()["since"] = Bare(rfc3339(world.since_ms))
                world.vendor.add(A, world.since_ms, f"{MARK} exactly at since")
                world.vendor.add(A, world.since_ms + 1, f"{MARK} just after since")
                world.vendor.add(A, world.since_ms - 24 * HOUR, f"{MARK} a day before since")
                self.assertSyncs(world)
                self.assertAgrees(world, since_ms=world.since_ms)

    def test_rows_of_any_content_lose_neither_themselves_nor_their_neighbours(self):
        """`response` of every JSON kind, no `response`, huge texts, lone surrogates, NUL, fields nobody knows."""
        odd = [{"a": [1, None]}, [1, "two"], 7, 7.5, True, "", "x" * 300_000, "nul \0 in it", "😀 \U0001f468\u200d\U0001f469",
               "lone \ud83d surrogate", "=1+1", "<b>html</b>", '{"agentId":1,"PARTICIPATION_MESSAGE":"<strong>"}']
        world = self.world(users=(A,))
        for i, response in enumerate(odd):
            world.vendor.add(A, now_ms() - HOUR + i, f"{MARK} {i}", response=response, extra={"fresh_field": {"i": i}})
        world.vendor.add(A, now_ms() - HOUR + 50, "neighbour", extra={"sender": None, "message_type": None})
        world.vendor.add(A, now_ms() - HOUR + 51, "neighbour", extra={"file": "not an object", "attachments": [{}]})
        self.assertSyncs(world)
        self.assertEqual(world.stored(), len(odd) + 2, f"stored of {len(odd) + 2} rows\n{world.finished[-1]}")
        self.assertEqual(len(world.crm.accepted), len(odd) + 2)
        self.assertEqual(world.crm.problems, [])

    def test_invalid_utf8_in_a_text_loses_no_row(self):
        world = self.world(users=(A,))
        row = (b'{"timestamp":"%s","sender":"user","message_type":"TEXT","response":"%s"}')
        stamp = TIMESTAMPS["slashes"][0](now_ms() - HOUR).encode()
        pages = {"1": b'{"conversations":[' + row % (stamp, b"bad \xff\xfe bytes") + b"," + row % (stamp, b"good") + b"]}"}
        world.vendor.fail(lambda r: raw_json(pages.get(r.query.get("page_number", "1"), b'{"conversations":[]}')),
                          kind="conversations")
        self.assertSyncs(world)
        self.assertEqual(world.stored(), 2, str(world.finished[-1]))
        self.assertEqual((len(world.crm.accepted), world.crm.problems), (2, []))

    def test_users_without_a_single_message_are_no_trouble(self):
        world = self.world(Dialect(past_end="204"))
        self.assertSyncs(world)
        self.assertEqual((world.stored(), len(world.crm.batches)), (0, 0))

    def test_a_skewed_server_clock_costs_nothing(self):
        """Behind or ahead by five minutes; rows younger than the skew may wait for a later read."""
        for skew in (-300, 300):
            with self.subTest(skew=skew):
                world = self.world(users=(A,))
                world.vendor.clock_skew = skew
                world.fill(6, hours=(0.5, 0.2))
                self.assertSyncs(world)
                self.assertAgrees(world)


def _dialect_test(options, page_size):
    def test(self):
        self.agrees(Dialect(**options), page_size, per_user=16)
    return test


for _name, (_options, _size) in DIALECTS.items():
    setattr(TruthTest, f"test_all_agree_when_{_name}", _dialect_test(_options, _size))


if __name__ == "__main__":
    unittest.main()
