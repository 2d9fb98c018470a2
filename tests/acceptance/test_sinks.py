"""Several CRMs beside each other, CRMs added later, and `type: file`."""

import json
import stat
import time
import unittest

from harness import MARK, AcceptanceTest, Bare, wait_for
from peer import hang, plain
from vendor import now_ms

USERS = ("919800000001", "919800000002")


class SinksTest(AcceptanceTest):
    def test_two_sinks_get_everything_each(self):
        world = self.world(sinks=("crm", "second"))
        world.fill(6)
        self.assertSyncs(world)
        self.assertAgrees(world, order="strict")

    def test_a_failing_sink_and_a_hanging_one_delay_no_other(self):
        world = self.world(sinks=("crm", "broken", "hanging"))
        world.fill(6)
        world.crms["broken"].rule = lambda _: plain(500)
        world.crms["hanging"].rule = lambda _: hang()
        world.sink("hanging")["timeout"] = Bare("30s")
        daemon = world.run()
        began = time.monotonic()
        wait_for(lambda: world.states() == {"delivered": 12}, 10, "the healthy sink's twelve messages")
        self.assertLess(time.monotonic() - began, 10)
        world.vendor.add(USERS[0], now_ms(), f"{MARK} while two are ill")
        wait_for(lambda: world.states() == {"delivered": 13}, 10, "a new message at the healthy sink")
        self.assertAgrees(world, sinks=("crm",))
        daemon.kill()
        for crm in world.crms.values():
            crm.rule = None
        world.sink("hanging")["timeout"] = Bare("2s")
        self.assertSyncs(world)
        self.assertAgrees(world)

    def test_a_dead_letter_at_one_sink_is_none_at_another(self):
        world = self.world(sinks=("crm", "picky"))
        world.fill(4)
        world.crms["picky"].rule = lambda batch: plain(422, "no") if any("001/1" in m["text"] for m in batch.messages) else None
        self.assertSyncs(world, 1)
        self.assertEqual(world.states("crm"), {"delivered": 8})
        self.assertEqual(world.states("picky"), {"delivered": 7, "dead": 1})

    def test_a_sink_added_later_gets_all_history_and_the_old_one_nothing_again(self):
        world = self.world()
        world.fill(7)
        self.assertSyncs(world)
        sent, listed = len(world.crm.batches), len(world.vendor.asked("conversations"))
        world.add_crm("late")
        self.assertSyncs(world)
        self.assertAgrees(world, order="strict")
        self.assertEqual(len(world.crm.batches), sent, "the old sink was sent something again")
        self.assertLessEqual(len(world.vendor.asked("conversations")) - listed, 2, "history comes from the store")

    def test_a_sink_without_history_starts_now_and_counts_the_rest_as_suppressed(self):
        world = self.world()
        world.fill(5)
        self.assertSyncs(world)
        late = world.add_crm("late")
        world.sink("late")["history"] = False
        self.assertSyncs(world)
        self.assertEqual((world.states("late"), len(late.batches)), ({"suppressed": 10}, 0))
        world.vendor.add(USERS[1], now_ms() - 1000, f"{MARK} from now on")
        self.assertSyncs(world)
        self.assertEqual(world.states("late"), {"suppressed": 10, "delivered": 1})
        self.assertEqual([a.message["text"] for a in late.accepted], [f"{MARK} from now on"])

    def test_without_any_sink_everything_is_stored_all_the_same(self):
        world = self.world(sinks=())
        world.fill(4)
        del world.config["sinks"]
        self.assertSyncs(world)
        self.assertAgrees(world)

    def test_a_file_sink_writes_json_lines_once_and_privately(self):
        world = self.world(sinks=())
        world.config["sinks"] = [{"name": "archive", "type": "file", "directory": "archive"}]
        world.fill(9)
        self.assertSyncs(world)
        files = sorted((world.directory / "archive").glob("*"))
        self.assertTrue(files, "the directory is empty")
        lines = [json.loads(line) for path in files for line in path.read_text("utf-8").splitlines()]
        keys = {r["key"] for r in world.rows("SELECT key FROM messages_v1")}
        self.assertEqual((len(lines), {line["key"] for line in lines}), (18, keys))
        for user in USERS:
            times = [line["timestamp"] for line in lines if line["user_id"] == user]
            self.assertEqual(times, sorted(times), f"order of {user}")
        self.assertEqual(world.states("archive"), {"delivered": 18})
        for path in files:
            self.assertEqual(stat.S_IMODE(path.stat().st_mode) & 0o077, 0, f"{path.name} is readable by others")
        world.vendor.add(USERS[0], now_ms() - 1000, f"{MARK} one more")
        self.assertSyncs(world)
        self.assertSyncs(world)
        total = sum(len(p.read_text("utf-8").splitlines()) for p in (world.directory / "archive").glob("*"))
        self.assertEqual(total, 19, "lines after one more message and two more syncs")

    def test_a_file_sink_survives_kills_without_loss_or_repeats(self):
        world = self.world(sinks=())
        world.config["sinks"] = [{"name": "archive", "type": "file", "directory": "archive"}]
        world.fill(60)
        for goal in (1, 10, 40, 80):
            daemon = world.run()
            wait_for(lambda goal=goal, daemon=daemon: self.lines(world) >= goal or not daemon.running(), 15, f"{goal} lines")
            daemon.kill()
            world.fill(5, hours=(0.1, 0.05), text=f"after {goal}")
        self.assertSyncs(world)
        self.assertAgrees(world)
        lines = "".join(p.read_text("utf-8") for p in (world.directory / "archive").glob("*")).splitlines()
        keys = [json.loads(line)["key"] for line in lines]
        stored = {r["key"] for r in world.rows("SELECT key FROM messages_v1")}
        self.assertEqual(set(keys), stored, f"{len(set(keys))} of {len(stored)} messages are in the files")
        self.assertEqual(len(keys), len(stored), f"{len(keys) - len(stored)} line(s) too many")

    @staticmethod
    def lines(world):
        return sum(p.read_bytes().count(b"\n") for p in (world.directory / "archive").glob("*"))


if __name__ == "__main__":
    unittest.main()
