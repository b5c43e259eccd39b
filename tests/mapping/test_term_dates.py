"""Which courses may lose people on a day, by the sheet of terms: every case of `term_dates.yaml`."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from sync.config.terms import TermSheet
from sync.mapping.term_dates import read_term_dates
from sync.model import Conventions, Issue
from sync.sheets import read

CASES = yaml.load(Path(__file__).with_suffix("").with_name("term_dates.yaml").read_text("utf-8"), yaml.BaseLoader)
USUAL = {"sheet": "terms.csv", "term": "TERM", "start": "START", "end": "END", "courseid": {"text": "*-{TERM}"}}
CONVENTIONS = Conventions("ignore_case", "Europe/London", (), ())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["what"])
def test_terms_of_a_day(case: dict[str, Any], tmp_path: Path) -> None:
    rows = [line.split(" ") for line in [case.get("header", "TERM START END"), *case["rows"]]]
    file = tmp_path / "terms.csv"
    file.write_text("".join(",".join(cells) + "\n" for cells in rows), "utf-8")
    settings = TermSheet.model_validate({**USUAL, **case.get("site", {})})
    sheets = {settings.sheet: (read(file),)}
    said: list[Issue] = []
    for day, current in case["days"].items():
        term_dates, issues = read_term_dates(settings, sheets, CONVENTIONS, date.fromisoformat(day))
        assert list(term_dates.current) == current
        said += issues
    if len(case["days"]) == 1:
        assert [_shown(issue) for issue in said] == case.get("issues", [])


def _shown(issue: Issue) -> str:
    place = [issue.file, issue.row and f"row {issue.row}", issue.column]
    return f"{', '.join(part for part in place if part)}: {issue.message}"
