"""A real CRM: a Tryton server from Debian's packages, with parties as contacts and notes as conversations.

Making its database takes some 10 s, so an empty one is made once, kept under `build/` and copied for every server.
What Tryton does, seen with 6.0: a party's `code` is unique (a second create is answered 200 with a `UserError`);
notes have no key, so a repeated create makes a second note; several records in one create are all stored or none.
"""

import base64
import fcntl
import http.client
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / "build" / "tryton"
DATABASE = "crm"
LOGIN, PASSWORD = "admin", "canarykey-tryton-7c1d"
MODULES = ("ir", "res", "country", "party")
PATIENCE = float(os.environ.get("ELITBUZZ_SYNC_PATIENCE", "1"))


def unavailable():
    """The reason, in a sentence, why Tryton cannot run here; None when it can."""
    if not (shutil.which("trytond") and shutil.which("trytond-admin")):
        return "no Tryton server: install the packages tryton-server and tryton-modules-party (./dev deps does)"
    return None


class TrytonError(Exception):
    """An answer that is an error: `name` as Tryton calls it (`UserError`, `401`), `text` for people."""

    def __init__(self, name, text=""):
        super().__init__(f"{name}: {text}")
        self.name, self.text = name, text


def write_configuration(directory, port=0):
    path = directory / "trytond.conf"
    path.write_text(f"[database]\nuri = sqlite://\npath = {directory}\n\n[web]\nlisten = 127.0.0.1:{port}\n")
    return path


def make_database(directory):
    (directory / f"{DATABASE}.sqlite").touch()
    secret = directory / "password"
    secret.write_text(PASSWORD)
    command = ["trytond-admin", "-c", str(write_configuration(directory)), "-d", DATABASE, "-u", *MODULES,
               "--email", "admin@example.invalid"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=180 * PATIENCE,
                          env={**os.environ, "TRYTONPASSFILE": str(secret)}, check=False)
    if done.returncode:
        raise AssertionError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr[-2000:]}")


def database_template():
    """The path of a database without parties, made if there is none of the installed version."""
    version = subprocess.run(["dpkg-query", "--show", "tryton-server", "tryton-modules-party"], capture_output=True,
                             text=True, check=False).stdout
    label = re.sub(r"[^0-9A-Za-z.]+", "-", " ".join(version.split())) or "unknown"
    path = CACHE / f"{label}.sqlite"
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            with tempfile.TemporaryDirectory(prefix="making-", dir=CACHE) as directory:
                make_database(Path(directory))
                os.replace(Path(directory) / f"{DATABASE}.sqlite", path)
    return path


class Tryton:
    """A running server with its own database; `stop` ends it, `start` brings it back at its port with what it had."""

    _shared = None

    @classmethod
    def shared(cls):
        """The server of all tests of a file, without parties and notes: starting one takes a second."""
        if cls._shared is None:
            cls._shared = cls()
            unittest.addModuleCleanup(cls._end_shared)
        cls._shared.clear()
        return cls._shared

    @classmethod
    def _end_shared(cls):
        server, cls._shared = cls._shared, None
        server.close()

    def __init__(self):
        self._temporary = tempfile.TemporaryDirectory(prefix="elitbuzz-tryton-")
        self.directory = Path(self._temporary.name)
        self.process, self.port, self._session = None, 0, None
        shutil.copyfile(database_template(), self.directory / f"{DATABASE}.sqlite")
        self.start()

    @property
    def url(self):
        """Where the remote procedures of the database are called."""
        return f"http://127.0.0.1:{self.port}/{DATABASE}/"

    def start(self):
        log, configuration = self.directory / "trytond.log", write_configuration(self.directory, self.port)
        # It ends with this process, however that ends.
        command = ["setpriv", "--pdeathsig", "TERM", "trytond", "-c", str(configuration), "-d", DATABASE]
        with open(log, "wb") as output:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        deadline = time.monotonic() + 30 * PATIENCE
        while True:
            said = log.read_text("utf-8", "replace")
            listening = re.search(r"Running on http://127\.0\.0\.1:(\d+)", said)
            if listening:
                self.port = int(listening[1])
                return
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise AssertionError(f"trytond does not listen: {said[-2000:]}")
            time.sleep(0.05)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)

    def close(self):
        self.stop()
        self._temporary.cleanup()

    # -- remote procedures --------------------------------------------------------------------------------------------

    def ask(self, method, parameters, headers=None):
        """The result of one call; raises an error that is the answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30 * PATIENCE)
        try:
            body = json.dumps({"id": 1, "method": method, "params": list(parameters)}).encode()
            connection.request("POST", f"/{DATABASE}/", body, {"Content-Type": "application/json", **(headers or {})})
            answer = connection.getresponse()
            text = answer.read().decode("utf-8", "replace")
        finally:
            connection.close()
        if answer.status != 200:
            raise TrytonError(str(answer.status), text)
        document = json.loads(text)
        if "error" in document:
            name, what = document["error"][:2]
            raise TrytonError(name, what[0] if isinstance(what, list) else str(what))
        return document["result"]

    def login(self, login=LOGIN, password=PASSWORD):
        """A new session: what follows `Session ` in the header of every later call."""
        user, session = self.ask("common.db.login", [login, {"password": password}])
        return base64.b64encode(f"{login}:{user}:{session}".encode()).decode()

    def call(self, method, *parameters):
        """A call of a logged-in user; `parameters` without the context."""
        if self._session is None:
            self._session = self.login()
        return self.ask(method, [*parameters, {}], {"Authorization": f"Session {self._session}"})

    def create(self, model, *records):
        """The ids of new records."""
        return self.call(f"model.{model}.create", list(records))

    def search(self, model, *domain):
        return self.call(f"model.{model}.search", list(domain), 0, None, None)

    def read(self, model, ids, *fields):
        return self.call(f"model.{model}.read", list(ids), list(fields))

    # -- its records --------------------------------------------------------------------------------------------------

    def parties(self):
        """All parties as dictionaries, in the order of their making."""
        ids = sorted(self.search("party.party"))
        return sorted(self.read("party.party", ids, "code", "name"), key=lambda record: record["id"])

    def notes(self, code=None):
        """All notes, or those of the party with this code, in the order of their making."""
        domain = []
        if code is not None:
            domain = [["resource", "in", [f"party.party,{i}" for i in self.search("party.party", ["code", "=", code])]]]
        ids = sorted(self.search("ir.note", *domain))
        return sorted(self.read("ir.note", ids, "resource", "message"), key=lambda record: record["id"])

    def clear(self):
        """Removes all notes and parties, logs everybody out, and forgets who tried to log in."""
        for model in ("ir.note", "party.party"):
            if ids := self.search(model):
                self.call(f"model.{model}.delete", ids)
        self._forget("res_user_login_attempt")  # after five of them it takes none for some minutes
        self.end_sessions()

    def end_sessions(self):
        """Logs everybody out, as an administrator may at any time: the next call is answered 401."""
        self._forget("ir_session")
        self._session = None

    def _forget(self, table):
        with sqlite3.connect(self.directory / f"{DATABASE}.sqlite", timeout=10) as database:
            database.execute(f"DELETE FROM {table}")
        database.close()
