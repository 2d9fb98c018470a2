"""The part shared by the fake source and the fake CRM: a threaded HTTP/1.1 server whose answers can misbehave.

A handler decides what to answer by returning an `Answer`. Everything a peer can do wrong on the wire is an `Answer`
too, so that the two fakes only decide *when* it happens.
"""

import json
import socket
import ssl
import struct
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass
class Answer:
    """The answer to a request. `behaviour` is one of the names in `_Handler.write`."""

    status: int = 200
    body: bytes = b""
    headers: dict = field(default_factory=dict)
    behaviour: str = "plain"
    size: int = 0
    after: object = None  # called once the answer has left


def json_answer(document, status=200, headers=None):
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    return Answer(status, body, {"Content-Type": "application/json", **(headers or {})})


def plain(status, body=b"", headers=None):
    return Answer(status, body if isinstance(body, bytes) else body.encode(), dict(headers or {}))


def reset():
    """The connection is closed without an answer."""
    return Answer(behaviour="reset")


def hang():
    """The request is read and never answered."""
    return Answer(behaviour="hang")


def truncated(body=b'{"conversations":[{"timestamp":'):
    """A complete header with a length, and a body that ends before it."""
    return Answer(200, body, {"Content-Type": "application/json"}, behaviour="truncate")


def half_header():
    return Answer(behaviour="half-header")


def drip(seconds_between=0.2):
    """A body without an end, sent slowly, byte by byte."""
    return Answer(behaviour="drip", size=seconds_between)


def flood(size):
    """A well-formed list of `size` bytes, chunked, so that no header gives its length."""
    return Answer(behaviour="flood", size=size)


def many_headers(count):
    return Answer(200, b"{}", behaviour="headers", size=count)


def html(status=200):
    return Answer(status, b"<html><body><h1>Maintenance</h1></body></html>", {"Content-Type": "text/html"})


@dataclass
class Request:
    """One request as it arrived; `answer` is filled in by the fake."""

    number: int
    at: float
    method: str
    path: str
    query: dict
    headers: dict
    body: bytes
    connection: int
    target: str = ""
    status: int = 0
    done: float = 0.0
    note: str = ""

    def header(self, name):
        return self.headers.get(name.lower())


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, peer):
        self.peer = peer
        super().__init__(("127.0.0.1", 0), _Handler)

    def speak_tls(self, certificate, key):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        self.socket = context.wrap_socket(self.socket, server_side=True)

    def handle_error(self, request, client_address):
        """A client may close its connection at any time."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def setup(self):
        super().setup()
        self.connection_number = self.server.peer.connected(self.connection)

    def finish(self):
        self.server.peer.disconnected(self.connection)
        try:
            super().finish()
        except OSError:
            pass

    def log_message(self, *_):
        pass

    def serve(self):
        peer = self.server.peer
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        if len(body) < length:
            self.close_connection = True  # the client died while it spoke: nothing was asked
            return
        if not length and "chunked" in (self.headers.get("Transfer-Encoding") or ""):
            body = self.read_chunks()
        parts = urlsplit(self.path)
        request = peer.record(self.command, unquote(parts.path, errors="replace"),
                              dict(parse_qsl(parts.query, keep_blank_values=True)),
                              {k.lower(): v for k, v in self.headers.items()}, body,
                              self.connection_number, self.path)
        try:
            answer = peer.answer(request)
            request.status = answer.status if answer.behaviour == "plain" else 0
            request.note = answer.behaviour
            self.write(answer)
            if answer.after:
                answer.after()
        except OSError:
            self.close_connection = True
        finally:
            request.done = time.time()
            peer.finished(request)

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = serve

    def read_chunks(self):
        body = b""
        while True:
            size = int(self.rfile.readline().split(b";")[0] or b"0", 16)
            body += self.rfile.read(size)
            self.rfile.readline()
            if not size:
                return body

    def head(self, status, headers):
        lines = [f"HTTP/1.1 {status} X"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines.append(f"Date: {self.date_time_string(time.time() + self.server.peer.clock_skew)}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def write(self, answer):
        if answer.behaviour == "plain":
            headers = dict(answer.headers)
            if answer.status != 204:
                headers["Content-Length"] = len(answer.body)
            self.connection.sendall(self.head(answer.status, headers) + answer.body)
            return
        self.close_connection = True
        getattr(self, "write_" + answer.behaviour.replace("-", "_"))(answer)

    def write_reset(self, _):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def write_hang(self, _):
        self.server.peer.closing.wait()

    def write_truncate(self, answer):
        headers = {**answer.headers, "Content-Length": len(answer.body) + 100}
        self.connection.sendall(self.head(answer.status, headers) + answer.body)

    def write_half_header(self, _):
        self.connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Ty")

    def write_drip(self, answer):
        self.connection.sendall(self.head(200, {"Content-Type": "application/json", "Content-Length": 1000000}))
        while not self.server.peer.closing.wait(answer.size):
            self.connection.sendall(b" ")

    def write_flood(self, answer):
        self.connection.sendall(self.head(200, {"Content-Type": "application/json", "Transfer-Encoding": "chunked"}))
        filler = b'{"conversations":['
        row = b'{"timestamp":"2026/01/31 09:15:02.345+0000","sender":"bot","response":"' + b"x" * 8000 + b'"},'
        sent = 0
        self.chunk(filler)
        while sent < answer.size and not self.server.peer.closing.is_set():
            self.chunk(row)
            sent += len(row)
        self.chunk(b'{"timestamp":null}]}')
        self.connection.sendall(b"0\r\n\r\n")

    def chunk(self, data):
        self.connection.sendall(b"%x\r\n%s\r\n" % (len(data), data))

    def write_headers(self, answer):
        head = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
        head += b"".join(b"X-Filler-%d: %s\r\n" % (i, b"y" * 60) for i in range(answer.size))
        self.connection.sendall(head + b"\r\n{}")


class Peer:
    """A server on an ephemeral loopback port that records every request."""

    def __init__(self):
        self.lock = threading.RLock()
        self.requests = []
        self.connections = 0
        self.in_flight = 0
        self.most_in_flight = 0
        self.clock_skew = 0.0
        self.closing = threading.Event()
        self._sockets = set()
        self._server = _Server(self)
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def answer(self, request):
        raise NotImplementedError

    def record(self, method, path, query, headers, body, connection, target):
        with self.lock:
            request = Request(len(self.requests), time.time(), method, path, query, headers, body, connection, target)
            self.requests.append(request)
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
            return request

    def finished(self, _):
        with self.lock:
            self.in_flight -= 1

    def connected(self, connection):
        with self.lock:
            self.connections += 1
            self._sockets.add(connection)
            return self.connections

    def disconnected(self, connection):
        with self.lock:
            self._sockets.discard(connection)

    def speak_tls(self, certificate, key):
        """Serves https from now on; a client that does not trust the certificate cannot send a request."""
        self._server.speak_tls(certificate, key)
        self.url = self.url.replace("http://", "https://")

    def drop_connections(self):
        """Closes idle connections, as a server does between two polls."""
        with self.lock:
            sockets = list(self._sockets)
        for connection in sockets:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def stop(self):
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self.drop_connections()
        self._thread.join(5)
