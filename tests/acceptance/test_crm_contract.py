"""What CRMs are asked and answer is held to written contracts (tests/openapi) by a checker that we did not write."""

import copy
import html
import http.client
import json
import re
import shutil
import time
import unittest
from collections import Counter, defaultdict
from urllib.parse import urlencode, urlsplit

import prism
from harness import MARK, AcceptanceTest, Bare, World
from peer import json_answer, plain
from prism import Checked, CheckedTest
from relay import Relay
from simulator import CLIENT, REFRESH_TOKEN, SECRET, STATIC_TOKEN, Simulator
from vendor import Dialect, now_ms

NOW = "2026-01-31T09:15:02.345Z"


def changed(document, path, value=None, remove=False):
    """A copy with another value at `path`, or without it."""
    document = copy.deepcopy(document)
    inner = document
    for step in path[:-1]:
        inner = inner[step]
    if remove:
        del inner[path[-1]]
    else:
        inner[path[-1]] = value
    return document


def repeated(document, name, count):
    return {**document, name: [document[name][0]] * count}


class LockTest(unittest.TestCase):
    def test_every_package_of_the_checker_is_pinned_by_its_content_at_the_public_registry(self):
        packages = json.loads((prism.CONTRACTS / "package-lock.json").read_text("utf-8"))["packages"]
        wanted = json.loads((prism.CONTRACTS / "package.json").read_text("utf-8"))["dependencies"]
        self.assertEqual(packages.pop("")["dependencies"], wanted)
        for name, package in packages.items():
            with self.subTest(name):
                self.assertEqual(urlsplit(package["resolved"]).netloc, "registry.npmjs.org")
                self.assertTrue(package["integrity"].startswith("sha512-"))
                self.assertNotIn("hasInstallScript", package)


