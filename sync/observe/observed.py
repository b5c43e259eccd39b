"""The state of the site, from the responses to a read plan and from the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from sync.model import Observed, Read, Resource
from sync.model.columns import filled, framed, rows_where, selected, stacked
from sync.model.frames import unnamed
from sync.model.index import Numbers, among, firsts, no_objects, parent_key
from sync.model.values import unpack
from sync.observe.read_plan import Expected, below_absent
from sync.observe.reading import Responses


def observe(expected: Expected, responses: Responses | None) -> Observed:
    """The state of a resource from these responses and, where nothing was read, from the ledger.

    Objects that are only referred to count as present even if another plugin made them.
    """
    resource, index, ledger = expected.resource, expected.index, expected.ledger
    names = [*(field.name for field in resource.state), *unnamed(resource, expected.desired.rows)]
    known, only_wanted = _known(expected)
    gone = known[below_absent(expected, known, resource.key)]
    standing = rows_where(ledger, ~among(ledger["object"], gone))
    if responses is None:
        nothing = nothing_observed(resource, names)
        return replace(nothing, rows=_remembered(standing, names), absent=gone)
    read, asked = responses.plan.read, responses.plan.keys["at"].to_numpy()
    rows, foreign = _read_rows(resource, responses, names)
    at = index.part(known, read.by)
    # Below a parent that is not there nothing can be read, and nothing has to be.
    failed = known[among(at, asked[responses.failed]) & ~among(known, gone)]
    missing = known[among(at, asked[~responses.failed]) & ~among(known, rows["object"])]
    missing = missing[~among(missing, only_wanted) | ~among(missing, foreign["object"])]
    unasked = rows_where(standing, ~among(index.part(standing["object"], read.by), asked))
    denied = known[:0] if read.many else asked[responses.absent]
    return Observed(
        resource.name,
        stacked(rows, _remembered(unasked, names)),
        foreign,
        np.concatenate([gone, missing, denied]),
        failed,
        _unknown(resource, responses.rows, known),
        _inactive(read, responses.rows),
        responses.nameless,
    )


def nothing_observed(resource: Resource, names: Sequence[str] = ()) -> Observed:
    """The state of a resource that was not read: nothing of it is known to be on the site.

    `names` are its fields, where there are others than those of the catalogue.
    """
    names = names or [field.name for field in resource.state]
    return Observed(
        resource.name,
        no_objects("match", *names, "source"),
        no_objects("match", *resource.key, *names, "by"),
        np.empty(0, np.int64),
        np.empty(0, np.int64),
        no_objects("match", *resource.key),
    )


def _known(expected: Expected) -> tuple[Numbers, Numbers]:
    """All objects that sheets, ledger or other resources' rows name, and those that only the latter do."""
    named = np.zeros(len(expected.index), dtype=bool)
    for frame in (expected.desired.rows, expected.ledger):
        named[frame["object"]] = True
    wanted = expected.wanted["object"].to_numpy()
    only_wanted = wanted[~named[wanted]]
    named[only_wanted] = True
    return np.flatnonzero(named), only_wanted


def _unknown(resource: Resource, rows: pd.DataFrame, known: Numbers) -> pd.DataFrame:
    """The keys, as the site spells them, of rows that could be ours but are in no sheet and not in the ledger."""
    strange = rows["ours"].to_numpy(dtype=bool) & ~among(rows["object"], known)
    found = rows_where(selected(rows, ["match", "object", *resource.key]), strange)
    return rows_where(found, firsts(found["object"]))


def _inactive(read: Read, rows: pd.DataFrame) -> Numbers | None:
    """The objects that are not in force, if that was asked for."""
    if not read.active or not {*read.active} <= {*rows.columns}:
        return None
    differs = [(rows[name].notna() & (rows[name] != value)).to_numpy() for name, value in read.active.items()]
    inactive: Numbers = rows["object"].to_numpy()[rows["ours"].to_numpy(dtype=bool) & np.logical_or.reduce(differs)]
    return inactive


def _read_rows(resource: Resource, responses: Responses, names: Sequence[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows that can be ours, and foreign rows."""
    ours = responses.rows["ours"].to_numpy(dtype=bool)
    rows = rows_where(responses.rows, ours)
    rows = _fields(rows_where(rows, firsts(rows["object"])), names, source="read")
    foreign = rows_where(responses.rows, ~ours)
    return rows, _fields(foreign, [*resource.key, *names], by=_owners(responses.plan.read, foreign))


def _fields(rows: pd.DataFrame, names: Iterable[str], **more: Any) -> pd.DataFrame:
    """These fields of rows, NA where the responses have no such field, and more columns."""
    columns = {name: rows[name] if name in rows else filled(None, rows.index) for name in names}
    return framed({"match": rows["match"], "object": rows["object"], **columns, **more}, rows.index)


def _owners(read: Read, rows: pd.DataFrame) -> pd.Series[Any]:
    """Who owns each object, in the site's own words: for an enrolment its plugin."""
    owners = pd.Series("", index=rows.index, dtype="str")
    for name in read.ours:
        owners = (owners + " " + rows[name].fillna("")).str.strip()
    return owners


def _remembered(ledger: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    known = selected(ledger, ["match", "object", "seen", "sent"])
    known = rows_where(known, (known["seen"].notna() | known["sent"].notna()).to_numpy())
    fields = unpack(known["seen"].fillna(known["sent"]), names)
    columns = {name: fields[name] for name in names}
    return framed({"match": known["match"], "object": known["object"], **columns, "source": "remembered"}, known.index)


def doubts(
    expected: Expected, observed: Observed, responses: Responses | None, parents: Mapping[str, Observed]
) -> dict[str, Numbers]:
    """Parents to read again, by resource: remembered ones whose list is gone or whose child has vanished."""
    if responses is None:
        return {}
    resource, index, ledger, read = expected.resource, expected.index, expected.ledger, responses.plan.read
    believed = (ledger["sent"].notna() | ledger["seen"].notna()).to_numpy()
    vanished = ledger["object"].to_numpy()[believed & among(ledger["object"], observed.absent)]
    asked = responses.plan.keys["at"].to_numpy()
    lost_lists = asked[responses.absent] if read.many else asked[:0]
    vanished = vanished[~among(index.part(vanished, read.by), lost_lists)]
    found: dict[str, Numbers] = {}
    for ref in resource.refs:
        if ref.resource not in parents:
            continue
        suspects = index.part(vanished, parent_key(ref.resource, ref.on))
        if set(ref.on) == set(read.by):
            suspects = np.concatenate([suspects, lost_lists])
        rows = parents[ref.resource].rows
        remembered = rows["object"][rows["source"] == "remembered"]
        named = np.concatenate([found.get(ref.resource, suspects[:0]), suspects[among(suspects, remembered)]])
        if len(named):
            found[ref.resource] = named[firsts(named)]
    return found


def without(observed: Observed, gone: Numbers) -> Observed:
    """The same, but these turned out not to be there."""
    return replace(
        observed,
        rows=rows_where(observed.rows, ~among(observed.rows["object"], gone)),
        absent=np.concatenate([observed.absent, gone]),
    )
