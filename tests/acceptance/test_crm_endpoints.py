"""The program's simulated CRMs answer as the contracts say, also when they refuse, throttle and fail."""

import http.client
import json
import os
import unittest
from urllib.parse import urlencode

import prism
from harness import BINARY
from peer import plain
from prism import Checked, CheckedTest
from simulator import CLIENT, REFRESH_TOKEN, SECRET, STATIC_TOKEN, Simulator

NOW = "2026-01-31T09:15:02.345Z"


class EndpointTest(CheckedTest):
    """Each request goes through Prism to the simulator; what Prism has against either side fails the test."""

    vendor = ""

    @classmethod
    def setUpClass(cls):
        if not os.access(BINARY, os.X_OK):
            raise unittest.SkipTest(f"no program at {BINARY}")
        super().setUpClass()

    def setUp(self):
        self.simulator = Simulator()
        self.addCleanup(self.simulator.stop)
        self.checked = Checked.of(self.vendor)
        self.checked.behind.fault = None
        self.checked.behind.lead_to(self.simulator.url)
        self.authorization = f"Bearer {STATIC_TOKEN}"

    def ask(self, method, path, document=None, status=200):
        """The answer's document; fails when its status is another or the contract is broken."""
        connection = http.client.HTTPConnection("127.0.0.1", self.checked.prism.port, timeout=30)
        try:
            form = isinstance(document, str)
            kind = "application/x-www-form-urlencoded" if form else "application/json"
            body = document if form or document is None else json.dumps(document)
            connection.request(method, path, body, {"Content-Type": kind, "Authorization": self.authorization})
            reply = connection.getresponse()
            answer = plain(reply.status, reply.read(), dict(reply.getheaders()))
        finally:
            connection.close()
        told = f"{method} {path} {body} -> {answer.status} {answer.body.decode('utf-8', 'replace')[:2000]}"
        self.assertIsNone(prism.complaint(answer), told)
        self.assertEqual(answer.status, status, told)
        return json.loads(answer.body) if answer.body[:1] in (b"{", b"[") else None

    def refusals(self, method, path, document, statuses):
        """The same request under each of the vendor's own troubles."""
        for trouble, (value, calm, status) in statuses.items():
            with self.subTest(trouble=trouble):
                self.simulator.faults(self.vendor, **{trouble: value})
                self.ask(method, path, document, status)
                self.simulator.faults(self.vendor, **{trouble: calm})


