"""The state of the site, from the responses to a read plan and from the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from sync.model import Observed, Read, Resource
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
    standing = ledger[~among(ledger["object"], gone)]
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
    unasked = standing[~among(index.part(standing["object"], read.by), asked)]
    denied = known[:0] if read.many else asked[responses.absent]
    return Observed(
        resource.name,
        pd.concat([rows, _remembered(unasked, names)], ignore_index=True),
        foreign,
        np.concatenate([gone, missing, denied]),
        failed,
        _unknown(resource, responses.rows, known),
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
    found = rows.loc[strange, ["match", "object", *resource.key]]
    return found[firsts(found["object"])].reset_index(drop=True)


def _read_rows(resource: Resource, responses: Responses, names: Sequence[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows that can be ours, and foreign rows."""
    ours = responses.rows["ours"].to_numpy(dtype=bool)
    rows = responses.rows if ours.all() else responses.rows[ours]
    rows = rows.reindex(columns=["match", "object", *names]).assign(source="read")
    once = firsts(rows["object"])
    rows = rows if once.all() else rows[once]
    rows = rows.astype(dict.fromkeys(("source", *names), "str")).reset_index(drop=True)
    foreign = responses.rows if not ours.any() else responses.rows[~ours]
    foreign = foreign.assign(by=_owners(responses.plan.read, foreign))
    foreign = foreign.reindex(columns=["match", "object", *resource.key, *names, "by"])
    texts = dict.fromkeys(("match", *resource.key, *names, "by"), "str")
    return rows, foreign.astype(texts).reset_index(drop=True)


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
    for at, name in enumerate(("match", "object")):
        frame.insert(at, name, ledger[name][kept].reset_index(drop=True))
    return frame.assign(source=pd.Series("remembered", index=frame.index, dtype="str"))


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
    kept = ~among(observed.rows["object"], gone)
    return replace(
        observed,
        rows=observed.rows[kept].reset_index(drop=True),
        absent=np.concatenate([observed.absent, gone]),
    )
