"""The state of the site, from the responses to a read plan and from the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from sync.model import Conventions, Observed, Read, Resource
from sync.model.frames import parents_of, records, unnamed
from sync.model.values import no_rows, part_of, position, unpack
from sync.observe.read_plan import Expected, ReadPlan, below_absent
from sync.site.requests import rows_of


@dataclass(frozen=True, slots=True)
class Responses:
    """The result of a `ReadPlan`: per key, whether nothing was there or it could not be read.

    rows: the contents of the others, as returned by `sync.site.requests.rows_of`
    """

    plan: ReadPlan
    rows: pd.DataFrame
    absent: pd.Series[Any]
    failed: pd.Series[Any]


CHUNK = 20_000
"""Rows of lists that are kept as they are before they become columns."""


def parse(
    resource: Resource, plan: ReadPlan, responses: Iterable[tuple[int, Any]], conventions: Conventions
) -> pd.DataFrame:
    """The rows of good responses (place of the key, data), turned into columns as they arrive: lists can be long."""
    keys = records(plan.keys[list(plan.read.by)])
    frames: list[pd.DataFrame] = []
    asked: list[Mapping[str, str]] = []
    data: list[Any] = []
    size = 0
    for place, found in responses:
        asked.append(keys[place])
        data.append(found)
        size += len(found) if plan.read.many else 1
        if size >= CHUNK:
            frames.append(rows_of(resource, plan.read, asked, data, conventions, plan.extra))
            asked, data, size = [], [], 0
    frames.append(rows_of(resource, plan.read, asked, data, conventions, plan.extra))
    return pd.concat(frames, ignore_index=True)


def observe(expected: Expected, responses: Responses | None, conventions: Conventions) -> Observed:
    """The state of a resource from these responses and, where nothing was read, from the ledger.

    Objects that are only referred to count as present even if another plugin made them.
    """
    resource, ledger = expected.resource, expected.ledger
    names = [*(field.name for field in resource.state), *unnamed(resource, expected.desired.rows)]
    known, only_wanted = _known(expected)
    gone = known[below_absent(resource, known, resource.key, expected.absent)]
    standing = ledger[position(ledger["match"], gone) < 0]
    if responses is None:
        return Observed(
            resource.name,
            _remembered(standing, names),
            no_rows("match", *resource.key, *names, "by"),
            pd.Index(gone, dtype="str"),
            pd.Index([], dtype="str"),
            no_rows("match", *resource.key),
        )
    read, asked = responses.plan.read, responses.plan.keys["at"]
    by = [resource.key.index(name) for name in read.by]
    rows, foreign = _read_rows(resource, responses, names)
    at = part_of(known, by)
    failed = known[position(at, asked[responses.failed]) >= 0]
    missing = known[(position(at, asked[~responses.failed]) >= 0) & (position(known, rows["match"]) < 0)]
    missing = missing[(position(missing, only_wanted) < 0) | (position(missing, foreign["match"]) < 0)]
    unasked = standing[position(part_of(standing["match"], by), asked) < 0]
    denied = known.iloc[:0] if read.many else asked[responses.absent]
    absent = pd.concat([gone, missing, denied], ignore_index=True).drop_duplicates()
    return Observed(
        resource.name,
        pd.concat([rows, _remembered(unasked, names)], ignore_index=True),
        foreign,
        pd.Index(absent, dtype="str"),
        pd.Index(failed, dtype="str"),
        _unknown(resource, responses.rows, known),
    )


def nothing_observed(resource: Resource) -> Observed:
    """The state of a resource that was not read: nothing of it is known to be on the site."""
    names = [field.name for field in resource.state]
    return Observed(
        resource.name,
        no_rows("match", *names, "source"),
        no_rows("match", *resource.key, *names, "by"),
        pd.Index([], dtype="str"),
        pd.Index([], dtype="str"),
        no_rows("match", *resource.key),
    )


def _known(expected: Expected) -> tuple[pd.Series[Any], pd.Series[Any]]:
    """Matches of all objects that any side knows, and of those that are only referred to."""
    ledger, named = expected.ledger["match"], expected.desired.rows["match"]
    own = pd.concat([named, ledger[position(ledger, named) < 0]], ignore_index=True)
    wanted = expected.wanted["match"]
    only_wanted = wanted[position(wanted, own) < 0]
    return pd.concat([own, only_wanted], ignore_index=True), only_wanted


def _unknown(resource: Resource, rows: pd.DataFrame, known: pd.Series[Any]) -> pd.DataFrame:
    """The keys, as the site spells them, of rows that could be ours but are in no sheet and not in the ledger."""
    strange = rows["ours"].to_numpy(dtype=bool) & (position(rows["match"], known) < 0)
    return rows.loc[strange, ["match", *resource.key]].drop_duplicates("match", ignore_index=True)


def _read_rows(resource: Resource, responses: Responses, names: Sequence[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows that can be ours, and foreign rows."""
    ours = responses.rows["ours"].to_numpy(dtype=bool)
    rows = responses.rows if ours.all() else responses.rows[ours]
    rows = rows.reindex(columns=["match", *names]).assign(source="read")
    twice = rows["match"].duplicated().to_numpy()
    rows = rows[~twice] if twice.any() else rows
    rows = rows.astype(dict.fromkeys(("source", *names), "str")).reset_index(drop=True)
    foreign = responses.rows if not ours.any() else responses.rows[~ours]
    foreign = foreign.assign(by=_owners(responses.plan.read, foreign))
    foreign = foreign.reindex(columns=["match", *resource.key, *names, "by"]).astype("str").reset_index(drop=True)
    return rows, foreign


def _owners(read: Read, rows: pd.DataFrame) -> pd.Series[Any]:
    """Who owns each object, in the site's own words: for an enrolment its plugin."""
    owners = pd.Series("", index=rows.index, dtype="str")
    for name in read.ours:
        owners = (owners + " " + rows[name].fillna("")).str.strip()
    return owners


def _remembered(ledger: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    held = ledger["seen"].fillna(ledger["sent"])
    kept = held.notna()
    frame = unpack(held[kept], names).reset_index(drop=True)
    frame.insert(0, "match", ledger["match"][kept].reset_index(drop=True))
    return frame.assign(source=pd.Series("remembered", index=frame.index, dtype="str"))


def doubts(
    expected: Expected, observed: Observed, responses: Responses | None, parents: Mapping[str, Observed]
) -> dict[str, pd.Series[Any]]:
    """Parents to read again, by resource: remembered ones whose list is gone or whose child has vanished."""
    if responses is None:
        return {}
    resource, ledger, read = expected.resource, expected.ledger, responses.plan.read
    believed = ledger["sent"].notna() | ledger["seen"].notna()
    vanished = ledger["match"][believed & (position(ledger["match"], observed.absent.to_series()) >= 0)]
    asked = responses.plan.keys["at"]
    lost_lists = asked[responses.absent] if read.many else asked.iloc[:0]
    by = [resource.key.index(name) for name in read.by]
    vanished = vanished[position(part_of(vanished, by), lost_lists) < 0] if len(vanished) else vanished
    found: dict[str, pd.Series[Any]] = {}
    for ref in resource.refs:
        if ref.resource not in parents:
            continue
        suspects = [parents_of(resource, ref.on, ref.resource, vanished)] if len(vanished) else []
        suspects += [lost_lists] if set(ref.on) == set(read.by) else []
        if not suspects:
            continue
        rows = parents[ref.resource].rows
        remembered = rows["match"][rows["source"] == "remembered"]
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
