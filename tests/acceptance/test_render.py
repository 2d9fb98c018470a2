"""`deliver --render`: what would be sent, shown by the real program without sending, reading a secret or writing."""

import hashlib
import json
import re
import subprocess
import unittest

from harness import BINARY, KEY_MARK, MARK, ROOT, AcceptanceTest, clean_environment
from relay import Relay
from simulator import STATIC_TOKEN, Simulator



def members(text, key):
    """The members of a map at the top of a preset: their names and what is written of each."""
    block = re.search(rf"^{key}:\n((?:(?: .*)?\n)*)", text, re.MULTILINE)
    return re.findall(r"^  (\w[\w-]*):((?:.*\n)(?:   .*\n|\s*\n)*)", block[1] if block else "", re.MULTILINE)


def sink_of(preset):
    """A sink with all that the shipped preset of that name wants; the secrets are files that hold marks."""
    text = (ROOT / "config" / "crm" / f"{preset}.yaml").read_text("utf-8")
    sink = {"name": preset, "type": preset}
    if not re.search(r"^url:", text, re.MULTILINE):
        sink["url"] = "https://crm.example.com"
    needed = {name: written for name, written in members(text, "settings") if "default:" not in written}
    if needed:
        choices = {name: re.search(r"choices: \[([\w.-]+)", written) for name, written in needed.items()}
        sink["settings"] = {name: choice[1] if choice else "example" for name, choice in choices.items()}
    secrets = re.search(r"secrets: \[(.*?)\]", dict(members(text, "credentials")).popitem()[1])[1].split(", ")
    sink["secrets"] = {name: {"file": f"{preset}.{name}"} for name in secrets}
    return sink


