"""A source with odd conversations and the simulated CRM of a vendor behind Prism, for tests of the contracts."""

import copy
import html
import re
import time
from collections import Counter, defaultdict

import prism
from harness import MARK, Bare, World
from prism import Checked
from relay import Relay
from simulator import CLIENT, REFRESH_TOKEN, SECRET, STATIC_TOKEN, Simulator
from vendor import Dialect, now_ms

SECRETS = {"hubspot": ("access_token",), "salesforce": ("client_id", "client_secret"),
           "zoho": ("client_id", "client_secret", "refresh_token")}
PEOPLE = {"919800000001": {"name": "Asha Rao", "phone_no": "+91 98000 00001"},
          "919800000002": {"name": "Zoë", "phone_no": 919800000002},
          "919800000003": {"name": "<b>Ünal</b> & Söhne " + "x" * 120, "phone_no": "none"},
          "919800000004": {"name": ""}}


def fill_oddly(world):
    """Everything that may be in a conversation, of a day and the one before it."""
    texts = ["hello", '<b>bold</b> & "quoted"', "two\nlines\ttab", "🙏👩‍👩‍👧 שלום", "nul \0 and \x1b", "x" * 5000]
    for number, text in enumerate(texts):
        for user in PEOPLE:
            at = now_ms() - (len(texts) - number) * 4 * 3_600_000
            world.vendor.add(user, at, f"{MARK} {user[-3:]}/{number} {text}", sender="bot" if number % 2 else "user",
                             media=("https://media.example.invalid/1.jpeg", "image/jpeg") if number == 3 else None)


class CheckedWorld(World):
    """A source, the simulated CRM of a vendor, and between it and the program a wire that Prism watches."""

    open_with = {"access_token": STATIC_TOKEN, "client_id": CLIENT, "client_secret": SECRET,
                 "refresh_token": REFRESH_TOKEN}
    kinds = {"hubspot": ("contacts", "communications", "hs_communication_body"),
             "salesforce": ("Contact", "Chat_Transcript__c", "Body__c"),
             "zoho": ("Contacts", "Conversations", "Transcript")}

    def __init__(self, vendor, unit, secrets=None, settings=None, kinds=None, fields=None, timeout="10s"):
        super().__init__(Dialect(signed_urls=False), tuple(PEOPLE), sinks=())
        self.vendor.user_extra = copy.deepcopy(PEOPLE)
        self.name, self.unit = vendor, unit
        self.probes_in_vain = False  # each start asks for one thing that is refused
        self.contacts, self.activities, self.body = kinds or self.kinds[vendor]
        self.simulator = Simulator()
        checked = Checked.of(vendor)
        checked.behind.fault = None
        checked.behind.lead_to(self.simulator.url)
        self.wire = Relay(checked.prism.url)
        checked.behind.rename = {f"{self.simulator.url}/crm/{vendor}": self.wire.url}  # where clients are led on
        self.peers += [self.wire, self.simulator]
        secrets = secrets or SECRETS[vendor]
        for name in secrets:
            self.secret(name, self.open_with[name])
        self.hours = time.gmtime().tm_hour - 12  # behind UTC: where it is noon, days do not end while a test runs
        self.config["sinks"].append({
            "name": "crm", "type": vendor, "url": self.wire.url, "unit": unit, "timezone": f"Etc/GMT{self.hours:+}",
            "secrets": {name: {"file": name} for name in secrets},
            "settings": {**({"accounts": self.wire.url} if vendor == "zoho" else {}), **(settings or {})},
            "fields": fields or {}, "batch": {"messages": 10, "wait": Bare("20ms")}, "concurrency": 2,
            "timeout": Bare(timeout), "retry": {"first": Bare("50ms"), "max": Bare("200ms")}})

    def say_more(self):
        for user in self.vendor.user_extra:
            self.vendor.add(user, now_ms(), f"{MARK} {user[-3:]}/more")

    def complaints(self):
        wrong = [e for e in self.wire.seen() if e.answer and prism.complaint(e.answer)]
        return [f"{len(wrong)} exchange(s) against the contract"] * bool(wrong) + [
            f"{e}\n  {prism.complaint(e.answer)[:1500]}" for e in wrong[:2]]

    def differences(self):
        """What is wrong on the wire and in the CRM, compared with what is stored; readable lines."""
        lines = self.agreement(delivered=False) + self.complaints()
        invalid = self.simulator.counts(self.name)["invalid_requests"]
        if invalid != (len(self.finished) if self.probes_in_vain else 0):
            lines.append(f"{invalid} request(s) that the vendor does not allow")
        stored = self.rows("SELECT * FROM messages_v1 ORDER BY timestamp_ms, key")
        contacts = {record["id"]: record["key"] for record in self.simulator.records(self.name, self.contacts)}
        if sorted(contacts.values()) != sorted({f"support.{row['user_id']}" for row in stored}):
            lines.append(f"the contacts {sorted(contacts.values())}")
        told = Counter()
        for record in self.simulator.records(self.name, self.activities):
            said = re.findall(rf"{MARK} (\d+/\w+)", html.unescape(record["properties"][self.body]))
            told[(*(contacts.get(contact) for contact in record["linked"]), *said)] += 1
        wanted = Counter((f"support.{user}", *said) for user, said in self.wanted(stored))
        lines += [f"{what} {len(some)} record(s), such as {some[0]}" for what, some in (
            ("lacks", list((wanted - told).elements())), ("has too much:", list((told - wanted).elements()))) if some]
        states = self.states()
        return lines if states == {"delivered": len(stored)} else [*lines, f"{len(stored)} stored, {states}"]

    def wanted(self, stored):
        """(user, what is said) of each record."""
        records = defaultdict(list)
        for row in stored:
            day = time.strftime("%Y-%m-%d", time.gmtime(row["timestamp_ms"] // 1000 - 3600 * self.hours))
            key = (row["user_id"], row["key"] if self.unit == "message" else day)
            records[key] += re.findall(rf"{MARK} (\d+/\w+)", row["text"])
        return [(user, said) for (user, _), said in records.items()]