class HubSpotTest(EndpointTest):
    vendor = "hubspot"
    objects = "/crm/objects/2026-03"

    def create_properties(self):
        for kind, name in (("contacts", "elit_user_id"), ("communications", "elit_activity_id")):
            self.ask("GET", f"/crm/properties/2026-03/{kind}/{name}", status=404)
            self.ask("POST", f"/crm/properties/2026-03/{kind}", {
                "groupName": f"{kind}information", "name": name, "label": name, "type": "string", "fieldType": "text",
                "hasUniqueValue": True}, 201)
            self.ask("GET", f"/crm/properties/2026-03/{kind}/{name}")

    def contacts(self, *keys, **values):
        return {"inputs": [{"id": key, "idProperty": "elit_user_id", "objectWriteTraceId": f"c-{key}",
                            "properties": {"elit_user_id": key, "firstname": "Asha", **values}} for key in keys]}

    def messages(self, *keys, text="Hello"):
        values = {"hs_communication_channel_type": "WHATS_APP", "hs_communication_logged_from": "CRM",
                  "hs_communication_body": text, "hs_timestamp": NOW}
        return {"inputs": [{"id": key, "idProperty": "elit_activity_id", "objectWriteTraceId": f"a-{key}",
                            "properties": {"elit_activity_id": key, **values}} for key in keys]}

    def upsert(self, kind, document, status=200):
        return self.ask("POST", f"{self.objects}/{kind}/batch/upsert", document, status)

    def test_the_whole_exchange(self):
        self.create_properties()
        contacts = self.upsert("contacts", self.contacts("u1", "u2"))["results"]
        self.assertEqual([c["new"] for c in contacts], [True, True])
        again = self.upsert("contacts", self.contacts("u1", "u2"))["results"]
        self.assertEqual([c["new"] for c in again], [False, False])
        messages = self.upsert("communications", self.messages("m1", "m2"))["results"]
        pairs = {"inputs": [{"from": {"id": m["id"]}, "to": {"id": contacts[0]["id"]}} for m in messages]}
        links = "/crm/associations/2026-03/communications/contacts/batch/associate/default"
        for _ in range(2):
            self.assertEqual(len(self.ask("POST", links, pairs)["results"]), 2)
        read = {"properties": ["firstname", "phone"], "propertiesWithHistory": [], "idProperty": "elit_user_id",
                "inputs": [{"id": "u1"}, {"id": "nobody"}]}
        found = self.ask("POST", f"{self.objects}/contacts/batch/read", read, 207)
        self.assertEqual([r["properties"]["firstname"] for r in found["results"]], ["Asha"])
        linked = self.ask("POST", "/crm/associations/2026-03/contacts/communications/batch/read",
                          {"inputs": [{"id": contacts[0]["id"]}, {"id": contacts[1]["id"]}]}, 207)
        self.assertEqual(sorted(t["toObjectId"] for t in linked["results"][0]["to"]), sorted(m["id"] for m in messages))

    def test_activities_that_are_created_with_their_links(self):
        self.create_properties()
        contact = self.upsert("contacts", self.contacts("u1"))["results"][0]["id"]
        link = {"to": {"id": contact}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 81}]}
        inputs = [{"associations": [link], "objectWriteTraceId": i["objectWriteTraceId"], "properties": i["properties"]}
                  for i in self.messages("m1", "m2")["inputs"]]
        self.ask("POST", f"{self.objects}/communications/batch/create", {"inputs": inputs}, 201)
        self.assertEqual([r["linked"] for r in self.simulator.records("hubspot", "communications")], [[contact]] * 2)

    def test_what_it_refuses(self):
        self.create_properties()
        bad = self.contacts("u1", "u2")
        bad["inputs"][1]["properties"]["nosuch"] = "x"
        self.assertEqual(len(self.upsert("contacts", bad, 207)["errors"]), 1)
        self.simulator.faults("hubspot", errors_with_200=True)
        self.assertEqual(len(self.upsert("contacts", bad)["errors"]), 1)
        self.upsert("contacts", self.contacts("u1", "u1"), 400)
        self.authorization = "Bearer nobody"
        self.upsert("contacts", self.contacts("u1"), 401)

    def test_its_troubles(self):
        self.create_properties()
        self.refusals("POST", f"{self.objects}/contacts/batch/upsert", self.contacts("u1"), {
            "throttled": (1, 0, 429), "quota_spent": ("yes", "no", 429), "locked": ("yes", "no", 423),
            "forbidden": ("yes", "no", 403), "server_errors": (1, 0, 500), "down": ("yes", "no", 503)})

    def test_its_tokens(self):
        form = {"grant_type": "refresh_token", "client_id": CLIENT, "client_secret": SECRET,
                "refresh_token": REFRESH_TOKEN}
        token = self.ask("POST", "/oauth/2026-03/token", urlencode(form))
        self.authorization = f"Bearer {token['access_token']}"
        self.create_properties()
        self.simulator.faults("hubspot", tokens_revoked="yes")
        self.upsert("contacts", self.contacts("u1"), 401)
        self.ask("POST", "/oauth/2026-03/token", urlencode({**form, "refresh_token": "nobody"}), 400)
        self.simulator.faults("hubspot", token_throttled="yes")
        self.ask("POST", "/oauth/2026-03/token", urlencode(form), 429)


