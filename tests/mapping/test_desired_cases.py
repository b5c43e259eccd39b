"""Each folder of `cases` has a mapping file, the sheets it reads, and the expected result."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from sync.config.mapping_files import load
from sync.mapping.desired import build
from sync.model import Conventions, Desired, Issue
from sync.model.resources import CATALOGUE
from sync.workflows.sources import gather_folder

CASES = sorted((Path(__file__).parent / "cases").iterdir())
MANNERS = Conventions(
    timezone="Europe/London",
    roles=(("editingteacher", "Teacher"), ("student", "Student")),
    teaching=("editingteacher",),
)


def built(case: Path, conventions: Conventions = MANNERS) -> tuple[Desired, list[Issue]]:
    found = load({case / "mapping.yaml": "mapping.yaml"})
    assert not found.faults
    return build(CATALOGUE[found.mappings[0].resource], gather_folder(case, found.mappings), conventions)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows without empty values; the separator within a match shown as a space."""
    rows = frame.to_dict(orient="records")
    return [
        {str(k): v.replace("\x1f", " ") if isinstance(v, str) else v for k, v in row.items() if not pd.isna(v)}
        for row in rows
    ]


def shown(issue: Issue) -> dict[str, Any]:
    return {k: v for k, v in asdict(issue).items() if v is not None and k not in ("resource", "key")}


def as_json(desired: Desired, issues: list[Issue]) -> dict[str, Any]:
    return {
        "rows": records(desired.rows),
        "removals": records(desired.removals),
        "guarded": records(desired.guarded),
        "complete": sorted(desired.complete),
        "on_create": sorted(desired.on_create),
        "rejected": desired.rejected,
        "issues": [shown(issue) for issue in issues],
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_mapping_and_its_sheets_say_what_should_be_true(case: Path) -> None:
    expected = json.loads((case / "expected.json").read_text(encoding="utf-8"))
    assert as_json(*built(case)) == expected
