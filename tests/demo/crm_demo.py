"""The demonstration with a CRM that people know: `./dev demo --crm NAME`.

The simulator plays the CRM by its documented rules at /crm/NAME; the daemon talks to it through the shipped preset. It
shows the configuration and the requests, lets the CRM fail, kills the daemon, and at the end compares what stands in
the CRM with what is stored.
"""

import html
import json
import re
import secrets as random_secrets
import sqlite3
import subprocess
from collections import Counter, defaultdict

from stage import DATABASE, FOLDER, LOG, ROOT, Daemon, DemoFailure, Plot, Simulator, View, ended, play, state

# The plot, in seconds after the start of the daemon.
REQUESTS_SHOWN_AT = 3.0
CRM_FAILS_AT = 4.0
CRM_WORKS_AT = 7.0
KILLED_AT = 8.0
RESTARTED_AT = 9.0
ARRIVALS_STOP_AT = 12.0
WORLD = ["--seed", "7", "--users", "40", "--days", "2", "--arrivals", "300", "--late", "0.05", "--late-max", "3",
         "--stop-arrivals-after", str(ARRIVALS_STOP_AT)]
BODY_LINES_MAX = 24

# What opens the simulator's CRMs.
OPENS = {"access_token": "sample-api-key", "api_key": "sample-api-key", "client_id": "sample-client",
         "client_secret": "sample-client-secret", "refresh_token": "sample-refresh-token"}


class Crm:
    """What leads to a CRM, and what its records are called there."""

    def __init__(self, name, secrets, settings, contacts, activities, text, unit):
        self.name, self.secrets, self.settings = name, secrets, settings
        self.contacts, self.activities, self.text, self.unit = contacts, activities, text, unit


CRMS = {crm.name: crm for crm in (
    Crm("espocrm", ["api_key"], {}, "Contact", "Call", "description", "day"),
    Crm("hubspot", ["access_token"], {}, "contacts", "communications", "hs_communication_body", "message"),
    Crm("odoo", ["api_key"], {"database": "sample", "login": "sample-login"}, "res.partner", "mail.message", "body",
        "message"),
    Crm("salesforce", ["client_id", "client_secret"], {}, "Contact", "Chat_Transcript__c", "Body__c", "day"),
    Crm("zoho", ["client_id", "client_secret", "refresh_token"], {"accounts": "{url}/crm/zoho"}, "Contacts",
        "Conversations", "Transcript", "day"),
)}


def variable(name):
    return f"ELITBUZZ_SYNC_DEMO_{name.upper()}"


def configuration(crm, url):
    """The daemon's configuration; the unit is the preset's own."""
    secrets = ", ".join(f"{name}: {{env: {variable(name)}}}" for name in crm.secrets)
    settings = ", ".join(f'{name}: "{value.format(url=url)}"' for name, value in crm.settings.items())
    return f"""state: {{directory: state}}
log: {{file: {LOG.name}}}
sources:
  - name: support
    base_url: {url}
    customer_id: "4660"
    bot_key: 6bc26c50902b4838
    api_key: {{env: {variable("key")}}}
    audiences:
      - {{attribute: feedback, value: "1"}}
    poll: {{interval: 2s, max_staleness: 10s}}
    settle: 3s
    lookback: 30s
    limits: {{requests_per_second: 0, concurrency: 4}}
sinks:
  - name: crm
    type: {crm.name}
    url: {url}/crm/{crm.name}
    secrets: {{{secrets}}}
""" + (f"    settings: {{{settings}}}\n" if settings else "") + "    retry: {max: 3s}\n"


