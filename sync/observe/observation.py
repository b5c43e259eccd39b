"""What to ask the site for, and what its answers say.

Lists are read in full. Single objects are read at first sight, when the sheets changed them, when they are about to
leave or a delta says that they are gone, and a rolling share of the rest each night; the others are taken as
remembered. Parents are looked at before their children: below an object that is not there, nothing is asked and
nothing is remembered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import pandas as pd

from sync.model import Conventions, Desired, Field, Observed, Read, Resource
from sync.model.frames import fields_of, parent_match, parents_of, records, unnamed
from sync.model.resources import CATALOGUE
from sync.model.values import match_of, no_rows, part_of, position, same, unpack
from sync.site.requests import rows_of

ReadPolicy = Literal["share", "full", "ledger"]
"""How much of what could be read is read: `share` by the rules above, all of it, or nothing at all."""


@dataclass(frozen=True, slots=True)
class ReadPlan:
    """The GETs to make for one resource: `keys` has the columns `read.by`, and `at`, the match of those alone.

    `extra` are fields the catalogue does not name, to be taken from the answers where they have them, and the
    properties that tell whose an object is.
    """

    read: Read
    keys: pd.DataFrame
    extra: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReadCycle:
    """What decides how much is read tonight: the policy, the day, and in how many nights all is seen once."""

    policy: ReadPolicy
    day: int
    nights: int


def below_leaving(resource: Resource, leaving: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """The lists of a resource to look into because something they hang on may be deleted with all it holds.

    leaving: ledger rows that may be deleted, by resource
    """
    by = resource.reads[0].by if resource.reads and resource.reads[0].many else ()
    frames = [
        unpack(rows["key"], list(takes.on)).rename(columns=takes.on)[list(by)]
        for name, rows in leaving.items()
        for takes in CATALOGUE[name].takes
        if len(rows) and takes.resource == resource.name and by and set(by) <= set(takes.on.values())
    ]
    return pd.concat([no_rows(*by), *frames], ignore_index=True)


# -- which reads to make ---------------------------------------------------------------------------------------


def plan_reads(
    resource: Resource,
    desired: Desired,
    ledger: pd.DataFrame,
    wanted: pd.DataFrame,
    leaving: pd.Series[Any],
    below: pd.DataFrame,
    absent: Mapping[str, pd.Index],
    night: ReadCycle,
    conventions: Conventions,
) -> ReadPlan | None:
    """The GETs needed tonight.

    wanted:  match and key columns of objects that children refer to and no sheet speaks of
    leaving: matches of ledger rows that may be deleted
    below:   columns `by` of lists that hold what parents take along which may be deleted
    absent:  by resource, what is known not to be there
    """
    if not resource.reads or night.policy == "ledger":
        return None
    read = resource.reads[0]
    known = (
        ledger if read.many or night.policy == "full" else _due(resource, desired, ledger, leaving, night, conventions)
    )
    rows = (
        desired.rows if read.many or night.policy == "full" else _fresh(resource, desired, ledger, night, conventions)
    )
    removals = desired.removals[position(desired.removals["match"], ledger["match"]) < 0]
    if not read.many:
        wanted = wanted[position(wanted["match"], ledger["match"]) < 0]
    by = list(read.by)
    spoken = [rows[by], _first_keys(resource, read, known), removals[by], wanted[by], below]
    keys = pd.concat(spoken, ignore_index=True)
    keys = keys.assign(at=match_of(keys, resource.named(read.by), conventions)).drop_duplicates("at", ignore_index=True)
    there = keys[~_below_absent(resource, keys["at"], read.by, absent)].reset_index(drop=True)
    return ReadPlan(read, there, tuple(dict.fromkeys((*unnamed(resource, desired.rows), *read.ours))))


def _first_keys(resource: Resource, read: Read, ledger: pd.DataFrame) -> pd.DataFrame:
    if not len(ledger):
        return no_rows(*read.by)
    at = part_of(ledger["match"], [resource.key.index(name) for name in read.by])
    first = ~at.duplicated()
    return unpack(ledger["key"][first], read.by)


def _share(match: pd.Series[Any], night: ReadCycle) -> pd.Series[Any]:
    numbers = pd.util.hash_array(match.to_numpy(dtype=object), categorize=False)
    return pd.Series(numbers % night.nights == night.day % night.nights, index=match.index)


def _due(
    resource: Resource,
    desired: Desired,
    ledger: pd.DataFrame,
    leaving: pd.Series[Any],
    night: ReadCycle,
    conventions: Conventions,
) -> pd.DataFrame:
    named = position(ledger["match"], desired.rows["match"]) >= 0
    going = position(ledger["match"], leaving) >= 0
    turn = _share(ledger["match"], night).to_numpy(dtype=bool)
    due: pd.DataFrame = ledger[~named & (going | turn)]
    return due


def _fresh(
    resource: Resource, desired: Desired, ledger: pd.DataFrame, night: ReadCycle, conventions: Conventions
) -> pd.DataFrame:
    rows = desired.rows
    at = position(rows["match"], ledger["match"])
    changed = pd.Series(at < 0, index=rows.index)
    names = [name for name in fields_of(resource, rows) if name not in desired.on_create]
    sent = unpack(ledger["sent"].iloc[at[at >= 0]], names)
    inside = rows[at >= 0]
    for name in names:
        was = sent[name].set_axis(inside.index)
        equal = same(inside[name], was, resource.field(name) or Field(name), conventions)
        changed[at >= 0] |= inside[name].notna() & ~equal
    return rows[changed | _share(rows["match"], night)]


def _below_absent(
    resource: Resource, match: pd.Series[Any], names: Sequence[str], absent: Mapping[str, pd.Index]
) -> pd.Series[Any]:
    """Which matches (of the fields `names`) have a parent that is not there."""
    below = pd.Series(False, index=match.index)
    for ref in resource.refs:
        if set(ref.on) <= set(names) and len(absent.get(ref.resource, ())):
            parent = parent_match(CATALOGUE[ref.resource], ref.on, match, names)
            below |= position(parent, absent[ref.resource].to_series()) >= 0
    return below


# -- what the answers say --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Responses:
    """What became of a `ReadPlan`: per key, whether it was not there or could not be read.

    rows: what the others said, as `sync.site.requests.rows_of` gives it
    """

    ask: ReadPlan
    rows: pd.DataFrame
    absent: pd.Series[Any]
    failed: pd.Series[Any]


def parse(
    resource: Resource,
    ask: ReadPlan,
    responses: Iterable[tuple[int, Any]],
    conventions: Conventions,
    chunk: int = 20_000,
) -> pd.DataFrame:
    """The rows that good answers (key's place, data) say, made columns as they come: lists can be long."""
    keys = records(ask.keys[list(ask.read.by)])
    frames: list[pd.DataFrame] = []
    asked: list[Mapping[str, str]] = []
    data: list[Any] = []
    size = 0
    for place, found in responses:
        asked.append(keys[place])
        data.append(found)
        size += len(found) if ask.read.many else 1
        if size >= chunk:
            frames.append(rows_of(resource, ask.read, asked, data, conventions, ask.extra))
            asked, data, size = [], [], 0
    frames.append(rows_of(resource, ask.read, asked, data, conventions, ask.extra))
    return pd.concat(frames, ignore_index=True)


def observe(
    resource: Resource,
    desired: Desired,
    ledger: pd.DataFrame,
    wanted: pd.DataFrame,
    heard: Responses | None,
    absent: Mapping[str, pd.Index],
    conventions: Conventions,
) -> Observed:
    """The actual state of a resource from tonight's answers and, where nothing was asked, from the ledger.

    `wanted` as for `plan_reads`: of these, what another plugin made is there as well.
    """
    names = [*(field.name for field in resource.state), *unnamed(resource, desired.rows)]
    others = ledger["match"][position(ledger["match"], desired.rows["match"]) < 0]
    own = pd.concat([desired.rows["match"], others], ignore_index=True)
    only_wanted = wanted["match"][position(wanted["match"], own) < 0]
    known = pd.concat([own, only_wanted], ignore_index=True)
    gone = known[_below_absent(resource, known, resource.key, absent)]
    if heard is None:
        remembered = _remembered(ledger[position(ledger["match"], gone) < 0], names)
        return Observed(
            resource.name,
            remembered,
            no_rows("match", *resource.key, *names, "by"),
            pd.Index(gone, dtype="str"),
            pd.Index([], dtype="str"),
            no_rows("match", *resource.key),
        )
    read = heard.ask.read
    by = [resource.key.index(name) for name in read.by]
    rows, foreign, asked = _read_rows(resource, heard, names)
    at = part_of(known, by)
    failed = known[position(at, heard.ask.keys["at"][heard.failed]) >= 0]
    missing = known[(position(at, asked) >= 0) & (position(known, rows["match"]) < 0)]
    missing = missing[(position(missing, only_wanted) < 0) | (position(missing, foreign["match"]) < 0)]
    unasked = ledger[
        (position(part_of(ledger["match"], by), heard.ask.keys["at"]) < 0) & (position(ledger["match"], gone) < 0)
    ]
    asked_absent = heard.ask.keys["at"][heard.absent] if not read.many else known.iloc[:0]
    absent_now = pd.concat([gone, missing, asked_absent], ignore_index=True).drop_duplicates()
    return Observed(
        resource.name,
        pd.concat([rows, _remembered(unasked, names)], ignore_index=True),
        foreign,
        pd.Index(absent_now, dtype="str"),
        pd.Index(failed, dtype="str"),
        _unknown(resource, heard.rows, known),
    )


def _unknown(resource: Resource, rows: pd.DataFrame, known: pd.Series[Any]) -> pd.DataFrame:
    """The keys, as the site spells them, of rows that could be ours and nobody has spoken of."""
    strange = rows["ours"].to_numpy(dtype=bool) & (position(rows["match"], known) < 0)
    return rows.loc[strange, ["match", *resource.key]].drop_duplicates("match", ignore_index=True)


def _read_rows(
    resource: Resource, heard: Responses, names: Sequence[str]
) -> tuple[pd.DataFrame, pd.DataFrame, pd.Series[Any]]:
    """Rows that can be ours, foreign rows, and the `at` of what was answered (not there is an answer too)."""
    ours = heard.rows["ours"].to_numpy(dtype=bool)
    rows = heard.rows if ours.all() else heard.rows[ours]
    rows = rows.reindex(columns=["match", *names]).assign(source="read")
    twice = rows["match"].duplicated().to_numpy()
    rows = rows[~twice] if twice.any() else rows
    rows = rows.astype(dict.fromkeys(("source", *names), "str")).reset_index(drop=True)
    foreign = heard.rows if not ours.any() else heard.rows[~ours]
    foreign = foreign.assign(by=_whose(heard.ask.read, foreign))
    foreign = foreign.reindex(columns=["match", *resource.key, *names, "by"]).astype("str").reset_index(drop=True)
    return rows, foreign, heard.ask.keys["at"][~heard.failed]


def _whose(read: Read, rows: pd.DataFrame) -> pd.Series[Any]:
    """Whose objects are, in the site's own words: of an enrolment its plugin."""
    whose = pd.Series("", index=rows.index, dtype="str")
    for name in read.ours:
        whose = (whose + " " + rows[name].fillna("")).str.strip()
    return whose


def _remembered(ledger: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    held = ledger["seen"].fillna(ledger["sent"])
    kept = held.notna()
    frame = unpack(held[kept], names).reset_index(drop=True)
    frame.insert(0, "match", ledger["match"][kept].reset_index(drop=True))
    return frame.assign(source=pd.Series("remembered", index=frame.index, dtype="str"))


def doubts(
    resource: Resource, observed: Observed, ledger: pd.DataFrame, heard: Responses | None, sides: Mapping[str, Observed]
) -> dict[str, pd.Series[Any]]:
    """Parents to be read again, by resource: remembered ones whose list is gone or whose child vanished."""
    if heard is None:
        return {}
    found: dict[str, pd.Series[Any]] = {}
    believed = ledger["sent"].notna() | ledger["seen"].notna()
    vanished = ledger["match"][believed & (position(ledger["match"], observed.absent.to_series()) >= 0)]
    lost_lists = heard.ask.keys["at"][heard.absent] if heard.ask.read.many else heard.ask.keys["at"].iloc[:0]
    by = [resource.key.index(name) for name in heard.ask.read.by]
    vanished = vanished[position(part_of(vanished, by), lost_lists) < 0] if len(vanished) else vanished
    for ref in resource.refs:
        if ref.resource not in sides:
            continue
        suspects = [parents_of(resource, ref.on, ref.resource, vanished)] if len(vanished) else []
        if set(ref.on) == set(heard.ask.read.by):
            suspects.append(lost_lists)
        rows = sides[ref.resource].rows
        remembered = rows["match"][rows["source"] == "remembered"]
        if suspects:
            named = pd.concat(suspects, ignore_index=True).drop_duplicates()
            named = named[position(named, remembered) >= 0]
            if len(named):
                before = [found[ref.resource]] if ref.resource in found else []
                found[ref.resource] = pd.concat([*before, named], ignore_index=True).drop_duplicates()
    return found


def without(observed: Observed, gone: pd.Series[Any]) -> Observed:
    """The same, but these turned out not to be there."""
    kept = position(observed.rows["match"], gone) < 0
    return replace(
        observed,
        rows=observed.rows[kept].reset_index(drop=True),
        absent=observed.absent.union(pd.Index(gone, dtype="str"), sort=False),
    )
