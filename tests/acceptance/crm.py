"""A fake CRM that speaks the generic sink's protocol, keeps everything it saw, and fails on demand.

`accepted` is the list of messages it has processed, in order, as an endpoint does that honours `Idempotency-Key`: a
request whose key was processed before changes nothing and gets the first answer again.
"""

import json
import re
import time
from dataclasses import dataclass, field

from peer import Peer, json_answer, plain


@dataclass
class Batch:
    """One POST as it was understood."""

    request: object
    idempotency_key: str
    messages: list
    outcome: str = ""
    accepted: list = field(default_factory=list)
    first_at: float = 0.0  # when a request with this idempotency key came first

    @property
    def keys(self):
        return [m.get("key") for m in self.messages]

    @property
    def users(self):
        return {m.get("user_id") for m in self.messages}


@dataclass
class Accepted:
    key: str
    source: str
    user_id: str
    timestamp: str
    message: dict
    batch: Batch
    at: float


class Crm(Peer):
    def __init__(self, token=None):
        self.token = token
        self.batches = []
        self.accepted = []
        self.problems = []
        self.script = []  # answers used up one after another, before the rule
        self.rule = None  # batch -> answer or None (accept)
        self.on_batch = None  # (batch, moment) with moment "before", "processed"
        self._first_answer = {}
        self._first_at = {}
        self._taken = {}  # idempotency key -> message keys processed under it
        super().__init__()
        self.endpoint = self.url + "/conversations"

    # -- answers ----------------------------------------------------------------------------------------------------

    def answer(self, request):
        batch = self._parse(request)
        if self.on_batch:
            self.on_batch(batch, "before")
        if self.token is not None and request.header("Authorization") != self.token:
            batch.outcome = "401"
            return plain(401, "no")
        with self.lock:
            step = self.script.pop(0) if self.script else None
        chosen = step if step is not None else (self.rule(batch) if self.rule else None)
        if callable(chosen):
            chosen = chosen(batch)
        if isinstance(chosen, Lost):
            self.accept(batch)
            batch.outcome = "lost"
            if self.on_batch:
                self.on_batch(batch, "processed")
            return chosen.answer
        if isinstance(chosen, Results):
            return self._results(batch, chosen)
        if chosen is not None and not 200 <= chosen.status < 300 or chosen is not None and chosen.behaviour != "plain":
            batch.outcome = chosen.behaviour if chosen.behaviour != "plain" else str(chosen.status)
            return chosen
        answer = self.accept(batch)
        if self.on_batch:
            self.on_batch(batch, "processed")
        return chosen if chosen is not None else answer

    def accept(self, batch, keys=None, answer=None):
        """Processes the messages with these keys (all by default), once per idempotency key."""
        with self.lock:
            batch.outcome = "accepted"
            if batch.idempotency_key in self._first_answer:
                batch.outcome = "repeated"
                return self._first_answer[batch.idempotency_key]
            known = self._taken.setdefault(batch.idempotency_key, set())
            for message in batch.messages:
                if (keys is None or message["key"] in keys) and message["key"] not in known:
                    known.add(message["key"])
                    batch.accepted.append(message["key"])
                    self.accepted.append(Accepted(message["key"], message.get("source"), message.get("user_id"),
                                                  message.get("timestamp"), message, batch, time.time()))
            answer = answer or plain(200)
            if keys is None or len(keys) == len(batch.messages):
                self._first_answer[batch.idempotency_key] = answer
            return answer

    def _results(self, batch, results):
        rows, good = [], set()
        for message in batch.messages:
            row = results.judge(message)
            if row is None:
                continue
            rows.append({"key": message["key"], **row})
            if row.get("status") == "ok":
                good.add(message["key"])
        answer = self.accept(batch, good, json_answer({"results": rows}))
        if self.on_batch:
            self.on_batch(batch, "processed")
        return answer

    def _parse(self, request):
        problems = []
        try:
            document = json.loads(request.body.decode("utf-8"))
            messages = document["messages"]
        except (ValueError, KeyError, TypeError) as error:
            problems.append(f"body is not what was agreed: {error}: {request.body[:200]!r}")
            messages = []
        if request.method != "POST":
            problems.append(f"{request.method} in place of POST")
        if "application/json" not in (request.header("Content-Type") or ""):
            problems.append(f"Content-Type {request.header('Content-Type')!r}")
        key = request.header("Idempotency-Key")
        if not key:
            problems.append("no Idempotency-Key")
        for message in messages:
            problems += self._check(message)
        if request.body and not messages:
            problems.append("no message in the batch")
        batch = Batch(request, key, messages)
        with self.lock:
            self.batches.append(batch)
            batch.first_at = self._first_at.setdefault(key, request.at)
            self.problems += [f"request {request.number}: {p}" for p in problems]
        return batch

    @staticmethod
    def _check(message):
        found = []
        for name in ("key", "source", "user_id", "timestamp", "direction", "sender", "type", "text", "media", "user", "raw"):
            if name not in message:
                found.append(f"message without {name!r}")
        if not re.fullmatch("[0-9a-f]{32}", str(message.get("key"))):
            found.append(f"key {message.get('key')!r} is not 32 hex digits")
        stamp = message.get("timestamp")
        if stamp is not None and not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", str(stamp)):
            found.append(f"timestamp {stamp!r}")
        if message.get("direction") not in ("in", "out", "agent", "system", "unknown"):
            found.append(f"direction {message.get('direction')!r}")
        return found

    # -- what was seen ----------------------------------------------------------------------------------------------

    def attempts(self, since=0):
        with self.lock:
            return list(self.batches)[since:]

    def accepted_keys(self):
        with self.lock:
            return [a.key for a in self.accepted]

    def key_problems(self):
        """Same key with another set, or the same set under another key."""
        found, by_key, by_set = [], {}, {}
        for batch in self.attempts():
            if batch.idempotency_key is None or not batch.messages:
                continue
            members = tuple(sorted(batch.keys))
            first = by_key.setdefault(batch.idempotency_key, members)
            if first != members:
                found.append(f"Idempotency-Key {batch.idempotency_key} was used for {len(first)} messages and then for "
                             f"{len(members)} others")
            other = by_set.setdefault(members, batch.idempotency_key)
            if other != batch.idempotency_key:
                found.append(f"the same {len(members)} message(s) went under {other} and under {batch.idempotency_key}")
        return found


class Lost:
    """The messages are processed, the answer never arrives."""

    def __init__(self, answer):
        self.answer = answer


class Results:
    """One outcome a message; `judge(message)` gives the outcome's fields, or None to leave the message unnamed."""

    def __init__(self, judge):
        self.judge = judge


def above(count):
    """Refuses batches of more than `count` messages with 413."""
    return lambda batch: plain(413, "too large") if len(batch.messages) > count else None


def poisoned(test, status=400):
    """Refuses any batch that holds a message for which `test` is true."""
    return lambda batch: plain(status, "poisoned") if any(test(m) for m in batch.messages) else None