class SalesforceTest(EndpointTest):
    vendor = "salesforce"
    composite = "/services/data/v60.0/composite/sobjects"

    def setUp(self):
        super().setUp()
        self.authorization = "Bearer nobody"
        self.form = urlencode({"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": SECRET})
        session = self.ask("POST", "/services/oauth2/token", self.form)
        self.assertEqual(session["instance_url"], f"{self.simulator.url}/crm/salesforce")
        self.authorization = f"Bearer {session['access_token']}"

    def contacts(self, *keys, **values):
        return {"allOrNone": False, "records": [{"attributes": {"type": "Contact"}, "Elit_User__c": key,
                                                 "LastName": "Rao", **values} for key in keys]}

    def upsert(self, document, status=200):
        return self.ask("PATCH", f"{self.composite}/Contact/Elit_User__c", document, status)

    def test_the_whole_exchange(self):
        self.assertEqual([r["created"] for r in self.upsert(self.contacts("u1", "u2"))], [True, True])
        self.assertEqual([r["created"] for r in self.upsert(self.contacts("u1", "u3"))], [False, True])
        described = self.ask("GET", "/services/data/v60.0/sobjects/Chat_Transcript__c/describe")
        self.assertIn("Elit_Key__c", [f["name"] for f in described["fields"] if f["externalId"]])
        record = {"attributes": {"type": "Chat_Transcript__c"}, "Elit_Key__c": "k#1", "Body__c": "Hello",
                  "Contact__r": {"Elit_User__c": "u1"}, "Day__c": NOW[:10], "Started_At__c": NOW,
                  "Message_Count__c": 1, "Part__c": 1}
        stranger = {**record, "Elit_Key__c": "k#2", "Contact__r": {"Elit_User__c": "nobody"}}
        results = self.ask("PATCH", f"{self.composite}/Chat_Transcript__c/Elit_Key__c",
                           {"allOrNone": False, "records": [record, stranger]})
        self.assertEqual([r["success"] for r in results], [True, False])
        query = urlencode({"q": "SELECT Id, Elit_User__c, Phone FROM Contact WHERE Elit_User__c IN ('u1', 'u2')"})
        self.assertEqual(self.ask("GET", f"/services/data/v60.0/query?{query}")["totalSize"], 2)

    def test_what_it_refuses(self):
        twice = self.upsert(self.contacts("u1", "u1", "u2"))
        self.assertEqual([r["success"] for r in twice], [False, False, True])
        self.simulator.faults("salesforce", locked_text="Iyer")
        locked = self.upsert(self.contacts("u1", LastName="Iyer"))[0]
        self.assertEqual(locked["errors"][0]["statusCode"], "UNABLE_TO_LOCK_ROW")
        self.ask("GET", "/services/data/v60.0/sobjects/Nosuch__c/describe", status=404)
        self.ask("GET", "/services/data/v60.0/query?" + urlencode({"q": "SELECT Nosuch FROM Contact"}), status=400)
        self.ask("POST", "/services/oauth2/token", self.form.replace(SECRET, "wrong"), 400)

    def test_its_troubles(self):
        self.refusals("PATCH", f"{self.composite}/Contact/Elit_User__c", self.contacts("u1"), {
            "throttled": (1, 0, 403), "quota_spent": ("yes", "no", 403), "forbidden": ("yes", "no", 403),
            "server_errors": (1, 0, 500), "down": ("yes", "no", 503), "tokens_revoked": ("yes", "no", 401)})
        self.simulator.faults("salesforce", token_throttled="yes")
        self.ask("POST", "/services/oauth2/token", self.form, 400)


class ZohoTest(EndpointTest):
    vendor = "zoho"

    def setUp(self):
        super().setUp()
        self.form = urlencode({"grant_type": "refresh_token", "client_id": CLIENT, "client_secret": SECRET,
                               "refresh_token": REFRESH_TOKEN})
        token = self.ask("POST", "/oauth/v2/token", self.form)
        self.assertEqual(token["api_domain"], f"{self.simulator.url}/crm/zoho")
        self.authorization = f"Zoho-oauthtoken {token['access_token']}"

    def contacts(self, *keys, **values):
        return {"data": [{"Last_Name": "Rao", "Elit_User": key, **values} for key in keys],
                "duplicate_check_fields": ["Elit_User"]}

    def upsert(self, document, status=200):
        return self.ask("POST", "/crm/v8/Contacts/upsert", document, status)

    def test_contacts(self):
        self.assertEqual([r["action"] for r in self.upsert(self.contacts("u1", "u2"))["data"]], ["insert"] * 2)
        self.assertEqual([r["action"] for r in self.upsert(self.contacts("u1", "u2"))["data"]], ["update"] * 2)

    def test_its_troubles(self):
        self.refusals("POST", "/crm/v8/Contacts/upsert", self.contacts("u1"), {
            "throttled": (1, 0, 429), "forbidden": ("yes", "no", 403), "server_errors": (1, 0, 500),
            "down": ("yes", "no", 503), "tokens_revoked": ("yes", "no", 401)})
        self.simulator.faults("zoho", token_throttled="yes")
        self.ask("POST", "/oauth/v2/token", self.form, 400)


if __name__ == "__main__":
    unittest.main()
