"""The program's own simulated CRMs of vendors (`elitbuzz-sync simulator`), as a test starts and asks them."""

import http.client
import json
import re
import subprocess
import tempfile
import time

from harness import BINARY, PATIENCE, clean_environment

# Their credentials.
CLIENT, SECRET, REFRESH_TOKEN = "sample-client", "sample-client-secret", "sample-refresh-token"
STATIC_TOKEN = "sample-api-key"


class Simulator:
    """Runs until `stop`; there are no messages except those of a test."""

    def __init__(self, *arguments):
        self._said = tempfile.TemporaryFile("w+", encoding="utf-8")
        # It ends with this process, however that ends.
        command = ["setpriv", "--pdeathsig", "TERM", BINARY, "simulator", "--users", "0", "--arrivals", "0", *arguments]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self._said, stderr=self._said,
                                        env=clean_environment())
        deadline = time.monotonic() + 20 * PATIENCE
        while not (listening := re.search(r"http://127\.0\.0\.1:(\d+)", self.said())):
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise AssertionError("the simulator does not listen")
            time.sleep(0.02)
        self.url, self.port = listening[0], int(listening[1])

    def said(self):
        self._said.seek(0)
        return self._said.read()

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(20)
        self._said.close()

    def _control(self, method, path, document=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, None if document is None else json.dumps(document),
                               {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        if answer.status != 200:
            raise AssertionError(f"{method} {path}: {answer.status} {text}")
        return text

    def faults(self, vendor, **settings):
        """Changes the faults of a simulated CRM; those that are not named stay."""
        self._control("POST", f"/simulator/{vendor}", settings)

    def records(self, vendor, kind=None):
        """Its records: dictionaries with object, id, key, properties, linked, writes."""
        lines = self._control("GET", f"/simulator/{vendor}/records").splitlines()
        return [record for record in map(json.loads, lines) if kind is None or record["object"] == kind]

    def remove(self, vendor, kind):
        """Somebody deletes all its records of that kind."""
        self._control("DELETE", f"/simulator/{vendor}/records?object={kind}")

    def counts(self, vendor):
        return json.loads(self._control("GET", f"/simulator/{vendor}/counts"))
