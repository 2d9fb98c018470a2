"""Bad configurations: exit 78, every mistake as `file:line:column: key: what is wrong`, and nothing is contacted.

Each case changes one place of a good configuration. The line that is reported has to be the line of that place; for
what is missing any line is accepted. The column has to be within the line. For text that is no YAML at all the key may
be left out, as there is none.
"""

import json
import os
import re
import subprocess
import unittest

from harness import BINARY, AcceptanceTest, Daemon, clean_environment

GOOD = """\
state:
  directory: state
log:
  file: log/elitbuzz-sync.log
  level: info
  format: json
sources:
  - name: support
    base_url: @SOURCE@
    customer_id: "4660"
    bot_key: 6bc26c50902b4838
    api_key: {file: support.key}
    audiences:
      - {attribute: feedback, value: "1"}
    since: 2026-01-01T00:00:00Z
    poll:
      interval: 1m
      max_staleness: 1h
    settle: 2m
    lookback: 10m
    limits:
      requests_per_second: 1
      concurrency: 1
      page_size: 500
      timeout: 30s
      response_size: 32MiB
    api:
      page_size_parameter: page_size
      sender_roles: {bot: out}
sinks:
  - name: crm
    type: http
    url: @CRM@
    headers: {Authorization: {file: crm.token}}
    batch: {messages: 100, wait: 1s}
    concurrency: 4
    timeout: 30s
    retry: {first: 1s, max: 5m, give_up_after: 7d}
"""

