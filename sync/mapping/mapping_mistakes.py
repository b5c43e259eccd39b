"""What is wrong with a mapping, not with the rows of its sheets: one issue at its line, however many rows it spoils."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sync.config.mappings import Mapping as SheetMapping
from sync.config.rules import Value
from sync.config.scalars import as_regex
from sync.mapping.checks import RejectedValues
from sync.mapping.evaluate import Evaluated
from sync.mapping.row_filter import EXAMPLES
from sync.mapping.table import Column, Table
from sync.model import Resource
from sync.model.findings import Finding, listed, shown
from sync.model.issue_texts import wording

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]

TRANSLATED = frozenset({"unknown-value", "several-found"})
"""Codes of values that are refused before anything is put in their place."""

ALIKE = 0.8
"""From this similarity on, one of two words is likely to be a mistyped form of the other."""

FEW = 200
"""In a column with more values than this, none is likely to be a mistyped one of a filter."""


def own_values(rule: Value, refusal: RejectedValues) -> RejectedValues:
    """Those of the refused values that the mapping itself gives: a constant, or one that it puts in place of others."""
    if refusal.code in TRANSLATED:
        return replace(refusal, at=np.zeros(len(refusal.at), dtype=bool))
    if not rule.sources and not any(rule.lookups):
        return refusal
    return replace(refusal, at=refusal.at & refusal.texts.isin([*rule.literals - {""}]).to_numpy(dtype=bool))


def wrong_values(
    resource: Resource, mapping: SheetMapping, name: str, evaluated: Evaluated, refusal: RejectedValues
) -> Finding:
    """Values of a field that the mapping itself gives and that cannot be used: one issue for each."""
    roles = refusal.wording.values.get("roles", "")
    text = wording("mapping-value", "role" if roles else "", roles=roles)
    like = text.like("error", resource=resource.name, file=mapping.where_of("fields", name))
    counts = np.bincount(evaluated.codes[refusal.where(evaluated.codes)], minlength=1)
    wrong: dict[str, tuple[str, int]] = {}
    for code in np.flatnonzero(counts).tolist():
        value = str(refusal.texts.iloc[code - refusal.start])
        wrong[value] = refusal.why(code), wrong.get(value, ("", 0))[1] + int(counts[code])
    cases = (
        replace(like, value=value, message=text.given(why=why, rows=rows_counted(count)).message)
        for value, (why, count) in wrong.items()
    )
    return Finding(like, len(wrong), cases)


def rows_counted(count: int) -> str:
    """`1 row`, `493 rows`."""
    return f"{count:,} row{'s' * (count != 1)}"


# -- filters ---------------------------------------------------------------------------------------------------


def mistyped_filters(resource: Resource, mapping: SheetMapping, table: Table) -> Iterator[Finding]:
    """Values of `rows:` and `delete_when:` that do not occur, while others do that none of them lists.

    Of those that leave rows out or delete, only if one that does occur is similar: it is normal if no row has them. If
    no row has any value of `keep`, that is a hold.
    """
    lists: Mapping[tuple[str, ...], Mapping[str, Sequence[str]]] = {
        ("rows", "keep"): mapping.rows.keep,
        ("rows", "drop"): mapping.rows.drop,
        ("delete_when",): mapping.delete_when,
        ("add_when",): mapping.add_when,
    }
    for place, conditions in lists.items():
        for name, patterns in conditions.items():
            listed_ones = [pattern for others in lists.values() for pattern in others.get(name, ())]
            counts = _unlisted(table[name], listed_ones)
            absent = [*_absent(table[name], patterns)] if counts else []
            for pattern in absent:
                near = next((text for text in counts if _mistyped(pattern, text)), None)
                if near is None and (place != ("rows", "keep") or len(absent) == len(patterns)):
                    continue
                text = wording(
                    "filter-value",
                    "" if near else "absent",
                    key=": ".join(place),
                    column=name,
                    listed=shown(pattern),
                    found=shown(near) if near else _counted(counts),
                    rows=rows_counted(counts[near]) if near else "",
                )
                where = mapping.where_of(*place, name)
                issue = text.issue("notice", resource=resource.name, file=where, value=pattern)
                yield Finding(issue, 1, [issue])


def _unlisted(column: Column, patterns: Sequence[str]) -> Mapping[str, int]:
    """The values of a column with a few values that no pattern fits, and in how many rows each is."""
    rest = pc.invert(pc.match_substring_regex(column.texts, rf"\A(?:{as_regex(patterns)})\z"))
    if len(column.texts) > FEW or not pc.any(rest).as_py():
        return {}
    counts = np.bincount(column.codes[column.codes >= 0], minlength=len(column.texts))
    texts = zip(column.texts.to_pylist(), np.asarray(rest, dtype=bool), counts.tolist(), strict=True)
    return {text: count for text, other, count in texts if other and count and text}


def _counted(counts: Mapping[str, int]) -> str:
    """`A (12 rows) and W (1 row)`; the most frequent first."""
    first = sorted(counts.items(), key=lambda each: -each[1])
    texts = [f"{shown(text)} ({rows_counted(count)})" for text, count in first[:EXAMPLES]]
    return listed([*texts, *([f"{len(first) - EXAMPLES:,} more"] if len(first) > EXAMPLES else [])])


def _absent(column: Column, patterns: Sequence[str]) -> Iterator[str]:
    """Those patterns that no cell fits."""
    there = column.texts.take(pa.array(np.unique(column.codes[column.codes >= 0])))
    for pattern in patterns:
        if not pc.any(pc.match_substring_regex(there, rf"\A(?:{as_regex([pattern])})\z")).as_py():
            yield pattern


def _mistyped(listed: str, found: str) -> bool:
    """Whether one text looks like a mistyped form of the other; different digits do not count as a typing mistake."""
    one, other = listed.casefold().strip(), found.casefold().strip()
    digits = [[character for character in text if character.isdigit()] for text in (one, other)]
    return digits[0] == digits[1] and SequenceMatcher(None, one, other).ratio() >= ALIKE
