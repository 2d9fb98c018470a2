"""`type: http`, row by row of the table of answers, and the order of a user's messages.

Decided where the contract is silent: a result for a key that was not sent is ignored; a batch answered 2xx with a body
that is no JSON, or JSON without `results`, is accepted whole.
"""

import json
import time
import unittest
from email.utils import formatdate

from crm import Lost, Results, above, poisoned
from harness import MARK, AcceptanceTest, Bare, wait_for
from peer import drip, hang, half_header, json_answer, plain, reset, truncated
from vendor import now_ms

USERS = ("919800000001", "919800000002")


def text_is(part):
    return lambda message: part in (message["text"] or "")


def never_ok(message):
    return {"status": "error", "retryable": False, "error": "no such field"}


class DeliveryTest(AcceptanceTest):
    def filled(self, per_user=8, users=USERS, **sink):
        world = self.world(users=users)
        world.sink().update(sink)
        world.fill(per_user)
        return world

    def dead(self, world, sink="crm"):
        return world.rows("SELECT m.text, d.last_error, d.attempts FROM deliveries_v1 d JOIN messages_v1 m USING (source, key)"
                          " WHERE d.sink = ? AND d.state = 'dead' ORDER BY m.text", sink)

    def gaps(self, world):
        """Seconds between the requests at the CRM."""
        times = [b.request.at for b in world.crm.batches]
        return [b - a for a, b in zip(times, times[1:])]

    # -- 2xx --------------------------------------------------------------------------------------------------------

    def test_any_2xx_accepts_all(self):
        for answer in (plain(200), plain(201, "made"), plain(202, "{}"), plain(204), json_answer({"ok": True}),
                       json_answer([]), plain(200, "<html>thanks</html>")):
            with self.subTest(status=answer.status, body=answer.body):
                world = self.filled(3)
                world.crm.rule = lambda _, answer=answer: answer
                self.assertSyncs(world)
                self.assertAgrees(world, order="strict")

    def test_each_message_has_its_own_outcome(self):
        world = self.filled(8)
        world.crm.rule = lambda _: Results(lambda m: never_ok(m) if text_is("001/3")(m) else
                                           {"status": "ok", "id": "remote-" + m["key"][:6]})
        self.assertSyncs(world, 1)
        self.assertEqual(world.states(), {"delivered": 15, "dead": 1})
        dead = self.dead(world)
        self.assertIn("001/3", dead[0]["text"])
        self.assertIn("no such field", dead[0]["last_error"] or "", "the reason is the CRM's own")
        row = world.rows("SELECT key, remote_id FROM deliveries_v1 WHERE state = 'delivered'")[0]
        self.assertEqual(row["remote_id"], "remote-" + row["key"][:6])

    def test_a_message_that_is_not_named_is_not_delivered(self):
        world = self.filled(6, USERS[:1])
        forgotten = []

        def judge(message):
            if text_is("001/2")(message) and len(forgotten) < 2:
                forgotten.append(message["key"])
                return None
            return {"status": "ok"}

        world.crm.rule = lambda _: Results(judge)
        self.assertSyncs(world)
        self.assertEqual(len(forgotten), 2, "the unnamed message was asked about twice before")
        self.assertAgrees(world, order=None)

    def test_a_retryable_error_holds_the_later_messages_of_that_user_back(self):
        """Those of the same batch were judged already; what is in later batches has to wait."""
        world = self.filled(10, batch={"messages": 2, "wait": Bare("50ms")})
        errors = []

        def judge(message):
            if text_is("001/4")(message) and len(errors) < 3:
                errors.append(time.time())
                return {"status": "error", "retryable": True, "error": "locked"}
            return {"status": "ok"}

        world.crm.rule = lambda _: Results(judge)
        self.assertSyncs(world)
        self.assertAgrees(world, order=None)
        at = {a.message["text"].rsplit(" ")[-1]: a.at for a in world.crm.accepted}
        early = [n for n in range(6, 10) if at[f"001/{n}"] < at["001/4"]]
        self.assertFalse(early, f"001/{early} came before 001/4, which was to be retried")

    # -- try again --------------------------------------------------------------------------------------------------

    def test_transient_statuses_are_tried_again(self):
        for status in (408, 425, 429, 500, 502, 503, 504):
            with self.subTest(status=status):
                world = self.filled(3)
                world.crm.script = [plain(status, "later")] * 3
                self.assertSyncs(world)
                self.assertAgrees(world, order="strict")
                self.assertGreaterEqual(len(world.crm.batches), 4)

    def test_broken_connections_and_answers_are_tried_again(self):
        for name, answer in (("reset", reset()), ("truncated", truncated(b"{")), ("half a header", half_header())):
            with self.subTest(name):
                world = self.filled(3)
                world.crm.script = [answer] * 2
                self.assertSyncs(world)
                self.assertAgrees(world, order="strict")

    def test_an_answer_that_does_not_come_in_time_is_tried_again(self):
        for name, answer in (("hangs", hang()), ("drips", drip(0.1))):
            with self.subTest(name):
                world = self.filled(3, timeout=Bare("600ms"))
                world.crm.script = [answer] * 2
                done = self.assertSyncs(world)
                self.assertAgrees(world, order="strict")
                self.assertLess(done.seconds, 15)

    def test_a_lost_answer_is_repeated_with_the_same_key(self):
        for name, answer in (("reset", reset()), ("hangs", hang()), ("500", plain(500)), ("truncated", truncated(b"{"))):
            with self.subTest(name):
                world = self.filled(5, timeout=Bare("600ms"))
                world.crm.script = [Lost(answer)]
                self.assertSyncs(world)
                self.assertAgrees(world, order="strict")
                keys = [b.idempotency_key for b in world.crm.batches]
                self.assertIn(keys[0], keys[1:], f"the first batch's key was not used again: {keys}")

    def test_a_lost_answer_is_repeated_with_the_same_key_by_the_next_process(self):
        world = self.filled(5, timeout=Bare("600ms"))
        world.config["sync"]["wait"] = Bare("500ms")
        world.crm.rule = lambda _: Lost(reset())
        self.assertSyncs(world, 1)
        self.assertLessEqual(set(world.states()), {"pending", "in_flight", "unknown"})
        world.crm.rule = None
        world.vendor.add(USERS[0], now_ms() - 1000, f"{MARK} new in the meantime")
        self.assertSyncs(world)
        self.assertAgrees(world)

    def test_retry_after_is_obeyed_as_seconds_and_as_date(self):
        """Four sinks at once, one for each status and form; four connections each, all of which have to wait."""
        forms = {"seconds": lambda: "2", "date": lambda: formatdate(int(time.time()) + 3, usegmt=True)}
        cases = {f"{form}-{status}": (status, forms[form]) for form in forms for status in (429, 503)}
        world = self.world(users=tuple(f"9198000000{i:02d}" for i in range(6)), sinks=tuple(cases))
        world.config["sync"]["wait"] = Bare("20s")
        world.fill(6)
        told = {}
        for name, (status, value) in cases.items():
            world.sink(name)["batch"] = {"messages": 2, "wait": Bare("10ms")}

            def once(_, name=name, status=status, value=value):
                if name in told:
                    return None
                told[name] = time.time()
                return plain(status, "slow down", {"Retry-After": value()})

            world.crms[name].rule = once
        self.assertSyncs(world)
        for name, crm in world.crms.items():
            later = [b.request.at - told[name] for b in crm.batches if b.request.at > told[name] + 0.3]
            self.assertTrue(later, f"{name}: no request after the pause")
            self.assertGreater(min(later), 1.85, f"{name}: a request came before Retry-After had passed")
        self.assertAgrees(world, order="strict")

    def test_what_sync_cannot_wait_for_stays_pending_and_the_exit_is_1(self):
        world = self.filled(3)
        world.config["sync"]["wait"] = Bare("1s")
        world.crm.rule = lambda _: plain(503, "later", {"Retry-After": "3600"})
        done = self.assertSyncs(world, 1)
        self.assertLess(done.seconds, 10, str(done))
        self.assertTrue(done.err.strip(), "stderr says what is undone")
        self.assertEqual(sum(world.states().values()), 6)
        self.assertLessEqual(set(world.states()), {"pending", "in_flight", "unknown"})
        self.assertLessEqual(len(world.crm.batches), 4, "Retry-After was not obeyed")

    def test_backoff_grows_and_never_hammers(self):
        world = self.filled(3, USERS[:1], retry={"first": Bare("200ms"), "max": Bare("1s")})
        world.config["sync"]["wait"] = Bare("4s")
        world.crm.rule = lambda _: plain(500)
        self.assertSyncs(world, 1)
        self.assertGreaterEqual(len(world.crm.batches), 3)
        self.assertLessEqual(len(world.crm.batches), 25, f"gaps {self.gaps(world)}")

    def test_giving_up_makes_a_dead_letter_of_what_never_got_through(self):
        world = self.filled(2, USERS[:1], retry={"first": Bare("100ms"), "max": Bare("200ms"), "give_up_after": Bare("1s")})
        world.crm.rule = lambda _: plain(500, "forever")
        self.assertSyncs(world, 1)
        self.assertEqual(world.states(), {"dead": 2})
        self.assertIn("500", self.dead(world)[0]["last_error"])

    # -- pauses -----------------------------------------------------------------------------------------------------

    def test_401_and_403_pause_the_sink_after_one_request(self):
        for status in (401, 403):
            with self.subTest(status=status):
                world = self.filled(6, batch={"messages": 2, "wait": Bare("50ms")}, concurrency=1)
                world.crm.rule = lambda _, status=status: plain(status, "who are you")
                done = self.assertSyncs(world, 1)
                self.assertLessEqual(len(world.crm.batches), 3, "a refused credential is not tried over and over")
                self.assertLessEqual(set(world.states()), {"pending", "in_flight", "unknown"}, "everything is kept")
                self.assertLess(done.seconds, 10)
                document, status_done = world.status()
                self.assertCode(status_done, 1)
                self.assertIn("credential", json.dumps(document))
                world.crm.rule = None
                self.assertSyncs(world)
                self.assertAgrees(world, order="strict")

    def test_a_rewritten_token_is_read_again_and_work_goes_on(self):
        """Without a signal: while paused, the secret is re-read at least every 15 s."""
        world = self.filled(4)
        world.crm.token = "Bearer canarykey-rotated"
        daemon = world.run()
        wait_for(lambda: any(b.outcome == "401" for b in world.crm.batches), 15, "the refusal")
        wait_for(lambda: "credential" in json.dumps(world.status()[0]), 10, "`paused: credential` in status", 0.5)
        refused = len(world.crm.batches)
        self.assertLessEqual(refused, 3)
        world.secret("crm.token", world.crm.token)
        wait_for(lambda: world.states() == {"delivered": 8}, 25, "the rest to be delivered within 15 s and a little")
        self.assertAgrees(world, order="strict")
        said = [e for e in world.events() if "paus" in json.dumps(e).lower() and e.get("level") in ("warn", "warning", "error")]
        self.assertLessEqual(len(said), 2, f"it is said once: {said}")
        self.assertEqual(daemon.stop(), 0)

    def test_a_redirect_is_not_followed_and_pauses_with_the_reason(self):
        world = self.filled(3)
        other = world.add_crm("elsewhere")
        world.config["sinks"].pop()
        world.crm.rule = lambda _: plain(302, "", {"Location": other.endpoint})
        self.assertSyncs(world, 1)
        self.assertEqual(len(other.requests), 0, "the redirect was followed")
        self.assertLessEqual(len(world.crm.batches), 4)
        document, _ = world.status()
        self.assertRegex(json.dumps(document), "(?i)redirect|302", "the reason is not in status")
        del world.crms["elsewhere"]
        world.crm.rule = None
        self.assertSyncs(world)
        self.assertAgrees(world, order="strict")

    def test_a_crm_that_refuses_everything_is_paused_before_a_flood_of_dead_letters(self):
        world = self.filled(60, dead_letters={"pause_after": 10})
        world.crm.rule = lambda _: plain(400, "nothing pleases me")
        self.assertSyncs(world, 1)
        states = world.states()
        self.assertLessEqual(states.get("dead", 0), 20, f"{states}")
        self.assertGreaterEqual(states.get("pending", 0), 100, f"{states}")
        self.assertLess(len(world.crm.batches), 200)

    # -- refusals ---------------------------------------------------------------------------------------------------

    def test_413_halves_the_batch_until_it_fits(self):
        world = self.filled(20)
        world.crm.rule = above(3)
        self.assertSyncs(world)
        self.assertAgrees(world, order="strict")
        self.assertLess(len(world.crm.batches), 60)

    def test_a_single_message_that_is_too_large_becomes_dead_and_the_rest_arrives(self):
        world = self.filled(8)
        world.crm.rule = poisoned(text_is("002/5"), 413)
        self.assertSyncs(world, 1)
        self.assertEqual(world.states(), {"delivered": 15, "dead": 1})
        self.assertIn("002/5", self.dead(world)[0]["text"])
        self.assertIn("413", self.dead(world)[0]["last_error"])

    def test_other_4xx_find_the_culprit_and_nobody_else_suffers(self):
        for status in (400, 404, 409, 422):
            with self.subTest(status=status):
                world = self.filled(16)
                world.crm.rule = poisoned(lambda m: text_is("001/7")(m) or text_is("002/12")(m), status)
                self.assertSyncs(world, 1)
                self.assertEqual(world.states(), {"delivered": 30, "dead": 2})
                dead = self.dead(world)
                self.assertEqual([d["text"][-5:] for d in dead], ["001/7", "02/12"])
                for row in dead:
                    self.assertIn(str(status), row["last_error"])
                    self.assertIn("poisoned", row["last_error"], "the CRM's answer is the reason")
                self.assertFalse(world.crm.key_problems())
                asked = len(world.crm.batches)
                self.assertSyncs(world, 1)
                self.assertEqual(len(world.crm.batches), asked, "dead letters were sent again without being asked for")

    # -- one bad thing and its neighbours ---------------------------------------------------------------------------

    def test_one_message_that_cannot_be_taken_holds_back_only_its_user(self):
        users = tuple(f"9198000000{i:02d}" for i in range(8))
        answers = {"500": lambda: plain(500, "could not save"), "408": lambda: plain(408), "reset": reset,
                   "403": lambda: plain(403, "blocked")}
        for name, answer in answers.items():
            with self.subTest(name):
                world = self.filled(5, users, retry={"first": Bare("1s"), "max": Bare("2s")})
                bad = text_is("003/2")
                world.crm.rule = lambda request, bad=bad, answer=answer: (
                    answer() if any(bad(m) for m in request.messages) else None)
                daemon = world.run()
                wait_for(lambda: world.states().get("delivered", 0) == 37, 40, f"the 37 others: {world.states()}")
                self.assertEqual(sum(world.states().values()), 40)
                world.crm.rule = None
                wait_for(lambda: world.states() == {"delivered": 40}, 30, "the rest when the receiver can take it")
                self.assertAgrees(world, order="strict")
                self.assertEqual(daemon.stop(), 0)

    def test_giving_up_ends_one_message_and_not_its_batch(self):
        users = tuple(f"9198000000{i:02d}" for i in range(8))
        world = self.filled(5, users, retry={"first": Bare("100ms"), "max": Bare("300ms"), "give_up_after": Bare("2s")})
        bad = text_is("003/4")
        world.crm.rule = lambda request: (
            plain(500, "could not save") if any(bad(m) for m in request.messages) else None)
        self.assertSyncs(world, 1)
        self.assertEqual(world.states(), {"delivered": 39, "dead": 1})
        self.assertIn("003/4", self.dead(world)[0]["text"])

    def test_batches_that_do_not_end_in_time_become_smaller(self):
        world = self.filled(40, timeout=Bare("1s"), retry={"first": Bare("100ms"), "max": Bare("500ms")})
        world.crm.rule = lambda request: Lost(hang()) if len(request.messages) > 10 else None
        daemon = world.run()
        wait_for(lambda: world.states() == {"delivered": 80}, 60, "all in smaller batches")
        self.assertEqual(daemon.stop(), 0)

    def test_an_address_that_refuses_everything_pauses_and_kills_nothing(self):
        for status in (404, 405, 410, 501, 400):
            with self.subTest(status=status):
                world = self.filled(30, retry={"first": Bare("200ms"), "max": Bare("1s")})
                world.crm.rule = lambda _, status=status: plain(status, "The requested webhook is not registered.")
                daemon = world.run()
                wait_for(lambda: len(world.crm.batches) > 2, 15, "some requests")
                wait_for(lambda: "misconfigured" in json.dumps(world.status()[0]), 15, "`paused: misconfigured`", 0.5)
                self.assertNotIn("dead", world.states())
                self.assertLessEqual(len(world.crm.batches), 12)
                world.crm.rule = None
                wait_for(lambda: world.states() == {"delivered": 60}, 20, "everything when the address is right")
                self.assertEqual(daemon.stop(), 0)

    # -- order ------------------------------------------------------------------------------------------------------

    def test_order_per_user_survives_failures_and_concurrency(self):
        world = self.filled(40, tuple(f"9198000000{i:02d}" for i in range(6)), concurrency=8,
                            batch={"messages": 3, "wait": Bare("10ms")})
        world.config["sync"]["wait"] = Bare("30s")
        count = [0]

        def sometimes(_):
            count[0] += 1
            return (plain(503), None, None, reset(), None)[count[0] % 5]

        world.crm.rule = sometimes
        self.assertSyncs(world)
        self.assertAgrees(world, order="strict")
        self.assertLessEqual(world.crm.most_in_flight, 8, "more requests in flight than `concurrency` allows")

    def test_batches_are_no_larger_than_configured(self):
        world = self.filled(30, batch={"messages": 7, "wait": Bare("50ms")})
        self.assertSyncs(world)
        self.assertLessEqual(max(len(b.messages) for b in world.crm.batches), 7)
        self.assertAgrees(world, order="strict")


if __name__ == "__main__":
    unittest.main()
