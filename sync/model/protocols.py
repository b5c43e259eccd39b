"""What goes over the wire, and the Protocols of site, store, clock and reporter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol
from urllib.parse import quote

from sync.errors import scrub
from sync.model.catalogue import Status
from sync.model.records import AppliedPlan, Approval, Certificate, Mark, Pause, Plan, Run

if TYPE_CHECKING:
    import pandas as pd

    from sync.model.forgetting import Mentions, Tombstones


@dataclass(frozen=True, slots=True)
class Request:
    """One request, below the API's base path; `path` is already percent-encoded.

    A parameter of the query with several values is sent once for each. `empty`: may success have no body;
    `many`: is the answer a list. `takes`: the properties of its objects that are asked for; all of them if empty.
    """

    method: Literal["GET", "PUT", "POST", "DELETE"]
    path: str
    query: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    body: Mapping[str, str | int] | None = None
    empty: bool = False
    many: bool = False
    takes: tuple[str, ...] = ()


def path_of(template: str, values: Mapping[str, str]) -> str:
    """The path of a call: the slots of `template` filled, each value percent-encoded. Raises KeyError."""
    return template.format_map({name: quote(value, safe="") for name, value in values.items()})


@dataclass(frozen=True, slots=True)
class Response:
    """What was answered, or why nothing was.

    `status` is None where no answer came; then `lost` is whether the server may have done the work (the request
    had gone out), and `text` says what happened. `json` is whether the body was JSON (an empty body is not);
    `data` is what it said; `text` the first line of any other body. It was not `whole` if it was too large to be read;
    then `text` says so. `retry_after` is in seconds.
    """

    status: int | None
    data: object = None
    json: bool = False
    text: str = ""
    retry_after: float | None = None
    lost: bool = False
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of one change. Known secrets are masked in `error`."""

    n: int
    status: Status
    attempts: int = 0
    http_status: int | None = None
    error: str | None = None

    def __post_init__(self) -> None:
        scrub(self)


class Site(Protocol):
    """The site. `send` may be called from several threads; it raises nothing because of the network."""

    def send(self, request: Request, timeout: float) -> Response:
        """Send one request and wait at most `timeout` seconds for the whole answer."""
        ...


class Clock(Protocol):
    """Time, passed in."""

    def now(self) -> datetime:
        """The present instant, with its zone."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back."""
        ...