class ContractTest(CheckedTest):
    """The contracts let right things pass and stop wrong ones, both ways."""

    def ask(self, vendor, method, path, document, says=None):
        """The status and what Prism has against it; `says` is the answer of what stands behind."""
        checked = Checked.of(vendor)
        checked.behind.fault = lambda request: says or json_answer({})
        self.seen = len(checked.behind.exchanges)
        connection = http.client.HTTPConnection("127.0.0.1", checked.prism.port, timeout=30)
        try:
            form = isinstance(document, str)
            body = document if form else None if document is None else json.dumps(document)
            kind = "application/x-www-form-urlencoded" if form else "application/json"
            connection.request(method, path, body, {"Content-Type": kind, "Authorization": "Bearer t"})
            reply = connection.getresponse()
            answer = plain(reply.status, reply.read(), dict(reply.getheaders()))
        finally:
            connection.close()
        self.seen = len(checked.behind.exchanges) - self.seen
        return answer.status, prism.complaint(answer)

    def passes(self, vendor, method, path, document, says, what=""):
        with self.subTest(vendor=vendor, path=path, what=what):
            status, complaint = self.ask(vendor, method, path, document, says)
            self.assertEqual((status, complaint, self.seen), (says.status, None, 1))

    def stops(self, vendor, method, path, wrong):
        """Each of the wrong requests is refused and reaches nobody."""
        for what, document in wrong.items():
            with self.subTest(vendor=vendor, path=path, what=what):
                status, complaint = self.ask(vendor, method, path, document)
                self.assertEqual((status, self.seen), (422, 0), complaint)

    def exposes(self, vendor, method, path, document, wrong):
        """Each of the wrong answers is noticed."""
        for what, says in wrong.items():
            with self.subTest(vendor=vendor, path=path, what=what):
                status, complaint = self.ask(vendor, method, path, document, says)
                self.assertIsNotNone(complaint, f"{status} with nothing against it")

    # -- HubSpot ------------------------------------------------------------------------------------------------------

    def test_hubspot_contacts(self):
        path = "/crm/objects/2026-03/contacts/batch/upsert"
        good = {"inputs": [{"id": "u1", "idProperty": "elit_user_id", "objectWriteTraceId": "c0",
                            "properties": {"elit_user_id": "u1", "firstname": "Asha", "phone": "+919812345678"}}]}
        result = {"id": "501", "properties": {"firstname": "Asha", "phone": None}, "createdAt": NOW, "updatedAt": NOW,
                  "archived": False, "new": True, "objectWriteTraceId": "c0"}
        answer = {"status": "COMPLETE", "startedAt": NOW, "completedAt": NOW, "results": [result]}
        error = {"status": "error", "category": "VALIDATION_ERROR", "message": "no", "context": {"id": ["u2"]},
                 "errors": [], "links": {}}
        self.passes("hubspot", "POST", path, good, json_answer(answer))
        self.passes("hubspot", "POST", path.replace("2026-03", "2026-09"), repeated(good, "inputs", 100),
                    json_answer({**answer, "numErrors": 1, "errors": [error]}, 207))
        refusal = {"category": "VALIDATION_ERROR", "message": "no",
                   "correlationId": "00000000-0000-4000-8000-000000000001"}
        self.passes("hubspot", "POST", path, good, json_answer(refusal, 400))
        self.passes("hubspot", "POST", path, good, plain(503, "<html></html>", {"Content-Type": "text/html"}))
        one = ["inputs", 0]
        self.stops("hubspot", "POST", path, {
            "no id": changed(good, [*one, "id"], remove=True),
            "no trace id": changed(good, [*one, "objectWriteTraceId"], remove=True),
            "a number as a value": changed(good, [*one, "properties", "phone"], 919812345678),
            "an empty value list": changed(good, [*one, "properties"], {}),
            "an unknown member": changed(good, [*one, "associations"], []),
            "an unknown member of the batch": {**good, "atomic": True},
            "101 records": repeated(good, "inputs", 101),
            "no record": {"inputs": []}})
        self.exposes("hubspot", "POST", path, good, {
            "no `new`": json_answer(changed(answer, ["results", 0, "new"], remove=True)),
            "a number as an id": json_answer(changed(answer, ["results", 0, "id"], 501)),
            "no `completedAt`": json_answer(changed(answer, ["completedAt"], remove=True)),
            "an error without its context": json_answer(
                {**answer, "errors": [changed(error, ["context"], remove=True)]}, 207),
            "a refusal without a correlation id": json_answer({"category": "X", "message": "no"}, 400),
            "a throttling without its policy": json_answer(refusal, 429),
            "an undocumented status": json_answer(refusal, 418)})

    def test_hubspot_activities(self):
        upsert = "/crm/objects/2026-03/communications/batch/upsert"
        values = {"hs_communication_channel_type": "WHATS_APP", "hs_communication_logged_from": "CRM",
                  "hs_communication_body": "Hello<br>there", "hs_timestamp": NOW}
        good = {"inputs": [{"id": "k", "idProperty": "elit_activity_id", "objectWriteTraceId": "a0",
                            "properties": values}]}
        link = {"to": {"id": "501"}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 81}]}
        create = {"inputs": [{"associations": [link], "objectWriteTraceId": "a0", "properties": values}]}
        written = {"id": "9001", "properties": values, "createdAt": NOW, "updatedAt": NOW, "archived": False}
        batch = {"status": "COMPLETE", "startedAt": NOW, "completedAt": NOW, "results": [written]}
        upserted = {**batch, "results": [{**written, "new": False}]}
        self.passes("hubspot", "POST", upsert, good, json_answer(upserted))
        self.passes("hubspot", "POST", upsert.replace("upsert", "create"), create, json_answer(batch, 201))
        pairs = {"inputs": [{"from": {"id": "9001"}, "to": {"id": "501"}}]}
        linked = {"from": {"id": "9001"}, "to": {"id": "501"},
                  "associationSpec": {"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 81}}
        associations = "/crm/associations/2026-03/communications/contacts/batch/associate/default"
        self.passes("hubspot", "POST", associations, pairs, json_answer({**batch, "results": [linked]}))
        one = ["inputs", 0]
        self.stops("hubspot", "POST", upsert, {
            "no instant": changed(good, [*one, "properties", "hs_timestamp"], remove=True),
            "an instant that is a number": changed(good, [*one, "properties", "hs_timestamp"], 1769850902345),
            "an unknown channel": changed(good, [*one, "properties", "hs_communication_channel_type"], "TELEGRAM"),
            "a text past the limit": changed(good, [*one, "properties", "hs_communication_body"], "x" * 65537),
            "links, which upserts cannot carry": changed(good, [*one, "associations"], [link])})
        self.stops("hubspot", "POST", upsert.replace("upsert", "create"), {
            "no link": changed(create, [*one, "associations"], []),
            "a link without its type": changed(create, [*one, "associations", 0, "types"], []),
            "an id, which creates do not have": changed(create, [*one, "id"], "k")})
        self.stops("hubspot", "POST", associations, {"a number as an id": changed(pairs, [*one, "to", "id"], 501)})
        read = {"properties": ["hs_communication_body"], "propertiesWithHistory": [], "inputs": [{"id": "9001"}]}
        self.passes("hubspot", "POST", upsert.replace("upsert", "read"), read, json_answer(batch))
        self.stops("hubspot", "POST", upsert.replace("upsert", "read"), {
            "no `propertiesWithHistory`": changed(read, ["propertiesWithHistory"], remove=True)})

    def test_hubspot_tokens(self):
        form = {"grant_type": "refresh_token", "client_id": "c", "client_secret": "s", "refresh_token": "r"}
        token = {"access_token": "a", "refresh_token": "r2", "expires_in": 1800, "token_type": "bearer"}
        self.passes("hubspot", "POST", "/oauth/2026-03/token", urlencode(form), json_answer(token))
        self.stops("hubspot", "POST", "/oauth/2026-03/token", {
            "no client": urlencode(changed(form, ["client_id"], remove=True)), "JSON": form})

    # -- Salesforce ---------------------------------------------------------------------------------------------------

    def test_salesforce_collections(self):
        contacts = "/services/data/v60.0/composite/sobjects/Contact/Elit_User__c"
        record = {"attributes": {"type": "Contact"}, "Elit_User__c": "u1", "LastName": "Rao",
                  "MobilePhone": "+919812345678"}
        good = {"allOrNone": False, "records": [record]}
        done = {"id": "003000000000001AAA", "success": True, "errors": [], "created": True}
        failed = {"success": False, "errors": [{"statusCode": "UNABLE_TO_LOCK_ROW", "message": "no", "fields": []}]}
        refusal = [{"errorCode": "INVALID_SESSION_ID", "message": "Session expired or invalid"}]
        self.passes("salesforce", "PATCH", contacts, good, json_answer([done, failed]))
        self.passes("salesforce", "PATCH", contacts, repeated(good, "records", 200), json_answer([done] * 200))
        self.passes("salesforce", "PATCH", contacts, good, json_answer(refusal, 401))
        one = ["records", 0]
        self.stops("salesforce", "PATCH", contacts, {
            "no LastName": changed(good, [*one, "LastName"], remove=True),
            "no external id": changed(good, [*one, "Elit_User__c"], remove=True),
            "a number as a phone": changed(good, [*one, "MobilePhone"], 919812345678),
            "an Id beside the external id": changed(good, [*one, "Id"], "003000000000001AAA"),
            "an unknown field": changed(good, [*one, "Nickname__c"], "A"),
            "records of another object": changed(good, [*one, "attributes", "type"], "Lead"),
            "all or none": {**good, "allOrNone": True},
            "201 records": repeated(good, "records", 201)})
        self.exposes("salesforce", "PATCH", contacts, good, {
            "an object in place of a list": json_answer({"results": [done]}),
            "a failure without errors": json_answer([{**failed, "errors": []}]),
            "a success without an id": json_answer([changed(done, ["id"], remove=True)]),
            "a refusal that is no list": json_answer(refusal[0], 400)})
        transcripts = "/services/data/v60.0/composite/sobjects/Chat_Transcript__c/Elit_Key__c"
        record = {"attributes": {"type": "Chat_Transcript__c"}, "Elit_Key__c": "s.u1.2026-01-31#1", "Body__c": "Hello",
                  "Contact__r": {"Elit_User__c": "u1"}, "Started_At__c": NOW}
        good = {"allOrNone": False, "records": [record]}
        self.passes("salesforce", "PATCH", transcripts, good, json_answer([{**done, "id": "a00000000000001AAA"}]))
        typed = changed(good, [*one, "Contact__r", "attributes"], {"type": "Contact"})
        self.passes("salesforce", "PATCH", transcripts, typed, json_answer([{**done, "id": "a00000000000001AAA"}]))
        self.stops("salesforce", "PATCH", transcripts, {
            "no contact": changed(good, [*one, "Contact__r"], remove=True),
            "a contact of another object": changed(good, [*one, "Contact__r", "attributes"], {"type": "Lead"}),
            "a text past the limit": changed(good, [*one, "Body__c"], "x" * 131073),
            "an instant in words": changed(good, [*one, "Started_At__c"], "yesterday")})
        tasks = "/services/data/v60.0/composite/sobjects/Task/Elit_Key__c"
        record = {"attributes": {"type": "Task"}, "Elit_Key__c": "k", "Description": "Hello",
                  "Who": {"attributes": {"type": "Contact"}, "Elit_User__c": "u1"}}
        good = {"allOrNone": False, "records": [record]}
        self.passes("salesforce", "PATCH", tasks, good, json_answer([{**done, "id": "00T000000000001AAA"}]))
        self.stops("salesforce", "PATCH", tasks, {
            "somebody of any object": changed(good, [*one, "Who", "attributes"], remove=True)})

    def test_salesforce_sessions_and_queries(self):
        session = {"access_token": "a", "instance_url": "https://example.my.salesforce.com", "token_type": "Bearer",
                   "id": "i", "issued_at": "1"}
        path = "/services/oauth2/token"
        credentials = {"grant_type": "client_credentials", "client_id": "c", "client_secret": "s"}
        assertion = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": "e30.e30.c2ln"}
        self.passes("salesforce", "POST", path, urlencode(credentials), json_answer(session))
        self.passes("salesforce", "POST", path, urlencode(assertion), json_answer(session))
        self.stops("salesforce", "POST", path, {
            "no secret": urlencode(changed(credentials, ["client_secret"], remove=True)),
            "no assertion": urlencode(changed(assertion, ["assertion"], remove=True)),
            "an assertion of two parts": urlencode({**assertion, "assertion": "e30.e30"}),
            "a password": urlencode({**credentials, "grant_type": "password"})})
        self.exposes("salesforce", "POST", path, urlencode(credentials), {
            "a life time, which Salesforce does not tell": json_answer({**session, "expires_in": 7200})})
        query = "/services/data/v60.0/query?" + urlencode({"q": "SELECT Id FROM Contact WHERE Elit_User__c = 'u1'"})
        found = {"totalSize": 1, "done": True,
                 "records": [{"attributes": {"type": "Contact"}, "Id": "003000000000001AAA"}]}
        self.passes("salesforce", "GET", query, None, json_answer(found))
        self.stops("salesforce", "GET", "/services/data/v60.0/query?q=DROP", {"no query": None})

    # -- Zoho ---------------------------------------------------------------------------------------------------------

    def test_zoho_upserts(self):
        path = "/crm/v8/Contacts/upsert"
        good = {"data": [{"Last_Name": "Rao", "Mobile": "+919812345678", "Elit_User": "u1"}],
                "duplicate_check_fields": ["Elit_User"]}
        done = {"status": "success", "code": "SUCCESS", "message": "record added",
                "details": {"id": "410405000002264040"}, "action": "insert", "duplicate_field": None}
        failed = {"status": "error", "code": "INVALID_DATA", "message": "invalid data",
                  "details": {"api_name": "Mobile", "maximum_length": 30}}
        self.passes("zoho", "POST", path, good, json_answer({"data": [done]}, 201))
        self.passes("zoho", "POST", path, repeated(good, "data", 100), json_answer({"data": [done, failed]}, 207))
        self.passes("zoho", "POST", path, good, json_answer({**failed, "code": "INVALID_TOKEN"}, 401))
        one = ["data", 0]
        self.stops("zoho", "POST", path, {
            "no Last_Name": changed(good, [*one, "Last_Name"], remove=True),
            "a record in place of a list": {**good, "data": good["data"][0]},
            "a field in place of a list": {**good, "duplicate_check_fields": "Elit_User"},
            "no field to check": changed(good, ["duplicate_check_fields"], remove=True),
            "an id, which would update that record": changed(good, [*one, "id"], "410405000002264040"),
            "a list as a value": changed(good, [*one, "Mobile"], ["+91"]),
            "an unknown member": {**good, "all_or_none": False},
            "101 records": repeated(good, "data", 101)})
        self.exposes("zoho", "POST", path, good, {
            "no action": json_answer({"data": [changed(done, ["action"], remove=True)]}),
            "an error that says success": json_answer({"data": [{**failed, "status": "success"}]}),
            "no list": json_answer(done)})
        conversations = "/crm/v8/Conversations/upsert"
        record = {"data": [{"Name": "Chat of 2026-01-31", "Elit_Key": "k", "Contact": {"id": "410405000002264040"}}],
                  "duplicate_check_fields": ["Elit_Key"]}
        self.passes("zoho", "POST", conversations, record, json_answer({"data": [{**done, "action": "update"}]}))
        self.stops("zoho", "POST", conversations, {"no Name": changed(record, [*one, "Name"], remove=True)})
        self.stops("zoho", "POST", "/crm/v8/Notes/upsert", {"notes, which have no upsert": record})

    def test_zoho_notes_and_tokens(self):
        note = {"data": [{"Note_Title": "Chat", "Note_Content": "Hello",
                          "Parent_Id": {"id": "410405000002264040", "module": {"api_name": "Contacts"}}}]}
        done = {"status": "success", "code": "SUCCESS", "message": "record added",
                "details": {"id": "410405000002264041"}}
        self.passes("zoho", "POST", "/crm/v8/Notes", note, json_answer({"data": [done]}, 201))
        self.stops("zoho", "POST", "/crm/v8/Notes", {
            "no parent": changed(note, ["data", 0, "Parent_Id"], remove=True),
            "a check for duplicates, which notes do not have": {**note, "duplicate_check_fields": ["Note_Title"]}})
        form = {"grant_type": "refresh_token", "client_id": "c", "client_secret": "s", "refresh_token": "r"}
        token = {"access_token": "a", "api_domain": "https://www.zohoapis.in", "token_type": "Bearer",
                 "expires_in": 3600}
        self.passes("zoho", "POST", "/oauth/v2/token", urlencode(form), json_answer(token))
        self.passes("zoho", "POST", "/oauth/v2/token", urlencode(form), json_answer({"error": "invalid_code"}))
        self.stops("zoho", "POST", "/oauth/v2/token", {
            "no secret": urlencode(changed(form, ["client_secret"], remove=True))})


class CheckedWorld(World):
    """A source, the make-believe CRM of a vendor, and between it and the program a wire that Prism watches."""

    secrets_of = {"hubspot": ("access_token",), "salesforce": ("client_id", "client_secret"),
                  "zoho": ("client_id", "client_secret", "refresh_token")}
    open_with = {"access_token": STATIC_TOKEN, "client_id": CLIENT, "client_secret": SECRET,
                 "refresh_token": REFRESH_TOKEN}
    kinds = {"hubspot": ("contacts", "communications", "hs_communication_body"),
             "salesforce": ("Contact", "Chat_Transcript__c", "Body__c"),
             "zoho": ("Contacts", "Conversations", "Transcript")}

    def __init__(self, vendor, unit, secrets=None, settings=None, kinds=None):
        users = {"919800000001": {"name": "Asha Rao", "phone_no": "+91 98000 00001"},
                 "919800000002": {"name": "Zoë", "phone_no": 919800000002},
                 "919800000003": {"name": "<b>Ünal</b> & Söhne " + "x" * 120, "phone_no": "none"},
                 "919800000004": {"name": ""}}
        super().__init__(Dialect(signed_urls=False), tuple(users), sinks=())
        self.vendor.user_extra = users
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
        secrets = secrets or self.secrets_of[vendor]
        for name in secrets:
            self.secret(name, self.open_with[name])
        self.hours = time.gmtime().tm_hour - 12  # behind UTC: where it is noon, days do not end while a test runs
        self.config["sinks"].append({
            "name": "crm", "type": vendor, "url": self.wire.url, "unit": unit, "timezone": f"Etc/GMT{self.hours:+}",
            "secrets": {name: {"file": name} for name in secrets},
            "settings": {**({"accounts": self.wire.url} if vendor == "zoho" else {}), **(settings or {})},
            "batch": {"messages": 10, "wait": Bare("20ms")}, "concurrency": 2, "timeout": Bare("10s"),
            "retry": {"first": Bare("50ms"), "max": Bare("200ms")}})

    def fill_oddly(self):
        """Everything that may be in a conversation, of a day and the one before it."""
        texts = ["hello", "<b>bold</b> & \"quoted\"", "two\nlines\ttab", "🙏👩‍👩‍👧 שלום", "nul \0 and \x1b", "x" * 5000]
        for number, text in enumerate(texts):
            for user in self.vendor.user_extra:
                at = now_ms() - (len(texts) - number) * 4 * 3_600_000
                self.vendor.add(user, at, f"{MARK} {user[-3:]}/{number} {text}", sender="bot" if number % 2 else "user",
                                media=("https://media.example.invalid/1.jpeg", "image/jpeg") if number == 3 else None)

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


class DeliveryTest(CheckedTest, AcceptanceTest):
    """What the program sends with the shipped presets passes the contracts, and each record is there once."""

    def deliver(self, vendor, unit, faults=None, forgets=True, **options):
        world = CheckedWorld(vendor, unit, **options)
        self.addCleanup(self._finish, world)
        world.simulator.faults(vendor, **(faults or {}))
        world.probes_in_vain = bool(faults)
        world.fill_oddly()
        self.assertSyncs(world)
        self.assertHolds(world)
        world.vendor.user_extra["919800000001"]["name"] = "Asha Iyer"
        world.say_more()
        self.assertSyncs(world)
        self.assertHolds(world)
        if forgets:
            shutil.rmtree(world.state)
            self.assertSyncs(world)
            self.assertHolds(world)
        return world

    def assertHolds(self, world):
        differences = world.differences()
        self.assertFalse(differences, "\n" + "\n".join(differences) + self._last(world))

    def test_hubspot_gets_each_message(self):
        self.deliver("hubspot", "message")

    def test_hubspot_gets_each_day_of_an_app_with_oauth(self):
        self.deliver("hubspot", "day", secrets=("client_id", "client_secret", "refresh_token"))

    def test_hubspot_without_unique_activities(self):
        for unit in ("message", "day"):
            with self.subTest(unit=unit):
                self.deliver("hubspot", unit, faults={"unique_activities": False}, forgets=False)

    def test_hubspot_gets_notes(self):
        self.deliver("hubspot", "message", settings={"object": "notes"}, kinds=("contacts", "notes", "hs_note_body"))

    def test_salesforce_gets_tasks(self):
        self.deliver("salesforce", "day", kinds=("Contact", "Task", "Description"), settings={
            "object": "Task", "parent": "Who", "text": "Description", "started": ""})

    def test_salesforce_gets_each_message(self):
        self.deliver("salesforce", "message")

    def test_salesforce_gets_each_day(self):
        self.deliver("salesforce", "day")

    def test_zoho_gets_each_message(self):
        self.deliver("zoho", "message")

    def test_zoho_gets_each_day(self):
        self.deliver("zoho", "day")


if __name__ == "__main__":
    unittest.main()
