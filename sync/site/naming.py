"""Whether an answer names what it is about: a record the one that was asked for, the rows of a list their objects.

A list with a row that can't be understood doesn't show who is missing from it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from sync.model import SEPARATOR, Conventions, Read, Resource
from sync.model.canonical import from_cells
from sync.model.findings import shown
from sync.model.index import Flags
from sync.model.values import fold
from sync.site.listing import ABSENT, Listing, joined, listing
from sync.site.requests import all_of

if TYPE_CHECKING:
    from sync.site.listing import Values

_KINDS: Final = ((bool, "true or false"), (int | float, "a number"), (list, "a list"), (dict, "an object"))


def unclear(resource: Resource, read: Read, key: Mapping[str, str], data: object, conventions: Conventions) -> str:
    """Why the data of a good answer to this read cannot be used; empty if they can.

    key: what was asked for; at least the fields `read.by`
    """
    if read.many:
        return _unclear_rows(resource, read, data)
    repeated = [at for name, at in resource.put.mirrors.items() if name in read.by]
    if not isinstance(data, dict) or {*read.by} != {*resource.key}:
        return ""
    for at in repeated:
        value = data.get(at, ABSENT)
        if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
            return f"the answer does not say which {resource.noun} it is about: `{at}` is {_kind(value)}"
    other = other_key(resource, key, data, conventions)
    if not other:
        return ""
    asked, came = (", ".join(shown(each[name]) for name in other) for each in (key, other))
    return f"the answer is about {resource.noun} {came}, not {asked}"


def other_key(resource: Resource, key: Mapping[str, str], data: object, conventions: Conventions) -> dict[str, str]:
    """The parts of a key in which an answer about one object differs from what was asked for; empty if it has none.

    What the site's conventions hold equal is the same. What PHP holds equal is not: the site found another one.
    """
    if not isinstance(data, dict):
        return {}
    mirrored = {name: data.get(at) for name, at in resource.put.mirrors.items() if name in key}
    texts = {name: str(value) for name, value in mirrored.items() if isinstance(value, str | int) and value != ""}
    return {name: text for name, text in texts.items() if not _same_key(resource, name, (text, key[name]), conventions)}


def _same_key(resource: Resource, name: str, texts: tuple[str, str], conventions: Conventions) -> bool:
    if len({*texts}) == 1:
        return True
    (field,) = resource.named([name])
    both, _ = from_cells(pd.Series(texts, dtype="str"), field.kind, conventions)
    return (both if field.compares == "as_php" else fold(both, conventions)).nunique() == 1


# -- lists -----------------------------------------------------------------------------------------------------


def unclear_lists(resource: Resource, read: Read, lists: Sequence[Any]) -> dict[int, str]:
    """Which good answers to a read of lists cannot be used, by their place, and why: as `unclear`, for many at once.

    Most lists are short and in order: looking through each by itself takes ten times as long.
    """
    listings = [_as_listing(resource, read, each) for each in lists]
    rows = joined(listings, [*read.ours, *_names(resource, read)])
    odd = np.zeros(len(rows), dtype=bool)
    for _, flags in _odd_rows(resource, read, rows):
        odd |= flags
    ends = np.cumsum([len(each) for each in listings])
    suspects = np.unique(np.searchsorted(ends, np.flatnonzero(odd), side="right"))
    return {at: _unclear_rows(resource, read, lists[at]) for at in suspects.tolist()}


def _unclear_rows(resource: Resource, read: Read, data: object) -> str:
    """What is wrong with the first row that is odd; empty if none is."""
    if not isinstance(data, Listing | list) or not len(data):
        return ""
    rows = _as_listing(resource, read, data)
    for at, odd in _odd_rows(resource, read, rows):
        if odd.any():
            place, column = int(odd.argmax()), rows.columns[at]
            value = column[place].as_py() if isinstance(column, pa.Array) else column[place]
            return f"row {place + 1:,} of the list cannot be understood: `{at}` is {_kind(value)}"
    return ""


def _odd_rows(resource: Resource, read: Read, rows: Listing) -> Iterator[tuple[str, Flags]]:
    """For each property that says what a row is about, the rows that have no text there.

    Rows of other plugins may lack an identifier: they are people enrolled by hand.
    """
    for at in read.ours:
        yield at, _unnamed(rows.columns[at], blank=False)
    ours = all_of(read.ours, rows)
    for at in _names(resource, read):
        yield at, ours & _unnamed(rows.columns[at], blank=not read.ours)


def _names(resource: Resource, read: Read) -> list[str]:
    """The properties that identify the object of a row."""
    return [read.take[name].at for name in resource.key if name in read.take and name not in read.by]


def _as_listing(resource: Resource, read: Read, data: Listing | Sequence[Mapping[str, object]]) -> Listing:
    return data if isinstance(data, Listing) else listing(data, (*read.ours, *_names(resource, read)))


def _unnamed(column: Values, *, blank: bool) -> Flags:
    """Where a column has no text; with `blank`, null is fine."""
    if isinstance(column, pa.Array):
        return np.asarray(pc.fill_null(pc.match_substring(column, SEPARATOR), not blank))
    named = (SEPARATOR not in value if isinstance(value, str) else blank and value is None for value in column)
    return ~np.fromiter(named, dtype=bool, count=len(column))


def _kind(value: object) -> str:
    """What stands where a text should."""
    if value is None:
        return "null"
    if value is ABSENT:
        return "missing"
    if isinstance(value, str):
        return "text with control characters"
    return next((words for kind, words in _KINDS if isinstance(value, kind)), "something else")
