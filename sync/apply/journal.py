"""The journal of a run: what is about to be sent is written before, outcomes and ledger updates after.

What the ledger stores about an object is decided here, from what was sent and what the site answered:

            sent                      seen
create      what was sent             what the answer says, else never seen
update      what was sent, merged     what the answer says, merged into what was there before; if the site says
            into what was sent before nothing, nothing new was seen
delete      forgotten, with everything that the site removed with it
unknown     never sent, never seen: the next plan reads it again

For a resource that nothing reads, what was sent counts as seen. A field that nothing reads is never seen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import orjson
import pandas as pd

from sync.apply.outcomes import Ending
from sync.apply.schedule import Change
from sync.model import Clock, Conventions, Memory, Outcome, Status, Store
from sync.site.requests import seen_of

OUTCOMES: Final = 100
"""Outcomes after which the journal is written: as many as the changes whose intent is stored at once."""

SECONDS: Final = 0.5
"""Seconds after which it is written even if there are fewer."""


def learned_from(endings: Sequence[Ending], today: int, conventions: Conventions) -> list[Memory]:
    """The ledger rows that follow from these endings, in their order. `today` is a day ordinal."""
    memories: list[Memory] = []
    for ending, seen in zip(endings, _seen(endings, conventions), strict=True):
        change = ending.change
        if ending.status == "unknown":
            memories.append(_memory(change, None, None, 0))
        elif ending.status == "done" and change.op != "delete":
            sent = (
                dict(change.after or {}) if change.op == "create" else {**(change.sent or {}), **(change.after or {})}
            )
            memories.append(_memory(change, sent, _view(change, sent, seen), today if seen else 0))
    return memories


def _view(change: Change, sent: Mapping[str, str], seen: Mapping[str, str]) -> Mapping[str, str] | None:
    if not change.resource.reads:
        return sent
    if change.op == "create":
        return seen or None
    before = {name: value for name, value in (change.before or {}).items() if _was_seen(change, name, value)}
    return {**before, **seen} or None


def _was_seen(change: Change, name: str, value: str) -> bool:
    """Whether a field of the image before came from the site, and not from what was sent."""
    if change.resource.field(name) is None:
        return value != (change.sent or {}).get(name)
    return any(name in read.take for read in change.resource.reads)


def _seen(endings: Sequence[Ending], conventions: Conventions) -> list[Mapping[str, str]]:
    """For each ending, what the site says it has now."""
    seen: list[Mapping[str, str]] = [ending.read or {} for ending in endings]
    answered: dict[str, list[int]] = {}
    for place, ending in enumerate(endings):
        if ending.status == "done" and ending.change.op != "delete" and ending.data and ending.read is None:
            answered.setdefault(ending.change.resource.name, []).append(place)
    for places in answered.values():
        resource = endings[places[0]].change.resource
        data = seen_of(resource, resource.put, [endings[place].data for place in places], conventions)
        for place, fields in zip(places, data, strict=True):
            seen[place] = fields
    return seen


def _memory(change: Change, sent: Mapping[str, str] | None, seen: Mapping[str, str] | None, checked: int) -> Memory:
    return Memory(
        resource=change.resource.name,
        match=change.match,
        key=_pack(change.key),
        sent=None if sent is None else _pack(sent),
        seen=None if seen is None else _pack(seen),
        claims=change.claims,
        owned=True,
        checked=checked,
    )


def _pack(values: Mapping[str, str]) -> str:
    return orjson.dumps(values).decode()


@dataclass(frozen=True, slots=True)
class Cascaded:
    """What deletes remove automatically on the site: three columns in step, sorted by the change that does."""

    by: np.ndarray[Any, np.dtype[np.int64]]
    resources: pd.Series[Any]
    matches: pd.Series[Any]

    def of(self, n: int) -> list[tuple[str, str]]:
        """(resource, match) of what change `n` removes automatically."""
        first, last = np.searchsorted(self.by, [n, n + 1])
        return list(zip(self.resources.iloc[first:last], self.matches.iloc[first:last], strict=True))


def cascaded(changes: pd.DataFrame) -> Cascaded:
    """What the deletes of a plan remove automatically."""
    taken = changes[(changes["status"] == "covered") & changes["covered_by"].notna()].sort_values("covered_by")
    return Cascaded(taken["covered_by"].to_numpy(dtype=np.int64), taken["resource"], taken["match"])


@dataclass(slots=True)
class Journal:
    """The history of a run, written to the store in batches. `counts` are the changes of the plan by status."""

    store: Store
    clock: Clock
    conventions: Conventions
    plan: str
    run: str
    cascaded: Cascaded
    counts: Counter[Status]
    done: int = 0
    failures: int = 0
    _endings: list[Ending] = field(default_factory=list)
    _since: float = 0.0

    def intend(self, changes: Sequence[Change]) -> None:
        """Call this before any of these is sent."""
        self.store.intend(self.plan, self.run, [change.n for change in changes])
        self._count((change for change in changes if not change.doubtful), "planned", "sending")

    def note(self, ending: Ending) -> None:
        """Call this when a change has an outcome."""
        if not self._endings:
            self._since = self.clock.monotonic()
        self._endings.append(ending)
        self.done += ending.status == "done"
        self.failures += ending.status in ("failed", "unknown")
        self._count([ending.change], "sending", ending.status)

    def write_if_due(self) -> None:
        """Write what has accumulated, if it is enough or old enough."""
        if len(self._endings) >= OUTCOMES or (self._endings and self.clock.monotonic() - self._since >= SECONDS):
            self.write()

    def write(self) -> None:
        """Make everything noted durable: outcomes and ledger updates, in one transaction."""
        if not self._endings:
            return
        today = self.clock.now().date().toordinal()
        deleted = [each.change for each in self._endings if each.status == "done" and each.change.op == "delete"]
        forgotten = [pair for c in deleted for pair in [(c.resource.name, c.match), *self.cascaded.of(c.n)]]
        learned = learned_from(self._endings, today, self.conventions)
        self.store.settle(self.plan, [each.outcome for each in self._endings], learned, forgotten)
        self._endings.clear()

    def put_back(self, changes: Iterable[Change]) -> None:
        """Changes that were about to be sent, and certainly were not, are planned again."""
        unsent = [change for change in changes if not change.doubtful]
        self.store.settle(self.plan, [Outcome(change.n, "planned") for change in unsent], [], [])
        self._count(unsent, "sending", "planned")

    def _count(self, changes: Iterable[Change], was: Status, now: Status) -> None:
        number = sum(1 for _ in changes)
        self.counts[was] -= number
        self.counts[now] += number
