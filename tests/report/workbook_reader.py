"""The workbook of a plan, read back tab by tab; and a sheet whose rows have errors."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from sync.model import Plan, Run, Sheet, Store
from sync.report.plan_report import PlanReport
from sync.report.workbook import write_workbook
from tests.clock import NOON
from tests.report.report_plans import MANNERS


def opened(
    path: Path, of: Plan, store: Store, its_run: Run | None = None, sheets: Iterable[Sheet] = ()
) -> dict[str, Worksheet]:
    """The tabs of a plan's workbook."""
    write_workbook(path, PlanReport(of, MANNERS, store, its_run), sheets)
    return {tab.title: tab for tab in load_workbook(path).worksheets}


def records(tab: Worksheet) -> list[dict[str, Any]]:
    """The rows of a tab, each by the names of its columns."""
    head, *rows = tab.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


def said(tab: Worksheet) -> str:
    """All text of a tab."""
    return "\n".join(str(cell) for row in tab.iter_rows(values_only=True) for cell in row if cell is not None)


def filled(cell: Any) -> str:
    """The colour of a cell; nothing if it has none."""
    return f"#{cell.fill.fgColor.rgb[2:]}" if cell.fill.fill_type else ""


def sheet(rows: dict[int, list[str | None]], columns: list[str], file: str = "users.csv") -> Sheet:
    """An export with these rows, by their number."""
    frame = pd.DataFrame(rows.values(), index=pd.Index([*rows]), columns=columns).astype("str")
    return Sheet(file, None, frame, "digest", NOON)


USERS = sheet(
    {2: ["001", "a@b.example", "=x"], 17: ["0099", "x", "+1"], 18: ["0100", "", ""], 21: ["7", "a b", "z"],
     30: ["8", "@", "z"]},
    ["STUDENT", "EMAIL", "NOTE"],
)  # fmt: skip
