"""A relay between the program and an independent server: passes everything on, and loses what a test chooses.

The server behind it stays an honest one; only the way there and back has accidents.
"""

import http.client
import itertools
import threading
from dataclasses import dataclass
from urllib.parse import urlsplit

from peer import Answer, Peer, Request, reset

LOST_BEFORE = "the request is lost: the server never sees it"
LOST_AFTER = "the answer is lost: the server has done what was asked"
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "host", "date", "server"}


@dataclass
class Exchange:
    """One request and the answer of the server; `answer` is None when the server did not get the request."""

    request: Request
    answer: Answer
    fault: str

    def __str__(self):
        said = "nothing" if self.answer is None else f"{self.answer.status} {self.answer.body[:600]!r}"
        return f"{self.request.method} {self.request.target} {self.request.body[:600]!r} -> {said}"


class Relay(Peer):
    """Listens on its own port and asks `upstream` (a URL; its path is not used) what to answer.

    `fault(request)` may give LOST_BEFORE, LOST_AFTER, an `Answer` to give in place of the server's, or None.
    `rename` has texts that are replaced in answers: addresses under which the server knows itself.
    """

    def __init__(self, upstream="http://127.0.0.1:9", fault=None, seconds=30):
        self.rename = {}
        self.lead_to(upstream)
        self.fault = fault
        self.seconds = seconds
        self.exchanges = []
        super().__init__()

    def lead_to(self, upstream):
        """Sends requests to this server from now on."""
        parts = urlsplit(upstream)
        self.upstream = (parts.hostname, parts.port)

    def answer(self, request):
        fault = self.fault(request) if self.fault else None
        if fault == LOST_BEFORE:
            return self.note(request, None, fault, reset())
        if isinstance(fault, Answer):
            return self.note(request, None, "answered in the server's place", fault)
        try:
            reply = self.pass_on(request)
        except (OSError, http.client.HTTPException) as error:
            return self.note(request, None, f"the server did not answer: {error}", reset())
        return self.note(request, reply, fault, reset() if fault == LOST_AFTER else reply)

    def note(self, request, reply, fault, answer):
        with self.lock:
            self.exchanges.append(Exchange(request, reply, fault))
        return answer

    def pass_on(self, request):
        connection = http.client.HTTPConnection(*self.upstream, timeout=self.seconds)
        try:
            headers = {k: v for k, v in request.headers.items() if k not in HOP_BY_HOP}
            connection.request(request.method, request.target, request.body or None, headers)
            reply = connection.getresponse()
            kept = {k: v for k, v in reply.getheaders() if k.lower() not in HOP_BY_HOP}
            body = reply.read()
            for known, shown in self.rename.items():
                body = body.replace(known.encode(), shown.encode())
            return Answer(reply.status, body, kept)
        finally:
            connection.close()

    def seen(self, *statuses):
        """The exchanges that the server answered with one of `statuses`; without any: all."""
        with self.lock:
            return [e for e in self.exchanges if not statuses or (e.answer and e.answer.status in statuses)]


def nth(number, fault, where=lambda request: True):
    """A fault for the `number`-th request (from 1) for which `where` holds; all others go through."""
    numbers, lock = itertools.count(1), threading.Lock()

    def decide(request):
        if not where(request):
            return None
        with lock:
            return fault if next(numbers) == number else None

    return decide
