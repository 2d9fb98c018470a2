"""A history of many pages, read by the daemon while live reads are due."""

import unittest

from harness import MARK, AcceptanceTest, Bare, now_ms, wait_for

USERS = ("919800000001", "919800000002", "919800000003")


class BackfillTest(AcceptanceTest):
    def test_a_long_history_that_makes_way_for_live_reads_arrives_once_and_in_order(self):
        """Equal messages on both sides of a page border need two equal passes, also when the reading is interrupted."""
        world = self.world(users=USERS)
        world.source()["limits"].update({"page_size": 10, "requests_per_second": 120, "concurrency": 2})
        world.source()["poll"] = {"interval": Bare("200ms"), "max_staleness": Bare("400ms")}
        first = now_ms() - 86_400_000
        for user in USERS:
            for i in range(240):
                for _ in range(2 if i % 7 == 0 else 1):
                    world.vendor.add(user, first + i * 1000, f"{MARK} long {user[-1]}/{i}")
        daemon = world.run()
        expected = len(USERS) * (240 + 35)
        wait_for(lambda: world.states() == {"delivered": expected}, 40, f"{expected} deliveries")
        self.assertAgrees(world, order="strict")
        self.assertEqual(daemon.stop(), 0)


if __name__ == "__main__":
    unittest.main()
