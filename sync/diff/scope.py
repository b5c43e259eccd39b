"""Which keys patterns match, such as the `scope` of a mapping, as the site compares identifiers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

from sync.config.scalars import as_regex
from sync.model import Conventions, Field, Resource
from sync.model.values import arrow, fold, series


def within(
    resource: Resource, rows: pd.DataFrame, scope: Mapping[str, Sequence[str]], conventions: Conventions
) -> dict[str, pd.Series[Any]]:
    """By key field of the scope, where the rows (with these fields) match its patterns."""
    fields = {field.name: field for field in resource.keys}
    return {part: named_by(rows[part], patterns, fields[part], conventions) for part, patterns in scope.items()}


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
    """Which texts match any of some shell-style patterns."""
    test = re.compile(as_regex(patterns))
    return [test.fullmatch(text) is not None for text in texts.tolist()]
