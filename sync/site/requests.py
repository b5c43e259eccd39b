"""From a change to a `Request`, and from an answer's data to canonical rows. Pure; the catalogue decides everything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from sync.model import Conventions, Field, Op, Read, Request, Resource, Take, Write, path_of
from sync.model.canonical import from_json, to_json
from sync.model.columns import framed, rows_where
from sync.model.index import Flags
from sync.model.values import TEXT, equals, match_of, series
from sync.site.listing import ABSENT, Listing, joined, listing

# -- out -------------------------------------------------------------------------------------------------------


def read_request(read: Read, key: Mapping[str, str], extra: Sequence[str] = ()) -> Request:
    """The GET of a read; `key` has at least the fields `read.by`, `extra` is as in `rows_of`."""
    takes = _properties(read, extra) if read.many else ()
    return Request("GET", path_of(read.path, key), query=read.query, many=read.many, takes=takes)


def _properties(read: Read, extra: Sequence[str]) -> tuple[str, ...]:
    """All properties of an object that `rows_of` looks at."""
    return tuple(dict.fromkeys([*(take.at for take in read.take.values()), *extra, *read.ours]))


def write_request(
    resource: Resource, op: Op, key: Mapping[str, str], after: Mapping[str, str] | None, conventions: Conventions
) -> Request:
    """The call that carries out a change on the site.

    `after` holds the canonical values of the fields to be sent (None or empty for a delete). A field the catalogue
    does not name goes into the body as it is. Every create and update also has the catalogue's fields of
    `send="with"`, with their default unless `after` has them. Raises KeyError if the path needs a field not given.
    """
    write = resource.delete if op == "delete" else resource.put
    if write is None:
        raise ValueError(f"the reference has no delete for {resource.name}")
    sent: dict[str, str] = {}
    if op != "delete":
        beside = (f for f in resource.fields if f.send == "with" and f.default is not None)
        sent = {f.name: str(f.default) for f in beside} | dict(after or {})
    path: dict[str, str] = dict(key)
    query = dict(write.query)
    body: dict[str, str | int] = {name: key[name] for name in write.key_in_body} if op != "delete" else {}
    for name, value in sent.items():
        field = resource.field(name) or Field(name)
        wire = to_json(value, field, conventions)
        if field.at == "body":
            body[name] = wire
        elif field.at == "query":
            query |= _option(field, str(wire))
        else:
            path[name] = str(wire)
    return Request(write.method, path_of(write.path, path), query=query, body=body or None, empty=write.empty)


def _option(field: Field, wire: str) -> dict[str, str]:
    if field.kind != "flag":
        return {field.name: wire}
    return {field.name: "true"} if wire == "1" else {}


# -- in --------------------------------------------------------------------------------------------------------


def rows_of(
    resource: Resource,
    read: Read,
    asked: Sequence[Mapping[str, str]],
    responses: Sequence[Any],
    conventions: Conventions,
    extra: Sequence[str] = (),
) -> pd.DataFrame:
    """The contents of the answers to a read, as one frame: match, key..., the fields taken, `extra`..., ours (bool).

    asked:   the key each answer was asked by (at least the fields `read.by`), in step with `answers`
    responses: data of good answers: a list of objects where `read.many`, else one object, or None for "not there"
    extra:   fields the catalogue does not name, taken under their own name

    Rows without an identifier are left out, and so are objects that are not there by `read.present`. A field that an
    object does not have is NA.
    """
    frame = _frame_of(resource, read, asked, responses, conventions, extra)
    there = (*resource.key, *read.present)
    return rows_where(frame, np.logical_and.reduce([_given(frame[name]) for name in there]))


def nameless_of(
    resource: Resource,
    read: Read,
    asked: Sequence[Mapping[str, str]],
    responses: Sequence[Any],
    conventions: Conventions,
) -> pd.DataFrame:
    """The objects of lists that have no identifier, though they have the field `Resource.known_by`; as `rows_of`."""
    frame = _frame_of(resource, read, asked, responses, conventions, ())
    lacking = np.logical_or.reduce([~_given(frame[name]) for name in resource.key])
    return rows_where(frame, lacking & _given(frame[resource.known_by]))


def _given(column: pd.Series[Any]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    return ~equals(column.fillna(""), "")


def _frame_of(
    resource: Resource,
    read: Read,
    asked: Sequence[Mapping[str, str]],
    responses: Sequence[Any],
    conventions: Conventions,
    extra: Sequence[str],
) -> pd.DataFrame:
    """Everything in the answers, as `rows_of` gives it."""
    listings = _listings(read, responses, names := _properties(read, extra))
    objects = joined(listings, names)
    whose = np.repeat(np.arange(len(listings), dtype=np.int64), [len(each) for each in listings])
    columns: dict[str, pd.Series[Any]] = {
        name: series(pa.array([key[name] for key in asked], type=TEXT).take(pa.array(whose))) for name in read.by
    }
    columns |= _taken(resource, read.take, objects, conventions)
    for name in extra:
        if name not in columns:
            columns[name] = _column(Field(name), Take(name), objects, conventions)
    named = [*resource.key, *(f.name for f in resource.image if f.name in columns)]
    index = pd.RangeIndex(len(objects))
    frame = framed({name: columns[name] for name in dict.fromkeys([*named, *extra])}, index)
    match = match_of(frame, resource.keys, conventions)
    return framed({"match": match, **frame, "ours": all_of(read.ours, objects)}, index)


def _listings(read: Read, responses: Sequence[Any], names: Sequence[str]) -> list[Listing]:
    """The objects of each answer."""
    lists = responses if read.many else [[] if response is None else [response] for response in responses]
    return [each if isinstance(each, Listing) else listing(each, names) for each in lists]


def all_of(wanted: Mapping[str, str], objects: Listing) -> Flags:
    """Which objects have all of these properties."""
    has = np.ones(len(objects), dtype=bool)
    for name, value in wanted.items():
        column = objects.columns[name]
        if isinstance(column, pa.Array):
            has &= np.asarray(pc.fill_null(pc.equal(column, value), False))
        else:
            has &= np.array([each == value for each in column], dtype=bool)
    return has


def seen_of(
    resource: Resource, write: Write, responses: Sequence[Any], conventions: Conventions
) -> list[dict[str, str]]:
    """The values that the site has now, according to the answers to one write's calls; empty if they say nothing."""
    bodies = [each if isinstance(each, dict) else {} for each in responses]
    objects = listing(bodies, [take.at for take in write.take.values()])
    columns = _taken(resource, write.take, objects, conventions)
    lists = {name: column.to_list() for name, column in columns.items()}
    return [
        {name: values[i] for name, values in lists.items() if isinstance(values[i], str)} for i in range(len(bodies))
    ]


def _taken(
    resource: Resource, takes: Mapping[str, Take], objects: Listing, conventions: Conventions
) -> dict[str, pd.Series[Any]]:
    return {
        name: _column(resource.field(name) or Field(name), take, objects, conventions) for name, take in takes.items()
    }


def _column(field: Field, take: Take, objects: Listing, conventions: Conventions) -> pd.Series[Any]:
    values = objects.columns[take.at]
    if isinstance(values, pa.Array) or ABSENT not in values:
        return from_json(values, field, take, conventions)
    there = pd.Series([value is not ABSENT for value in values], dtype=bool)
    return from_json([None if value is ABSENT else value for value in values], field, take, conventions).where(there)
