"""Whether an answer names what it is about: a record the one that was asked for, the rows of a list their objects.

A list with a row that can't be understood doesn't show who is missing from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from sync.model import SEPARATOR, Conventions, Read, Resource
from sync.model.canonical import from_cells
from sync.model.findings import shown
from sync.model.index import Flags
from sync.model.values import fold
from sync.site.listing import ABSENT, Listing, listing
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


def _unclear_rows(resource: Resource, read: Read, data: object) -> str:
    """Rows of other plugins may lack an identifier: they are people enrolled by hand."""
    if not isinstance(data, Listing | list) or not len(data):
        return ""
    names = [read.take[name].at for name in resource.key if name in read.take and name not in read.by]
    rows = data if isinstance(data, Listing) else listing(data, (*read.ours, *names))
    every = np.ones(len(rows), dtype=bool)
    for at in read.ours:
        if why := _unclear_column(rows, at, every, blank=False):
            return why
    ours = all_of(read.ours, rows)
    return next(filter(None, (_unclear_column(rows, at, ours, blank=not read.ours) for at in names)), "")


def blank_ones(resource: Resource, read: Read, data: object) -> int:
    """How many rows of a list are ours, but about nobody that can be named: what identifies them is blank.

    Somebody has removed an ID number in Moodle. A row of another plugin may well be about a person without one.
    """
    if not read.many or not read.ours or not isinstance(data, Listing | list) or not len(data):
        return 0
    names = [read.take[name].at for name in resource.key if name in read.take and name not in read.by]
    rows = data if isinstance(data, Listing) else listing(data, (*read.ours, *names))
    blank = np.logical_or.reduce([_equal(rows.columns[at], "") for at in names])
    return int((blank & all_of(read.ours, rows)).sum()) if blank.any() else 0


def _equal(column: Values, text: str) -> Flags:
    if isinstance(column, pa.Array):
        return np.asarray(pc.fill_null(pc.equal(column, text), False))
    return np.array([each == text for each in column], dtype=bool)


def _unclear_column(rows: Listing, at: str, among: Flags, *, blank: bool) -> str:
    """What is wrong with the first of these rows that has no text there; with `blank`, null is fine."""
    column = rows.columns[at]
    odd = among & _unnamed(column, blank=blank)
    if not odd.any():
        return ""
    place = int(odd.argmax())
    value = column[place].as_py() if isinstance(column, pa.Array) else column[place]
    return f"row {place + 1:,} of the list cannot be understood: `{at}` is {_kind(value)}"


def _unnamed(column: Values, *, blank: bool) -> Flags:
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
