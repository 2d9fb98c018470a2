"""SIGKILLs while conversations go to the simulated CRMs of vendors: each record ends there once, linked, complete.

The kills come at chosen moments: when the n-th request since the start has left and the CRM never sees it, when the CRM
has done what was asked and has not answered, or a moment after its answer. The moments come from a seeded generator;
they are printed when a test fails.
"""

import html
import os
import random
import re
import threading
import time
import unittest
from collections import Counter, defaultdict

from harness import MARK, AcceptanceTest, Bare, World, wait_for
from relay import LOST_AFTER, LOST_BEFORE, Relay
from simulator import CLIENT, REFRESH_TOKEN, SECRET, STATIC_TOKEN, Simulator
from vendor import now_ms

USERS = tuple(f"9198000000{i:02d}" for i in range(5))
SEED = int(os.environ.get("ELITBUZZ_SYNC_SEED", "20260131"))
KILLS = 5
BATCH, CONCURRENCY = 6, 2
TEXT = "<b>grüße</b> & 🙏"
SAID = re.compile(rf"{MARK} {re.escape(TEXT)} \w+/\d+")
OPENS = {"access_token": STATIC_TOKEN, "api_key": STATIC_TOKEN, "client_id": CLIENT, "client_secret": SECRET,
         "refresh_token": REFRESH_TOKEN}


class Crm:
    """What the tests have to know of a vendor's CRM and of the preset that leads to it."""

    def __init__(self, vendor, secrets, contacts, activities, body, **settings):
        self.vendor, self.secrets, self.settings = vendor, secrets, settings
        self.contacts, self.activities, self.body = contacts, activities, body


CRMS = {crm.vendor: crm for crm in (
    Crm("espocrm", ["api_key"], "Contact", "Call", "description"),
    Crm("hubspot", ["access_token"], "contacts", "communications", "hs_communication_body"),
    Crm("odoo", ["api_key"], "res.partner", "mail.message", "body", database="sample", login="sample-login"),
    Crm("salesforce", ["client_id", "client_secret"], "Contact", "Chat_Transcript__c", "Body__c"),
    Crm("zoho", ["client_id", "client_secret", "refresh_token"], "Contacts", "Conversations", "Transcript",
        accounts="{crm}"),
)}


class Executioner(Relay):
    """The wire to the CRM, which kills the daemon when a chosen request passes."""

    def __init__(self, simulator):
        self.daemon, self.moment, self.left, self.delay = None, None, 0, 0
        self.killed = threading.Event()
        self.aiming = threading.Lock()
        super().__init__(simulator.url, self.fate)
        self.rename = {simulator.url: self.url}  # some CRMs tell their clients where to go on

    def aim(self, daemon, moment, count, delay):
        with self.aiming:
            self.killed.clear()
            self.daemon, self.moment, self.left, self.delay = daemon, moment, count, delay

    def fate(self, request):
        with self.aiming:
            self.left -= 1
            if self.daemon is None or self.left != 0:
                return None
            request.note = self.moment
            if self.moment == "sent":
                self.kill()
                return LOST_BEFORE
            return LOST_AFTER if self.moment == "done" else None

    def note(self, request, reply, fault, answer):
        if request.note == "done":
            self.kill()
        elif request.note == "answered":
            answer.after = lambda: (time.sleep(self.delay), self.kill())
        return super().note(request, reply, fault, answer)

    def kill(self):
        daemon, self.daemon = self.daemon, None
        self.killed.set()
        daemon.kill()


