"""Values that are unique on the site: freed before they are taken, swapped through a temporary value.

A value is only moved from one object to another where the SIS itself changes both sides today. Otherwise it is an
issue: nobody's login is taken from them by inference.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from sync.diff import Sides
from sync.model import Field, Issue, Manners
from sync.values import fold, position, unpack


@dataclass(slots=True)
class _Mover:
    """A change that takes or frees contested values: which holder it must wait for, by field."""

    index: int
    waits: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Moves:
    """What moving values asks of the plan.

    chains:   change index -> (chain id, position in the chain)
    detours:  (change index, chain id, position, fields) of updates that must first go through temporary values
    refused:  change indices that cannot go, each with its issue
    """

    chains: Mapping[int, tuple[str, int]]
    detours: tuple[tuple[int, str, int, tuple[str, ...]], ...]
    refused: Mapping[int, Issue]


def moves(side: Sides, changes: pd.DataFrame, manners: Manners) -> Moves:
    """Look at the changes of one resource (`index` is kept in the result)."""
    unique = [f for f in side.resource.fields if f.unique]
    if not unique or not len(changes):
        return Moves({}, (), {})
    movers: dict[str, _Mover] = {}
    refused: dict[int, Issue] = {}
    for spec in unique:
        _find(side, changes, spec, manners, movers, refused)
    _drop_refused(changes, movers, refused)
    return _chained(changes, movers, refused)


def _compared(column: pd.Series[Any], spec: Field, manners: Manners) -> pd.Series[Any]:
    return column if spec.kind == "email" or spec.pattern else fold(column, manners)


def _find(
    side: Sides,
    changes: pd.DataFrame,
    spec: Field,
    manners: Manners,
    movers: dict[str, _Mover],
    refused: dict[int, Issue],
) -> None:
    """Takers of a value somebody holds: they wait for the holder's change, or are refused."""
    rows = side.observed.rows
    if spec.name not in rows:
        return
    held = _compared(rows[spec.name], spec, manners)
    after = _compared(unpack(changes["after"], [spec.name])[spec.name], spec, manners)
    at = pd.Series(position(after, held), index=changes.index)
    takers = changes[(at >= 0) & after.notna() & (after != "")]
    if not len(takers):
        return
    holders = rows["match"].iloc[at[takers.index]].set_axis(takers.index)
    takers = takers[(holders != takers["match"]).to_numpy()]
    plans = {match: index for match, index in zip(changes["match"], changes.index, strict=True)}
    for index, taker in zip(takers.index, takers["match"], strict=True):
        holder = str(holders[index])
        freeing = plans.get(holder)
        if (
            freeing is None
            or not _frees(changes, freeing, index, after)
            or "site"
            in (
                changes.at[index, "cause"],
                changes.at[freeing, "cause"],
            )
        ):
            refused[index] = _taken(side, changes, index, spec, str(after[index]), holder)
        else:
            movers.setdefault(str(taker), _Mover(index)).waits[spec.name] = holder
            movers.setdefault(holder, _Mover(freeing))


def _frees(changes: pd.DataFrame, holder: int, taker: int, after: pd.Series[Any]) -> bool:
    """Whether the holder's own change gives up the value the taker wants."""
    return bool(changes.at[holder, "op"] == "delete" or (pd.notna(after[holder]) and after[holder] != after[taker]))


def _taken(side: Sides, changes: pd.DataFrame, index: int, spec: Field, value: str, holder: str) -> Issue:
    row = changes.loc[index]
    noun = side.resource.name.replace("_", " ")
    return Issue(
        code=f"{spec.name}-taken",
        severity="error",
        resource=side.resource.name,
        file=None if pd.isna(row["file"]) else str(row["file"]),
        tab=None if pd.isna(row["tab"]) else str(row["tab"]),
        row=None if pd.isna(row["row"]) else int(row["row"]),
        column=spec.name,
        value=value,
        message=f"the {spec.name} `{value}` belongs to {noun} {holder} on the site, and the SIS does not take it from there today",
        hint=f"Give {noun} {holder} another {spec.name} in the SIS, or correct it here.",
    )


def _drop_refused(changes: pd.DataFrame, movers: dict[str, _Mover], refused: dict[int, Issue]) -> None:
    """A mover that cannot go frees nothing: whoever waits for it cannot go either."""
    blocked = {str(changes.at[index, "match"]) for index in refused}
    while blocked:
        for match in blocked:
            movers.pop(match, None)
        stuck = {match: m for match, m in movers.items() if set(m.waits.values()) & blocked}
        for mover in stuck.values():
            cause = refused[next(i for i in refused if str(changes.at[i, "match"]) in mover.waits.values())]
            refused[mover.index] = cause
        blocked = set(stuck)


def _chained(changes: pd.DataFrame, movers: Mapping[str, _Mover], refused: Mapping[int, Issue]) -> Moves:
    chains: dict[int, tuple[str, int]] = {}
    detours: list[tuple[int, str, int, tuple[str, ...]]] = []
    for group in _groups(movers):
        name = "c-" + hashlib.sha256("\n".join(sorted(group)).encode()).hexdigest()[:8]
        at = 0
        for match, through in _in_order(group, movers):
            if through:
                detours.append((movers[match].index, name, at, through))
            else:
                chains[movers[match].index] = (name, at)
            at += 1
    return Moves(chains, tuple(detours), refused)


def _groups(movers: Mapping[str, _Mover]) -> Iterator[list[str]]:
    """Movers that have to do with each other, directly or through others."""
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
        yield sorted(group)


def _in_order(group: list[str], movers: Mapping[str, _Mover]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Who goes when; with field names: goes through temporary values of these first, for a circle has no beginning."""
    freed: set[str] = set()
    left = list(group)
    while left:
        ready = [m for m in left if set(movers[m].waits.values()) <= freed]
        if ready:
            for match in ready:
                yield match, ()
                left.remove(match)
                freed.add(match)
            continue
        match = next(m for m in left if m not in freed and any(m in movers[o].waits.values() for o in left))
        yield match, tuple(sorted({f for o in left for f, holder in movers[o].waits.items() if holder == match}))
        freed.add(match)


def temporary(before: str, fields: tuple[str, ...], side: Sides, match: str) -> str:
    """The before-image with values nobody else has in these fields: the first half of a swap."""
    values = json.loads(before)
    for name in fields:
        spec = side.resource.field(name)
        mark = "swap-" + hashlib.sha256(f"{name}\n{match}".encode()).hexdigest()[:12]
        host = str(values.get(name, "")).rpartition("@")[2]
        values[name] = f"{mark}@{host}" if spec is not None and spec.kind == "email" else mark
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))
