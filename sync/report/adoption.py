"""What there is to adopt, for people and programs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import IO, Final

import orjson
import pandas as pd
from rich.console import Console
from rich.table import Column, Table

from sync.diff.adoption import Adoption
from sync.errors import masked_json
from sync.model import Issue, Resource
from sync.model.resources import CATALOGUE
from sync.model.values import unpack
from sync.report.issue_lines import show_issues
from sync.report.printing import line, more, put, records, title

FORMAT: Final = 1
BRIEF, FULL = 5, 1_000
"""Number of records of one resource that are shown."""


def show(
    found: Mapping[str, Adoption], issues: tuple[Issue, ...], console: Console, *, applied: bool, verbose: bool
) -> None:
    """Print counts, then the records, and what is wrong with the exports."""
    some = {name: each for name, each in found.items() if len(each.ours) or len(each.unlisted)}
    line(console, _headline(some, applied=applied), style="bold")
    if some:
        table = Table(Column(""), Column("In the exports", justify="right"), Column("In no export", justify="right"))
        for name, each in some.items():
            table.add_row(CATALOGUE[name].title.capitalize(), f"{len(each.ours):,}", f"{len(each.unlisted):,}")
        put(console, table)
    for name, each in some.items():
        resource = CATALOGUE[name]
        parts = (("in the exports", _keys(resource, each)), ("in no export, left unchanged", each.unlisted))
        for heading, keys in parts:
            if len(keys):
                title(console, f"{resource.title.capitalize()} {heading}")
                _records(keys, console, FULL if verbose else BRIEF)
    show_issues(issues, console, verbose=verbose)


def _headline(found: Mapping[str, Adoption], *, applied: bool) -> str:
    counts = [CATALOGUE[name].counted(len(each.ours)) for name, each in found.items() if len(each.ours)]
    if not counts:
        return "There is nothing to take over."
    did = "Taken over" if applied else "Would be taken over (with --apply)"
    return f"{did}: {', '.join(counts)}. Nothing is sent to Moodle."


def _keys(resource: Resource, each: Adoption) -> pd.DataFrame:
    return unpack(each.ours["key"], resource.key)


def _records(keys: pd.DataFrame, console: Console, most: int) -> None:
    for text in keys.head(most).agg(" / ".join, axis="columns"):
        line(console, text, indent=2)
    more(len(keys) - most, 2, console)


def write_json(
    site: str, found: Mapping[str, Adoption], issues: tuple[Issue, ...], stream: IO[bytes], *, applied: bool
) -> None:
    """Write one JSON document to a binary stream."""
    document = {
        "format": FORMAT,
        "site": site,
        "applied": applied,
        "issues": [asdict(issue) for issue in issues],
        "adopted": [*_named({name: _keys(CATALOGUE[name], each) for name, each in found.items()})],
        "unlisted": [*_named({name: each.unlisted for name, each in found.items()})],
    }
    stream.write(masked_json(orjson.dumps(document)) + b"\n")


def _named(keys: Mapping[str, pd.DataFrame]) -> Iterator[Mapping[str, object]]:
    for name, rows in keys.items():
        yield from ({"resource": name, "key": key} for key in records(rows))
