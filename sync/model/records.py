"""Inputs and both sides of the comparison: sheets and issues, desired and observed, plans, holds and runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sync.errors import scrub
from sync.model.catalogue import Op, Severity

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a row comes from, as a person counts: the header line has a number too."""

    file: str
    tab: str | None = None
    row: int | None = None

    def __str__(self) -> str:
        tab = f", tab {self.tab}" if self.tab else ""
        row = f", row {self.row}" if self.row is not None else ""
        return f"{self.file}{tab}{row}"


@dataclass(frozen=True, slots=True)
class Issue:
    """Something a person must know or fix, with its origin down to the cell.

    `column` has the names from the header of the file, several joined by a comma and a blank. `key` is that of the
    object the row refers to, packed as in a plan, as far as it can be read. Known secrets are masked in all of it.
    """

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
    key: str | None = None

    def __post_init__(self) -> None:
        scrub(self)


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table as read: text cells only.

    `frame` has the header's names as columns (stripped) and, as its index, each record's row number as a
    person sees it; if `header_row` is 0, there is no header. `digest` is the SHA-256 of the file; `found` says what
    was recognised (encoding, delimiter, header row), for people. `issues` are what reading noticed. `whole` is whether
    the file is complete: if not (no rows at all, truncated), absence from it means nothing.
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
    """A file a plan was made from, or the run that it undoes.

    For a sheet: which mapping read it (None: it was only looked into), how many records, how old, what was `found`
    out about its form, and, for each column the mapping needs, in what percentage of the rows it is `filled`. A
    `doubtful` one has lost too many rows to be a measure for the next run, unless somebody approves what it asks for;
    a `delta` never is one. `usable` counts the objects that the mapping got out of all its sheets, `scoped` those of
    them that its scope matches; None where that is not known, as in plans of earlier releases, or there is no scope.
    `tail` marks its last rows, so that the next run can tell whether just these are missing (`sync.plan.end_guards`).
    `additions` has, for a delta, the values that stood for additions, by column. `postponed`: removals that the mapping
    asks for waited or were withheld, and it deleted nothing.
    """

    kind: Literal["sheet", "mapping", "site", "aliases", "run"]
    name: str
    digest: str
    path: str
    mapping: str | None = None
    rows: int | None = None
    modified: datetime | None = None
    found: Mapping[str, str] = field(default_factory=dict)
    filled: Mapping[str, int] = field(default_factory=dict)
    doubtful: bool = False
    delta: bool = False
    usable: int | None = None
    scoped: int | None = None
    tail: str = ""
    additions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    postponed: bool = False

    @property
    def folder(self) -> Path:
        """The folder below which `name` is: the inbox, or a set that was taken out of it."""
        # A name has `/` between folders on every system, a path need not.
        return Path(Path(self.path).as_posix().removesuffix(self.name))


@dataclass(frozen=True, slots=True)
class Desired:
    """What the sheets say should be true of one resource.

    Before it is compared, frames with `match` get the column `object`, and `guarded` also `within`: the number of the
    slice (see `sync.model.index`).

    rows:     match, key..., fields..., claims (mapping names joined by a space), file, tab, row, also (other
              origins, for people); one row an object
    removals: match, key..., claims, file, tab, row; objects a delta says are gone
    guarded:  match (NA: any), slice (NA: any), claims; what a bad row referred to and so protects
    unsure:   parts (names of key fields, joined by a space), at (their number in the index; -1: no part), claims;
              rows that may mean a different object from the one they name protect everything that agrees with them
              in those parts
    complete: names of the mappings whose sheet was a good, whole snapshot
    on_create: fields that are only sent when the object is created
    rejected_by: by claims, how many rows were left out because of errors
    refused:  match (NA: unreadable), key... (as written where it cannot be read), unique fields and those of its name
              (NA: not given or not valid), claims, file, tab, row; rows that cannot be used, as far as they can be read
    anyone:   objects of rows left out that do not show whom they mean
    columns:  by mapping and field, the columns in the header of its sheet that the field is made of
    unusable: by mapping, why no row of its snapshot can be used; mappings with at least one usable row are left out
    additions: by mapping of a delta and column of its `delete_when`, the values that stand for additions
    unfed:    fields of `rows` that no mapping gives a value: they have one only where it is to be set back
    """

    resource: str
    rows: pd.DataFrame
    removals: pd.DataFrame
    guarded: pd.DataFrame
    complete: frozenset[str] = frozenset()
    on_create: frozenset[str] = frozenset()
    rejected_by: Mapping[str, int] = field(default_factory=dict)
    unsure: pd.DataFrame | None = None
    refused: pd.DataFrame | None = None
    anyone: NDArray[np.int64] | None = None
    columns: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    unusable: Mapping[str, str] = field(default_factory=dict)
    additions: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    unfed: frozenset[str] = frozenset()

    @property
    def rejected(self) -> int:
        """How many rows were left out because of errors."""
        return sum(self.rejected_by.values())


