"""What gets values instead of being deleted, compared with what the site has: `missing: set`.

A site may ignore a field that its API reference does not list. So the first object is sent alone: the others wait until
a read shows that its value has been applied. If a read shows that it has not, no more are sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from sync.diff.changes import SET, UNPROVEN, no_changes, updates
from sync.diff.field_diff import Alignment, Compared, Retries, compare, field_of
from sync.diff.ledger_updates import no_memories
from sync.diff.missing_set import names_in
from sync.model import LEDGER, Conventions, Issue
from sync.model.columns import filled, framed, rows_where, selected
from sync.model.findings import listed
from sync.model.frames import fields_of, seen_text
from sync.model.index import Flags, places
from sync.model.issue_texts import wording
from sync.model.values import equal_at, equals, pick, same, unpack


@dataclass(frozen=True, slots=True)
class Sets:
    """What gets values instead of being deleted: changes (columns `COLUMNS`), what was seen, and related issues."""

    changes: pd.DataFrame
    learned: pd.DataFrame
    issues: tuple[Issue, ...] = ()


@dataclass(frozen=True, slots=True)
class _Proof:
    """By row: whether a value of it is not proven to be applied, or known not to be; and which values these are."""

    unproven: Flags
    ignored: Flags
    values: dict[str, str]


@cache
def _nothing() -> Sets:
    return Sets(no_changes(), no_memories())


def sets(alignment: Alignment, rows: pd.DataFrame, conventions: Conventions, retries: Retries | None = None) -> Sets:
    """Compare the objects of some ledger rows with the values that they are to get (`to_set`)."""
    if not len(rows):
        return _nothing()
    names = names_in(rows)
    side = _side(alignment, rows, names)
    compared = compare(side, conventions, retries)
    proof = _proof(side, compared, names, conventions)
    ignored = proof.ignored[compared.differs]
    changes = updates(side, compared)
    changes["set"] = np.where(proof.unproven[compared.differs], UNPROVEN, SET)
    issues = tuple(_ignored(side, proof, int(ignored.sum())))
    return Sets(rows_where(changes, ~ignored), _learned(side, compared), issues)


def _side(alignment: Alignment, rows: pd.DataFrame, names: list[str]) -> Alignment:
    """The same resource, as if these ledger rows were rows of a sheet that states only the values to be set."""
    resource, desired = alignment.resource, alignment.desired
    mapped = [name for name in fields_of(resource, desired.rows) if name not in names]
    nothing = filled(None, rows.index)
    key, given = unpack(rows["key"], resource.key), unpack(rows["to_set"], names)
    columns: dict[str, Any] = {"match": rows["match"], "object": rows["object"]}
    columns |= {name: key[name] for name in resource.key} | dict.fromkeys(mapped, nothing)
    columns |= {name: given[name] for name in names}
    origin = {"claims": rows["claims"], "file": nothing, "tab": nothing, "also": nothing}
    stated = framed({**columns, **origin, "row": nothing.astype("Int64")}, rows.index)
    return replace(alignment, desired=replace(desired, rows=stated, on_create=frozenset()))


def _proof(side: Alignment, compared: Compared, names: list[str], conventions: Conventions) -> _Proof:
    """What reads have shown of the fields that the API reference does not list."""
    rows, seen, ledger = compared.rows, compared.seen, side.ledger
    unproven, refused = np.zeros(len(rows), dtype=bool), np.zeros(len(rows), dtype=bool)
    unlisted = [name for name in names if side.resource.field(name) is None]
    at = places(rows["object"], ledger["object"])
    sent, remembered = unpack(pick(ledger["sent"], at), unlisted), pick(ledger["seen"], at).notna().to_numpy()
    read = equals(seen["source"], "read")
    values: dict[str, str] = {}
    for name in unlisted:
        value = rows[name]
        ours = (value == sent[name]).to_numpy(dtype=bool)
        shown = same(value, seen[name], field_of(side.resource, name), conventions).to_numpy()
        applied = {*value[ours & shown & (read | remembered)]}
        asked = compared.unlike.get(name, np.zeros(len(rows), dtype=bool))
        ignored = {*value[ours & ~shown & read & ~asked]} - applied
        unproven |= value.notna().to_numpy() & ~value.isin(applied).to_numpy()
        refused |= value.isin(ignored).to_numpy()
        values |= dict.fromkeys([name] if ignored else [], listed(sorted(ignored)))
    return _Proof(unproven, refused, values)


def _learned(side: Alignment, compared: Compared) -> pd.DataFrame:
    """Ledger rows of objects that have the values: what is seen of them now."""
    seen, ledger = compared.seen, side.ledger
    at = places(compared.rows["object"], ledger["object"])
    text = seen_text(side.resource, seen.frame)
    news = compared.exact & equals(seen.frame["source"], "read")[seen.at] & ~equal_at(text, seen.at, ledger["seen"], at)
    if not news.any():
        return no_memories()
    rows = ledger.iloc[at[news]]
    return selected(rows.assign(seen=pick(text, seen.at[news]).array), LEDGER)


# -- in words --------------------------------------------------------------------------------------------------


def _ignored(side: Alignment, proof: _Proof, count: int) -> Iterator[Issue]:
    """Values that were sent once, and that the site does not show."""
    resource = side.resource
    for name, value in proof.values.items():
        objects, more = resource.counted(count), "more" if count else ""
        text = wording("set-ignored", more, field=name, value=value, object=resource.noun, objects=objects)
        yield text.issue("warning", resource=resource.name, value=value)
