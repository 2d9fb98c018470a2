"""`rehearse`: days of a configuration in virtual time, checked from outside."""

import json
import subprocess

from harness import BINARY, ROOT, AcceptanceTest, Bare, clean_environment

HOUR_MS = 3_600_000
SMALL = ("--days", "1", "--users", "4", "--messages", "40")


def quiet(world):
    """The configuration of the world, polled and repeated as a real one, so that a day costs little."""
    source = world.source()
    source["poll"] = {"interval": Bare("10m"), "max_staleness": Bare("1h")}
    source["audiences"].append({"attribute": "user.language", "value": "en"})
    del world.sink()["retry"]
    world.config["sinks"].append({"name": "archive", "type": "file", "directory": "archive"})
    for secret in world.secrets:
        (world.directory / secret).unlink()
    return world


class RehearseTest(AcceptanceTest):
    def rehearse(self, world, *arguments, code=0, **options):
        done = world.verb("rehearse", *SMALL, *arguments, **options)
        self.assertCode(done, code)
        return done

    def document(self, world, *arguments, **options):
        return json.loads(self.rehearse(world, "--json", *arguments, **options).out)

    def test_a_quiet_day_balances(self):
        world = quiet(self.world())
        report = self.document(world)
        self.assertTrue(report["balanced"])
        self.assertEqual(report["imbalances"], [])
        source = report["sources"][0]
        self.assertEqual(source["fetched"], source["new"] + source["duplicate"] + source["rejected"])
        self.assertEqual(source["stored"], report["messages"] + report["history"])
        self.assertEqual([s["name"] for s in report["sinks"]], ["crm", "archive"])
        for sink in report["sinks"]:
            self.assertEqual(sink["delivered"], source["stored"])
            self.assertEqual((sink["missing"], sink["twice"], sink["dead"]), (0, 0, 0))
            self.assertLess(sink["freshness_ms"]["worst"], HOUR_MS)

    def test_an_outage_is_seen_in_freshness_and_backlog(self):
        report = self.document(quiet(self.world()), "--fault", "crm crm down 6h at 10h")
        crm, archive = report["sinks"]
        self.assertTrue(report["balanced"])
        self.assertEqual(report["faults"][0]["from_ms"], 10 * HOUR_MS)
        self.assertGreater(crm["freshness_ms"]["worst"], 4 * HOUR_MS)
        self.assertLess(archive["freshness_ms"]["worst"], HOUR_MS)
        backlog = crm["backlog"]
        self.assertGreater(backlog["peak"], archive["backlog"]["peak"])
        self.assertEqual(backlog["peak"], max(backlog["highest"]))
        self.assertLessEqual(len(backlog["highest"]), 60)
        self.assertGreater(backlog["cleared_at_ms"], 16 * HOUR_MS)
        self.assertLess(backlog["cleared_at_ms"], 17 * HOUR_MS)

    def test_the_outage_of_a_crm_is_seen_with_its_own_preset(self):
        world = quiet(self.world())
        world.config["sinks"][0] = {"name": "crm", "type": "hubspot", "secrets": {"access_token": {"file": "absent"}}}
        world.config["sinks"].append({"name": "other", "type": "twenty", "url": "https://twenty.example",
                                      "secrets": {"api_key": {"file": "absent"}}})
        report = self.document(world, "--fault", "crm crm down 6h at 10h")
        self.assertTrue(report["balanced"], report["imbalances"])
        crm, archive, other = report["sinks"]
        self.assertEqual([(sink["type"], sink["rehearsed_as"]) for sink in report["sinks"]],
                         [("hubspot", "hubspot"), ("file", "http"), ("twenty", "http")])
        self.assertEqual(crm["delivered"], report["messages"] + report["history"])
        self.assertGreater(crm["freshness_ms"]["worst"], 4 * HOUR_MS)
        self.assertLess(archive["freshness_ms"]["worst"], HOUR_MS)
        self.assertLess(other["freshness_ms"]["worst"], HOUR_MS)
        everywhere = self.document(world, "--fault", "crm down 6h at 10h")["sinks"]
        self.assertEqual([sink["freshness_ms"]["worst"] > 4 * HOUR_MS for sink in everywhere], [True, False, True],
                         "an outage of the CRMs takes down every CRM and no directory")
        text = self.rehearse(world).out
        self.assertIn("rehearsed as type: http, because no receiver of type: twenty is simulated", text)

    def test_the_same_seed_gives_the_same_answer(self):
        world = quiet(self.world())
        faults = ("--fault", "crm lost answers 20%", "--fault", "crash")
        first = self.rehearse(world, *faults)
        self.assertEqual(self.rehearse(world, *faults).out, first.out)
        self.assertNotEqual(self.rehearse(world, *faults, "--seed", "2").out, first.out)

    def test_people_get_a_picture_in_what_their_terminal_can_show(self):
        world = quiet(self.world())
        fault = ("--fault", "crm down 6h")
        plain = self.rehearse(world, *fault, environment={"LC_ALL": "C"})
        self.assertTrue(plain.out.isascii(), plain)
        self.assertIn("crm down 6h: day 1, 12:00 to day 1, 18:00", plain.out)
        self.assertIn("#", plain.out.partition("sink archive")[0])
        self.assertNotIn("#", plain.out.partition("sink archive")[2], "who keeps up needs no picture")
        self.assertIn("Nothing is missing, nothing is there twice.", plain.out)
        self.assertRegex(plain.err, r"simulated 1 d in \d+\.\d s")
        blocks = self.rehearse(world, *fault, environment={"LC_ALL": "C.UTF-8"})
        self.assertIn("█", blocks.out)
        self.assertLessEqual(max(map(len, plain.out.splitlines())), 120)

    def test_what_is_given_up_is_exit_1_and_said(self):
        world = quiet(self.world())
        world.sink()["retry"] = {"give_up_after": Bare("1h")}
        done = self.rehearse(world, "--fault", "crm down 20h", code=1)
        self.assertRegex(done.err, r"The sink crm: missing messages: \d+\.")
        self.assertRegex(done.err, r"The sink crm: dead letters: \d+\.")
        self.assertNotIn("Nothing is missing", done.out)

    def test_nobody_is_asked_and_nothing_is_written(self):
        world = quiet(self.world())
        world.write()
        before = {p for p in world.directory.rglob("*") if not p.name.startswith(("out-", "err-"))}
        self.rehearse(world, "--fault", "power loss")
        after = {p for p in world.directory.rglob("*") if not p.name.startswith(("out-", "err-"))}
        self.assertEqual(after, before)
        self.assertEqual(len(world.vendor.requests), 0)
        self.assertEqual(len(world.crm.requests), 0)

    def test_the_shipped_configurations_can_be_rehearsed(self):
        for name, arguments in (("demo", ("--users", "1")), ("example", ("--users", "3"))):
            with self.subTest(name):
                done = subprocess.run(
                    [BINARY, "rehearse", "--config", str(ROOT / "config" / f"{name}.yaml"), "--days", "1", "--json",
                     *arguments, "--fault", "crm down 2h", "--fault", "crash"],
                    capture_output=True, text=True, env=clean_environment(), check=False)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertTrue(json.loads(done.stdout)["balanced"])

    def test_mistakes_are_64_or_78_and_say_what_is_known(self):
        world = quiet(self.world())
        for arguments, said in ((("--fault", "crm dwon 6h"), "crm down 6h"), (("--fault", "crm other down 6h"), "archive"),
                                (("--fault", "crash at 3d"), "after the end"), (("--days", "0"), "1 to 365"),
                                (("--days", "366"), "1 to 365"), (("--users", "none"), "whole number"),
                                (("--fault",), "needs a value"), (("--faults", "x"), "unknown option --faults: did you mean --fault?"),
                                (("extra",), "unexpected argument extra")):
            done = world.verb("rehearse", *SMALL, *arguments)
            self.assertCode(done, 64)
            self.assertIn(said, done.err)
            self.assertEqual(done.out, "")
        world.source()["poll"]["interval"] = Bare("1parsec")
        self.assertCode(world.verb("rehearse"), 78)
        self.assertCode(world.verb("rehearse", "--help"), 0)
