"""What CRMs are asked and answer is held to written contracts (tests/openapi) by a checker that we did not write."""

import copy
import http.client
import json
import re
import shutil
import subprocess
import unittest
from urllib.parse import urlencode, urlsplit

import prism
from checked_world import PEOPLE, SECRETS, CheckedWorld, fill_oddly
from contract import FORM, JSON, Contract, Schema
from harness import BINARY, KEY_MARK, AcceptanceTest, clean_environment
from peer import json_answer, plain
from prism import Checked, CheckedTest
from relay import LOST_AFTER, nth

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


def kind_of(document):
    return FORM if isinstance(document, str) else JSON


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
            body = document if document is None or isinstance(document, str) else json.dumps(document)
            connection.request(method, path, body, {"Content-Type": kind_of(document), "Authorization": "Bearer t"})
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
            self.assertEqual(Contract(vendor).problems(method, path, document, kind_of(document)), [])

    def stops(self, vendor, method, path, wrong):
        """Each of the wrong requests is refused and reaches nobody."""
        for what, document in wrong.items():
            with self.subTest(vendor=vendor, path=path, what=what):
                status, complaint = self.ask(vendor, method, path, document)
                self.assertEqual((status, self.seen), (422, 0), complaint)
                self.assertTrue(Contract(vendor).problems(method, path, document, kind_of(document)), complaint)

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

    def test_zoho_searches(self):
        path = "/crm/v8/Contacts/search?"
        question = {"criteria": "(Elit_User:equals:s.u1)", "fields": "Elit_User,Last_Name,Mobile"}
        found = {"data": [{"id": "410405000002264040", "Elit_User": "s.u1", "Last_Name": "Rao", "Mobile": None}],
                 "info": {"per_page": 200, "count": 1, "page": 1, "more_records": False}}
        self.passes("zoho", "GET", path + urlencode(question), None, json_answer(found))
        self.stops("zoho", "GET", path + urlencode({"fields": "Mobile"}), {"no criteria": None})
        self.stops("zoho", "GET", path + urlencode({**question, "criteria": "Elit_User=s.u1"}), {"no criterion": None})
        self.exposes("zoho", "GET", path + urlencode(question), None, {
            "a number as an id": json_answer(changed(found, ["data", 0, "id"], 1)),
            "nothing about further ones": json_answer(changed(found, ["info"], remove=True))})

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


# What `deliver --render --json` prints.
RENDERED = {
    "type": "object", "required": ["sink", "messages", "requests"], "additionalProperties": False,
    "properties": {
        "sink": {"type": "string", "minLength": 1}, "messages": {"type": "integer", "minimum": 0},
        "requests": {"type": "array", "items": {
            "type": "object", "required": ["step", "method", "url", "headers", "body"], "additionalProperties": False,
            "properties": {
                "step": {"type": "string", "pattern": "^[a-z0-9-]+$"},
                "method": {"type": "string", "enum": ["GET", "POST", "PUT", "PATCH"]},
                "url": {"type": "string", "pattern": "^https://[^ ]+$"},
                "headers": {"type": "object", "properties": {}, "additionalProperties": {"type": "string"},
                            "required": ["Authorization"]},
                "body": {"type": ["object", "string"]}}}}}}


