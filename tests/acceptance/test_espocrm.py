"""EspoCRM as the simulator plays it: what operators see of required fields, deleted records and late requests."""

from harness import MARK, AcceptanceTest, Bare, now_ms
from test_crm_kills import CRMS, USERS, CrmWorld


class EspoCrmTest(AcceptanceTest):
    def setUp(self):
        super().setUp()
        self.world = CrmWorld(CRMS["espocrm"], "message")
        self.addCleanup(self._finish, self.world)
        self.world.config["sync"] = {"wait": Bare("20s")}
        self.sink = self.world.config["sinks"][-1]

    def say(self, text, users=USERS):
        for user in users:
            self.world.vendor.add(user, now_ms() - 60_000, f"{MARK} {user[-3:]} {text}")

    def records(self, kind):
        return self.world.simulator.records("espocrm", kind)

    def test_a_required_field_pauses_the_sink_and_is_named(self):
        self.say("first")
        self.world.simulator.faults("espocrm", required_field="branch")
        self.world.config["sync"] = {"wait": Bare("1s")}
        self.assertSyncs(self.world, 1)
        self.assertFalse(self.world.rows("SELECT * FROM deliveries_v1 WHERE state = 'dead'"))
        told = self.world.verb("status", "--no-daemon", write=False).out
        self.assertIn("the field branch has to have a value", told)
        self.world.simulator.faults("espocrm", required_field="")
        self.world.config["sync"] = {"wait": Bare("20s")}
        self.assertSyncs(self.world)
        self.assertEqual(len(self.records("Call")), len(USERS))

    def test_calls_are_assigned_to_the_api_user(self):
        self.say("first")
        self.assertSyncs(self.world)
        self.assertEqual(len({call["properties"]["assignedUserId"] for call in self.records("Call")}), 1)

    def test_a_contact_that_somebody_deleted_is_made_again(self):
        self.say("first")
        self.assertSyncs(self.world)
        self.world.simulator.remove("espocrm", "Contact")
        self.say("second")
        self.assertSyncs(self.world)
        self.assertEqual(len(self.records("Contact")), len(USERS))
        self.assertEqual(len(self.records("Call")), 2 * len(USERS))
        self.assertFalse(self.world.rows("SELECT * FROM deliveries_v1 WHERE state != 'delivered'"))

    def test_a_request_that_arrives_late_leaves_nothing_twice(self):
        self.world.simulator.faults("espocrm", late_every=5, late_s=4)
        self.sink["timeout"] = Bare("1s")
        for number in range(3):
            self.say(f"words {number}")
        self.world.sync()
        self.world.simulator.faults("espocrm", late_every=0)
        self.assertSyncs(self.world)
        self.assertEqual(len(self.records("Contact")), len(USERS))
        self.assertEqual(len(self.records("Call")), 3 * len(USERS))

    def test_validate_knows_what_contacts_are_taken_by(self):
        self.sink["contacts"] = {"adopt": ["phone", "email"]}
        self.assertCode(self.world.verb("validate"), 0)
        self.sink.update(type="hubspot", secrets={"access_token": {"file": "api_key"}})
        done = self.world.verb("validate")
        self.assertCode(done, 78)
        self.assertIn("hubspot does not look for contacts that others made", done.err)