@dataclass(frozen=True, slots=True)
class Observed:
    """What is on the site.

    rows:    match, object, fields..., source (`read` or `remembered`); present, and ours or to be adopted
    foreign: match, object, key..., fields..., by (the owner, in the site's words); seen, never touched
    absent:  objects asked for, answered, and not there
    failed:  objects that could not be read; nothing is planned for them
    unknown: match, object, key...; those of `rows` that neither the sheets nor the ledger know
    inactive: objects of `rows` that are there but not in force, such as a suspended enrolment; None if not asked for
    nameless: within (the number of the slice) and the field `Resource.known_by` of what is there without an identifier
    """

    resource: str
    rows: pd.DataFrame
    foreign: pd.DataFrame
    absent: NDArray[np.int64]
    failed: NDArray[np.int64]
    unknown: pd.DataFrame
    inactive: NDArray[np.int64] | None = None
    nameless: pd.DataFrame | None = None


LEDGER = ("match", "key", "sent", "seen", "claims", "owned", "checked")
"""Columns of a ledger frame: match; key, sent and seen packed (sent, seen NA where never); claims: mapping names
joined by a space; owned: 1 if we wrote it or an approved plan adopted it; checked: day ordinal last read."""

Mark = Literal["absent", "asked-otherwise"]
"""What a plan notices of an object, and remembers.

absent:          it is missing from its files, and will be deleted later
asked-otherwise: the exports ask for something else than what a rollback has undone
"""

MARKS = ("resource", "match", "since")
"""Columns of a frame of marks; since: when the plan was made that noticed it first, as ISO 8601 in UTC."""

CHANGES = (
    "n", "stage", "resource", "op", "match", "slice", "key", "before", "after", "cause", "claims", "gate", "chain",
    "covered_by", "hold", "file", "tab", "row", "also", "status", "attempts", "http_status", "error",
)  # fmt: skip
"""Columns of a plan's changes, in sending order by `n` (from 1). `slice`, `key`, `before`, `after` are packed;
`gate`, `chain`, `covered_by`, `hold`, `before`, `after`, origin, `http_status`, `error` may be NA. Only the last four
columns ever move."""


@dataclass(frozen=True, slots=True)
class Hold:
    """Changes a guard stopped, one slice at a time. The same changes stopped for the same reason have the same id.

    With a `count` of 0 it stops nothing: a sheet contributed nothing usable, and somebody must confirm that. Those with
    one cause are `part_of` the hold with that id, which counts all their changes: to approve it is to approve them.
    Known secrets are masked in its texts, not in its `slice`.
    """

    id: str
    guard: str
    resource: str
    slice: Mapping[str, str]
    count: int
    population: int
    limit: str
    message: str
    approved_by: str | None = None
    approved_account: str | None = None
    approved_at: datetime | None = None
    part_of: str | None = None

    def __post_init__(self) -> None:
        scrub(self)


