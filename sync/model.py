"""The nouns every room shares: frozen values, and the Protocols by which rooms speak.

Frames are pandas frames whose text columns are `str`; a missing value is NA and means "not said", the empty
string means "emptied". `match` is an object's key folded by the site's manners, parts joined by `SEPARATOR`:
two rows speak of one object exactly if their `match` is equal. `pack`ed values are JSON objects as text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    import pandas as pd

SEPARATOR = "\x1f"
"""Joins the parts of a `match`; no identifier may hold it."""

Kind = Literal["identifier", "text", "email", "role", "instant", "flag", "number", "path"]
Op = Literal["create", "update", "delete"]
Cause = Literal["sis", "site", "both", "mapping"]
Status = Literal["planned", "held", "sending", "done", "failed", "skipped", "unknown", "covered"]
Severity = Literal["error", "warning", "notice"]
Missing = Literal["keep", "delete"]
Ownership = Literal["always", "on_create", "never_blank"]


# -- what the catalogue is made of -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Field:
    """One property of a resource.

    `send` says when it goes out: `state` is compared and sent with every write of the object, `with` is not
    compared and goes beside every write, `event` goes only when the sheet's value changed. `form` is how an
    instant is written on the wire. `pattern` must match the whole canonical value.
    """

    name: str
    kind: Kind = "text"
    required: bool = False
    max_len: int | None = None
    pattern: str | None = None
    pattern_says: str = ""
    unique: bool = False
    default: str | None = None
    at: Literal["path", "body", "query"] = "body"
    send: Literal["state", "with", "event"] = "state"
    form: Literal["offset", "site_time", "epoch"] = "offset"


@dataclass(frozen=True, slots=True)
class Take:
    """Where in an answer's object a field stands. `display` marks a role given by its display name."""

    at: str
    form: Literal["plain", "display"] = "plain"


@dataclass(frozen=True, slots=True)
class Read:
    """A GET: how the current state of a resource is asked for.

    `by` are the key fields in the path; the others of the key are taken from the answer. `ours` names
    properties an object of a list must have to be a candidate for adoption; others stay in view, untouched.
    `present` names properties whose emptiness (null, "" or 0) means the object is not there.
    """

    path: str
    by: tuple[str, ...]
    take: Mapping[str, Take]
    many: bool = False
    query: Mapping[str, str] = field(default_factory=dict)
    ours: Mapping[str, str] = field(default_factory=dict)
    present: tuple[str, ...] = ()
    paged: bool = False


@dataclass(frozen=True, slots=True)
class Write:
    """A PUT, POST or DELETE. Fields in `key_in_body` go into the body beside the fields sent.

    `empty` tells whether the API may answer success without a body. `take` reads what the server now holds
    out of the answer, where it says so. `rate` is about how many of these calls a second a Moodle on two cores
    takes at most.
    """

    method: Literal["PUT", "POST", "DELETE"]
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    key_in_body: tuple[str, ...] = ()
    empty: bool = False
    take: Mapping[str, Take] = field(default_factory=dict)
    rate: float = 100.0


@dataclass(frozen=True, slots=True)
class Ref:
    """The object needs another: `on` leads from a field here to a key field there."""

    resource: str
    on: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Takes:
    """What a delete takes along on the server: rows of `resource` that agree in the key fields `on`.

    With `only_if_last`, nothing is taken while another plugin's object of the same key stays on the site.
    """

    resource: str
    on: tuple[str, ...]
    only_if_last: bool = False


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of thing the site holds: one literal in the catalogue.

    `slice` are the key fields by which rosters are counted, scoped and held (none: the resource as a whole).
    `gate` names the field whose new values must be opened by one write alone, before its siblings go.
    The first of `reads` is the one that compares whole sets; the others answer for single objects.
    """

    name: str
    key: tuple[str, ...]
    fields: tuple[Field, ...]
    put: Write
    reads: tuple[Read, ...] = ()
    delete: Write | None = None
    refs: tuple[Ref, ...] = ()
    takes: tuple[Takes, ...] = ()
    slice: tuple[str, ...] = ()
    gate: str | None = None
    updatable: bool = True
    title: str = ""

    def field(self, name: str) -> Field | None:
        """The field of that name, or None if the reference names none."""
        return next((f for f in self.fields if f.name == name), None)

    @property
    def state(self) -> tuple[Field, ...]:
        """The fields beside the key."""
        return tuple(f for f in self.fields if f.name not in self.key)


@dataclass(frozen=True, slots=True)
class Manners:
    """What differs from site to site and decides equality.

    `roles` are pairs of short and display name, the highest first; `teaching` are those a roster must not
    lose the last of.
    """

    identifiers: Literal["ignore_case", "exact"] = "ignore_case"
    timezone: str = "UTC"
    roles: tuple[tuple[str, str], ...] = ()
    teaching: tuple[str, ...] = ()


# -- what comes in ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a row came from, as a person counts: the header line has a number too."""

    file: str
    tab: str | None = None
    row: int | None = None

    def __str__(self) -> str:
        tab = f", tab {self.tab}" if self.tab else ""
        row = f", row {self.row}" if self.row is not None else ""
        return f"{self.file}{tab}{row}"


