"""A reconciliation as JSON for programs: format 1, one finding a line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import IO, Any, Final

import orjson
import pandas as pd

from sync.diff.reconciliation import Reconciliation
from sync.errors import masked_json
from sync.model.resources import CATALOGUE
from sync.report.display_names import Names, names_along
from sync.report.printing import records
from sync.report.summary import unpacked

FORMAT: Final = 1
SLICE: Final = 5_000
"""Findings that are Python objects at one time."""

PACKED: Final = ("sis", "site", "before")


def write_json(reconciliation: Reconciliation, names: Names, stream: IO[bytes]) -> None:
    """Write one JSON document to a binary stream, as it is made."""
    stream.writelines(document(reconciliation, names))


def document(reconciliation: Reconciliation, names: Names) -> Iterator[bytes]:
    """The document in pieces."""
    head = {
        "format": FORMAT,
        "site": reconciliation.site,
        "made": reconciliation.made.isoformat(),
        "summary": reconciliation.counts,
        "issues": [asdict(issue) for issue in reconciliation.issues],
    }
    yield masked_json(orjson.dumps(head))[:-1] + b',"findings":['
    between = b"\n"
    for start in range(0, len(reconciliation.findings), SLICE):
        for row in records(reconciliation.findings.iloc[start : start + SLICE]):
            yield between + masked_json(orjson.dumps(_finding(row, names)))
            between = b",\n"
    yield b"\n]}\n"


def _finding(row: dict[str, Any], names: Names) -> dict[str, Any]:
    key = unpacked(row["key"])
    texts = {name: row[name] if isinstance(row[name], str) else None for name in ("by", "since", "file", "tab")}
    number = None if pd.isna(row["row"]) else int(row["row"])
    return {
        "kind": row["kind"],
        "resource": row["resource"],
        "key": key,
        "names": names_along(names, CATALOGUE[row["resource"]], key),
        **{name: unpacked(row[name]) if isinstance(row[name], str) else None for name in PACKED},
        "by": texts["by"],
        "since": texts["since"],
        "origin": {"file": texts["file"], "tab": texts["tab"], "row": number},
    }
