"""Signed requests of `type: http`: a receiver that has the secret can tell that, and when, a request was made.

Every expectation is computed here with Python's own `hmac`, from the bytes as they came over the wire. The recipes of
docs/receivers.md are tried on such requests too.
"""

import hashlib
import hmac
import json
import re
import shutil
import signal
import subprocess
import time
import unittest

from harness import MARK, ROOT, AcceptanceTest, Bare, wait_for
from peer import plain
from vendor import now_ms

USERS = ("919800000001", "919800000002")
FIRST = "canarykey-signing-4c1d93"
SECOND = "canarykey signing, the second: ünïcode"
RECEIVERS = (ROOT / "docs" / "receivers.md").read_text(encoding="utf-8")


def signature(secret, timestamp, body):
    return "v1=" + hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def is_signed(request, secret):
    timestamp = request.header("X-Elitbuzz-Timestamp")
    return (re.fullmatch("[0-9]{10}", timestamp or "") is not None
            and request.header("X-Elitbuzz-Signature") == signature(secret, timestamp, request.body))


class SignatureTest(AcceptanceTest):
    def signed(self, per_user=4, **options):
        """A world whose CRM answers 401 to what is not signed with `world.expected`."""
        world = self.world(users=USERS, **options)
        world.fill(per_user)
        world.expected = FIRST
        world.secret("crm.secret", FIRST)
        world.sink()["sign"] = {"secret": {"file": "crm.secret"}}
        world.crm.rule = lambda batch: None if is_signed(batch.request, world.expected) else plain(401, "who are you")
        return world

    def test_every_request_is_signed_with_its_time_and_other_sinks_are_not(self):
        world = self.signed(20, sinks=("crm", "other"))
        world.sink()["batch"] = {"messages": 7, "wait": Bare("0")}
        before = int(time.time())
        self.assertSyncs(world)
        self.assertAgrees(world, order="strict")
        self.assertGreater(len(world.crm.requests), 4)
        for request in world.crm.requests:
            self.assertTrue(is_signed(request, FIRST), f"{request.headers}")
            self.assertFalse(is_signed(request, FIRST + "x"))
            self.assertTrue(before <= int(request.header("X-Elitbuzz-Timestamp")) <= time.time(), f"{request.headers}")
        for request in world.crms["other"].requests:
            self.assertEqual([name for name in request.headers if "elitbuzz" in name.lower()], [])

    def test_each_attempt_is_signed_anew(self):
        world = self.signed(2)
        world.sink()["retry"] = {"first": Bare("2500ms"), "max": Bare("3s")}
        world.crm.script = [plain(503)]
        self.assertSyncs(world)
        refused, accepted = [r for r in world.crm.requests if r.body == world.crm.requests[0].body]
        self.assertEqual(refused.header("Idempotency-Key"), accepted.header("Idempotency-Key"))
        self.assertTrue(is_signed(refused, FIRST) and is_signed(accepted, FIRST))
        self.assertGreater(int(accepted.header("X-Elitbuzz-Timestamp")), int(refused.header("X-Elitbuzz-Timestamp")))
        self.assertAgrees(world, order="strict")

    def test_sighup_signs_with_the_new_secret(self):
        world = self.signed()
        daemon = world.run()
        wait_for(lambda: world.states() == {"delivered": 8}, 15, "the history to be delivered")
        world.expected = SECOND
        world.secret("crm.secret", SECOND)
        daemon.signal(signal.SIGHUP)
        wait_for(lambda: "reloaded" in {e["event"] for e in world.events()}, 10, "the reload")
        world.vendor.add(USERS[0], now_ms(), f"{MARK} under the new secret")
        wait_for(lambda: world.states() == {"delivered": 9}, 15, "the message under the new secret")
        self.assertNotIn("sink_paused", {e["event"] for e in world.events()})
        self.assertTrue(is_signed(world.crm.requests[-1], SECOND))
        self.assertEqual(daemon.stop(), 0)
        self.assertAgrees(world)

    def test_a_refused_signature_pauses_and_keeps_everything_until_the_secret_is_right(self):
        world = self.signed()
        world.expected = SECOND
        self.assertSyncs(world, 1)
        self.assertEqual(sum(world.states().values()), 8)
        self.assertLessEqual(set(world.states()), {"pending", "in_flight", "unknown"})
        world.secret("crm.secret", SECOND)
        self.assertSyncs(world)
        self.assertAgrees(world, order="strict")

    def test_nothing_is_sent_when_the_secret_is_missing_unfit_or_open_to_others(self):
        world = self.signed(1)
        path = world.directory / "crm.secret"
        for code, content, mode in ((78, None, 0), (78, "", 0o600), (78, "two\nlines", 0o600), (77, FIRST, 0o644)):
            with self.subTest(content=content, mode=oct(mode)):
                path.unlink(missing_ok=True)
                if content is not None:
                    path.write_text(content)
                    path.chmod(mode)
                done = self.assertSyncs(world, code)
                self.assertIn("sinks[0].sign.secret", done.err)
        self.assertEqual((len(world.vendor.requests), len(world.crm.requests)), (0, 0), "a request was sent")

    def test_a_configured_header_cannot_take_the_place_of_the_signature(self):
        for name in ("X-Elitbuzz-Signature", "x-elitbuzz-timestamp"):
            with self.subTest(name):
                world = self.signed(1)
                world.sink()["headers"] = {name: "v1=0"}
                done = world.verb("validate")
                self.assertCode(done, 78)
                self.assertRegex(done.err, rf"headers\.{name}: .*sign:")


