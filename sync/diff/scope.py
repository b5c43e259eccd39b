"""Which keys patterns match, such as the `scope` of a mapping, as the site compares identifiers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

from sync.config.scalars import as_regex
from sync.config.terms import OF_COURSES, TERM
from sync.model import Conventions, Field, Resource
from sync.model.values import arrow, fold, series


def within(
    resource: Resource, rows: pd.DataFrame, scope: Mapping[str, Sequence[str]], conventions: Conventions
) -> dict[str, pd.Series[Any]]:
    """By part of the scope, where the rows (with the fields these are about) match its patterns."""
    fields = {field.name: field for field in resource.keys}
    return {
        part: named_by(rows[field_of(part)], patterns, fields[field_of(part)], conventions)
        for part, patterns in scope.items()
    }


def field_of(part: str) -> str:
    """The key field that a part of a scope is about: terms have courses."""
    return OF_COURSES if part == TERM else part


def named_by(column: pd.Series[Any], patterns: Sequence[str], field: Field, conventions: Conventions) -> pd.Series[Any]:
    """Where an identifier matches any of some patterns, as the site compares the identifiers of that field."""
    encoded = arrow(column).dictionary_encode()
    distinct = series(encoded.dictionary)
    folded = fold(pd.Series([*patterns], dtype="str"), conventions, field.compares).tolist()
    found = _matching(fold(distinct, conventions, field.compares), folded)
    if field.compares == "as_php":
        # `0*` means what begins with a zero, but a folded number never does.
        found = [either or written for either, written in zip(found, _matching(distinct, patterns), strict=True)]
    return pd.Series(pa.array(found, pa.bool_()).take(encoded.indices).fill_null(False).to_numpy(False), column.index)


def _matching(texts: pd.Series[Any], patterns: Sequence[str]) -> list[bool]:
    """Which texts match any of some shell-style patterns. Those without `*` and `?` may be many."""
    exact = frozenset(pattern for pattern in patterns if not {"*", "?"} & {*pattern})
    wild = [pattern for pattern in patterns if pattern not in exact]
    test = re.compile(as_regex(wild))
    return [text in exact or (bool(wild) and test.fullmatch(text) is not None) for text in texts.tolist()]