# name: (old text, new text, the key that must be named); the first line of the new text is the line of the mistake
BAD = {
    "an unknown key at the top": ("log:\n", "logs: {}\nlog:\n", "logs"),
    "an unknown key in a source": ("    settle: 2m", "    setle: 2m", "setle"),
    "an unknown key in limits": ("      page_size: 500", "      pagesize: 500", "pagesize"),
    "an unknown key in poll": ("      interval: 1m", "      intervall: 1m", "intervall"),
    "an unknown key in an audience": ("{attribute: feedback, value: \"1\"}", "{atribute: feedback, value: \"1\"}", "atribute"),
    "an unknown key in a sink": ("    concurrency: 4", "    concurency: 4", "concurency"),
    "an unknown key in batch": ("batch: {messages: 100", "batch: {message: 100", "message"),
    "an unknown key in retry": ("retry: {first: 1s", "retry: {frist: 1s", "frist"),
    "an unknown key in api": ("      page_size_parameter: page_size", "      page_size_param: page_size", "page_size_param"),
    "an unknown key in state": ("  directory: state", "  dir: state", "dir"),
    "an unknown key in log": ("  level: info", "  lvl: info", "lvl"),
    "an unknown key in a secret": ("{file: support.key}", "{path: support.key}", "api_key"),
    "a duplicate key": ("    settle: 2m", "    settle: 2m\n    settle: 3m", "settle", 1),
    "a duplicate key at the top": ("sinks:\n", "log: {level: info}\nsinks:\n", "log"),
    "a duplicate key in flow style": ("value: \"1\"}", "value: \"1\", value: \"2\"}", "value"),
    "a text for a number": ("concurrency: 1", "concurrency: many", "concurrency"),
    "a number for a list": ("    audiences:\n      - {attribute: feedback, value: \"1\"}", "    audiences: 3", "audiences"),
    "a list for a text": ("customer_id: \"4660\"", "customer_id: [\"4660\"]", "customer_id"),
    "a text for a map": ("    poll:\n      interval: 1m\n      max_staleness: 1h", "    poll: often", "poll"),
    "a map for a list": ("sinks:\n  - name: crm\n    type: http", "sinks:\n    name: crm\n    type: http", "sinks"),
    "a fraction for a count": ("page_size: 500", "page_size: 2.5", "page_size"),
    "null for a text": ("bot_key: 6bc26c50902b4838", "bot_key: ~", "bot_key"),
    "a page size of zero": ("page_size: 500", "page_size: 0", "page_size"),
    "a negative page size": ("page_size: 500", "page_size: -1", "page_size"),
    "a page size beyond all sense": ("page_size: 500", "page_size: 99999999999999999999", "page_size"),
    "no concurrency": ("concurrency: 1", "concurrency: 0", "concurrency"),
    "a negative rate": ("requests_per_second: 1", "requests_per_second: -1", "requests_per_second"),
    "a duration without a unit": ("interval: 1m", "interval: 60", "interval"),
    "a duration of an unknown unit": ("settle: 2m", "settle: 2x", "settle"),
    "a negative duration": ("lookback: 10m", "lookback: -10m", "lookback"),
    "a duration that is words": ("timeout: 30s\n      resp", "timeout: half a minute\n      resp", "timeout"),
    "a duration beyond all sense": ("settle: 2m", "settle: 999999999999999999999d", "settle"),
    "an interval of nothing": ("interval: 1m", "interval: 0s", "interval"),
    "a size without sense": ("response_size: 32MiB", "response_size: big", "response_size"),
    "a size of an unknown unit": ("response_size: 32MiB", "response_size: 32Mx", "response_size"),
    "an instant without a zone": ("since: 2026-01-01T00:00:00Z", "since: 2026-01-01 00:00", "since"),
    "an instant that does not exist": ("since: 2026-01-01T00:00:00Z", "since: 2026-02-30T00:00:00Z", "since"),
    "an instant that is words": ("since: 2026-01-01T00:00:00Z", "since: yesterday", "since"),
    "an unknown log level": ("level: info", "level: chatty", "level"),
    "an unknown log format": ("format: json", "format: xml", "format"),
    "an unknown type of sink": ("type: http", "type: htpp", "type"),
    "a type of sink that is missing": ("    type: http\n", "", "type"),
    "a name with a blank": ("name: support", "name: my support", "name"),
    "a name in capitals": ("name: support", "name: Support", "name"),
    "an empty name": ("name: support", "name: \"\"", "name"),
    "a customer id that YAML would make a number": ("customer_id: \"4660\"", "customer_id: 0042", "customer_id"),
    "no base_url": ("    base_url: @SOURCE@\n", "", "base_url"),
    "an empty base_url": ("base_url: @SOURCE@", "base_url: \"\"", "base_url"),
    "a base_url without a scheme": ("base_url: @SOURCE@", "base_url: api.example.invalid", "base_url"),
    "a base_url of another scheme": ("base_url: @SOURCE@", "base_url: ftp://api.example.invalid", "base_url"),
    "a base_url with credentials in the clear": ("base_url: @SOURCE@", "base_url: http://api.example.invalid", "base_url"),
    "a sink's url with credentials in the clear": ("url: @CRM@", "url: http://crm.example.invalid/x", "url"),
    "a url with an impossible port": ("url: @CRM@", "url: http://127.0.0.1:99999/x", "url"),
    "no customer_id": ("    customer_id: \"4660\"\n", "", "customer_id"),
    "no bot_key": ("    bot_key: 6bc26c50902b4838\n", "", "bot_key"),
    "no api_key": ("    api_key: {file: support.key}\n", "", "api_key"),
    "a secret in the file": ("api_key: {file: support.key}", "api_key: canarykey-in-the-open", "api_key"),
    "a header's secret in the file": ("{Authorization: {file: crm.token}}", "{Authorization: Bearer canarykey-open}", "Authorization"),
    "a secret of two kinds": ("{file: support.key}", "{file: support.key, env: KEY}", "api_key"),
    "a secret of no kind": ("{file: support.key}", "{}", "api_key"),
    "no audience": ("    audiences:\n      - {attribute: feedback, value: \"1\"}", "    audiences: []", "audiences"),
    "an audience without a value": ("{attribute: feedback, value: \"1\"}", "{attribute: feedback}", "value"),
    "an audience with an empty attribute": ("{attribute: feedback,", "{attribute: \"\",", "attribute"),
    "a path without the user": ("    api:\n", "    api:\n      conversations_path: /bot-api/v1.0/conversations\n",
                                "conversations_path", 1),
    "a path with an unknown place": ("    api:\n", "    api:\n      users_path: /x/{customer}/users\n", "users_path", 1),
    "a pointer that is none": ("    api:\n", "    api:\n      users_list: data.users\n", "users_list", 1),
    "an unknown role": ("sender_roles: {bot: out}", "sender_roles: {bot: outside}", "sender_roles"),
    "a retry that grows downwards": ("retry: {first: 1s, max: 5m", "retry: {first: 10m, max: 5m", "retry"),
    "an empty batch": ("batch: {messages: 100", "batch: {messages: 0", "messages"),
    "two sources of one name": ("sinks:\n", "  - name: support\n    base_url: @SOURCE@\n    customer_id: \"1\"\n    bot_key: abc\n"
                                "    api_key: {file: support.key}\n    audiences: [{attribute: a, value: b}]\nsinks:\n", "name"),
    "two sinks of one name": ("sinks:\n", "sinks:\n  - {name: crm, type: file, directory: archive}\n", "name", 2),
    "an alias": ("    settle: 2m\n    lookback: 10m", "    settle: &two 2m\n    lookback: *two", None, None),
    "no sources": (GOOD[GOOD.index("sources:"):GOOD.index("sinks:")], "", "sources"),
    "an empty list of sources": (GOOD[GOOD.index("sources:"):GOOD.index("sinks:")], "sources: []\n", "sources"),
    "a file sink without a directory": ("    type: http\n    url: @CRM@\n    headers: {Authorization: {file: crm.token}}\n"
                                        "    batch: {messages: 100, wait: 1s}\n    concurrency: 4\n    timeout: 30s\n"
                                        "    retry: {first: 1s, max: 5m, give_up_after: 7d}\n", "    type: file\n", "directory"),
}

