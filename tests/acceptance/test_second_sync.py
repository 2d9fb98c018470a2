"""A second `sync` on unchanged data stores nothing, sends nothing, and asks at most once per user and once per audience.

"Recent" rows lie inside settle and look-back, so the second read sees them again: the one request per user has to
suffice to know them all. Media URLs have a new signature on each read, which must not look like a new message.
"""

import unittest

from harness import MARK, AcceptanceTest
from vendor import Dialect, now_ms

USERS = tuple(f"9198000000{i:02d}" for i in range(5))


class SecondSyncTest(AcceptanceTest):
    def second_is_silent(self, dialect, fill, users=USERS, page_size=None, rounds=2):
        world = self.world(dialect, users=users)
        if page_size:
            world.source()["limits"]["page_size"] = page_size
        fill(world)
        self.assertSyncs(world)
        self.assertAgrees(world, order="strict")
        for number in range(2, 2 + rounds):
            before = world.rows("SELECT key, stored_ms FROM messages_v1 ORDER BY key")
            asked, posted = len(world.vendor.requests), len(world.crm.batches)
            done = self.assertSyncs(world)
            self.assertEqual(world.rows("SELECT key, stored_ms FROM messages_v1 ORDER BY key"), before,
                             f"sync {number} changed messages_v1\n{done}")
            self.assertEqual(len(world.crm.batches) - posted, 0, f"sync {number} sent something to the CRM\n{done}")
            lists = world.vendor.asked("users", since=asked)
            self.assertLessEqual(len(lists), 1, f"sync {number} listed the users {len(lists)} times")
            for user in users:
                reads = world.vendor.asked("conversations", user, since=asked)
                self.assertLessEqual(len(reads), 1, f"sync {number} asked {len(reads)} times for {user}:\n" +
                                     "\n".join(r.target for r in reads))
        return world

    def test_with_old_messages(self):
        self.second_is_silent(Dialect(), lambda w: w.fill(12))

    def test_with_recent_messages(self):
        self.second_is_silent(Dialect(), lambda w: w.fill(12, hours=(0.15, 0.002)))

    def test_with_messages_of_a_few_seconds_ago(self):
        self.second_is_silent(Dialect(), lambda w: [w.vendor.add(u, now_ms() - 2000 + i, f"{MARK} fresh {i}")
                                                    for u in USERS for i in range(3)])

    def test_with_no_message_at_all(self):
        self.second_is_silent(Dialect(past_end="204"), lambda w: None)

    def test_with_old_messages_and_small_pages(self):
        self.second_is_silent(Dialect(cap=4, past_end="1004"), lambda w: w.fill(15))

    def test_with_recent_messages_on_a_server_that_repeats_its_last_page(self):
        self.second_is_silent(Dialect(past_end="repeat"), lambda w: w.fill(6, hours=(0.15, 0.01)))

    def test_with_recent_identical_messages(self):
        self.second_is_silent(Dialect(), lambda w: [w.vendor.add(u, 1000 * (now_ms() // 1000) - 30_000, f"{MARK} twin")
                                                    for u in USERS for _ in range(2)])

    def test_with_recent_messages_whose_ids_change_or_are_all_the_same(self):
        for kind in ("changing", "constant"):
            with self.subTest(ids=kind):
                self.second_is_silent(Dialect(ids="id", ids_are=kind), lambda w: w.fill(5, hours=(0.15, 0.01)))

    def test_an_audience_each_is_listed_once(self):
        world = self.world(users=USERS[:2])
        world.vendor.follow(*USERS[1:4], attribute="user.language", value="en")
        world.source()["audiences"].append({"attribute": "user.language", "value": "en"})
        world.fill(5)
        self.assertSyncs(world)
        asked = len(world.vendor.requests)
        self.assertSyncs(world)
        self.assertLessEqual(len(world.vendor.asked("users", since=asked)), 2)
        self.assertLessEqual(len(world.vendor.asked("conversations", since=asked)), 4)
        self.assertAgrees(world)


if __name__ == "__main__":
    unittest.main()
