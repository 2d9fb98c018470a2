"""The crash points, what happens at them, and the choice of those that are tried."""

import random
from collections import Counter, defaultdict
from dataclasses import dataclass

# The calls at which the program is killed: before, after or in the middle of them. Reading and opening change nothing
# outside of the process, so they are left out.
DEATHS = {**dict.fromkeys(("write", "send"), ("before", "half", "after")),
          **dict.fromkeys(("create", "sync", "truncate", "rename", "unlink", "mkdir", "mode", "lock", "connect",
                           "receive"), ("before", "after"))}
PLACES = ("database", "wal", "shm", "journal", "lock", "log", "archive", "directory", "secret", "configuration", "api",
          "crm", "other")
FAULTS = {"create": ("EIO", "ENOSPC", "EMFILE", "EINTR"), "open": ("EIO", "EMFILE", "EINTR"),
          "write": ("EIO", "ENOSPC", "EINTR", "short"), "sync": ("EIO", "ENOSPC", "EINTR"),
          "truncate": ("EIO", "ENOSPC", "EINTR"), "rename": ("EIO", "ENOSPC"), "unlink": ("EIO",),
          "mkdir": ("EIO", "ENOSPC"), "mode": ("EIO",), "lock": ("EIO", "EINTR"), "read": ("EIO", "EINTR", "short"),
          "descriptor": ("EMFILE",), "connect": ("EIO", "EINTR"),
          "send": ("EIO", "EINTR", "ECONNRESET", "short"), "receive": ("EIO", "EINTR", "ECONNRESET", "short")}


@dataclass(frozen=True)
class Call:
    """The `number`-th call of a kind on a place, in one plot."""

    kind: str
    place: str
    number: int


@dataclass(frozen=True)
class Point:
    """`what` is kill, fault or memory. For memory, `call` is the number of an allocation and `deed` is not used."""

    what: str
    plot: str
    call: object
    deed: str = "fails"

    @property
    def name(self):
        call = self.call
        middle = f"{call.kind}.{call.place}.{call.number}" if isinstance(call, Call) else str(call)
        return f"crash.{self.what}.{self.plot}.{middle}.{self.deed}"

    @staticmethod
    def parse(name):
        parts = name.split(".")
        if len(parts) == 5 and parts[:2] == ["crash", "memory"]:
            return Point("memory", parts[2], int(parts[3]), parts[4])
        if len(parts) != 7 or parts[0] != "crash":
            raise ValueError(f"{name!r} is no point: crash.WHAT.PLOT.KIND.PLACE.NUMBER.DEED")
        return Point(parts[1], parts[2], Call(parts[3], parts[4], int(parts[5])), parts[6])

    def environment(self, report):
        """The environment that makes the preloaded library act at this point."""
        if self.what == "memory":
            return {"CRASH_ALLOCATION": str(self.call), "CRASH_REPORT": report}
        return {"CRASH_POINT": f"{self.call.kind} {self.call.place} {self.call.number} {self.deed}",
                "CRASH_REPORT": report}


def read_calls(text):
    """The calls of a list that a run has written."""
    words = (line.split() for line in text.splitlines())
    return [Call(kind, place, int(number)) for kind, place, number in words]


def in_all(lists):
    """The calls that each of the runs has made, in the order of the first."""
    shared = Counter(call for calls in lists for call in calls)
    return [call for call in lists[0] if shared[call] == len(lists)]


def with_deeds(what, plot, calls, deeds):
    return [Point(what, plot, call, deed) for call in calls for deed in deeds.get(call.kind, ())]


def spread(points, count, seed):
    """`count` of the points: half of them evenly from all kinds of calls, the rest from all that are left."""
    if count >= len(points):
        return list(points)
    generator = random.Random(f"{seed} {count}")
    groups = defaultdict(list)
    for point in points:
        call = point.call
        groups[(point.plot, call.kind, call.place, point.deed) if isinstance(call, Call) else point.plot].append(point)
    for group in groups.values():
        generator.shuffle(group)
    chosen, rounds = [], list(groups.values())
    while rounds and len(chosen) < count // 2:
        generator.shuffle(rounds)
        for group in rounds[:count // 2 - len(chosen)]:
            chosen.append(group.pop())
        rounds = [group for group in rounds if group]
    taken = set(chosen)
    rest = [point for point in points if point not in taken]
    chosen += generator.sample(rest, min(len(rest), count - len(chosen)))
    return sorted(chosen, key=points.index) if len(points) < 3000 else chosen
