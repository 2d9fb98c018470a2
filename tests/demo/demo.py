#!/usr/bin/env python3
"""Shows the real daemon at work: a simulated bot whose users keep writing, a CRM that fails, a crash, and the ledger.

    demo.py PROGRAM
    demo.py PROGRAM --crm NAME    the same with a simulated CRM of a vendor: see crm_demo.py

Starts PROGRAM's simulator (an Elitbuzz API and a CRM on one port of this machine) and its daemon with config/demo.yaml,
lets the CRM fail for some seconds, kills the daemon without warning and starts it again, waits until everything that
was written has arrived, and compares what the bot said, what is stored and what the CRM holds. Ends with 0 only if
nothing is missing and nothing is there twice. Everything it makes is in build/demo. Needs Python's standard library
only.
"""

import json
import pathlib
import re
import secrets
import sys

import crm_demo
from stage import DATABASE, FOLDER, LOG, ROOT, Daemon, Plot, Simulator, View, clear_folder, ended, perform, play, state

CONFIGURATION = ROOT / "config" / "demo.yaml"
ARCHIVE = FOLDER / "archive"

# The plot, in seconds after the start of the daemon.
CRM_FAILS_AT = 3.0
CRM_WORKS_AT = 7.0
KILLED_AT = 9.0
RESTARTED_AT = 10.0
ARRIVALS_STOP_AT = 13.0
USERS = 40
WORLD = ["--seed", "7", "--users", str(USERS), "--days", "3", "--arrivals", "600", "--late", "0.05", "--late-max", "3",
         "--stop-arrivals-after", str(ARRIVALS_STOP_AT)]


def archived_keys():
    """The keys of all lines that the file sink wrote, with repeats."""
    keys = []
    for file in sorted(ARCHIVE.glob("*")) if ARCHIVE.exists() else []:
        for line in file.read_text(encoding="utf-8").splitlines():
            try:
                keys.append(json.loads(line)["key"])
            except (ValueError, KeyError, TypeError):
                continue  # a line that the crash cut off; its message is written again
    return keys


def plot_of(simulator, daemon, view):
    return Plot([
        (CRM_FAILS_AT, "the CRM fails (503 to everything)", lambda: simulator.crm_fails(True)),
        (CRM_WORKS_AT, "the CRM works again", lambda: simulator.crm_fails(False)),
        (KILLED_AT, "the daemon is killed (SIGKILL)", daemon.kill),
        (RESTARTED_AT, "the daemon is started again", daemon.start),
        (ARRIVALS_STOP_AT, "the users stop writing", lambda: None),
    ], view)


def drawing(daemon, view):
    def show(ledger, known, over):
        note = "waiting for the last ones" if over else ""
        if CRM_FAILS_AT <= view.seconds() < CRM_WORKS_AT:
            note = "CRM down"
        elif daemon.process is None:
            note = "no daemon"
        stored, deliveries = known or (0, {})
        said, crm = ledger["messages_visible"], ledger["crm_received"]
        view.show(f"[{view.progress(said, crm)}] users {ledger['users_matching']:3}  said {said:5}  stored {stored:5}  "
                  f"CRM {crm:5}  archive {deliveries.get(('archive', 'delivered'), 0):5}  {note}")

    return show


def is_settled(ledger, known):
    """Whether everything that was said is stored and delivered."""
    if known is None:
        return False
    stored, deliveries = known
    return (ledger["balanced"] and stored == ledger["messages_visible"] == ledger["crm_received"] and stored > 0
            and deliveries.get(("crm", "delivered")) == stored == deliveries.get(("archive", "delivered")))


def report(ledger, known, exit_status):
    """Prints the ledger; gives what is wrong, one sentence each."""
    stored, deliveries = known or (0, {})
    keys = archived_keys()
    doubled = ledger["unexpected"] + ledger["crm_repeats_other_key"]
    undelivered = sum(n for (_, outcome), n in deliveries.items() if outcome not in ("delivered", "suppressed"))
    rows = [
        ("users followed", ledger["users_matching"]),
        ("messages the users and the bot wrote", ledger["messages_visible"]),
        ("fetched", ledger["messages_served"]),
        ("stored", stored),
        ("delivered to the CRM", deliveries.get(("crm", "delivered"), 0)),
        ("delivered to the archive", deliveries.get(("archive", "delivered"), 0)),
        ("pending or dead", undelivered),
        ("held by the CRM", ledger["crm_received"]),
        ("missing in the CRM", ledger["missing"]),
        ("duplicates in the CRM", doubled),
        ("out of order in the CRM", ledger["crm_order_violations"]),
        ("sent again under the same key", ledger["crm_repeats_same_key"]),
        ("requests to the API", ledger["api_requests"]),
    ]
    print("\nThe ledger")
    for name, count in rows:
        print(f"  {name + ':':<38}{count:>8}")
    print(f"\n  database  {DATABASE.relative_to(ROOT)}\n  log       {LOG.relative_to(ROOT)}\n"
          f"  archive   {ARCHIVE.relative_to(ROOT)}")
    expected = ledger["messages_visible"]
    checks = [
        (expected > 0, "nothing was written at all"),
        (ledger["messages_served"] == expected, "not everything was fetched"),
        (stored == expected, f"{stored} messages are stored instead of {expected}"),
        (ledger["missing"] == 0, f"{ledger['missing']} messages are missing in the CRM"),
        (doubled == 0, f"{doubled} messages are in the CRM twice or were never written"),
        (ledger["balanced"], "the simulator's ledger does not balance"),
        (undelivered == 0, f"{undelivered} deliveries are pending or dead"),
        (deliveries.get(("crm", "delivered")) == stored, "the state and the CRM disagree about what was delivered"),
        (len(set(keys)) == stored, f"the archive holds {len(set(keys))} messages instead of {stored}"),
        (len(set(keys)) == len(keys), f"{len(keys) - len(set(keys))} messages are in the archive twice"),
        ended(exit_status),
    ]
    return [what for good, what in checks if not good]


def configuration_for(url):
    """A copy of the configuration beside what it makes, with the simulator's address."""
    text = CONFIGURATION.read_text(encoding="utf-8")
    path = FOLDER / CONFIGURATION.name
    path.write_text(re.sub(r"http://127\.0\.0\.1:\d+", url, text).replace("../build/demo/", ""), encoding="utf-8")
    return path


def story(program):
    key = secrets.token_hex(16)

    def run(started):
        simulator = Simulator(program, key, *WORLD)
        started.append(simulator)
        simulator.wait_until_it_answers()
        daemon = Daemon(program, configuration_for(simulator.url), {"ELITBUZZ_SYNC_DEMO_KEY": key})
        started.append(daemon)
        view = View()
        view.tell(f"a bot with {USERS} users and a CRM answer at {simulator.url}; the daemon starts")
        daemon.start()
        ledger, known = play(plot_of(simulator, daemon, view), simulator, daemon, drawing(daemon, view), is_settled)
        exit_status = daemon.stop()
        return report(simulator.ledger(), state() or known, exit_status)

    return run


def main(arguments):
    if len(arguments) not in (1, 3) or arguments[1:2] not in ([], ["--crm"]):
        print(__doc__, file=sys.stderr)
        return 64
    if arguments[2:] and arguments[2] not in crm_demo.CRMS:
        print(f"demo: there is no CRM '{arguments[2]}'; known are {', '.join(crm_demo.CRMS)}", file=sys.stderr)
        return 64
    program = str(pathlib.Path(arguments[0]).resolve())
    clear_folder()
    return perform(crm_demo.story(program, crm_demo.CRMS[arguments[2]]) if arguments[2:] else story(program))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