class RenderTest(AcceptanceTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "deliver" not in subprocess.run([BINARY, "--help"], capture_output=True, text=True, check=True).stdout:
            raise unittest.SkipTest("a program without the verb")

    def filled(self):
        """A state of 16 messages that were delivered to one CRM, and an archive that knows nothing of them yet."""
        world = self.world()
        world.fill(8)
        self.assertSyncs(world)
        world.config["sinks"].append({"name": "archive", "type": "file", "directory": "archive"})
        world.write()
        return world

    def presets(self):
        """The names of the presets that are part of the program."""
        schema = json.loads(subprocess.run([BINARY, "config", "schema"], capture_output=True, check=True).stdout)
        types = schema["properties"]["sinks"]["items"]["properties"]["type"]["enum"]
        return [name for name in types if name not in ("http", "file", "custom")]

    def render(self, world, sink, *arguments, code=0):
        # Not as other verbs: texts of messages are shown here on purpose.
        command = [BINARY, "deliver", "--config", str(world.config_path), "--render", "--sink", sink, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=clean_environment(), check=False)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertNotIn(KEY_MARK, done.stdout + done.stderr)
        self.assertNotIn(STATIC_TOKEN, done.stdout + done.stderr)
        self.assertNotIn(MARK, done.stderr)
        return done

    @staticmethod
    def traces(world):
        return {str(p.relative_to(world.directory)): (p.stat().st_mtime_ns, p.stat().st_ctime_ns,
                                                      hashlib.sha256(p.read_bytes()).hexdigest())
                for p in world.directory.rglob("*") if p.is_file()}

    def test_every_shipped_preset_is_rendered(self):
        world = self.filled()
        self.assertIn("hubspot", self.presets())
        for preset in self.presets():
            sink = sink_of(preset)
            for name in sink["secrets"]:
                world.secret(f"{preset}.{name}", f"{KEY_MARK}-{preset}-{name}")
            world.config["sinks"] = [sink]
            world.write()
            before = self.traces(world)
            for arguments in (), ("--last", "1"), ("--last", "16", "--ignore-state"):
                with self.subTest(preset=preset, arguments=arguments):
                    self.shows_requests(world, preset, *arguments)
            self.assertEqual(self.traces(world), before)

    def shows_requests(self, world, preset, *arguments):
        shown = json.loads(self.render(world, preset, "--json", *arguments).stdout)
        self.assertEqual(shown["sink"], preset)
        self.assertEqual(shown["messages"], int(arguments[1]) if arguments else 5)
        self.assertTrue(shown["requests"])
        self.assertIn("***", json.dumps(shown["requests"]))
        self.assertIn(MARK, json.dumps(shown["requests"]))
        for request in shown["requests"]:
            self.assertEqual(set(request), {"step", "method", "url", "headers", "body"})
            self.assertTrue(request["url"].startswith("https://"), request["url"])
        text = self.render(world, preset, *arguments).stdout
        self.assertEqual(re.findall(r"^# \d+/(\d+) (\S+)", text, re.MULTILINE),
                         [(str(len(shown["requests"])), request["step"]) for request in shown["requests"]])

    def test_what_a_webhook_would_get_is_what_it_got(self):
        world = self.filled()
        before, got = self.traces(world), len(world.crm.requests)
        shown = json.loads(self.render(world, "crm", "--last", "16", "--json").stdout)["requests"]
        sent = {m["key"]: m for request in world.crm.requests for m in json.loads(request.body)["messages"]}
        would = {m["key"]: m for request in shown for m in request["body"]["messages"]}
        self.assertEqual(would, sent)
        self.assertEqual(shown[0]["headers"]["Authorization"], "***")
        lines = json.loads(self.render(world, "archive", "--last", "16", "--json").stdout)["requests"][0]["body"]
        self.assertEqual({m["key"]: m for m in map(json.loads, lines.splitlines())}, sent)
        self.assertEqual(len(world.crm.requests), got)
        self.assertFalse((world.directory / "archive").exists())
        self.assertEqual(self.traces(world), before)

    def test_what_a_crm_would_get_is_what_it_gets(self):
        simulator, relay = Simulator(), Relay()
        self.addCleanup(simulator.stop)
        self.addCleanup(relay.stop)
        relay.lead_to(simulator.url)
        world = self.world(sinks=())
        world.fill(4)
        self.assertSyncs(world)
        world.secret("hubspot.token", STATIC_TOKEN)
        for unit in "message", "day":
            relay.exchanges.clear()
            world.config["sinks"] = [{"name": f"by-{unit}", "type": "hubspot", "unit": unit,
                                      "url": f"{relay.url}/crm/hubspot",
                                      "secrets": {"access_token": {"file": "hubspot.token"}}}]
            world.write()
            shown = json.loads(self.render(world, f"by-{unit}", "--last", "50", "--json").stdout)["requests"]
            self.assertEqual(relay.exchanges, [])
            self.assertSyncs(world)
            # What the CRM lacks is only known when it was asked.
            shown = [request for request in shown if "/properties/" not in request["url"]]
            sent = [e.request for e in relay.exchanges if "/properties/" not in e.request.target]
            self.assertEqual(len(sent), 3)
            self.assertEqual([(r["method"], r["url"]) for r in shown],
                             [(r.method, relay.url + r.target) for r in sent])
            self.assertEqual([self.without_ids(r["body"]) for r in shown],
                             [self.without_ids(json.loads(r.body)) for r in sent])
            self.assertEqual({r["headers"]["Authorization"] for r in shown}, {"Bearer ***"})
        known = self.render(world, "by-day", "--last", "50")
        self.assertNotIn(MARK, known.stdout)
        self.assertIn("--ignore-state", known.stderr)
        self.assertIn(MARK, self.render(world, "by-day", "--last", "50", "--ignore-state").stdout)

    @staticmethod
    def without_ids(body):
        """Associations without the ids that only answers bring."""
        return re.sub(r'("(?:from|to)": {"id": )"[^"]*"', r"\1-", json.dumps(body, sort_keys=True))

    def test_it_reads_beside_a_running_daemon_without_secrets(self):
        world = self.world()
        world.fill(4)
        self.assertSyncs(world)
        world.run()
        (world.directory / "crm.token").unlink()
        self.assertIn(MARK, self.render(world, "crm").stdout)

    def test_it_says_what_is_wrong(self):
        world = self.world()
        world.write()
        self.assertIn("there is no sink other; the configuration has: crm", self.render(world, "other", code=64).stderr)
        empty = self.render(world, "crm", "--json")
        self.assertEqual(json.loads(empty.stdout), {"sink": "crm", "messages": 0, "requests": []})
        self.assertIn("No messages are stored", empty.stderr)
        self.assertIn("sync --no-deliver", empty.stderr)
        sample = json.loads(self.render(world, "crm", "--sample", "--json").stdout)
        self.assertEqual(sample["messages"], 2)
        self.assertIn("It has shipped.", json.dumps(sample["requests"]))
        self.assertFalse(world.state.exists())
        done = world.verb("deliver", "--sink", "crm")
        self.assertCode(done, 64)
        self.assertIn("--render", done.err)


if __name__ == "__main__":
    unittest.main()