@dataclass(frozen=True, slots=True)
class Signature:
    """Who decides something: the name they give, and the account of the operating system they use."""

    name: str
    account: str

    def __str__(self) -> str:
        return signed(self.name, self.account)


def signed(name: str, account: str | None) -> str:
    """A name with the account, where that is known and another one: `Amy Jones (account ajones)`."""
    return name if account in (None, name) else f"{name} (account {account})"


@dataclass(frozen=True, slots=True)
class Pause:
    """Somebody's decision that nothing is sent from now on; `account` is that of the operating system."""

    by: str
    at: datetime
    reason: str
    account: str | None = None


@dataclass(frozen=True, slots=True)
class Approval:
    """Somebody's permission to send what a hold stopped: the name they gave, and the operating system's account."""

    hold: str
    by: str
    at: datetime
    expires: datetime
    account: str | None = None


def undone_by(inputs: Sequence[Input]) -> str | None:
    """The run that a plan with these inputs undoes."""
    return next((entry.name for entry in inputs if entry.kind == "run"), None)


def is_whole(inputs: Sequence[Input]) -> bool:
    """Whether a plan with these inputs does all that exports ask for: neither a part of it nor a rollback."""
    return any(entry.kind == "sheet" and entry.mapping is not None for entry in inputs)


WITHHELD: Mapping[Op, str] = {op: f"withheld_{op}" for op in ("create", "update", "delete")}
"""What the summary of a plan calls the number of changes that are wanted, and left out for now."""


@dataclass(frozen=True, slots=True)
class Plan:
    """All changes of one comparison in sending order. Content never changes once stored; status columns do.

    `summary`: resource -> {create, update, delete, covered, unchanged, held, rejected} -> count; if changes are
    withheld, also the names of `WITHHELD`.
    """

    id: str
    site: str
    created: datetime
    changes: pd.DataFrame
    holds: tuple[Hold, ...]
    issues: tuple[Issue, ...]
    summary: Mapping[str, Mapping[str, int]]
    inputs: tuple[Input, ...]

    @property
    def preview(self) -> bool:
        """Whether it was made for another day than its own: then it says so, and cannot be applied."""
        return any(issue.code == "preview" for issue in self.issues)

    @property
    def undoes(self) -> str | None:
        """The run that it undoes, if it was made for that."""
        return undone_by(self.inputs)

    @property
    def unapproved(self) -> tuple[Hold, ...]:
        """The holds that need approval."""
        return tuple(hold for hold in self.holds if hold.approved_by is None)

    @property
    def withheld(self) -> Mapping[Op, Mapping[str, int]]:
        """How many changes are wanted and left out for now: by op, then by resource; what there is none of is not."""
        by_op = {
            op: {name: counts[key] for name, counts in self.summary.items() if counts.get(key)}
            for op, key in WITHHELD.items()
        }
        return {op: counts for op, counts in by_op.items() if counts}


@dataclass(frozen=True, slots=True)
class AppliedPlan:
    """A plan that a run applied completely: what it was made from, and its holds with their current approvals.

    `summary` as in `Plan`.
    """

    id: str
    created: datetime
    inputs: tuple[Input, ...]
    holds: tuple[Hold, ...]
    summary: Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Certificate:
    """What was found when all that a run had written was read back.

    changes:    how many objects it has written or deleted
    equal:      how many of them are as they were sent
    unread:     how many are of resources that no GET reads
    exceptions: an issue for each of the others
    """

    at: datetime
    changes: int
    equal: int
    unread: int
    exceptions: tuple[Issue, ...]


@dataclass(frozen=True, slots=True)
class Run:
    """One application of a plan. `state`: running, done, cut (by a signal, a deadline, the server, failures)."""

    id: str
    plan: str
    started: datetime
    finished: datetime | None
    state: Literal["running", "done", "cut"]
    reason: str = ""
    certificate: Certificate | None = None