class CrmWorld(World):
    """A source, the simulated CRM of a vendor, and the wire between it and the program."""

    def __init__(self, crm, unit):
        super().__init__(users=USERS, sinks=())
        self.kind, self.unit = crm, unit
        self.simulator = Simulator("--seed", str(SEED))
        self.wire = Executioner(self.simulator)
        self.url = f"{self.wire.url}/crm/{crm.vendor}"
        self.peers += [self.simulator, self.wire]
        for name in crm.secrets:
            self.secret(name, OPENS[name])
        self.source()["lookback"] = Bare("2d")  # what is said for yesterday is found
        self.source()["poll"] = {"interval": Bare("1s"), "max_staleness": Bare("1s")}
        self.config["sinks"].append({
            "name": "crm", "type": crm.vendor, "url": self.url, "unit": unit,
            "secrets": {name: {"file": name} for name in crm.secrets},
            "settings": {name: value.format(crm=self.url) for name, value in crm.settings.items()},
            "batch": {"messages": BATCH, "wait": Bare("20ms")}, "concurrency": CONCURRENCY, "timeout": Bare("1s"),
            "retry": {"first": Bare("50ms"), "max": Bare("200ms")}})

    def spoken_secrets(self):
        return [f"{name} has a secret" for name, text in self.spoken().items()
                for secret in (STATIC_TOKEN, SECRET, REFRESH_TOKEN) if secret in text]

    def differences(self):
        """The differences between the CRM and messages_v1, as readable lines."""
        contacts = self.simulator.records(self.kind.vendor, self.kind.contacts)
        activities = self.simulator.records(self.kind.vendor, self.kind.activities)
        stored = self.rows("SELECT * FROM messages_v1 ORDER BY user_id, timestamp_ms, key")
        said = len(self.vendor.truth())
        lines = [] if len(stored) == said else [f"{len(stored)} messages are stored, {said} were said"]
        users = {}
        for contact in contacts:
            user = next((user for user in USERS if user in contact["key"]), None)
            if user is None or user in users.values():
                lines.append(f"contact {contact['id']} of {contact['key']!r} is a second one or of nobody")
            users[contact["id"]] = user
        if set(users.values()) != {row["user_id"] for row in stored}:
            lines.append(f"contacts of {sorted(map(str, users.values()))}")
        lines += [f"{key!r} is the key of {count} records" for key, count in
                  Counter(record["key"] for record in contacts + activities).items() if count > 1]
        told = defaultdict(list)
        for record in sorted(activities, key=lambda record: record["key"]):
            if len(record["linked"]) != 1 or record["linked"][0] not in users:
                lines.append(f"{record['key']} is linked to {record['linked']}")
                continue
            told[users[record["linked"][0]]].append(SAID.findall(html.unescape(record["properties"][self.kind.body])))
        wanted = self.wanted(stored)
        for user in USERS:
            lines += self.texts_differ(user, wanted[user], told[user])
        wrong = self.rows("SELECT state FROM deliveries_v1 WHERE state != 'delivered'")
        if wrong:
            lines.append(f"deliveries_v1: {dict(Counter(row['state'] for row in wrong))}")
        return lines

    def wanted(self, stored):
        """Of each user, what each record should say."""
        records = defaultdict(lambda: defaultdict(list))
        for row in stored:
            record = row["key"] if self.unit == "message" else row["timestamp_ms"] // 86_400_000
            records[row["user_id"]][record] += SAID.findall(row["text"])
        return {user: list(records[user].values()) for user in USERS}

    @staticmethod
    def texts_differ(user, wanted, told):
        expected, found = Counter(map(tuple, wanted)), Counter(map(tuple, told))
        return [f"{user}: {what} {some.total()} record(s), such as {next(iter(some))[:3]}" for what, some in
                (("lacks", expected - found), ("has too much", found - expected)) if some]


class CrmKillTest(AcceptanceTest):
    def crm_world(self, vendor, unit):
        world = CrmWorld(CRMS[vendor], unit)
        self.addCleanup(self._finish, world)
        return world

    def survive(self, vendor, unit, generator, kills=KILLS, **faults):
        """Kills the daemon so often at work; gives the world and what a failure has to tell."""
        world = self.crm_world(vendor, unit)
        world.simulator.faults(vendor, **faults)
        plan = [(moment, generator.randint(1, 7), generator.random() * 0.02) for moment in
                (["done", "answered", "sent"] * kills)[:kills]]
        generator.shuffle(plan)
        told = f"{vendor}, unit {unit}, seed {SEED}, kills (moment, request, delay): {plan}"
        for number, (moment, count, delay) in enumerate(plan):
            self.say_more(world, number)
            daemon = world.run(write=number == 0)
            world.wire.aim(daemon, moment, count, delay)
            wait_for(lambda daemon=daemon: world.wire.killed.is_set() or not daemon.running(), 30,
                     f"kill {number + 1} of {told}")
            self.assertTrue(world.wire.killed.is_set(), f"life {number + 1} ended by itself: {told}\n"
                            + daemon.errors()[-3000:])
            daemon.wait(5)
        return world, told

    def say_more(self, world, number):
        """Something of two days for everyone, so that old transcripts grow, too."""
        for user in USERS:
            for i in range(9):
                at = now_ms() - (i % 2) * 86_400_000 - number
                world.vendor.add(user, at, f"{MARK} {TEXT} {user[-3:]}x{number}/{i}")

    def finish(self, world, told):
        """Lets the rest be delivered and compares."""
        world.config["sync"]["wait"] = Bare("90s")
        self.assertSyncs(world, seconds=120)
        differences = world.differences() + world.spoken_secrets()
        invalid = world.simulator.counts(world.kind.vendor)["invalid_requests"]
        if invalid:
            differences.append(f"{invalid} request(s) that the vendor does not allow")
        self.assertFalse(differences, f"{told}\n" + "\n".join(differences))


def named(vendor, unit):
    def test(self):
        world, told = self.survive(vendor, unit, random.Random(f"{SEED} {vendor} {unit}"))
        self.finish(world, told)
        writes = [record["writes"] for record in world.simulator.records(vendor, world.kind.activities)]
        if unit == "message":
            self.assertLessEqual(sum(writes) - len(writes), KILLS * BATCH * CONCURRENCY, f"much was repeated: {told}")

    return test


def named_with_lost_answers(vendor):
    def test(self):
        generator = random.Random(f"{SEED} {vendor} lost")
        unit = generator.choice(["message", "day"])
        self.finish(*self.survive(vendor, unit, generator, 3, lost_answers=0.25, resets=0.1, server_errors=0.1))

    return test


for name in CRMS:
    for kind in ("message", "day"):
        setattr(CrmKillTest, f"test_{name}_has_each_{kind}_once_after_kills", named(name, kind))
    setattr(CrmKillTest, f"test_{name}_has_everything_once_after_kills_and_lost_answers", named_with_lost_answers(name))


if __name__ == "__main__":
    unittest.main()
