"""Which changes of a plan may be sent now: order among those that touch the same thing, and those that are never sent.

Four rules say which calls must not be in progress together:

match   never two calls for one object; its changes are sent in the order of the plan
chain   changes of one chain strictly one after another; if one is not done, the rest are skipped
serial  writes of one resource below one parent, where the catalogue says so, one at a time; if one fails, the others
        are sent all the same
gate    until one write under a gate is done, no other under the same root is sent: parallel first writes would create
        their shared parent (a category, a course's enrolment method) twice

And one is about dependencies: a create or update whose parent was to be created but was not is skipped.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
import pandas as pd

from sync.model import SEPARATOR, Op, Resource, Status
from sync.model.resources import CATALOGUE, ancestors

UNMADE: Final = ("held", "failed", "skipped", "unknown")
"""Statuses of a change on which nothing else may be built."""

Token = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A row of a plan on its way. `sent` is what the ledger says was sent of the object before this run.

    `doubtful`: an earlier run meant to send it, and it is unknown whether it did.
    """

    n: int
    resource: Resource
    op: Op
    match: str
    key: Mapping[str, str]
    before: Mapping[str, str] | None
    after: Mapping[str, str] | None
    sent: Mapping[str, str] | None
    claims: str
    gate: str | None
    chain: str | None
    doubtful: bool

    @property
    def name(self) -> str:
        """The object's name for people."""
        return _name(self.resource.name, self.key)


def _name(resource: str, key: Mapping[str, str]) -> str:
    return f"{resource.replace('_', ' ')} {', '.join(key.values())}"


def batches(rows: pd.DataFrame, size: int) -> Iterator[list[Change]]:
    """The changes of a frame (columns of `CHANGES` and `sent`) in its order, `size` at a time."""
    for start in range(0, len(rows), size):
        batch = rows.iloc[start : start + size]
        columns = [batch[name].to_numpy(object) for name in batch]
        yield [_change(dict(zip(batch, cells, strict=True))) for cells in zip(*columns, strict=True)]