@dataclass(frozen=True, slots=True)
class Issue:
    """Something a person must know or mend, with its origin down to the cell."""

    code: str
    severity: Severity
    message: str
    hint: str = ""
    resource: str | None = None
    file: str | None = None
    tab: str | None = None
    row: int | None = None
    column: str | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table as read: text cells only.

    `frame` has the header's names as columns (stripped) and, as its index, each record's row number as a
    person sees it. `digest` is the SHA-256 of the file; `found` says what was recognised (encoding,
    delimiter, header row), for people. `issues` are what reading noticed. `whole` tells whether the file holds
    all it was meant to: if not (no rows at all, cut short), what is absent from it means nothing.
    """

    file: str
    tab: str | None
    frame: pd.DataFrame
    digest: str
    modified: datetime
    header_row: int = 1
    found: Mapping[str, str] = field(default_factory=dict)
    issues: tuple[Issue, ...] = ()
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Input:
    """A file a plan was made from.

    For a sheet: which mapping read it (None: it was only looked into), how many records, how old, what was `found`
    out about its form, and of how many rows in percent each column the mapping needs is `filled`. A `doubtful` one
    has lost so many rows that it is no measure for the next night, unless somebody approves what it asks for.
    """

    kind: Literal["sheet", "mapping", "site"]
    name: str
    digest: str
    path: str
    mapping: str | None = None
    rows: int | None = None
    modified: datetime | None = None
    found: Mapping[str, str] = field(default_factory=dict)
    filled: Mapping[str, int] = field(default_factory=dict)
    doubtful: bool = False


# -- both sides ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Desired:
    """What the sheets say should be true of one resource.

    rows:     match, key..., fields..., claims (mapping names joined by a space), file, tab, row, also (other
              origins, for people); one row an object
    removals: match, key..., claims, file, tab, row; objects a delta says are gone
    guarded:  match (NA: any), slice (NA: any), claims; what a bad row spoke of and so protects
    complete: names of the mappings whose sheet was a good, whole snapshot
    on_create: fields that are only sent when the object is created
    rejected: how many rows were left out because of errors
    """

    resource: str
    rows: pd.DataFrame
    removals: pd.DataFrame
    guarded: pd.DataFrame
    complete: frozenset[str] = frozenset()
    on_create: frozenset[str] = frozenset()
    rejected: int = 0


@dataclass(frozen=True, slots=True)
class Observed:
    """What is on the site.

    rows:    match, fields..., source (`read` or `remembered`); present, and ours or to be adopted
    foreign: match of objects other plugins made; in view, never touched
    absent:  matches asked for, answered, and not there
    failed:  matches that could not be read; nothing is planned for them
    """

    resource: str
    rows: pd.DataFrame
    foreign: pd.DataFrame
    absent: pd.Index
    failed: pd.Index


LEDGER = ("match", "key", "sent", "seen", "claims", "owned", "checked")
"""Columns of a ledger frame: match; key, sent and seen packed (sent, seen NA where never); claims: mapping names
joined by a space; owned: 1 if we wrote it or an approved plan adopted it; checked: day ordinal last read."""

CHANGES = (
    "n", "stage", "resource", "op", "match", "slice", "key", "before", "after", "cause", "claims", "gate", "chain",
    "covered_by", "hold", "file", "tab", "row", "also", "status", "attempts", "http_status", "error",
)  # fmt: skip
"""Columns of a plan's changes, in sending order by `n` (from 1). `slice`, `key`, `before`, `after` are packed;
`gate`, `chain`, `covered_by`, `hold`, `before`, `after`, origin, `http_status`, `error` may be NA. Only the last four
columns ever move."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Changes a guard stopped, one slice at a time. The same changes stopped for the same reason have the same id."""

    id: str
    guard: str
    resource: str
    slice: Mapping[str, str]
    count: int
    population: int
    limit: str
    message: str
    approved_by: str | None = None
    approved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """Somebody's word that what a hold stopped may go."""

    hold: str
    by: str
    at: datetime
    expires: datetime


