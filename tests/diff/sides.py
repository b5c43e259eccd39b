"""The three sides of one resource in short form: what the sheets say, what the site has, what is remembered.

    aligned("user", [ann("S1", lastname="Lee")], [ann("S1")], [known("user", "S1", sent={}, seen={})])

A row is a mapping of key and fields. What is not said of it is as usual: from `people.csv`, claimed by `people`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import orjson
import pandas as pd

from sync.diff.field_diff import Alignment
from sync.model import LEDGER, Conventions, Desired, Observed, Resource
from sync.model.frames import ORIGIN_COLUMNS
from sync.model.index import Index, Numbers, indexed, indexes, no_objects, numbered
from sync.model.resources import CATALOGUE
from sync.model.values import match_of
from sync.observe.observed import nothing_observed
from sync.workflows.alignment import idle
from sync.workflows.desired import nothing_desired

Row = Mapping[str, Any]
USUAL = {"claims": "people", "file": "people.csv", "tab": None, "also": None}
CONVENTIONS = Conventions()


def ann(userid: str, **fields: str | None) -> dict[str, Any]:
    """A user called Ann Lee."""
    usual = {
        "username": userid.lower(),
        "firstname": "Ann",
        "lastname": "Lee",
        "email": f"{userid.lower()}@uni.example",
    }
    return {"userid": userid, **usual, **fields}


def known(name: str, *key: str, sent: Row | None, seen: Row | None, **more: Any) -> dict[str, Any]:
    """A ledger row of a resource, which is ours unless something else is said."""
    packed = {side: None if values is None else packed_of(values) for side, values in (("sent", sent), ("seen", seen))}
    parts = dict(zip(CATALOGUE[name].key, key, strict=True))
    return {**parts, "key": packed_of(parts), **packed, "claims": "people", "owned": 1, "checked": 0, **more}


def packed_of(values: Row) -> str:
    """Values as they are packed in ledgers and changes."""
    return orjson.dumps(values).decode()


def texts(rows: Iterable[Row], columns: Iterable[str]) -> pd.DataFrame:
    """Rows as a frame of text columns."""
    listed = list(rows)
    return pd.DataFrame({name: pd.Series([row.get(name) for row in listed], dtype="str") for name in columns})


def sheet_rows(resource: Resource, rows: Sequence[Row], fields: Sequence[str]) -> pd.DataFrame:
    """Rows of a sheet, as `Desired.rows` before they have numbers."""
    whole = [{**USUAL, **row} for row in rows]
    frame = texts(whole, [*resource.key, *fields, *(name for name in ORIGIN_COLUMNS if name != "row")])
    lines = pd.array([row.get("row", n) for n, row in enumerate(rows, 2)], "Int64")
    return frame.assign(match=match_of(frame, resource.keys, CONVENTIONS), row=lines)


def stated(name: str, index: Index, rows: Sequence[Row], fields: Sequence[str] | None = None, **more: Any) -> Desired:
    """What the sheets say of a resource. `removals` and `refused`, if there are any, are rows as well."""
    resource = CATALOGUE[name]
    if fields is None:
        fields = [*dict.fromkeys(each for row in rows for each in row if each not in (*resource.key, *USUAL, "row"))]
    frames: dict[str, Any] = {
        each: sheet_rows(resource, more.pop(each), [] if each == "removals" else [f.name for f in resource.state])
        for each in ("removals", "refused")
        if each in more
    }
    said = replace(nothing_desired(name), rows=sheet_rows(resource, rows, fields), **frames, **more)
    return indexed(resource, index, said, no_objects("match"))[0]


def there(name: str, index: Index, rows: Sequence[Row], **more: Any) -> Observed:
    """What the site has of a resource: each row read just now, unless its `source` is another."""
    resource = CATALOGUE[name]
    fields = [*dict.fromkeys([*(f.name for f in resource.state), *(each for row in rows for each in row)])]
    fields = [each for each in fields if each not in (*resource.key, "source")]
    whole = [{"source": "read", **row} for row in rows]
    frame = texts(whole, [*resource.key, *fields, "source"])
    frame = frame.assign(match=match_of(frame, resource.keys, CONVENTIONS))
    (found,) = numbered(index, frame.drop(columns=[*resource.key]))
    return replace(nothing_observed(resource, fields), rows=found, **more)


def remembered(name: str, index: Index, rows: Sequence[Row]) -> pd.DataFrame:
    """Ledger rows with their numbers."""
    frame = texts(rows, [*CATALOGUE[name].key, *(each for each in LEDGER if each not in ("match", "owned", "checked"))])
    numbers = {each: np.array([row[each] for row in rows], np.int64) for each in ("owned", "checked")}
    match = match_of(frame, CATALOGUE[name].keys, CONVENTIONS)
    (found,) = numbered(index, frame.assign(match=match, **numbers)[[*LEDGER]])
    return found


def objects(name: str, index: Index, *keys: Sequence[str]) -> Numbers:
    """The numbers of objects."""
    frame = texts([dict(zip(CATALOGUE[name].key, key, strict=True)) for key in keys], CATALOGUE[name].key)
    return index.numbers(match_of(frame, CATALOGUE[name].keys, CONVENTIONS))


def aligned(
    name: str,
    sheets: Sequence[Row] = (),
    site: Sequence[Row] = (),
    ledger: Sequence[Row] = (),
    *,
    absent: Sequence[Sequence[str]] = (),
    failed: Sequence[Sequence[str]] = (),
    wanted: Sequence[Row] = (),
    leaving: Sequence[str] = (),
    mappings: Iterable[str] = ("people",),
    guessed: Iterable[str] = (),
    **desired: Any,
) -> Alignment:
    """The three sides of a resource, side by side.

    absent, failed: keys; wanted: rows with just a key; leaving: the first parts of the keys of ledger rows; `desired`
    has more parts of what the sheets say
    """
    index = indexes()[name]
    said = stated(name, index, sheets, **{"complete": frozenset({"people"}), **desired})
    gone, unread = objects(name, index, *absent), objects(name, index, *failed)
    memory = remembered(name, index, ledger)
    asked = texts(wanted, CATALOGUE[name].key)
    (asked,) = numbered(index, asked.assign(match=match_of(asked, CATALOGUE[name].keys, CONVENTIONS)))
    going = [row["key"] for row in ledger if row[CATALOGUE[name].key[0]] in leaving]
    return replace(
        idle(name),
        index=index,
        desired=said,
        observed=there(name, index, site, absent=gone, failed=unread),
        ledger=memory,
        leaving=memory[memory["key"].isin(going)].reset_index(drop=True),
        wanted=asked,
        mappings=frozenset(mappings),
        guessed=frozenset(guessed),
    )