def _change(row: Mapping[Hashable, Any]) -> Change:
    return Change(
        n=int(row["n"]),
        resource=CATALOGUE[row["resource"]],
        op=row["op"],
        match=row["match"],
        key=orjson.loads(row["key"]),
        before=_object(row["before"]),
        after=_object(row["after"]),
        sent=_object(row["sent"]),
        claims=_text(row["claims"]) or "",
        gate=_text(row["gate"]),
        chain=_text(row["chain"]),
        doubtful=row["status"] == "sending",
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _object(packed: Any) -> Mapping[str, str] | None:
    return orjson.loads(packed) if isinstance(packed, str) else None


@dataclass(slots=True)
class Schedule:
    """The order of a run's calls.

    pending: admitted and not yet taken, in the plan's order; those in `unread` wait to be read again
    opened:  gates under which a write is done, by resource
    unmade:  why a child of an object that was to be created cannot be sent, by resource and match
    broken:  chains that ended early: since which change, and why
    """

    pending: dict[int, Change] = field(default_factory=dict)
    unread: set[int] = field(default_factory=set)
    opened: set[tuple[str, str]] = field(default_factory=set)
    unmade: dict[str, dict[str, str]] = field(default_factory=dict)
    broken: dict[str, tuple[int, str]] = field(default_factory=dict)
    _busy: set[Token] = field(default_factory=set)
    _taken: dict[int, set[Token]] = field(default_factory=dict)
    _parents: dict[str, list[tuple[str, list[int]]]] = field(default_factory=dict)

    def admit(self, change: Change, *, unread: bool) -> str | None:
        """Let a change wait for its turn, or say why it is never sent. With `unread`, it waits for `cleared` first."""
        reason = self._obstacle(change)
        if reason is None:
            self.pending[change.n] = change
            if unread:
                self.unread.add(change.n)
        return reason

    def next(self) -> Change | None:
        """Take the first change that may be sent now."""
        behind: set[Token] = set()
        for change in self.pending.values():
            order = _order(change)
            tokens = order | _serial(change) | self._gate(change)
            if change.n not in self.unread and self._busy.isdisjoint(tokens) and behind.isdisjoint(order):
                del self.pending[change.n]
                self._busy |= tokens
                self._taken[change.n] = tokens
                return change
            behind |= order
        return None

    def cleared(self, change: Change) -> None:
        """The change was read again, and may be sent when its turn comes."""
        self.unread.discard(change.n)

    def settle(self, change: Change, status: Status, error: str | None) -> list[tuple[Change, str]]:
        """A change has an outcome. Returns those of its chain that are now never sent, and why."""
        self.pending.pop(change.n, None)
        self.unread.discard(change.n)
        self._busy -= self._taken.pop(change.n, set())
        if status == "done":
            if change.gate is not None:
                self.opened.add((change.resource.name, change.gate))
            return []
        if change.op == "create":
            why = _unmade(status, change.resource.noun, error or "", "")
            self.unmade.setdefault(change.resource.name, {})[change.match] = why
        if change.chain is None or change.chain in self.broken:
            return []
        self.broken[change.chain] = (change.n, _broken(status, change.name, error or "", ""))
        rest = [each for each in self.pending.values() if each.chain == change.chain]
        return [(each, self.broken[change.chain][1]) for each in rest]

    def _obstacle(self, change: Change) -> str | None:
        since, why = self.broken.get(change.chain or "", (change.n, ""))
        if change.n > since:
            return why
        if change.op == "delete" or not self.unmade:
            return None
        parts = change.match.split(SEPARATOR)
        for parent, places in self._parents_of(change.resource):
            why = self.unmade.get(parent, {}).get(SEPARATOR.join(parts[place] for place in places), "")
            if why:
                return why
        return None

    def _parents_of(self, resource: Resource) -> list[tuple[str, list[int]]]:
        """The resources this one depends on, and where in its match the match of each is."""
        if resource.name not in self._parents:
            self._parents[resource.name] = [
                (
                    name,
                    [
                        resource.key.index({there: here for here, there in on.items()}[part])
                        for part in CATALOGUE[name].key
                    ],
                )
                for name, on in ancestors(resource)
            ]
        return self._parents[resource.name]

    def _gate(self, change: Change) -> set[Token]:
        if change.gate is None or (change.resource.name, change.gate) in self.opened:
            return set()
        return {("gate", change.resource.name, _root(change.gate))}


def schedule_of(changes: pd.DataFrame) -> Schedule:
    """The schedule of a plan in its current state: gates already opened, and changes known not to be sent."""
    schedule = Schedule()
    opened = changes[(changes["status"] == "done") & changes["gate"].notna()]
    schedule.opened |= set(zip(opened["resource"], opened["gate"], strict=True))
    stuck = changes[changes["status"].isin(UNMADE) & ((changes["op"] == "create") | changes["chain"].notna())]
    names = ("n", "resource", "op", "match", "key", "chain", "status", "error", "hold")
    for n, resource, op, match, key, chain, status, error, hold in zip(
        *(stuck.sort_values("n")[name].to_list() for name in names), strict=True
    ):
        why = (_text(error) or "", _text(hold) or "")
        if op == "create":
            schedule.unmade.setdefault(resource, {})[match] = _unmade(status, CATALOGUE[resource].noun, *why)
        if _text(chain) is not None:
            name = _name(resource, orjson.loads(key))
            schedule.broken.setdefault(chain, (int(n), _broken(status, name, *why)))
    return schedule


def _order(change: Change) -> set[Token]:
    match: Token = ("match", change.resource.name, change.match)
    return {match} if change.chain is None else {match, ("chain", change.chain)}


def _serial(change: Change) -> set[Token]:
    within = change.resource.serial
    if within is None:
        return set()
    part = change.match.split(SEPARATOR)[change.resource.key.index(within)]
    return {("serial", change.resource.name, part)}


def _root(gate: str) -> str:
    """The part of a gate that siblings share: the first segment of a path, else all of it."""
    return "/".join(gate.split("/", 2)[:2]) if gate.startswith("/") else gate


def _unmade(status: str, parent: str, error: str, hold: str) -> str:
    # The parent is not named, since it is part of the child's own key: a reason shared by many is then reported once.
    if status == "held":
        return f"needs approval of hold {hold}: its {parent} is on hold"
    if status == "unknown":
        return f"its {parent} may not exist: it is not known whether it was created"
    return f"its {parent} was not created: {error}"


def _broken(status: str, name: str, error: str, hold: str) -> str:
    if status == "held":
        return f"needs approval of hold {hold}: the change to {name} must come first, but is on hold"
    return f"the change to {name} must come first, but was not made: {error}"
