"""A fake Elitbuzz API with a switch for every unknown of the wire.

`Vendor` holds the truth (`rows`, `audiences`), a `Dialect` says how it is told, and `fail` adds faults. Nothing here
knows how the program under test works.
"""

import hashlib
import json
import random
import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone

from peer import Answer, Peer, json_answer, plain

CUSTOMER = "4660"
BOT = "6bc26c50902b4838"
PREFIX = f"/bot-api/v1.0/customer/{CUSTOMER}/bot/{BOT}/"


def _moment(ms):
    return datetime.fromtimestamp(ms // 1000, timezone.utc) + timedelta(milliseconds=ms % 1000)


def _text(separator, between, digits, offset):
    """A renderer of instants and the number of milliseconds it keeps apart."""

    def render(ms):
        zone = timezone.utc
        if offset not in ("", "Z"):
            sign = -1 if offset[0] == "-" else 1
            digits_only = offset[1:].replace(":", "")
            zone = timezone(sign * timedelta(hours=int(digits_only[:2]), minutes=int(digits_only[2:])))
        moment = _moment(ms).astimezone(zone)
        fraction = f".{ms % 1000:03d}000000"[: digits + 1] if digits else ""
        return moment.strftime(f"%Y{separator}%m{separator}%d{between}%H:%M:%S") + fraction + offset

    return render, 10 ** max(0, 3 - digits)


# name -> (renderer, precision in ms); every form of the table of unknowns
TIMESTAMPS = {
    "slashes": _text("/", " ", 3, "+0000"),
    "dashes": _text("-", " ", 3, "+0000"),
    "slashes and T": _text("/", "T", 3, "+0000"),
    "RFC 3339": _text("-", "T", 3, "Z"),
    "no fraction": _text("/", " ", 0, "+0000"),
    "one digit": _text("/", " ", 1, "+0000"),
    "two digits": _text("-", "T", 2, "Z"),
    "six digits": _text("-", " ", 6, "+0000"),
    "nine digits": _text("-", "T", 9, "Z"),
    "offset without colon": _text("/", " ", 3, "+0530"),
    "offset with colon": _text("-", "T", 3, "+05:30"),
    "negative offset": _text("/", " ", 3, "-0330"),
    "no offset": _text("/", " ", 3, ""),
    "ms number": (lambda ms: ms, 1),
    "ms string": (str, 1),
    "s number": (lambda ms: ms // 1000, 1000),
    "s string": (lambda ms: str(ms // 1000), 1000),
}
UNREADABLE = {"words": "the day before yesterday", "null": None, "object": {"at": 1}, "empty": "", "month 13":
              "2026/13/45 99:15:02.345+0000"}
USER_FIELDS = ["channelUserId", "channel_user_id", "userId", "user_id", "user.channel_user_id", "id", "phoneNumber",
               "phone_number", "user.phone_no"]
USER_SHAPES = ["bare", "users", "responseObject", "responseObject.users", "data", "content", "result", "results",
               "channelUsers"]
PAST_THE_END = ["empty", "1004", "404", "204", "repeat"]
ORDERS = ["newest", "oldest", "hashed", "page-shuffled"]
ERROR_KEYS = {
    "code": lambda c, n, d: {"code": c, "message": n, "details": d},
    "errorCode": lambda c, n, d: {"errorCode": str(c), "errorMessage": n, "errorDetails": d},
    "error_code": lambda c, n, d: {"error_code": c, "error": n, "detail": d},
    "status": lambda c, n, d: {"responseObject": None, "status": {"code": c, "desc": n, "details": d}},
    "words": lambda c, n, d: {"wrong": f"{n}: {d}"},
}
ERROR_NAMES = {1002: "INVALID_BOT_OR_CUSTOMER_ID", 1003: "INVALID_INPUT_DATE_VALUE", 1004: "INVALID_PAGE_NUMBER"}


@dataclass
class Row:
    """One message as the source knows it."""

    user: str
    at_ms: int
    text: str
    sender: str = "user"
    kind: str = "TEXT"
    visible_from: float = 0.0
    media: tuple = None
    form: str = None  # a timestamp form of its own
    extra: dict = field(default_factory=dict)
    serial: int = 0
    response: object = None  # sent in place of the text when it is set


@dataclass
class Dialect:
    start_inclusive: bool = True
    end_inclusive: bool = True
    order: str = "newest"
    cap: int = None
    past_end: str = "empty"
    users_shape: str = "users"
    user_field: str = "channelUserId"  # or "string", "number"
    messages_shape: str = "conversations"  # or "messages", "bare", a dotted path
    timestamp: str = "slashes"
    ids: str = None  # a field name, or None
    ids_are: str = "true"  # or "changing" with each read, or "constant" for all rows
    signed_urls: bool = True
    error_keys: str = "code"
    page_size_names: tuple = ("page_size", "Page_size")
    success_status: bool = False  # adds status.code 1000

    def expected_ms(self, row):
        form = row.form or self.timestamp
        if form in UNREADABLE:
            return None
        return row.at_ms - row.at_ms % TIMESTAMPS[form][1]


@dataclass
class _Fault:
    answer: object
    kind: str
    user: str
    page: int
    times: int
    skip: int


def _wrap(shape, rows, extra):
    if shape == "bare":
        return rows
    document = rows
    for name in reversed(shape.split(".")):
        document = {name: document}
    document.update(extra)
    return document


class Vendor(Peer):
    def __init__(self, dialect=None, api_key="k"):
        self.dialect = dialect or Dialect()
        self.api_key = api_key
        self.rows = []
        self.audiences = {}
        self.user_extra = {}
        self.faults = []
        self.violations = []
        self.before_page = None
        self.prefix = PREFIX
        self.on_request = None
        self._pages = defaultdict(set)
        self._random = random.Random(20260131)
        super().__init__()

    # -- the truth --------------------------------------------------------------------------------------------------

    def add(self, user, at_ms, text, **more):
        with self.lock:
            row = Row(user, int(at_ms), text, serial=len(self.rows), **more)
            self.rows.append(row)
            return row

    def follow(self, *users, attribute="feedback", value="1"):
        with self.lock:
            self.audiences[(attribute, value)] = list(users)

    def truth(self, users=None, since_ms=None):
        """What must be stored: (user, expected time, text) of everything visible by now."""
        now = time.time()
        with self.lock:
            wanted = set(users) if users is not None else {u for a in self.audiences.values() for u in a}
            return [row for row in self.rows if row.user in wanted and row.visible_from <= now
                    and (since_ms is None or row.at_ms >= since_ms)]

    def fail(self, answer, kind=None, user=None, page=None, times=None, skip=0):
        """Gives `answer` (or what it returns for the request) in place of the truth; `times=None`: always."""
        fault = _Fault(answer, kind, user, page, times, skip)
        with self.lock:
            self.faults.append(fault)
        return fault

    def heal(self):
        with self.lock:
            self.faults.clear()

    # -- what was asked ---------------------------------------------------------------------------------------------

    def asked(self, kind=None, user=None, since=0):
        with self.lock:
            seen = list(self.requests)[since:]
        return [r for r in seen if (kind is None or self._route(r)[0] == kind)
                and (user is None or self._route(r)[1] == user)]

    def _route(self, request):
        if not request.path.startswith(self.prefix):
            return "unknown", None
        rest = request.path[len(self.prefix):]
        if rest == "users":
            return "users", None
        if rest.startswith("channel-user/") and rest.endswith("/conversations"):
            return "conversations", rest[len("channel-user/"):-len("/conversations")]
        return "unknown", None

    # -- answering --------------------------------------------------------------------------------------------------

    def answer(self, request):
        kind, user = self._route(request)
        if self.on_request:
            self.on_request(request, kind, user)
        fault = self._fault(request, kind, user)
        if fault is not None:
            return fault
        if request.header("Authorization") != f"Basic {self.api_key}":
            return json_answer({"error": "Unauthorized", "status": 401, "path": request.path}, 401)
        if request.method != "GET" or kind == "unknown":
            self.violations.append(f"{request.method} {request.path}: no such endpoint")
            return json_answer({"error": "Not Found", "status": 404}, 404)
        return self._users(request) if kind == "users" else self._conversations(request, user)

    def _fault(self, request, kind, user):
        with self.lock:
            for fault in self.faults:
                if fault.kind not in (None, kind) or fault.user not in (None, user):
                    continue
                if fault.page is not None and request.query.get("page_number", "1") != str(fault.page):
                    continue
                if fault.skip:
                    fault.skip -= 1
                    continue
                if fault.times is not None:
                    if not fault.times:
                        continue
                    fault.times -= 1
                return fault.answer(request) if callable(fault.answer) else fault.answer
        return None

    def error(self, status, code, details=""):
        body = ERROR_KEYS[self.dialect.error_keys](code, ERROR_NAMES.get(code, "ERROR"), details)
        return json_answer(body, status)

    def _users(self, request):
        with self.lock:
            users = self.audiences.get((request.query.get("attribute_name"), request.query.get("attribute_value")), [])
            elements = [self._element(user) for user in users]
        if request.query.get("page_number", "1") not in ("", "1"):
            elements = []
        return json_answer(_wrap(self.dialect.users_shape, elements, self._envelope()))

    def _element(self, user):
        if self.dialect.user_field == "string":
            return user
        value = int(user) if self.dialect.user_field == "number" else user
        name = "userId" if self.dialect.user_field == "number" else self.dialect.user_field
        return {"name": "Someone", name: value, **self.user_extra.get(user, {})}

    def _envelope(self):
        return {"status": {"code": 1000, "desc": "SUCCESS"}} if self.dialect.success_status else {}

    def _number(self, request, name, default):
        text = request.query.get(name, "")
        if text == "":
            return default
        try:
            return int(text)
        except ValueError:
            self.violations.append(f"{request.target}: {name} is no number")
            return default

    def _conversations(self, request, user):
        page = self._number(request, "page_number", 1)
        size = 500
        for name in self.dialect.page_size_names:
            size = self._number(request, name, size)
        start, end = self._number(request, "start_date", 0), self._number(request, "end_date", None)
        if self.before_page:
            self.before_page(user, page)
        with self.lock:
            known = any(user in users for users in self.audiences.values()) or any(r.user == user for r in self.rows)
            if not known:
                return self.error(400, 1002, "no such user")
            self._judge(request, user, start, end, page, size)
            if page < 1 or size < 1:
                return self.error(400, 1004, "page numbers start at 1")
            end = int(time.time() * 1000) if end is None else end
            if end <= start:
                return self.error(400, 1003, "end_date should be greater than start_date")
            rows = self._window(user, start, end)
            size = min(size, self.dialect.cap or size)
            return self._page(request, user, rows, page, size)

    def _judge(self, request, user, start, end, page, size):
        """Records requests that a correct client never makes."""
        if 0 < start < 10 ** 11 or (end is not None and end < 10 ** 11):
            self.violations.append(f"{request.target}: instants in seconds")
        if end is not None and end <= start:
            self.violations.append(f"{request.target}: a window without length")
        if page == 1:
            self._pages[user].add((start, end))
        elif (start, end) not in self._pages[user]:
            self.violations.append(f"{request.target}: page {page} of a window whose page 1 was never read")
        if end is None and page > 1:
            self.violations.append(f"{request.target}: a blank end moves between two pages")

    def _window(self, user, start, end):
        now = time.time()
        dialect = self.dialect
        rows = [r for r in self.rows if r.user == user and r.visible_from <= now
                and (r.at_ms >= start if dialect.start_inclusive else r.at_ms > start)
                and (r.at_ms <= end if dialect.end_inclusive else r.at_ms < end)]
        if dialect.order == "hashed":
            rows.sort(key=lambda r: hashlib.sha1(f"{r.serial}".encode()).digest())
        else:
            rows.sort(key=lambda r: (r.at_ms, r.serial), reverse=dialect.order != "oldest")
        return rows

    def _page(self, request, user, rows, page, size):
        dialect = self.dialect
        chosen = rows[(page - 1) * size: page * size]
        if not chosen and page > 1:
            if dialect.past_end == "repeat" and rows:
                last = (len(rows) - 1) // size
                chosen = rows[last * size:]
            elif dialect.past_end == "1004":
                return self.error(400, 1004, "no such page")
            elif dialect.past_end == "404":
                return json_answer({"error": "Not Found", "status": 404, "path": request.path}, 404)
            elif dialect.past_end == "204":
                return plain(204)
        if not chosen and page == 1 and dialect.past_end == "204":
            return plain(204)
        if dialect.order == "page-shuffled":
            chosen = self._random.sample(chosen, len(chosen))
        return json_answer(_wrap(dialect.messages_shape, [self.render(row) for row in chosen], self._envelope()))

    def render(self, row):
        dialect = self.dialect
        form = row.form or dialect.timestamp
        stamp = UNREADABLE[form] if form in UNREADABLE else TIMESTAMPS[form][0](row.at_ms)
        element = {"timestamp": stamp, "sender": row.sender, "message_type": row.kind,
                   "response": row.text if row.response is None else row.response,
                   "file": None, "attachments": None, "user_id": "3f0c-" + hashlib.md5(row.user.encode()).hexdigest()}
        if row.media:
            url, mime = row.media
            if dialect.signed_urls:
                url += f"?signature={self._random.getrandbits(64):x}&expires={time.time_ns()}"
            element["file"] = {"url": url, "mimeType": mime, "uploadType": "URL"}
        if dialect.ids:
            element[dialect.ids] = {"true": f"m-{row.serial}", "constant": "c-1",
                                    "changing": f"{self._random.getrandbits(64):x}"}[dialect.ids_are]
        element.update(row.extra)
        return element


def now_ms():
    return int(time.time() * 1000)


def raw_json(text, status=200):
    """An answer whose JSON text is given, for what `json` cannot write."""
    return Answer(status, text if isinstance(text, bytes) else text.encode(), {"Content-Type": "application/json"})


def nested(depth):
    return raw_json('{"conversations":' + "[" * depth + "]" * depth + "}")


def error_document(code):
    return json.dumps(ERROR_KEYS["code"](code, ERROR_NAMES.get(code, "ERROR"), ""))
