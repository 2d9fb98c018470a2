"""30 SIGKILLs during `run` with arrivals going on: nothing is missing, nothing is twice, repeats carry the same key.

The kills come at chosen moments, not at chosen times: while the source answers its n-th request since the start, when
the CRM has read a batch but not processed it, and when it has processed it but not answered. The moments come from a
seeded generator; a failure names the seed.
"""

import os
import random
import threading
import unittest

from harness import MARK, AcceptanceTest, Bare, wait_for
from peer import plain
from vendor import Dialect, now_ms

USERS = tuple(f"9198000000{i:02d}" for i in range(6))
SEED = int(os.environ.get("ELITBUZZ_SYNC_SEED", "20260131"))
KILLS = 30


class Executioner:
    """Kills the daemon at the n-th passing of a chosen point, from inside the fake that serves it."""

    def __init__(self, world):
        self.world, self.daemon, self.where, self.left = world, None, None, 0
        self.lock = threading.Lock()
        self.killed = threading.Event()
        world.vendor.on_request = lambda request, kind, user: self.at("source")
        world.crm.on_batch = lambda batch, moment: self.at("crm " + moment)

    def aim(self, daemon, where, count):
        with self.lock:
            self.daemon, self.where, self.left = daemon, where, count
            self.killed.clear()

    def at(self, where):
        with self.lock:
            if where != self.where:
                return
            self.left -= 1
            if self.left <= 0:
                self.where = None
                self.killed.set()
                self.daemon.kill()


class Arrivals:
    """Writes new messages until it is stopped; some are identical twins, some come a little late."""

    def __init__(self, world, generator, every=0.03):
        self.world, self.generator, self.every = world, generator, every
        self.over = threading.Event()
        self.thread = threading.Thread(target=self._go, daemon=True)
        self.thread.start()

    def _go(self):
        number = 0
        while not self.over.wait(self.every):
            number += 1
            user = self.generator.choice(USERS)
            late = 60_000 if number % 11 == 0 else 0
            for _ in range(2 if number % 13 == 0 else 1):
                self.world.vendor.add(user, now_ms() - late, f"{MARK} arrival {number}")

    def stop(self):
        self.over.set()
        self.thread.join(5)


class KillTest(AcceptanceTest):
    def survive(self, kills, dialect, generator, **sink):
        world = self.world(dialect, users=USERS)
        world.sink().update(sink)
        world.source()["limits"]["page_size"] = 20
        world.source()["poll"] = {"interval": Bare("1s"), "max_staleness": Bare("1s")}
        world.fill(30, hours=(30, 1))
        executioner, arrivals = Executioner(world), Arrivals(world, random.Random(SEED))
        try:
            for number in range(kills):
                where = generator.choice(["source", "source", "crm before", "crm processed", "crm processed"])
                count = generator.randint(1, 10) if where == "source" else generator.randint(1, 3)
                daemon = world.run(write=number == 0)
                executioner.aim(daemon, where, count)
                wait_for(lambda daemon=daemon: executioner.killed.is_set() or not daemon.running(), 30,
                         f"passing {count} of {where!r} in life {number + 1} (seed {SEED})\n{daemon.errors()[-2000:]}")
                self.assertTrue(executioner.killed.is_set(), f"life {number + 1} ended by itself with "
                                f"{daemon.process.returncode} (seed {SEED})\n{daemon.errors()[-3000:]}")
                daemon.wait(5)
        finally:
            arrivals.stop()
        world.config["sync"]["wait"] = Bare("20s")
        self.assertSyncs(world)
        self.assertAgrees(world)
        return world

    def test_thirty_kills_lose_nothing_and_double_nothing(self):
        generator = random.Random(SEED)
        world = self.survive(KILLS, Dialect(), generator)
        lost = [b for b in world.crm.batches if b.outcome == "repeated"]
        self.assertTrue(lost, f"no batch was ever repeated, so the kills proved nothing (seed {SEED})")
        self.assertLess(len(world.crm.batches), 40 * KILLS, "a restart must not send everything again")

    def test_kills_while_a_crm_refuses_and_a_source_stumbles(self):
        generator = random.Random(SEED + 1)
        world = self.world(Dialect(order="hashed", cap=7), users=USERS)
        world.source()["poll"] = {"interval": Bare("1s"), "max_staleness": Bare("1s")}
        world.fill(20, hours=(20, 1))
        world.vendor.fail(lambda _: plain(500) if generator.random() < 0.15 else None, kind="conversations")
        world.crm.rule = lambda batch: plain(503) if generator.random() < 0.3 else None
        executioner = Executioner(world)
        arrivals = Arrivals(world, random.Random(SEED + 2))
        try:
            for number in range(8):
                daemon = world.run(write=number == 0)
                executioner.aim(daemon, generator.choice(["source", "crm before"]), generator.randint(1, 6))
                wait_for(lambda daemon=daemon: executioner.killed.is_set() or not daemon.running(), 30,
                         f"the point of life {number + 1}\n{daemon.errors()[-2000:]}")
                self.assertTrue(executioner.killed.is_set(), f"life {number + 1} ended with {daemon.process.returncode}\n"
                                + daemon.errors()[-3000:])
                daemon.wait(5)
        finally:
            arrivals.stop()
        world.vendor.heal()
        world.crm.rule = None
        world.config["sync"]["wait"] = Bare("20s")
        self.assertSyncs(world)
        self.assertAgrees(world)

    def test_after_a_kill_the_next_start_is_never_refused(self):
        world = self.world()
        world.fill(3)
        for _ in range(3):
            daemon = world.run()
            wait_for(lambda: world.vendor.requests, 10, "a first request")
            daemon.kill()
            self.assertSyncs(world)
        self.assertAgrees(world, order="strict")


if __name__ == "__main__":
    unittest.main()