class RenderedTest(AcceptanceTest):
    """What the program shows of its requests keeps the contracts; nothing but the program and Python is needed."""

    def rendered(self, vendor, unit, settings):
        world = self.world(users=tuple(PEOPLE), sinks=())
        world.vendor.user_extra = PEOPLE
        fill_oddly(world)
        self.assertSyncs(world)
        secrets = SECRETS[vendor]
        for name in secrets:
            world.secret(name, f"{KEY_MARK}-{name}")
        world.config["sinks"].append({
            "name": "crm", "type": vendor, "url": "https://crm.example.com", "unit": unit, "settings": settings,
            "secrets": {name: {"file": name} for name in secrets}})
        # Not as other verbs: texts of messages are shown here on purpose.
        command = [BINARY, "deliver", "--config", str(world.write()), "--render", "--sink", "crm", "--json", "--last",
                   "100"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=clean_environment(), check=True)
        self.assertNotIn(KEY_MARK, done.stdout + done.stderr)
        document = json.loads(done.stdout)
        self.assertEqual(Schema({}).problems(RENDERED, document), [])
        self.assertEqual(document["messages"], world.stored())
        return document["requests"]

    def check(self, vendor, unit, steps, **settings):
        """Each request of a delivery is allowed; ids that the CRM would give are shown as words in brackets."""
        requests = self.rendered(vendor, unit, settings)
        self.assertEqual({request["step"] for request in requests}, set(steps))
        contract = Contract(vendor)
        for request in requests:
            body = json.loads(re.sub(r'"\([a-z ]+\)"', '"1001"', json.dumps(request["body"])))
            target = request["url"].removeprefix("https://crm.example.com")
            self.assertEqual(contract.problems(request["method"], target, body or None), [], request)

    def test_hubspot(self):
        probes = ["contact-property", "activity-property"]
        for unit in ("message", "day"):
            self.check("hubspot", unit, [*probes, "contacts", "communications", "associations"])
        self.check("hubspot", "day", [*probes, "contacts", "communications", "associations"], object="notes")

    def test_salesforce(self):
        for unit in ("message", "day"):
            self.check("salesforce", unit, ["contact-key", "key", "contacts", "transcripts"])
        self.check("salesforce", "day", ["contact-key", "key", "contacts", "transcripts"], object="Task", parent="Who",
                   text="Description", started="")

    def test_zoho(self):
        for unit in ("message", "day"):
            self.check("zoho", unit, ["contacts", "conversations"])


class DeliveryTest(CheckedTest, AcceptanceTest):
    """What the program sends with the shipped presets passes the contracts, and each record is there once."""

    def deliver(self, vendor, unit, faults=None, forgets=True, loss=None, **options):
        world = CheckedWorld(vendor, unit, **options)
        self.addCleanup(self._finish, world)
        world.simulator.faults(vendor, **(faults or {}))
        world.probes_in_vain = bool(faults)
        fill_oddly(world)
        world.wire.fault = loss
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

    def keeps_a_name_that_is_there(self, vendor, unit, asked, first, last):
        world = self.deliver(vendor, unit, fields={
            last: {"value": "${contact.name | other_words | limit 80 utf16}", "policy": "if_empty"},
            first: {"value": "${contact.name | limit 40 utf16}"}})
        self.assertTrue(self.asked(world, asked))
        properties = next(record["properties"] for record in world.simulator.records(vendor, world.contacts)
                          if record["key"] == "support.919800000001")
        self.assertEqual((properties[first], properties[last]), ("Asha Iyer", "Rao"))

    def test_hubspot_keeps_a_name_that_is_there(self):
        self.keeps_a_name_that_is_there("hubspot", "message", "/contacts/batch/read", "firstname", "lastname")

    def test_salesforce_keeps_a_name_that_is_there(self):
        self.keeps_a_name_that_is_there("salesforce", "message", "/query", "FirstName", "LastName")

    def test_zoho_keeps_a_name_that_is_there(self):
        self.keeps_a_name_that_is_there("zoho", "message", "/Contacts/search", "First_Name", "Last_Name")

    def test_hubspot_without_unique_activities_is_looked_through_after_a_loss(self):
        for unit in ("message", "day"):
            with self.subTest(unit=unit):
                create = "/communications/batch/create"
                # The lost request may still arrive until the timeout has passed: only then is it looked for.
                world = self.deliver("hubspot", unit, faults={"unique_activities": False}, forgets=False, timeout="1s",
                                     loss=nth(1, LOST_AFTER, lambda request: request.path.endswith(create)))
                self.assertTrue(self.asked(world, "/contacts/communications/batch/read"))
                self.assertTrue(self.asked(world, "/communications/batch/read"))

    @staticmethod
    def asked(world, end):
        return [e for e in world.wire.seen(200, 207) if e.request.path.endswith(end)]

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
