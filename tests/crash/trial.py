"""Tries one point: the program reaches it, is restarted until it ends without an error, and the result is checked."""

import os
import pathlib
import random
import signal
import traceback
from dataclasses import dataclass, field

from points import Call, Point
from world import ALARMS, MARK, WORLDS

STATUSES_OF_FAULTS = {0, 1, 74, 75}
STATUS_RESOURCES = 71
STATUS_CONFIGURATION = 78
STATUSES_OF_MEMORY = {0, 1, STATUS_RESOURCES, 74}


@dataclass
class Outcome:
    point: Point
    second: Point = None
    reached: bool = False
    second_reached: bool = False
    repeats: int = 0  # batches that the CRM got again, under the same key
    status: int = None  # of the life that met the point
    wrong: list = field(default_factory=list)


class Libraries:
    """The files of the preloaded libraries."""

    def __init__(self, folder):
        self.points = pathlib.Path(folder, "crash_points.so").resolve()
        self.allocations = pathlib.Path(folder, "crash_allocations.so").resolve()

    def environment(self, what):
        return {"LD_PRELOAD": str(self.allocations if what == "memory" else self.points),
                # The sanitizers' runtime demands to be the first library. These libraries contain nothing that it needs
                # to see.
                "ASAN_OPTIONS": ":".join(filter(None, [os.environ.get("ASAN_OPTIONS"), "verify_asan_link_order=0"]))}


def list_calls(libraries, plot, kill=None):
    """The calls of a run of the plot; with `kill`, of the run after one that died there."""
    world = WORLDS[plot]()
    try:
        if kill is not None:
            world.live(world.verb, {**libraries.environment("kill"), **kill.environment("/dev/null")})
        return list_of(world, libraries, "kill", "CRASH_LIST")
    finally:
        world.close()


def list_allocations(libraries, plot):
    """The numbers of the allocations that come from a chain of callers not seen before."""
    world = WORLDS[plot]()
    try:
        lines = list_of(world, libraries, "memory", "CRASH_ALLOCATION_LIST").splitlines()
        return [int(line.split()[0]) for line in lines]
    finally:
        world.close()


def list_of(world, libraries, what, variable):
    path = world.directory / "list"
    life = world.live(world.verb, {**libraries.environment(what), variable: str(path)})
    if life.code != 0:
        raise AssertionError(f"a run without any trouble failed: {life}")
    return path.read_text()


def second_point(point, candidates, seed):
    """The point at which the second run is killed."""
    return random.Random(f"{seed} {point.name}").choice(candidates) if candidates else None


def try_point(libraries, point, second, keep=False):
    outcome = Outcome(point, second)
    world = WORLDS[point.plot]()
    try:
        judge = judge_kills if point.what == "kill" else judge_fault
        outcome.wrong = judge(world, libraries, outcome)
        outcome.repeats = sum(batch.outcome == "repeated" for batch in world.crm.batches)
    except Exception:  # whatever goes wrong belongs to this point
        outcome.wrong = [traceback.format_exc()]
    finally:
        if keep:
            world.keep()
        world.close()
    return outcome


def meet(world, libraries, point, report):
    """Runs the program up to the point; returns whether it was reached."""
    path = world.directory / report
    life = world.live(world.verb, {**libraries.environment(point.what), **point.environment(str(path))})
    return life, path.exists()


def judge_kills(world, libraries, outcome):
    wrong = []
    first, outcome.reached = meet(world, libraries, outcome.point, "first")
    wrong += judge_death(first, outcome.reached)
    if outcome.second is not None:
        second, outcome.second_reached = meet(world, libraries, outcome.second, "second")
        wrong += judge_death(second, outcome.second_reached)
    outcome.status = first.code
    world.finish_plot()
    wrong += world.judge_end(world.live("sync"))
    return wrong + world.judge_log(world.alarms)


def judge_death(life, reached):
    wrong = []
    if life.code != (-signal.SIGKILL if reached else 0):
        wrong.append(f"{'at its point' if reached else 'without a point'} {life}")
    if life.errors:
        wrong.append(f"complaints without need: {life.errors[-600:]}")
    return wrong


def judge_fault(world, libraries, outcome):
    point = outcome.point
    life, outcome.reached = meet(world, libraries, point, "first")
    outcome.status = life.code
    wrong = judge_survivor(point, life, world)
    world.finish_plot()
    wrong += world.judge_end(world.live("sync"))
    return wrong + world.judge_log(ANY_ALARM)


class _AnyAlarm:
    """After a fault every alarm is allowed but one."""

    def __contains__(self, event):
        return event != "ledger_mismatch"


ANY_ALARM = _AnyAlarm()


def judge_survivor(point, life, world):
    allowed = set(STATUSES_OF_MEMORY if point.what == "memory" else STATUSES_OF_FAULTS)
    if isinstance(point.call, Call) and point.call.place in ("configuration", "secret"):
        allowed.add(STATUS_CONFIGURATION)
    if point.deed == "EMFILE":
        allowed.add(STATUS_RESOURCES)
    wrong = [] if life.code in allowed else [f"after the fault {life}"]
    alarms = [e for e in world.events() if e["level"] in ALARMS]
    if life.code != 0 and not life.errors.strip() and not alarms:
        wrong.append(f"no word about it: {life}")
    if MARK in life.errors:
        wrong.append(f"the text of a message was spoken: {life}")
    return wrong