class RecipeTest(AcceptanceTest):
    """The functions of docs/receivers.md, tried on a request of the program and on forged ones."""

    def request(self):
        world = self.world(users=USERS)
        world.fill(3)
        world.secret("crm.secret", FIRST)
        world.sink()["sign"] = {"secret": {"file": "crm.secret"}}
        self.assertSyncs(world)
        return world.crm.requests[0]

    def cases(self):
        """(secret, headers, body, whether it is ours)"""
        request = self.request()
        stamp, sign = request.header("X-Elitbuzz-Timestamp"), request.header("X-Elitbuzz-Signature")

        def headers(timestamp=stamp, value=sign):
            return {"x-elitbuzz-timestamp": timestamp, "x-elitbuzz-signature": value}

        def at(seconds, secret=FIRST):
            return headers(str(seconds), signature(secret, str(seconds), request.body))

        now = int(time.time())
        yield FIRST, headers(), request.body, True
        yield FIRST, at(now - 240), request.body, True
        yield FIRST, at(now - 400), request.body, False
        yield FIRST, at(now + 400), request.body, False
        yield SECOND, headers(), request.body, False
        yield SECOND, at(now, SECOND), request.body, True
        yield FIRST, headers(), request.body + b" ", False
        yield FIRST, headers(str(int(stamp) + 1)), request.body, False
        for value in ("", "v1=", sign[3:], sign.upper(), sign + "0", "v1=" + "0" * 64, "v1=é"):
            yield FIRST, headers(value=value), request.body, False
        for timestamp in ("", "soon", "1e9", "-" + stamp, "9" * 5000):
            yield FIRST, headers(timestamp, signature(FIRST, timestamp, request.body)), request.body, False
        yield FIRST, {}, request.body, False

    def test_the_one_in_python_takes_what_is_ours_and_nothing_else(self):
        (recipe,) = [b for b in re.findall(r"^```python\n(.*?)^```$", RECEIVERS, re.MULTILINE | re.DOTALL) if "hmac" in b]
        names = {}
        exec(compile(recipe, "receivers.md", "exec"), names)  # the text under test
        for secret, headers, body, ours in self.cases():
            spelled = {name.title(): value for name, value in headers.items()}
            with self.subTest(headers=headers, secret=secret):
                self.assertEqual(names["is_ours"](secret, spelled, body), ours)

    @unittest.skipUnless(shutil.which("node"), "needs node")
    def test_the_one_in_javascript_takes_what_is_ours_and_nothing_else(self):
        recipe = re.findall(r"^```js\n(.*?)^```$", RECEIVERS, re.MULTILINE | re.DOTALL)[0]
        cases = list(self.cases())
        script = recipe + "".join(
            f"console.log(isOurs({json.dumps(secret)}, {json.dumps(headers)}, "
            f"Buffer.from({json.dumps(body.hex())}, 'hex')));\n" for secret, headers, body, _ in cases)
        done = subprocess.run(["node", "-"], input=script, capture_output=True, text=True, timeout=30, check=False)
        self.assertEqual(done.stderr, "")
        told = [line == "true" for line in done.stdout.split()]
        self.assertEqual(told, [ours for *_, ours in cases], "\n".join(str(headers) for _, headers, _, _ in cases))


if __name__ == "__main__":
    unittest.main()
