"""Problems that occur in many places in the same way: counted at once, reported one by one up to a limit."""

from __future__ import annotations

from collections import abc
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from itertools import chain, islice
from typing import Any, TypedDict

import orjson
import pandas as pd

from sync.errors import masked
from sync.model import Issue, Origin, Resource
from sync.model.issue_texts import sentence

LIMIT = 10_000
"""Maximum number of issues that are reported for one mapping; the rest is counted."""

SHOWN = 80
"""Longest text of a value in a message, in characters."""

NAMED = 20
"""Maximum number of rows that are named in one message."""

Columns = abc.Mapping[str, abc.Mapping[str, tuple[str, ...]]]
"""By mapping and field, the columns in the header of its sheet from which the field is made."""


class Cell(TypedDict):
    """The part of an issue that says where it is."""

    file: str | None
    tab: str | None
    row: int | None
    column: str | None


@dataclass(frozen=True, slots=True)
class Finding:
    """`like` has what all cases share; `cases` may be lazy, and is walked once and only as far as it is reported."""

    like: Issue
    count: int
    cases: Iterable[Issue]


def issues(findings: Sequence[Finding], limit: int = LIMIT) -> list[Issue]:
    """At most `limit` issues, a fair share of each finding, and one that counts the rest of each."""
    findings = [finding for finding in findings if finding.count]
    found: list[Issue] = []
    for finding in findings:
        share = max(limit // len(findings), 1)
        found += islice(finding.cases, share)
        if finding.count > share:
            rest = finding.count - share
            found.append(replace(finding.like, message=sentence("more-row" if rest == 1 else "more-rows", count=rest)))
    return found


def headers(columns: Columns, claims: str, fields: Iterable[str]) -> str | None:
    """The names in the header for some fields of a row that mappings claim, as an issue gives them.

    A field's columns are those that the first of these mappings to have the field uses for it.
    """
    owners = [columns.get(name, {}) for name in claims.split()]
    made_of = (next((owner[name] for owner in owners if name in owner), ()) for name in fields)
    return ", ".join(dict.fromkeys(chain.from_iterable(made_of))) or None


def cell(columns: Columns, row: abc.Mapping[Any, Any], fields: Iterable[str]) -> Cell:
    """Where an issue about some fields of a row is; the row has the columns claims, file, tab and row."""
    file, tab, number = (None if pd.isna(row[name]) else row[name] for name in ("file", "tab", "row"))
    return Cell(
        file=file,
        tab=tab,
        row=None if number is None else int(number),
        column=headers(columns, row["claims"], fields),
    )


def shown(value: str) -> str:
    """A value as shown in a message. Secrets are masked before it is shortened, so that no part of one is left."""
    value = masked(value)
    return f"`{value}`" if len(value) <= SHOWN else f"`{value[:SHOWN]}...`"


def listed(things: Iterable[object], last: str = "and", separator: str = ", ", most: int = NAMED) -> str:
    """`1, 2 and 3`; of more than `most`, the first ones and how many more."""
    texts = [str(thing) for thing in things]
    if len(texts) > most:
        texts[most:] = [f"{len(texts) - most} more"]
    return f" {last} ".join([separator.join(texts[:-1]), texts[-1]] if len(texts) > 1 else texts)


def rows_text(numbers: Sequence[int]) -> str:
    """`row 3`, or `rows 3, 7 and 9`."""
    return f"row{'s' * (len(numbers) > 1)} {listed(numbers)}"


def mappings_text(names: Collection[str]) -> str:
    """`the mapping users`, or `the mappings staff and users`: a bare name would read as an ordinary word."""
    return f"the mapping{'s' * (len(names) > 1)} {listed(names)}"


def places(origins: Sequence[Origin], among: Sequence[Origin]) -> str:
    """Rows as `rows 3 and 7`; as `a.csv, row 3 and b.csv, row 7` if those of `among` are in several files."""
    if len({(origin.file, origin.tab) for origin in among}) <= 1:
        return rows_text([origin.row or 0 for origin in origins])
    return listed(origins)


def key_of(resource: Resource, row: abc.Mapping[Any, Any]) -> str | None:
    """The key of an object, packed as in a plan, as far as a row has it; None if it has no part of it."""
    known = {name: row[name] for name in resource.key if isinstance(row.get(name), str)}
    return orjson.dumps(known).decode() if known else None


def key_text(resource: Resource, row: abc.Mapping[Any, Any]) -> str:
    """The key of an object, or the parts of it that a row has: "User ID number `S1`, Course ID number `C1`"."""
    return ", ".join(f"{field.called} {shown(row[field.name])}" for field in resource.keys if field.name in row)


def nearest(name: str, among: Iterable[str], most: int = 3) -> list[str]:
    """The names most similar to `name`, ignoring case, the most similar first."""
    folded = {other.casefold(): other for other in among}
    return [folded[other] for other in get_close_matches(name.casefold(), folded, n=most)]