NO_YAML = {
    "an unclosed bracket": GOOD.replace("{attribute: feedback", "[{attribute: feedback"),
    "a tab for indentation": GOOD.replace("    settle", "\tsettle"),
    "two documents": GOOD + "---\n" + GOOD,
    "a list at the top": "- a\n- b\n",
    "a bare word": "hello\n",
    "nothing": "",
    "only a comment": "# to be written\n",
    "bytes that are no text": GOOD.replace("feedback", "feed\udcffback"),
    "an undefined alias": GOOD.replace("settle: 2m", "settle: *never"),
}


class ConfigTest(AcceptanceTest):
    def good(self):
        world = self.world(users=("919800000001",))
        text = GOOD.replace("@SOURCE@", world.vendor.url).replace("@CRM@", world.crm.endpoint)
        return world, text

    def silent(self, world):
        self.assertEqual((world.vendor.connections, world.crm.connections), (0, 0), "something was contacted")
        self.assertFalse(world.database.exists(), "a state was made for a configuration that is refused")

    def reported(self, done):
        """(line, column, key, words) of every line that has the promised form."""
        name = re.escape("elitbuzz-sync.yaml")
        return [(int(m[1]), int(m[2]), m[3], m[4])
                for m in re.finditer(rf"^\S*{name}:(\d+):(\d+): (?:([^\s:]+(?:\.[^\s:]+)*): )?(.+)$", done.err, re.M)]

    def complaints(self, world, verb, text, keys, line, name):
        """What is wrong with the way `verb` refused this configuration."""
        world.config_path.write_bytes(text.encode("utf-8", "surrogateescape"))
        done = world.verb(verb, write=False, seconds=15)
        if done.code != 78:
            return [f"{verb}, {name}: exit {done.code} in place of 78: {(done.err or done.out)[-300:]!r}"]
        found = self.reported(done)
        if not found:
            return [f"{verb}, {name}: no line of the form file:line:column: key: …: {done.err[-300:]!r}"]
        lines = text.split("\n")
        problems = []
        if keys is not None and not any(keys in (f[2] or "") or keys in f[3] for f in found):
            problems.append(f"{verb}, {name}: {keys!r} is not named: {found}")
        if keys is not None and not all(f[2] for f in found):
            problems.append(f"{verb}, {name}: no key: {found}")
        if line is not None and line not in [f[0] for f in found]:
            problems.append(f"{verb}, {name}: line {line} ({lines[line - 1]!r}) is not reported: {found}")
        for number, column, _, _ in found:
            if not 1 <= number <= max(1, len(lines)) or not 1 <= column <= len(lines[min(number, len(lines)) - 1]) + 2:
                problems.append(f"{verb}, {name}: {number}:{column} is not in the file")
        return problems

    @staticmethod
    def spoil(text, good, case):
        """The bad text and the line of its mistake (None when it cannot be told)."""
        old, new, key, *offset = case
        assert good.count(old) >= 1, old
        old, new = (t.replace("@SOURCE@", text[0]).replace("@CRM@", text[1]) for t in (old, new))
        whole = good.replace("@SOURCE@", text[0]).replace("@CRM@", text[1])
        at = whole.index(old)
        bad = whole[:at] + new + whole[at + len(old):]
        if not new or new in ("    type: file\n",) or offset == [None] or key in ("value", "sinks") and "duplicate" not in key:
            return bad, None
        same = 0
        while same < min(len(old), len(new)) and old[same] == new[same]:
            same += 1
        return bad, bad[:at + same].count("\n") + 1 if not offset else bad[:at].count("\n") + 1 + offset[0]

    def test_the_good_configuration_is_good(self):
        world, text = self.good()
        world.write(text)
        done = world.verb("validate", write=False)
        self.assertCode(done, 0)
        self.silent(world)

    def test_the_dialect_keys_of_the_contract_are_all_known(self):
        world, text = self.good()
        text = text.replace("    api:\n", "    api:\n      users_path: /v/{customer_id}/b/{bot_key}/users\n      conversations_path: "
                            "/v/{customer_id}/b/{bot_key}/u/{user_id}/c\n      users_list: \"\"\n      user_id: \"/id\"\n"
                            "      messages_list: \"/rows\"\n")
        text = text.replace("    timeout: 30s\n    retry", "    history: false\n    timeout: 30s\n    retry")
        world.write(text + "  - name: archive\n    type: file\n    directory: archive\nsync: {wait: 60s}\n")
        self.assertCode(world.verb("validate", write=False), 0)

    def test_every_bad_configuration_is_refused_by_name_and_place(self):
        world, _ = self.good()
        self.assertGreaterEqual(len(BAD), 60)
        problems = []
        for name, case in BAD.items():
            text, line = self.spoil((world.vendor.url, world.crm.endpoint), GOOD, case)
            for verb in ("validate", "sync"):
                problems += self.complaints(world, verb, text, case[2], line, name)
        self.assertFalse(problems, f"\n{len(problems)} complaint(s) about {len(BAD)} bad configurations:\n" + "\n".join(problems))
        self.silent(world)

    def test_what_is_no_yaml_is_refused_with_its_place(self):
        world, _ = self.good()
        problems = []
        for name, text in NO_YAML.items():
            text = text.replace("@SOURCE@", world.vendor.url).replace("@CRM@", world.crm.endpoint)
            for verb in ("validate", "sync"):
                problems += self.complaints(world, verb, text, None, None, name)
        self.assertFalse(problems, "\n".join(problems))
        self.silent(world)

    def test_all_mistakes_are_told_at_once(self):
        world, text = self.good()
        for old, new in (("level: info", "level: chatty"), ("settle: 2m", "setle: 2m"), ("page_size: 500", "page_size: 0"),
                         ("type: http", "type: htpp"), ("value: \"1\"", "valeu: \"1\"")):
            text = text.replace(old, new, 1)
        world.write(text)
        done = world.verb("validate", write=False)
        self.assertCode(done, 78)
        for key in ("level", "setle", "page_size", "type", "valeu"):
            self.assertIn(key, done.err, f"{key} is missing among the mistakes\n{done}")
        for line in done.err.strip().splitlines():
            self.assertRegex(line, r"^\S+:\d+:\d+: \S+: .+", "a line that is no mistake")
        self.assertEqual(done.out.strip(), "", "mistakes go to stderr")

    def test_a_typo_gets_a_suggestion(self):
        for wrong, right in (("pagesize: 500", "page_size"), ("requets_per_second: 1", "requests_per_second")):
            world, text = self.good()
            world.write(text.replace(f"{right}: {wrong.split(': ')[1]}", wrong, 1))
            done = world.verb("validate", write=False)
            self.assertCode(done, 78)
            self.assertIn(right, done.err, f"no suggestion for {wrong!r}")

    def test_a_number_with_leading_zeros_is_told_to_be_quoted(self):
        world, text = self.good()
        world.write(text.replace('customer_id: "4660"', "customer_id: 0042"))
        self.assertRegex(world.verb("validate", write=False).err, "(?i)quot")

    # -- secrets ----------------------------------------------------------------------------------------------------

    def test_a_key_file_others_can_read_is_refused(self):
        for name, mode in (("support.key", 0o644), ("support.key", 0o640), ("crm.token", 0o604)):
            for verb in ("sync", "run"):
                with self.subTest(file=name, mode=oct(mode), verb=verb):
                    world, text = self.good()
                    (world.directory / name).chmod(mode)
                    world.write(text)
                    done = world.verb(verb, write=False, seconds=15)
                    self.assertCode(done, 77)
                    self.assertIn(name, done.err, "the file is not named")
                    self.assertEqual((world.vendor.connections, world.crm.connections), (0, 0), "something was contacted")

    def test_an_unusable_secret_is_refused_before_any_request(self):
        for name, content in (("empty", b""), ("only a newline", b"\n"), ("a control character", b"canarykey\x01x\n"),
                              ("two lines", b"canarykey\nsecond\n"), ("a NUL", b"canarykey\0\n")):
            for path in ("support.key", "crm.token"):
                with self.subTest(secret=name, file=path):
                    world, text = self.good()
                    (world.directory / path).write_bytes(content)
                    world.write(text)
                    self.assertCode(world.verb("sync", write=False, seconds=15), 78)
                    self.silent_network(world)

    def test_a_missing_secret_is_refused_before_any_request(self):
        for old, new in (("file: support.key", "file: nowhere.key"), ("file: support.key", "env: ELITBUZZ_TEST_ABSENT"),
                         ("file: support.key", "credential: absent")):
            with self.subTest(new):
                world, text = self.good()
                world.write(text.replace(old, new))
                self.assertCode(world.verb("sync", write=False, seconds=15), 78)
                self.silent_network(world)

    def test_secrets_come_from_files_the_environment_and_credentials(self):
        world = self.world(users=("919800000001",))
        world.fill(2)
        credentials = world.directory / "credentials"
        credentials.mkdir(mode=0o700)
        (credentials / "crm").write_text(world.crm.token + "\n")
        (credentials / "crm").chmod(0o400)
        world.source()["api_key"] = {"env": "ELITBUZZ_TEST_KEY"}
        world.sink()["headers"] = {"Authorization": {"credential": "crm"}}
        self.assertSyncs(world, environment={"ELITBUZZ_TEST_KEY": world.vendor.api_key,
                                             "CREDENTIALS_DIRECTORY": str(credentials)})
        self.assertAgrees(world, order="strict")

    def silent_network(self, world):
        self.assertEqual((len(world.vendor.requests), len(world.crm.requests)), (0, 0), "a request was sent")

    # -- the command line -------------------------------------------------------------------------------------------

    def test_the_command_line_has_the_promised_exit_statuses(self):
        world, text = self.good()
        world.write(text)
        for arguments, code in (([], 64), (["no-such-verb"], 64), (["sync", "--no-such-option"], 64), (["--help"], 0),
                                (["--version"], 0), (["sync", "--help"], 0), (["sync", "--version"], 0), (["validate", "--config"], 64),
                                (["config"], 64), (["config", "shw"], 64), (["sync", "extra"], 64), (["sync", "--json=no"], 64),
                                (["sync", "--config", str(world.directory / "absent.yaml")], 78),
                                (["run", "--config", str(world.directory)], 78),
                                (["validate", "--config", "absent.yaml"], 78)):
            process = Daemon(world, arguments)
            self.assertEqual(process.wait(15), code, f"{arguments}: {process.errors()[-500:]} {process.output()[-200:]}")
            if code:
                self.assertTrue(process.errors().strip(), f"{arguments} says nothing on stderr")
            else:
                self.assertTrue(process.output().strip(), f"{arguments} says nothing on stdout")
        self.silent(world)

    def test_a_typing_error_on_the_command_line_gets_a_suggestion(self):
        world, _ = self.good()
        for arguments, meant in ((["statsu"], "status"), (["sync", "--jsn"], "--json"), (["config", "shw"], "show"),
                                 (["deliver", "--render", "--snik=crm"], "--sink")):
            process = Daemon(world, arguments)
            self.assertEqual(process.wait(15), 64, process.errors())
            self.assertIn(f"did you mean {meant}?", process.errors())
            self.assertEqual(process.output(), "")

    def test_the_example_is_valid_and_the_schema_is_json(self):
        world, _ = self.good()
        schema = Daemon(world, ["config", "schema"])
        self.assertEqual(schema.wait(15), 0, schema.errors())
        text = json.dumps(json.loads(schema.output()))
        for key in ("sources", "sinks", "page_size", "lookback", "audiences"):
            self.assertIn(key, text)
        example = Daemon(world, ["config", "example"])
        self.assertEqual(example.wait(15), 0, example.errors())
        world.config_path.write_text(example.output())
        self.assertCode(world.verb("validate", write=False), 0)

    def test_relative_paths_are_relative_to_the_configuration(self):
        world = self.world(users=("919800000001",))
        world.fill(2)
        path = world.write()
        elsewhere = world.directory / "elsewhere"
        elsewhere.mkdir()
        done = subprocess.run([BINARY, "sync", "--config", os.path.relpath(path, elsewhere)], cwd=elsewhere, timeout=60,
                              capture_output=True, env=clean_environment(), check=False)
        self.assertEqual(done.returncode, 0, done.stderr.decode(errors="replace")[-1000:])
        self.assertAgrees(world)
        self.assertEqual(list(elsewhere.iterdir()), [])


if __name__ == "__main__":
    unittest.main()
