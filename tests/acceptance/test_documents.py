"""The README and docs/ tell the truth: their verbs, configurations, views and the example receiver are tried."""

import json
import re
import socket
import sqlite3
import subprocess
import sys
import unittest

from harness import BINARY, MARK, ROOT, AcceptanceTest, Bare, clean_environment, wait_for

README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = README + "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md")))


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", DOCUMENTS, re.MULTILINE | re.DOTALL)


def indented(text, by):
    return "".join(" " * by + line + "\n" for line in text.splitlines())


def help_text(*verb):
    return subprocess.run([BINARY, *verb, "--help"], capture_output=True, text=True, timeout=30, check=True,
                          env=clean_environment()).stdout


class DocumentsTest(AcceptanceTest):
    def validated(self, text):
        """`validate` of a configuration of the documents, with its secrets beside it and its system's directories moved."""
        world = self.world()
        for name in sorted(set(re.findall(r"\{file: ([\w.-]+)\}", text))):
            world.secret(name, "a-secret-of-the-documents")
        for directory in ("/var/lib", "/var/log"):
            text = text.replace(directory, str(world.directory))
        world.write(text)
        return world.verb("validate", write=False)

    def test_the_verbs_are_those_of_the_program(self):
        section = README.split("## Verbs and exit statuses")[1].split("\n## ")[0]
        told = set(re.findall(r"^\| `([a-z]+)` \|", section, re.MULTILINE))
        known = set(re.findall(r"^  ([a-z]+)  ", help_text(), re.MULTILINE))
        self.assertGreater(len(known), 3, help_text())
        self.assertEqual(told, known)

    def test_no_other_verb_is_named(self):
        known = set(re.findall(r"^  ([a-z]+)  ", help_text(), re.MULTILINE))
        named = set(re.findall(r"`elitbuzz-sync ([a-z]+)", DOCUMENTS))
        self.assertIn("simulator", named)
        self.assertEqual(named - known, set())

    def test_the_exit_statuses_are_in_the_help(self):
        section = README.split("## Verbs and exit statuses")[1].split("\n## ")[0]
        told = re.findall(r"^\| (\d+) \|", section, re.MULTILINE)
        said = help_text().split("Exit status:")[1]
        self.assertEqual(sorted(told, key=int), sorted(re.findall(r"\b(\d+) ", said), key=int))

    def test_the_configuration_to_begin_with_is_valid(self):
        (begin,) = [block for block in blocks("yaml") if block.startswith("log:")]
        self.assertCode(self.validated(begin), 0)

    def test_the_dialect_block_is_valid_within_a_source(self):
        (begin,) = [block for block in blocks("yaml") if block.startswith("log:")]
        (dialect,) = [block for block in blocks("yaml") if block.startswith("api:")]
        merged = begin.replace("sinks:\n", indented(dialect, 4) + "sinks:\n")
        self.assertNotEqual(merged, begin)
        self.assertCode(self.validated(merged), 0)
        self.assertCode(self.validated(merged.replace("users_list:", "user_list:")), 78)

    def test_the_sink_of_a_crm_is_valid(self):
        (begin,) = [block for block in blocks("yaml") if block.startswith("log:")]
        (sinks,) = [block for block in blocks("yaml") if block.startswith("sinks:")]
        merged = begin.split("sinks:\n")[0] + sinks
        self.assertCode(self.validated(merged), 0)
        self.assertCode(self.validated(merged.replace("policy: if_empty", "policy: if_absent")), 78)

    def test_the_signature_is_valid_beside_the_url_of_a_sink(self):
        (begin,) = [block for block in blocks("yaml") if block.startswith("log:")]
        (sign,) = [block for block in blocks("yaml") if block.lstrip().startswith("sign:")]
        merged = begin.replace("    headers:\n", sign + "    headers:\n")
        self.assertNotEqual(merged, begin)
        self.assertCode(self.validated(merged), 0)
        self.assertCode(self.validated(merged.replace("sign: {secret:", "sign: {secrets:")), 78)

    def test_the_verbs_of_config_are_those_of_the_program(self):
        (row,) = re.findall(r"^\| `config` \| (.*) \|$", README, re.MULTILINE)
        told = set(re.findall(r"`config ([\w-]+)`", row))
        world = self.world()
        words = set(re.findall(r"\b[a-z][a-z-]*[a-z]\b", help_text("config")))
        known = {word for word in words if world.verb("config", word).code == 0}
        self.assertGreater(len(known), 3, help_text("config"))
        self.assertEqual(told, known)

    def test_the_views_have_the_columns_that_are_told(self):
        world = self.world()
        world.fill(2)
        self.assertSyncs(world)
        told = dict(re.findall(r"^- `(\w+_v1)\(([^)]+)\)`", DOCUMENTS, re.MULTILINE))
        self.assertEqual(len(told), 4)
        for view, columns in told.items():
            present = [row["name"] for row in world.rows(f"SELECT name FROM pragma_table_info('{view}')")]
            self.assertEqual(columns.split(", "), present, view)

    def test_the_example_of_a_request_has_the_members_that_are_sent(self):
        (example,) = [json.loads(block) for block in blocks("json") if "messages" in block]
        world = self.world()
        world.fill(2)
        self.assertSyncs(world)
        sent = world.crm.accepted[0].message
        self.assertEqual(set(example["messages"][0]), set(sent))

    def test_the_example_of_a_ledger_line_has_the_members_that_are_written(self):
        (example,) = [json.loads(block) for block in blocks("json") if '"event":"cycle"' in block]
        world = self.world()
        world.fill(2)
        self.assertSyncs(world)
        written = world.events("cycle")[-1]
        self.assertEqual(set(example), set(written))
        self.assertEqual(example["fetched"], example["new"] + example["duplicate"] + example["rejected"])
        for event in (example, written):
            for sink in event["sinks"].values():
                self.assertEqual(event["stored"], sum(sink.values()), event)

    def test_the_example_receiver_holds_each_message_once(self):
        (receiver,) = [block for block in blocks("python") if "http.server" in block]
        world = self.world()
        world.fill(20)
        script = world.directory / "receiver.py"
        script.write_text(receiver, encoding="utf-8")
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        process = subprocess.Popen([sys.executable, str(script), str(port)], cwd=world.directory,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait, 10)
        self.addCleanup(process.kill)

        def listens():
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0

        wait_for(listens, 10, "the example receiver to listen")
        # Twice everything: under two names, as a sink that was renamed gets it.
        for name in ("crm", "again"):
            world.config["sinks"] = [{"name": name, "type": "http", "url": f"http://127.0.0.1:{port}/", "concurrency": 2,
                                      "batch": {"messages": 7, "wait": Bare("0")}}]
            self.assertSyncs(world)
            connection = sqlite3.connect(world.directory / "conversations.db")
            held = {key for key, text in connection.execute("SELECT key, text FROM messages") if MARK in text}
            connection.close()
            self.assertEqual(held, {row["key"] for row in world.rows("SELECT key FROM messages_v1 WHERE text LIKE ?",
                                                                     f"%{MARK}%")})
            self.assertGreater(len(held), 10)


if __name__ == "__main__":
    unittest.main()