def show_requests(program, path, view):
    """Prints the first requests of a delivery as the program itself shows them, without sending them."""
    command = [program, "deliver", "--render", "--sink", "crm", "--last", "2", "--ignore-state", "--json"]
    command += ["--config", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    if done.returncode != 0:
        raise DemoFailure(f"deliver --render ended with {done.returncode}: {done.stderr.strip()[-1000:]}")
    view.tell("so two messages come to the CRM (secrets masked):")
    for request in json.loads(done.stdout)["requests"]:
        print(f"\n    {request['method']} {request['url']}    ({request['step']})")
        for name, value in request["headers"].items():
            print(f"    {name}: {value}")
        body = request["body"]
        text = body if isinstance(body, str) else json.dumps(body, indent=1, ensure_ascii=False)
        lines = text.splitlines()
        for line in lines[:BODY_LINES_MAX] + (["..."] if len(lines) > BODY_LINES_MAX else []):
            print(f"      {line[:110]}")
    shown = path.relative_to(ROOT)
    print(f"\n    (elitbuzz-sync deliver --render --sink crm --last 2 --ignore-state --config {shown})\n", flush=True)


def rows(query):
    connection = sqlite3.connect(f"file:{DATABASE}?mode=ro", uri=True, timeout=5)
    try:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute(query)]
    finally:
        connection.close()


def records(simulator, crm):
    """What stands in the CRM: contacts and activities."""
    request = simulator.opener.open(f"{simulator.url}/simulator/{crm.name}/records", timeout=10)
    with request as answer:
        every = [json.loads(line) for line in answer.read().decode().splitlines()]
    return ([record for record in every if record["object"] == crm.contacts],
            [record for record in every if record["object"] == crm.activities])


def words(text):
    """A text without what makes it HTML, and with single blanks."""
    return " ".join(html.unescape(re.sub(r"<br */?>", " ", text)).split())


def owners(contacts, users):
    """By the contact's id the user it is of; None when it is of nobody."""
    found = {}
    for contact in contacts:
        key = contact["key"]
        if key.startswith("elit.contact_"):  # Odoo: what external identifiers cannot hold is there as .xx
            key = re.sub(r"\.([0-9a-f]{2})", lambda code: chr(int(code[1], 16)), key.removeprefix("elit.contact_"))
        user = key.removeprefix("support.")
        found[contact["id"]] = user if user in users else None
    return found


