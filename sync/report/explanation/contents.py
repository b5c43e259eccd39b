"""The parts of an explanation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, Literal

import orjson

from sync.mapping.tracing import TracedRow
from sync.model import Hold, Issue, Origin, Resource

Key = Mapping[str, str]
Fate = Literal["removed", "set", "held", "waits", "stays", "unknown"]
"""What would become of an object that no row lists."""

Next = Literal[
    "held", "planned", "differs", "agrees", "protected", "leaves", "waits", "set", "kept", "not ours", "nothing"
]
"""What would happen next: a plan holds or plans it; a new plan would change it, or has nothing to do; a bad row
protects it; no row refers to it any more, and it is removed, waits, gets values or is kept; it was never managed; it is
nowhere."""

STATES: Final = ("there", "not there", "not told", "not asked", "not readable")


@dataclass(frozen=True, slots=True)
class SentChange:
    """A change of a plan that a run has sent: what, when, for which row, and with which result.

    origin: as the file was named then; None where no row asked for it; `approved_by`, `approved_at`: if it was held
    """

    plan: str
    run: str
    at: datetime
    op: str
    before: Key
    after: Key
    cause: str
    status: str
    error: str | None
    hold: str | None
    approved_by: str | None
    approved_at: datetime | None
    origin: Origin | None


@dataclass(frozen=True, slots=True)
class RememberedState:
    """What the ledger knows: what was last sent and seen (None: never), whose it is, the mappings that claim it."""

    sent: Key | None
    seen: Key | None
    owned: bool
    claims: tuple[str, ...]
    checked: int


@dataclass(frozen=True, slots=True)
class SiteState:
    """The site's answer: one of `STATES`, the requested path, why it could not be read, and what is there.

    holds: for each object of that key, who manages it, in the site's words, and its fields
    """

    state: str
    path: str = ""
    why: str = ""
    holds: tuple[tuple[str, Key], ...] = ()


@dataclass(frozen=True, slots=True)
class Outlook:
    """What would happen next, with the change if there is one, and the plan or hold that contains it."""

    what: Next
    op: str = ""
    before: Key = field(default_factory=dict)
    after: Key = field(default_factory=dict)
    plan: str | None = None
    hold: Hold | None = None


@dataclass(frozen=True, slots=True)
class Future:
    """What would happen if no row listed the object, and what decides that: a guard's code, or one of our own rules.

    The rules are those of `future_texts.toml`.

    mappings: names of those that decide it; `where`: the place of the first; `why`: why no plan can be made
    hold:     what a guard would say; `files`, `day`: how many more files it takes, and the first day it may be deleted
    """

    what: Fate
    rule: str
    mappings: tuple[str, ...] = ()
    where: str = ""
    why: str = ""
    hold: Hold | None = None
    files: int = 0
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Dependents:
    """What depends on the object: how many rows of the sheets refer to it, and how many are remembered."""

    resource: Resource
    on: Key
    rows: int
    remembered: int

    @property
    def command(self) -> str:
        """What to type to have one of them explained."""
        parts = (f"{name}={self.on.get(name, '...')}" for name in self.resource.key)
        return f"{self.resource.name} {' '.join(parts)}"


@dataclass(frozen=True, slots=True)
class Explanation:
    """The whole story of one object. `wanted` is what the sheets say about it together; None if no row refers to it.

    `future` is None if nothing is remembered that could be removed.
    """

    resource: Resource
    key: Key
    rows: tuple[TracedRow, ...]
    wanted: Key | None
    issues: tuple[Issue, ...]
    sent: tuple[SentChange, ...]
    remembered: RememberedState | None
    now: SiteState
    outlook: Outlook
    future: Future | None
    below: tuple[Dependents, ...]


def unpacked(packed: str | None) -> Key:
    """One packed value; nothing for None or NA."""
    return orjson.loads(packed) if isinstance(packed, str) else {}
