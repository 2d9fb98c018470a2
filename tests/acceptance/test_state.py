"""The state directory: one owner, private, never silently replaced, restorable.

Some conditions cannot be made for the superuser by permissions alone; the read-only directory is therefore tried as
another user when the tests run as root, with a copy of the program that this user can reach.
"""

import os
import shutil
import signal
import sqlite3
import stat
import time
import unittest
from pathlib import Path

import harness
from harness import MARK, AcceptanceTest, Bare, wait_for
from peer import plain
from vendor import now_ms

USERS = ("919800000001", "919800000002")


def checksum(path):
    return Path(path).read_bytes()


class StateTest(AcceptanceTest):
    def filled(self, per_user=5):
        world = self.world(users=USERS)
        world.fill(per_user)
        return world

    def keys(self, world):
        return sorted(r["key"] for r in world.rows("SELECT key FROM messages_v1"))

    # -- one owner --------------------------------------------------------------------------------------------------

    def test_a_second_instance_exits_75_within_two_seconds_and_disturbs_nothing(self):
        world = self.filled()
        first = world.run()
        wait_for(lambda: len(world.crm.accepted) == 10, 15, "ten messages")
        for verb in ("run", "sync"):
            done = world.verb(verb, write=False, seconds=15)
            self.assertCode(done, 75)
            self.assertLess(done.seconds, 2, str(done))
            self.assertTrue(done.err.strip(), "stderr says why")
        self.assertTrue(first.running())
        world.vendor.add(USERS[0], now_ms(), f"{MARK} afterwards")
        wait_for(lambda: len(world.crm.accepted) == 11, 10, "the first instance to go on")
        self.assertEqual(first.stop(), 0)
        self.assertAgrees(world)

    def test_status_and_readers_work_beside_the_daemon(self):
        world = self.filled()
        world.run()
        wait_for(lambda: world.states() == {"delivered": 10}, 15, "ten deliveries")
        wait_for(lambda: world.status(daemon=True)[1].code == 0, 15, "a healthy status")
        _, done = world.status()
        self.assertLess(done.seconds, 2)

    # -- what is refused --------------------------------------------------------------------------------------------

    def refused(self, world, what, verbs=("sync", "run")):
        """Exit 74, and no byte of the file is changed."""
        before = checksum(world.database)
        asked = len(world.vendor.requests)
        for verb in verbs:
            done = world.verb(verb, write=False, seconds=20)
            self.assertCode(done, 74)
            self.assertTrue(done.err.strip(), "stderr says why")
        self.assertTrue(checksum(world.database) == before, f"{what} was changed")
        self.assertEqual(len(world.vendor.requests), asked, f"the source was asked in spite of {what}")

    def synced(self):
        world = self.filled(40)
        self.assertSyncs(world)
        connection = sqlite3.connect(world.database)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        return world

    def test_a_corrupt_database_is_refused_and_left_as_it_is(self):
        damages = {
            "a destroyed header": lambda data: b"\0" * 100 + data[100:],
            "overwritten pages": lambda data: data[:4096] + os.urandom(max(0, len(data) - 4096)),
            "a file cut in half": lambda data: data[:len(data) // 2],
            "text in place of a database": lambda _: b"this is not a database, but it is quite long\n" * 200,
        }
        for name, damage in damages.items():
            with self.subTest(name):
                world = self.synced()
                world.database.write_bytes(damage(world.database.read_bytes()))
                for suffix in ("-wal", "-shm"):
                    Path(str(world.database) + suffix).unlink(missing_ok=True)
                self.refused(world, name)

    def test_a_damaged_definition_is_refused_and_left_as_it_is(self):
        world = self.synced()
        connection = sqlite3.connect(world.database)
        connection.executescript("PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = "
                                 "replace(sql, 'last_error', 'last_errox') WHERE name = 'users';")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        self.refused(world, "a damaged definition")

    def test_damage_of_a_large_state_is_found_beside_the_work(self):
        world = self.synced()
        connection = sqlite3.connect(world.database)
        connection.executescript("CREATE TABLE large (bytes BLOB); INSERT INTO large VALUES (zeroblob(80000000));"
                                 "PRAGMA wal_checkpoint(TRUNCATE);")
        connection.close()
        self.assertSyncs(world)  # sound
        with open(world.database, "r+b") as file:
            file.seek(40_960_000)
            file.write(b"\x7f\x7f\x7f\x7f")  # the link to the next page of the value
        for verb in ("sync", "run"):
            done = world.verb(verb, write=False, seconds=20)
            self.assertCode(done, 74)
            self.assertIn("the database is damaged", done.err)

    def test_a_foreign_database_is_refused_and_left_as_it_is(self):
        world = self.filled()
        world.write()
        world.state.mkdir(mode=0o700)
        connection = sqlite3.connect(world.database)
        connection.executescript("CREATE TABLE accounts (id INTEGER); INSERT INTO accounts VALUES (7); PRAGMA user_version = 3;")
        connection.close()
        world.database.chmod(0o600)
        self.refused(world, "a foreign database")

    def test_a_database_of_a_newer_version_is_refused_and_left_as_it_is(self):
        world = self.synced()
        connection = sqlite3.connect(world.database)
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        connection.execute("PRAGMA user_version = 2000000000")
        connection.commit()
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        if not version:
            self.skipTest("the version is not kept in user_version")
        self.refused(world, "a newer database")

    # -- permissions ------------------------------------------------------------------------------------------------

    def test_directory_database_and_log_are_private_whatever_the_umask(self):
        world = self.filled()
        world.write()
        old = os.umask(0)
        try:
            daemon = world.run()
        finally:
            os.umask(old)
        wait_for(lambda: len(world.crm.accepted) == 10, 15, "ten messages")
        paths = [world.state, world.log, *world.state.iterdir()]
        open_to_others = [f"{p.name} {stat.S_IMODE(p.stat().st_mode):04o}" for p in paths
                          if stat.S_IMODE(p.stat().st_mode) & 0o077]
        self.assertFalse(open_to_others, "readable by others: " + ", ".join(open_to_others))
        daemon.stop()

    def test_no_secret_is_in_the_state_directory(self):
        world = self.filled()
        self.assertSyncs(world)
        for path in world.state.iterdir():
            for secret in (world.vendor.api_key, world.crm.token):
                self.assertNotIn(secret.encode(), path.read_bytes(), f"{path.name} contains a secret")

    def test_state_and_log_directories_are_made_if_their_parent_exists(self):
        world = self.filled()
        world.config["state"]["directory"] = "no/such/parent/state"
        done = world.sync()
        self.assertCode(done, {74, 78})
        self.assertEqual(len(world.vendor.requests), 0)
        world.config["state"]["directory"] = "state"
        self.assertSyncs(world)
        self.assertTrue(world.log.exists())

    @unittest.skipUnless(os.geteuid() == 0, "needs to become another user")
    def test_a_read_only_state_directory_gives_74_and_heals_without_a_hand(self):
        world = self.filled()
        self.assertSyncs(world)
        world.vendor.add(USERS[0], now_ms() - 1000, f"{MARK} while read-only")
        program = world.directory / "program"
        shutil.copy(harness.BINARY, program)
        program.chmod(0o755)
        for path in [world.directory, *world.directory.rglob("*")]:
            os.chown(path, 65534, 65534)
        del world.config["log"]["file"]
        world.write()
        os.chown(world.config_path, 65534, 65534)
        world.state.chmod(0o500)
        for path in world.state.iterdir():
            path.chmod(0o400)
        binary, harness.BINARY = harness.BINARY, str(program)
        try:
            done = world.verb("sync", write=False, user=65534, group=65534)
            self.assertCode(done, 74)
            self.assertTrue(done.err.strip())
            world.state.chmod(0o700)
            for path in world.state.iterdir():
                path.chmod(0o600)
            self.assertCode(world.verb("sync", write=False, user=65534, group=65534), 0)
        finally:
            harness.BINARY = binary
        self.assertAgrees(world)

    def test_a_disk_without_room_gives_74_and_continues_with_room(self):
        """The room is bounded by the limit on the size of a file, for which the signal is ignored as systemd does."""
        import resource
        world = self.world(users=USERS)
        world.fill(1500)
        world.config["log"] = {"level": "warning"}

        def narrow():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, 600_000))

        done = world.sync(preexec_fn=narrow, restore_signals=False)
        self.assertCode(done, 74)
        self.assertTrue(done.err.strip(), "stderr says why")
        world.config["sync"]["wait"] = Bare("20s")
        self.assertSyncs(world)
        self.assertAgrees(world)

    def without_room(self, world, per_user):
        """A daemon whose files cannot grow from the first read on."""
        import resource
        world.fill(per_user)
        world.vendor.fail(plain(500, "not yet"), kind="conversations")
        daemon = world.run(preexec_fn=lambda: signal.signal(signal.SIGXFSZ, signal.SIG_IGN), restore_signals=False)
        wait_for(lambda: world.database.exists() and world.user(USERS[0]), 15, "the first list")
        resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE, (10_000, resource.RLIM_INFINITY))
        world.vendor.heal()
        wait_for(lambda: "storage_failed" in daemon.errors(), 30, "`storage_failed`")
        return daemon

    def test_a_daemon_waits_for_a_usable_disk_and_goes_on_by_itself(self):
        import resource
        world = self.world(users=USERS)
        world.config["log"] = {"level": "info"}
        daemon = self.without_room(world, 1500)
        resource.prlimit(daemon.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        daemon.signal(signal.SIGHUP)
        wait_for(lambda: len(world.crm.accepted) == 1500 * len(USERS), 60, "all messages")
        self.assertEqual(daemon.stop(), 0)
        self.assertAgrees(world)

    def test_a_daemon_that_waits_for_a_usable_disk_ends_on_sigterm(self):
        world = self.world(users=USERS)
        world.config["log"] = {"level": "info"}
        self.assertEqual(self.without_room(world, 4).stop(), 0)

    @unittest.skipUnless(os.geteuid() == 0, "needs to be root")
    def test_root_works_as_the_owner_of_the_state(self):
        world = self.filled()
        for path in (world.directory, *world.directory.rglob("*"), world.state):
            path.mkdir(exist_ok=True) if path == world.state else None
            os.chown(path, 65534, 65534)
        world.write()
        os.chown(world.config_path, 65534, 65534)
        self.assertCode(world.verb("sync", write=False), 0)
        for path in world.state.iterdir():
            self.assertEqual(path.stat().st_uid, 65534, path)
        self.assertEqual(world.log.stat().st_uid, 65534)

    @unittest.skipUnless(os.geteuid() == 0, "needs to be root")
    def test_root_is_refused_where_the_owner_of_the_state_cannot_work(self):
        world = self.filled()
        world.state.mkdir(exist_ok=True)
        os.chown(world.state, 65534, 65534)
        world.directory.chmod(0o700)
        done = self.assertSyncs(world, 77)
        self.assertIn("sudo -u", done.err)
        self.assertEqual(list(world.state.iterdir()), [])

    # -- restores ---------------------------------------------------------------------------------------------------

    def test_a_restored_older_copy_converges_and_repeats_only_by_the_same_keys(self):
        world = self.synced()
        copy = world.directory / "copy.db"
        shutil.copy(world.database, copy)
        for i in range(20):
            world.vendor.add(USERS[i % 2], now_ms() - 500 + i, f"{MARK} after the copy {i}")
        self.assertSyncs(world)
        keys = self.keys(world)
        sent = set(world.crm.accepted_keys())
        for suffix in ("-wal", "-shm"):
            Path(str(world.database) + suffix).unlink(missing_ok=True)
        shutil.copy(copy, world.database)
        self.assertSyncs(world)
        self.assertEqual(self.keys(world), keys, "messages_v1 after the restore")
        self.assertEqual(set(world.crm.accepted_keys()), sent, "keys the CRM had not seen before the restore")
        self.assertFalse(world.crm.key_problems(), "\n".join(world.crm.key_problems()))
        self.assertEqual(world.states(), {"delivered": 100})

    def test_a_lost_state_is_rebuilt_with_the_same_keys(self):
        world = self.world(users=USERS)
        at = now_ms() - 3_600_000
        for i in range(10):
            world.vendor.add(USERS[0], at + i, f"{MARK} {i}", media=("https://m.example.invalid/a.png", "image/png") if i % 2 else None)
            world.vendor.add(USERS[1], at, f"{MARK} twin")
        self.assertSyncs(world)
        keys, sent = self.keys(world), set(world.crm.accepted_keys())
        shutil.rmtree(world.state)
        world.source()["limits"]["page_size"] = 3
        world.vendor.dialect.order = "oldest"
        self.assertSyncs(world)
        self.assertEqual(self.keys(world), keys, "the keys after the loss")
        self.assertEqual(set(world.crm.accepted_keys()), sent)
        self.assertFalse(world.crm.key_problems(), "\n".join(world.crm.key_problems()))

    def test_keys_do_not_depend_on_the_base_url_or_the_key(self):
        """A moved API and a rotated key are the same source, whose identity is its name."""
        world = self.filled()
        self.assertSyncs(world)
        keys = self.keys(world)
        moved = harness.Vendor(world.vendor.dialect, api_key="canarykey-moved")
        world.peers.append(moved)
        moved.rows, moved.audiences = world.vendor.rows, world.vendor.audiences
        world.secret("support.key", moved.api_key)
        world.source()["base_url"] = moved.url
        shutil.rmtree(world.state)
        self.assertSyncs(world)
        self.assertEqual(self.keys(world), keys)

    # -- the views --------------------------------------------------------------------------------------------------

    def test_the_views_have_the_promised_columns(self):
        promised = {
            "users_v1": "source user_id status first_matched_ms last_matched_ms covered_from_ms covered_to_ms messages "
                        "last_message_ms",
            "messages_v1": "source user_id key timestamp_ms timestamp_text direction sender type text media_url media_type raw "
                           "stored_ms",
            "deliveries_v1": "sink source user_id key state attempts remote_id last_error updated_ms",
            "coverage_v1": "source user_id from_ms to_ms",
        }
        world = self.filled()
        self.assertSyncs(world)
        for view, columns in promised.items():
            present = {r["name"] for r in world.rows(f"SELECT name FROM pragma_table_info('{view}')")}
            self.assertFalse(set(columns.split()) - present, f"{view} lacks {set(columns.split()) - present}")
        self.assertEqual(world.count("PRAGMA journal_mode"), "wal")
        row = world.user(USERS[0])
        mine = [r for r in world.vendor.rows if r.user == USERS[0]]
        self.assertEqual((row["messages"], row["last_message_ms"]), (5, max(r.at_ms for r in mine)))
        media = world.rows("SELECT media_url, media_type FROM messages_v1 WHERE media_type IS NOT NULL")
        self.assertTrue(not media or media[0]["media_url"].startswith("https://media.example.invalid/"))

    def test_coverage_is_honest(self):
        """From `since` to about now minus `settle`, in intervals that do not overlap, and never into the future."""
        world = self.filled()
        world.source()["settle"] = Bare("2m")
        self.assertSyncs(world)
        now = int(time.time() * 1000)
        for user in USERS:
            spans = world.rows("SELECT from_ms, to_ms FROM coverage_v1 WHERE user_id = ? ORDER BY from_ms", user)
            self.assertTrue(spans, f"nothing of {user} is covered")
            self.assertLessEqual(spans[0]["from_ms"], world.since_ms, "covered from `since`")
            self.assertLessEqual(spans[-1]["to_ms"], now - 110_000, "what is younger than settle is not covered yet")
            self.assertGreaterEqual(spans[-1]["to_ms"], world.start_ms - 180_000, "covered up to about now minus settle")
            for one, two in zip(spans, spans[1:]):
                self.assertLess(one["to_ms"], two["from_ms"], f"intervals touch or overlap: {spans}")


if __name__ == "__main__":
    unittest.main()
