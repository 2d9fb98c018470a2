"""Who is followed: newcomers, leavers, lists that lie, one user in two audiences, users in error.

Decided where the contract is silent: a `sync` started by hand tries parked users again at once; an alarm about a
users list is a log event of level warning or above and leaves a trace in `status --json`; its exit status is not judged.
"""

import json
import unittest

from harness import HOUR, MARK, AcceptanceTest, Bare, wait_for
from peer import plain
from vendor import Dialect, now_ms

USERS = tuple(f"9198000000{i:02d}" for i in range(1, 7))


def error_1002(world):
    return lambda _: world.vendor.error(400, 1002, "user id")


class RosterTest(AcceptanceTest):
    def statuses(self, world):
        return {r["user_id"]: r["status"] for r in world.rows("SELECT user_id, status FROM users_v1")}

    def alarms(self, world, start=0):
        return [e for e in world.events()[start:] if e.get("level") in ("warn", "warning", "error")]

    def test_a_newly_matching_user_is_backfilled_from_since(self):
        world = self.world(users=USERS[:2])
        world.fill(6)
        self.assertSyncs(world)
        for i in range(12):
            world.vendor.add(USERS[2], world.since_ms + HOUR * (1 + 3 * i), f"{MARK} before the match {i}")
        world.vendor.follow(*USERS[:3])
        self.assertSyncs(world)
        self.assertAgrees(world)
        row = world.user(USERS[2])
        self.assertEqual((row["status"], row["messages"]), ("following", 12), row)
        self.assertLessEqual(row["covered_from_ms"], world.since_ms + HOUR, "covered from `since` on")
        self.assertGreater(row["covered_to_ms"], now_ms() - HOUR, "covered up to about now")

    def test_a_new_user_is_found_by_the_running_daemon(self):
        world = self.world(users=USERS[:1])
        world.fill(4)
        world.run()
        wait_for(lambda: len(world.crm.accepted) == 4, 15, "the first user's messages")
        world.vendor.add(USERS[1], now_ms() - 5 * HOUR, f"{MARK} older")
        world.vendor.add(USERS[1], now_ms(), f"{MARK} fresh")
        world.vendor.follow(*USERS[:2])
        wait_for(lambda: len(world.crm.accepted) == 6, 15, "the second user's messages")
        wait_for(lambda: world.states() == {"delivered": 6}, 5, "six delivered")
        self.assertAgrees(world)

    def test_a_departing_user_is_drained_to_the_departure_and_then_let_go(self):
        world = self.world(users=USERS[:5])
        world.source().update({"settle": Bare("1s"), "lookback": Bare("2s")})
        world.fill(4)
        self.assertSyncs(world)
        leaver = USERS[0]
        world.vendor.add(leaver, now_ms() - 100, f"{MARK} last words before leaving")
        world.vendor.follow(*USERS[1:5])
        process = world.run()
        wait_for(lambda: world.user(leaver)["status"] == "gone", 30, f"`gone`, is {world.user(leaver)}")
        asked = len(world.vendor.requests)
        wait_for(lambda: len(world.vendor.asked("users", since=asked)) > 2, 15, "three more polls")
        self.assertEqual(len(world.vendor.asked("conversations", leaver, since=asked)), 0, "a user who is gone is not read")
        self.assertEqual(process.stop(), 0)
        self.assertAgrees(world, users=USERS[:5])
        row = world.user(leaver)
        self.assertGreaterEqual(row["covered_to_ms"], row["last_matched_ms"], f"covered up to the departure: {row}")

    def test_a_departed_user_who_comes_back_loses_nothing_of_the_time_between(self):
        world = self.world(users=USERS[:5])
        world.source().update({"settle": Bare("1s"), "lookback": Bare("2s")})
        world.fill(2)
        self.assertSyncs(world)
        world.vendor.follow(*USERS[1:5])
        daemon = world.run()
        wait_for(lambda: world.user(USERS[0])["status"] == "gone", 30, "`gone`")
        world.vendor.add(USERS[0], now_ms(), f"{MARK} while away")
        world.vendor.follow(*USERS[:5])
        wait_for(lambda: world.user(USERS[0])["status"] == "following", 20, "`following` again")
        daemon.stop()
        self.assertSyncs(world)
        self.assertAgrees(world)

    def listed_wrongly(self, listing):
        world = self.world(users=USERS)
        world.fill(3)
        self.assertSyncs(world)
        before, known = self.statuses(world), len(world.events())
        whole = dict(world.vendor.audiences)
        listing(world)
        for user in USERS:
            world.vendor.add(user, now_ms() - 1000, f"{MARK} said while the list was wrong")
        done = self.assertSyncs(world, {0, 1})
        self.assertEqual(self.statuses(world), before, f"nobody moves\n{done}")
        self.assertTrue(self.alarms(world, known), f"no warning in the log\n{done}")
        document, _ = world.status()
        self.assertRegex(json.dumps(document), r"(?i)shrunk|shrink|empty|alarm|suspicious", "nothing of it in status --json")
        world.vendor.audiences = whole
        world.vendor.heal()
        self.assertSyncs(world)
        self.assertAgrees(world)
        self.assertEqual(set(self.statuses(world).values()), {"following"})

    def test_an_empty_list_moves_nobody_and_raises_an_alarm(self):
        self.listed_wrongly(lambda world: world.vendor.follow())

    def test_a_sharply_shrunk_list_moves_nobody_and_raises_an_alarm(self):
        self.listed_wrongly(lambda world: world.vendor.follow(USERS[0]))

    def test_the_share_that_counts_as_shrunk_is_configurable(self):
        world = self.world(users=USERS)
        world.source()["roster"] = {"shrink_alarm": 0.9}
        world.source().update({"settle": Bare("1s"), "lookback": Bare("2s")})
        world.fill(2)
        done = world.sync()
        if done.code == 78:  # the contract does not say whether `roster` belongs to a source or to the top
            world.config["roster"] = world.source().pop("roster")
            done = world.sync()
        self.assertCode(done, 0)
        world.vendor.follow(*USERS[:2])
        self.assertSyncs(world)
        self.assertIn(self.statuses(world)[USERS[5]], ("draining", "gone"))
        self.assertEqual(self.statuses(world)[USERS[0]], "following")

    def test_a_user_of_two_audiences_is_one_user(self):
        world = self.world(users=USERS[:3])
        world.vendor.follow(*USERS[1:4], attribute="user.language", value="en")
        world.source()["audiences"].append({"attribute": "user.language", "value": "en"})
        world.fill(5)
        self.assertSyncs(world)
        self.assertAgrees(world, order="strict")
        self.assertEqual(self.statuses(world), {user: "following" for user in USERS[:4]})
        world.vendor.follow(USERS[0], USERS[1], attribute="feedback", value="1")
        self.assertSyncs(world)
        self.assertEqual(self.statuses(world)[USERS[2]], "following", "still matched by the other audience")

    def test_the_same_user_id_in_two_sources_is_two_users(self):
        world = self.world(users=USERS[:1])
        other = world.add_source("sales", Dialect(order="oldest"), USERS[:1])
        world.fill(3)
        world.fill(4, vendor=other, text="sales")
        self.assertSyncs(world)
        self.assertEqual(world.count("SELECT count(*) FROM users_v1"), 2)
        self.assertEqual(world.count("SELECT count(*) FROM messages_v1 WHERE source = 'sales'"), 4)
        self.assertEqual(len(world.crm.accepted), 7)
        self.assertFalse(world.agreement(source="sales", delivered=False))
        self.assertFalse(world.agreement(source="support", delivered=False))

    def test_one_bad_user_is_parked_and_the_others_go_on(self):
        for name, answer in (("1002", error_1002), ("500", lambda _: plain(500, "boom"))):
            with self.subTest(error=name):
                world = self.world(users=USERS)
                world.config["sync"]["wait"] = Bare("30s")
                world.fill(4)
                world.vendor.fail(answer(world), kind="conversations", user=USERS[2])
                done = self.assertSyncs(world, 1, seconds=90)
                self.assertEqual(self.statuses(world), {u: "parked" if u == USERS[2] else "following" for u in USERS},
                                 str(done))
                self.assertAgrees(world, users=[u for u in USERS if u != USERS[2]], order="strict")
                asked = len(world.vendor.asked("conversations", USERS[2]))
                self.assertLess(asked, 30, f"{asked} requests for a user who is in error")
                world.vendor.heal()
                self.assertSyncs(world)
                self.assertEqual(set(self.statuses(world).values()), {"following"})
                self.assertAgrees(world)

    def test_a_bad_user_does_not_keep_the_daemon_from_the_others(self):
        world = self.world(users=USERS)
        world.fill(2)
        world.vendor.fail(error_1002(world), kind="conversations", user=USERS[0])
        daemon = world.run()
        wait_for(lambda: world.database.exists() and (world.user(USERS[0]) or {}).get("status") == "parked", 20, "`parked`")
        world.vendor.add(USERS[1], now_ms(), f"{MARK} goes on")
        wait_for(lambda: len(world.crm.accepted) == 11, 15, "the others' eleven messages")
        status, done = world.status()
        self.assertCode(done, 1)
        self.assertIn("parked", json.dumps(status))
        self.assertEqual(daemon.stop(), 0)

    def test_all_users_bad_is_a_wrong_configuration_and_parks_nobody_for_good(self):
        for name, answer in (("1002", error_1002), ("404", lambda _: plain(404, "no")), ("500", lambda _: plain(500))):
            with self.subTest(error=name):
                world = self.world(users=USERS)
                world.fill(2)
                world.vendor.fail(answer(world), kind="conversations")
                self.assertSyncs(world, 1, seconds=90)
                self.assertEqual(world.stored(), 0)
                world.vendor.heal()
                self.assertSyncs(world)
                self.assertEqual(self.statuses(world), {user: "following" for user in USERS})
                self.assertAgrees(world)

    def test_a_failed_listing_is_no_empty_list(self):
        world = self.world(users=USERS)
        world.fill(2)
        self.assertSyncs(world)
        before = self.statuses(world)
        world.vendor.fail(plain(500, "boom"), kind="users")
        self.assertSyncs(world, 1)
        self.assertEqual(self.statuses(world), before)
        world.vendor.heal()
        self.assertSyncs(world)
        self.assertAgrees(world)


if __name__ == "__main__":
    unittest.main()