@dataclass(frozen=True, slots=True)
class Plan:
    """All changes of one comparison in sending order. Content never changes once stored; status columns do.

    `summary`: resource -> {create, update, delete, covered, unchanged, held, rejected} -> count.
    """

    id: str
    site: str
    created: datetime
    changes: pd.DataFrame
    holds: tuple[Hold, ...]
    issues: tuple[Issue, ...]
    summary: Mapping[str, Mapping[str, int]]
    inputs: tuple[Input, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """One application of a plan. `state`: running, done, cut (by a signal, a deadline, the server, failures)."""

    id: str
    plan: str
    started: datetime
    finished: datetime | None
    state: Literal["running", "done", "cut"]
    reason: str = ""


# -- what goes over the wire -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Call:
    """One request, below the API's base path; `path` is percent-encoded already.

    `empty`: may success have no body; `many`: is the answer a list.
    """

    method: Literal["GET", "PUT", "POST", "DELETE"]
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, str | int] | None = None
    empty: bool = False
    many: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, or why nothing did.

    `status` is None where no answer came; then `lost` tells whether the server may have done the work (the request
    had gone out), and `text` says what happened. `json` tells whether the body was JSON (an empty body is not);
    `data` is what it said; `text` the first line of any other body. `retry_after` is in seconds.
    """

    status: int | None
    data: object = None
    json: bool = False
    text: str = ""
    retry_after: float | None = None
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one change."""

    n: int
    status: Status
    attempts: int = 0
    http_status: int | None = None
    error: str | None = None


# -- Protocols -------------------------------------------------------------------------------------------------


class Site(Protocol):
    """The other side. `send` may be called from several threads; it never raises for what the network does."""

    def send(self, call: Call, timeout: float) -> Answer:
        """Send one request and wait at most `timeout` seconds for the whole answer."""
        ...


class Clock(Protocol):
    """Time, handed in."""

    def now(self) -> datetime:
        """The present instant, with its zone."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back."""
        ...


class Reporter(Protocol):
    """Who watches long work: a progress bar on a terminal, plain lines elsewhere."""

    def begin(self, task: str, total: int) -> None:
        """A piece of work of `total` steps begins."""
        ...

    def step(self, done: int = 1) -> None:
        """`done` more steps are behind us."""
        ...

    def end(self) -> None:
        """The piece of work is over, complete or not."""
        ...

    def say(self, text: str) -> None:
        """A line for the person who watches."""
        ...


@dataclass(frozen=True, slots=True)
class Memory:
    """A ledger row to be written: what one object is known to be. Fields as in `LEDGER`; None where never."""

    resource: str
    match: str
    key: str
    sent: str | None
    seen: str | None
    claims: str
    owned: bool
    checked: int


class Store(Protocol):
    """One store tells the whole story: ledger, plans (which are the journals), runs, approvals, lock."""

    def lock(self) -> AbstractContextManager[None]:
        """Hold the site for writing its memory. Raises StoreError naming the holder if another process does."""
        ...

    def ledger(self, resource: str) -> pd.DataFrame:
        """All that is remembered of a resource: a frame with the columns `LEDGER`."""
        ...

    def remember(self, resource: str, rows: pd.DataFrame) -> None:
        """Insert or replace ledger rows (columns `LEDGER`)."""
        ...

    def forget(self, resource: str, matches: Sequence[str]) -> None:
        """Drop ledger rows."""
        ...

    def adopt(self, resources: Iterable[str]) -> None:
        """Make ours what mappings claim and was seen as they say: owned becomes 1, sent what was seen."""
        ...

    def save_plan(self, plan: Plan) -> None:
        """Store a plan. It becomes the newest."""
        ...

    def plan(self, id: str | None = None) -> Plan:
        """A plan with its present statuses, by id or a unique beginning of it; the newest if None. Raises PlanError."""
        ...

    def site(self) -> str | None:
        """The address of the site whose memory this is; None before the first plan."""
        ...

    def newest_plan(self) -> str | None:
        """The id of the newest plan."""
        ...

    def approve(self, plan: str, holds: Sequence[Approval]) -> None:
        """Record approvals; the plan's held changes of those holds become planned."""
        ...

    def approvals(self, at: datetime) -> Mapping[str, Approval]:
        """Approvals not expired at that time, by hold id."""
        ...

    def good_inputs(self) -> Mapping[str, tuple[Input, ...]]:
        """By mapping name (`Input.mapping`): the inputs of the last good plan that had that mapping.

        Good is a plan that was applied to its end, and in which no hold waits that speaks of the mapping or of a whole
        resource.
        """
        ...

    def start_run(self, run: Run) -> None:
        """Record that a run begins."""
        ...

    def finish_run(self, run: Run) -> None:
        """Record how a run ended."""
        ...

    def run(self, id: str | None = None) -> Run:
        """A run by id (a unique beginning is enough); the newest if None. Raises PlanError."""
        ...

    def runs(self) -> Sequence[Run]:
        """All runs, newest first."""
        ...

    def plans(self) -> Sequence[Plan]:
        """All plans, newest first, each with an empty `changes` frame."""
        ...

    def intend(self, plan: str, run: str, ns: Sequence[int]) -> None:
        """Before sending: these changes of the plan are now `sending`, in this run. Durable when it returns."""
        ...

    def settle(
        self, plan: str, outcomes: Sequence[Outcome], learned: Sequence[Memory], forgotten: Iterable[tuple[str, str]]
    ) -> None:
        """After sending: outcomes and what they teach (rows to write, (resource, match) to drop) in one transaction."""
        ...
