"""Values that are unique on the site: freed before they are taken, swapped through a temporary value.

A value is only moved from one object to another where the SIS itself changes both sides today. Otherwise it is an
issue: nobody's login is taken from them by inference.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from sync.diff.field_diff import Alignment
from sync.diff.identity import compared
from sync.model import Conventions, Field, Issue
from sync.model.findings import cell
from sync.model.frames import standing_on
from sync.model.index import places
from sync.model.issue_texts import wording
from sync.model.resources import put_stage
from sync.model.values import equals, pick, position, unpack
from sync.plan.dependants import dependants
from sync.plan.working_frame import removals


@dataclass(frozen=True, slots=True)
class Moved:
    """The remaining changes, and what was left out.

    changes:  with the order that moving values asks of them: `chain`, `step`, `stage` (0: the usual one)
    refused:  those that ask for a value that stays with another object
    issues:   why changes were left out
    left_out: how many, by resource
    """

    changes: pd.DataFrame
    refused: pd.DataFrame
    issues: list[Issue]
    left_out: Counter[str]


def move(alignments: Mapping[str, Alignment], changes: pd.DataFrame, conventions: Conventions) -> Moved:
    """Chains for values that move from one object to another, temporary values for rings.

    Changes that cannot go are left out, and with them what depends on objects that are not created.
    """
    changes = changes.copy()
    refused: dict[int, Unsendable] = {}
    kept: list[int] = []
    detours: list[dict[Any, Any]] = []
    for name, alignment in alignments.items():
        unique = conventions.unique(alignment.resource)
        mine = equals(changes["resource"], name)
        if not unique or not mine.any():
            continue
        found = moves(alignment, changes[mine], unique, conventions)
        refused |= found.refused
        kept += _of_holders(alignment, alignments, changes, found.refused)
        at = list(found.chains)
        changes.loc[at, "chain"] = [chain for chain, _ in found.chains.values()]
        changes.loc[at, "step"] = [step for _, step in found.chains.values()]
        changes.loc[at, "stage"] = put_stage(alignment.resource)
        for index, chain, step, fields in found.detours:
            row = changes.loc[index].to_dict()
            after = temporary(str(row["before"]), fields, alignment, str(row["match"]))
            detours.append(row | {"after": after, "chain": chain, "step": step})
    denied = changes.loc[list(refused)]
    stuck, astray = dependants(alignments, changes, denied)
    out = [*refused, *stuck]
    left_out = Counter(changes["resource"][out].tolist())
    changes = changes.drop(index=[*out, *dict.fromkeys(kept)], errors="ignore")
    if detours:
        extra = pd.DataFrame(detours).astype(changes.dtypes.to_dict())
        changes = pd.concat([changes, extra], ignore_index=True)
    issues = [each.issue for each in refused.values()]
    return Moved(changes.reset_index(drop=True), denied.reset_index(drop=True), [*issues, *astray], left_out)


def _of_holders(
    alignment: Alignment,
    alignments: Mapping[str, Alignment],
    changes: pd.DataFrame,
    refused: Mapping[int, Unsendable],
) -> list[int]:
    """Removals of objects whose value a refused row claims, and of everything below: the row may be about them."""
    if not refused:
        return []
    roots = alignment.index.numbers(pd.Series([each.holder for each in refused.values()], dtype="str"))
    deletes = changes[removals(changes)]
    kept: list[int] = []
    for name, rows in deletes.groupby("resource", sort=False):
        below = alignments[str(name)]
        of = standing_on(below.resource, below.index, alignment.resource.name, rows["object"], roots)
        kept += rows.index[of >= 0].tolist()
    return kept


@dataclass(slots=True)
class _Mover:
    """A change that takes or frees contested values: which holder it must wait for, by field."""

    index: int
    waits: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Unsendable:
    """Why a change cannot be sent, and the match of the object that has the value it asks for."""

    issue: Issue
    holder: str


@dataclass(frozen=True, slots=True)
class Moves:
    """What moving values requires of the plan.

    chains:   change index -> (chain id, position in the chain)
    detours:  (change index, chain id, position, fields) of updates that must first go through temporary values
    refused:  change indices that cannot go, each with its reason
    """

    chains: Mapping[int, tuple[str, int]]
    detours: tuple[tuple[int, str, int, tuple[str, ...]], ...]
    refused: Mapping[int, Unsendable]


def moves(alignment: Alignment, changes: pd.DataFrame, unique: Sequence[Field], conventions: Conventions) -> Moves:
    """The moves of one resource's changes (`index` is kept in the result) in its unique fields."""
    movers: dict[str, _Mover] = {}
    refused: dict[int, Unsendable] = {}
    for spec in unique:
        _find(alignment, changes, spec, conventions, movers, refused)
    _drop_refused(alignment, changes, movers, refused)
    return _chained(alignment.resource.name, movers, refused)


def _find(
    alignment: Alignment,
    changes: pd.DataFrame,
    spec: Field,
    conventions: Conventions,
    movers: dict[str, _Mover],
    refused: dict[int, Unsendable],
) -> None:
    """Changes that take a value somebody has: they wait for the holder's change, or are refused."""
    rows = alignment.observed.rows
    if spec.name not in rows:
        return
    held = compared(rows[spec.name], spec, conventions)
    after = compared(unpack(changes["after"], [spec.name])[spec.name], spec, conventions)
    at = pd.Series(position(after, held), index=changes.index)
    takers = changes[(at >= 0) & after.notna() & (after != "")]
    if not len(takers):
        return
    meant = _meant(alignment, changes, spec, after, conventions)
    holders = rows["match"].iloc[at[takers.index]].set_axis(takers.index)
    takers = takers[(holders != takers["match"]).to_numpy()]
    plans = dict(zip(changes["match"], changes.index, strict=True))
    for index, taker in zip(takers.index, takers["match"], strict=True):
        holder = str(holders[index])
        freeing = plans.get(holder)
        if freeing is not None and meant[index] and meant[freeing] and _frees(changes, freeing, index, after):
            movers.setdefault(str(taker), _Mover(index)).waits[spec.name] = holder
            movers.setdefault(holder, _Mover(freeing))
        else:
            refused[index] = _taken(alignment, changes, index, spec.name, str(after[index]), holder)