def report(simulator, crm, known, exit_status):
    """Prints both sides; gives what is wrong, one sentence each."""
    stored = rows("SELECT * FROM messages_v1 ORDER BY user_id, timestamp_ms, key")
    contacts, activities = records(simulator, crm)
    ledger = simulator.ledger()
    users = {row["user_id"] for row in stored}
    days = {(row["user_id"], row["timestamp_ms"] // 86_400_000) for row in stored}
    expected = len(stored) if crm.unit == "message" else len(days)
    owner = owners(contacts, users)
    texts = defaultdict(list)
    for record in activities:
        for contact in record["linked"]:
            texts[owner.get(contact)].append(words(record["properties"][crm.text]))
    joined = {user: "\n".join(some) for user, some in texts.items()}
    absent = [row for row in stored
              if row["type"] == "TEXT" and words(row["text"]) not in joined.get(row["user_id"], "")]
    twice = [key for key, count in Counter(r["key"] for r in contacts + activities).items() if count > 1]
    unlinked = [record for record in activities if len(record["linked"]) != 1]
    _, deliveries = known or (0, {})
    counts = simulator.call(f"/simulator/{crm.name}/counts")
    print(f"\n  {'':<38}{'stored':>8}{crm.name:>14}")
    for name, here, there in (
            ("users, contacts", len(users), len(contacts)),
            ("messages" if crm.unit == "message" else "days of users, transcripts", expected, len(activities)),
            ("records on no contact or on several", "", len(unlinked)),
            ("records that are there twice", "", len(twice)),
            ("texts that are missing", "", len(absent)), ("requests to the CRM", "", counts["requests"])):
        print(f"  {name + ':':<38}{here:>8}{there:>14}")
    show_conversation(crm, stored, activities, owner)
    checks = [
        (len(stored) > 0, "nothing was written at all"),
        (len(stored) == ledger["messages_visible"], f"{ledger['messages_visible']} messages were written"),
        (deliveries == {("crm", "delivered"): len(stored)}, f"the state of the deliveries is {deliveries}"),
        (sorted(map(str, owner.values())) == sorted(users), "the contacts are not those of the users"),
        (len(activities) == expected, f"{len(activities)} records are in the CRM instead of {expected}"),
        (not twice, f"{len(twice)} keys are in the CRM twice"),
        (not unlinked, f"{len(unlinked)} records are linked to no contact or to several"),
        (not absent, f"{len(absent)} texts are missing in the CRM"),
        (counts["invalid_requests"] == 0, f"{counts['invalid_requests']} requests were none that the CRM allows"),
        ended(exit_status),
    ]
    return [what for good, what in checks if not good]


def show_conversation(crm, stored, activities, owner):
    """The shortest day of a user that says something, stored and in the CRM."""
    days = defaultdict(list)
    for row in stored:
        days[row["user_id"], row["timestamp_ms"] // 86_400_000].append(row)
    if not days:
        return
    (user, _), said = min(days.items(), key=lambda item: (
        any(row["type"] != "TEXT" for row in item[1]), len(item[1]) < 3, len(item[1]), item[0]))
    print("\n  one conversation, as it is stored:")
    for row in said:
        print(f"    {row['direction']:<8}{words(row['text'])[:90]}")
    print(f"  and in {crm.name}:")
    texts = [words(row["text"]) for row in said]
    for record in activities:
        if [owner.get(contact) for contact in record["linked"]] != [user]:
            continue
        shown = record["properties"][crm.text]
        told = words(shown)
        if told.partition(": ")[2] in texts if crm.unit == "message" else all(text in told for text in texts):
            for line in re.sub(r"<br */?>", "\n", shown).splitlines():
                print(f"    {record['id']}: {html.unescape(line)[:90]}")


def story(program, crm):
    key = random_secrets.token_hex(16)
    path = FOLDER / f"{crm.name}.yaml"

    def run(started):
        simulator = Simulator(program, key, *WORLD)
        started.append(simulator)
        simulator.wait_until_it_answers()
        path.write_text(configuration(crm, simulator.url), encoding="utf-8")
        daemon = Daemon(program, path, {variable("key"): key, **{variable(name): OPENS[name] for name in crm.secrets}})
        started.append(daemon)
        view = View()
        print(f"{path.relative_to(ROOT)}:\n")
        print(re.sub("(?m)^", "    ", path.read_text(encoding="utf-8").split("sinks:\n")[1]))
        view.tell(f"a bot and a simulated {crm.name} answer at {simulator.url}; the daemon starts")
        daemon.start()
        plot = Plot([
            (REQUESTS_SHOWN_AT, "the first conversations are delivered", lambda: show_requests(program, path, view)),
            (CRM_FAILS_AT, "the CRM fails (503 to everything)", lambda: simulator.crm_fails(True, crm.name)),
            (CRM_WORKS_AT, "the CRM works again", lambda: simulator.crm_fails(False, crm.name)),
            (KILLED_AT, "the daemon is killed (SIGKILL)", daemon.kill),
            (RESTARTED_AT, "the daemon is started again", daemon.start),
            (ARRIVALS_STOP_AT, "the users stop writing", lambda: None),
        ], view)

        def show(ledger, known, over):
            stored, deliveries = known or (0, {})
            said, delivered = ledger["messages_visible"], deliveries.get(("crm", "delivered"), 0)
            note = "no daemon" if daemon.process is None else "waiting for the last ones" if over else ""
            view.show(f"[{view.progress(said, delivered)}] said {said:5}  stored {stored:5}  delivered {delivered:5}  "
                      + note)

        def is_settled(ledger, known):
            return known is not None and known[0] == ledger["messages_visible"] > 0 and known[1] == {
                ("crm", "delivered"): known[0]}

        _, known = play(plot, simulator, daemon, show, is_settled)
        exit_status = daemon.stop()
        return report(simulator, crm, state() or known, exit_status)

    return run