class Reporter(Protocol):
    """Watches long work: a progress bar on a terminal, plain lines elsewhere."""

    def begin(self, task: str, total: int) -> None:
        """A piece of work of `total` steps begins."""
        ...

    def step(self, done: int = 1) -> None:
        """`done` more steps are finished."""
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
    """One store holds everything: ledger, plans (which are the journals), runs, approvals, lock."""

    def lock(self) -> AbstractContextManager[None]:
        """Lock the site's store for writing: a run that has not ended by then was interrupted.

        Raises StoreError, naming the holder, if another process holds the lock.
        """
        ...

    def ledger(self, resource: str) -> pd.DataFrame:
        """Everything remembered of a resource: a frame with the columns `LEDGER`."""
        ...

    def remember(self, resource: str, rows: pd.DataFrame) -> None:
        """Insert or replace ledger rows (columns `LEDGER`)."""
        ...

    def forget(self, resource: str, matches: Sequence[str]) -> None:
        """Drop ledger rows."""
        ...

    def adopt(self, resources: Iterable[str]) -> None:
        """Take over every object that mappings claim and that was seen to be as they say.

        Owned becomes 1, sent becomes what was seen.
        """
        ...

    def marks(self, kind: Mark) -> pd.DataFrame:
        """What plans have noticed of objects: a frame with the columns `MARKS`."""
        ...

    def mark(self, kind: Mark, resource: str, begun: pd.DataFrame, ended: Sequence[str]) -> None:
        """Drop the marks that have ended, by match, and record those that have begun (columns match and since)."""
        ...

    def save_plan(self, plan: Plan) -> None:
        """Store a plan, which becomes the newest."""
        ...

    def plan(self, id: str | None = None) -> Plan:
        """A plan with its current statuses, by id or a unique beginning of it; the newest if None. Raises PlanError."""
        ...

    def site(self) -> str | None:
        """The address of the site to which this store belongs; None before the first plan."""
        ...

    def newest_plan(self) -> str | None:
        """The id of the newest plan."""
        ...

    def approve(self, plan: str, holds: Sequence[Approval]) -> None:
        """Record approvals; the plan's held changes of those holds become planned."""
        ...

    def approvals(self, at: datetime) -> Mapping[str, Approval]:
        """Approvals not expired at that time, by hold id.

        Those have lapsed for which a run has been carried out since, or a later whole plan does not have their hold.
        """
        ...

    def paused(self) -> Pause | None:
        """The pause that lasts, if there is one."""
        ...

    def set_pause(self, pause: Pause | None) -> None:
        """Record a pause in place of any other, or None as its end. The store need not be locked."""
        ...

    def applied_plans(self) -> Sequence[AppliedPlan]:
        """The plans that a run applied completely, for each such run, the newest run first."""
        ...

    def rollbacks(self) -> Mapping[str, str]:
        """The runs of rollbacks, interrupted ones too, the newest first; and for each, the run that it undoes."""
        ...

    def start_run(self, run: Run) -> None:
        """Record that a run begins."""
        ...

    def finish_run(self, run: Run) -> None:
        """Record how a run ended."""
        ...

    def certify(self, run: str, certificate: Certificate) -> None:
        """Record what was found when all that a run had written was read back."""
        ...

    def discard_run(self, id: str) -> None:
        """Forget a run that has sent nothing; its changes are as they were."""
        ...

    def run(self, id: str | None = None) -> Run:
        """A run by id (a unique beginning is enough), with its certificate; the newest if None. Raises PlanError."""
        ...

    def runs(self) -> Sequence[Run]:
        """All runs, newest first."""
        ...

    def plans(self) -> Sequence[Plan]:
        """All plans, newest first, each with an empty `changes` frame."""
        ...

    def recall(self, resource: str, within: str) -> pd.DataFrame:
        """The ledger rows (columns `LEDGER`) of those objects of a resource whose match contains this text."""
        ...

    def history(self, resource: str, match: str) -> pd.DataFrame:
        """Every change that any plan had for an object, in order of the plans: columns plan, run and `CHANGES`.

        `run` is the run that last tried to send it, NA if none did.
        """
        ...

    def journal(self, run: str) -> pd.DataFrame:
        """What a run has done, and what its deletes removed automatically: columns `CHANGES`, in sending order."""
        ...

    def written(self, resource: str) -> pd.DataFrame:
        """What was last done to each object of a resource that was ever sent: columns match, op, at (ISO time)."""
        ...

    def updates(self, resource: str, matches: Sequence[str]) -> pd.DataFrame:
        """What runs have changed in some objects, in order: columns match, before, after, file, status.

        This includes what a run may have changed, where the outcome of its call is unknown: its status is not `done`.
        """
        ...

    def written_since(self, moment: datetime) -> pd.DataFrame:
        """The last thing that runs begun after that moment did to each object: columns resource, match, op, at."""
        ...

    def turnover(self, plans: Sequence[str]) -> pd.DataFrame:
        """How many objects were created, deleted, and changed for no row, without a hold.

        Columns plan, resource, op, claims, count. What was changed for no row has the op `set`: it was missing from its
        file, or the plan undoes a run.
        """
        ...

    def refusals(self, since: datetime) -> pd.DataFrame:
        """What the site refused when runs since then last tried it: resource, op, match, before, after, error.

        Left out is what was written afterwards, and what depends on something that was.
        """
        ...

    def corrections(self, plans: Sequence[str]) -> pd.DataFrame:
        """What some plans have sent because the site had changed: columns plan, resource, op, match, after."""
        ...

    def tally(self, plans: Sequence[str]) -> pd.DataFrame:
        """Counts of changes by status: columns plan, run (the last one to try them), op, status, count."""
        ...

    def intend(self, plan: str, run: str, ns: Sequence[int]) -> None:
        """Before sending: these changes of the plan are now `sending`, in this run. Durable when it returns."""
        ...

    def settle(
        self, plan: str, outcomes: Sequence[Outcome], learned: Sequence[Memory], forgotten: Iterable[tuple[str, str]]
    ) -> None:
        """After sending: outcomes and ledger updates (rows to write, (resource, match) to drop) in one transaction."""
        ...

    def outdated(self, before: datetime) -> pd.DataFrame:
        """Plans made before a time whose records are still there, never the newest: columns plan, changes, issues."""
        ...

    def unclaimed(self, day: int) -> pd.DataFrame:
        """What was last read before a day (its ordinal), was never ours and no mapping lists: resource, match."""
        ...

    def purge(self, plans: Sequence[str], unclaimed: pd.DataFrame, before: datetime) -> None:
        """Remove what these plans and their runs recorded of people, and some ledger rows; overwrite what is removed.

        The head of a plan stays: files, totals, holds without details, approvals. Notes made before then about what
        rollbacks have undone are removed too.
        """
        ...

    def images(self, resource: str, match: str) -> Sequence[Mapping[str, str]]:
        """All keys and values that an object was ever known to have."""
        ...

    def erase(self, resource: str, match: str, who: Mentions, by: str) -> tuple[str, Mapping[str, int]]:
        """Erase a person, leaving a tombstone; it, and how much of each kind was erased: table, `issues`, `texts`.

        `left` counts records of others that contain the same identifier, username or address. Nothing is left in the
        database's own files when this returns. Raises StoreInUse if another process keeps them from being rewritten.
        """
        ...

    def tombstones(self) -> Tombstones | None:
        """How people who have been forgotten are recognised; None if there are none."""
        ...

    def release(self, resource: str, match: str) -> bool:
        """Remove somebody's tombstone; whether there was one."""
        ...