def _meant(
    alignment: Alignment, changes: pd.DataFrame, spec: Field, after: pd.Series[Any], conventions: Conventions
) -> pd.Series[Any]:
    """Which changes of this field come from the SIS today: something else was sent before, or it is to be deleted."""
    at = places(changes["object"], alignment.ledger["object"])
    before = unpack(pick(alignment.ledger["sent"], at), [spec.name])[spec.name].set_axis(changes.index)
    return (changes["op"] == "delete") | before.isna() | (compared(before, spec, conventions) != after)


def _frees(changes: pd.DataFrame, holder: int, taker: int, after: pd.Series[Any]) -> bool:
    """Whether the holder's own change frees the value that is wanted."""
    return bool(changes.at[holder, "op"] == "delete" or (pd.notna(after[holder]) and after[holder] != after[taker]))


def _taken(alignment: Alignment, changes: pd.DataFrame, index: int, name: str, value: str, holder: str) -> Unsendable:
    row = changes.loc[index].to_dict()
    noun = alignment.resource.noun
    issue = wording(
        f"{name}-taken", field=alignment.resource.called(name), value=value, object=noun, holder=holder
    ).issue(
        "error",
        resource=alignment.resource.name,
        value=value,
        key=row["key"],
        **cell(alignment.desired.columns, row, [name]),
    )
    return Unsendable(issue, holder)


def _drop_refused(
    alignment: Alignment, changes: pd.DataFrame, movers: dict[str, _Mover], refused: dict[int, Unsendable]
) -> None:
    """A change that cannot be sent frees nothing: whoever waits for it cannot be sent either."""
    waiters: dict[str, list[tuple[str, str]]] = {}
    for match, mover in movers.items():
        for name, holder in mover.waits.items():
            waiters.setdefault(holder, []).append((match, name))
    stuck = deque(str(changes.at[index, "match"]) for index in refused)
    while stuck:
        holder = stuck.popleft()
        movers.pop(holder, None)
        for match, name in waiters.get(holder, ()):
            taker = movers.get(match)
            if taker is not None and taker.index not in refused:
                value = str(json.loads(str(changes.at[taker.index, "after"]))[name])
                refused[taker.index] = _taken(alignment, changes, taker.index, name, value, holder)
                stuck.append(match)


def _chained(resource: str, movers: Mapping[str, _Mover], refused: Mapping[int, Unsendable]) -> Moves:
    chains: dict[int, tuple[str, int]] = {}
    detours: list[tuple[int, str, int, tuple[str, ...]]] = []
    for group in _groups(movers):
        name = "c-" + hashlib.sha256("\n".join([resource, *group]).encode()).hexdigest()[:8]
        for at, (match, through) in enumerate(_in_order(group, movers)):
            if through:
                detours.append((movers[match].index, name, at, through))
            else:
                chains[movers[match].index] = (name, at)
    return Moves(chains, tuple(detours), refused)


def _groups(movers: Mapping[str, _Mover]) -> Iterator[list[str]]:
    """Changes that depend on each other, directly or through others; without those that wait for nothing more."""
    near: dict[str, set[str]] = {match: set(m.waits.values()) for match, m in movers.items()}
    for match, mover in movers.items():
        for holder in mover.waits.values():
            near[holder].add(match)
    left = dict.fromkeys(sorted(movers))
    while left:
        group, edge = [], [next(iter(left))]
        while edge:
            match = edge.pop()
            if match in left:
                del left[match]
                group.append(match)
                edge.extend(near[match])
        if len(group) > 1:
            yield sorted(group)


def _in_order(group: list[str], movers: Mapping[str, _Mover]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Who goes when; with field names: goes through temporary values of these first, as a circle has no beginning."""
    waiting = {match: set(movers[match].waits.values()) for match in group}
    waiters: dict[str, list[tuple[str, str]]] = {match: [] for match in group}
    for match in group:
        for name, holder in movers[match].waits.items():
            waiters[holder].append((match, name))
    left = dict.fromkeys(group)
    ready = deque(match for match in group if not waiting[match])
    while left:
        match = ready.popleft() if ready else _in_a_circle(next(iter(left)), waiting)
        if waiting[match]:
            yield match, tuple(sorted({name for _, name in waiters[match]}))
        else:
            yield match, ()
            del left[match]
        for other, _ in waiters.pop(match, ()):
            if match in waiting[other]:
                waiting[other].remove(match)
                if not waiting[other]:
                    ready.append(other)


def _in_a_circle(match: str, waiting: Mapping[str, set[str]]) -> str:
    """One of those that wait for each other, found from one that waits for them."""
    seen: set[str] = set()
    while match not in seen:
        seen.add(match)
        match = min(waiting[match])
    return match


def temporary(before: str, fields: tuple[str, ...], alignment: Alignment, match: str) -> str:
    """The before-image with temporary values in these fields: the first half of a swap."""
    values = json.loads(before)
    for name in fields:
        spec = alignment.resource.field(name)
        mark = "swap-" + hashlib.sha256(f"{name}\n{match}".encode()).hexdigest()[:12]
        host = str(values.get(name, "")).rpartition("@")[2]
        values[name] = f"{mark}@{host}" if spec is not None and spec.kind == "email" else mark
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))
