"""A plan or run as one Excel workbook for registrars: what happens, to whom, and which rows have errors.

`front` is the first tab, `courses` the changes by course, `changes` a tab a resource, `problems` a tab a source file.
`book` writes tabs, `rows` their rows; `texts` says what cells may contain, and `styles` what they look like.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from sync.model import Sheet
from sync.report.plan_report import PlanReport
from sync.report.rows_with_errors import issues_of
from sync.report.workbook.book import opened
from sync.report.workbook.changes import change_tables
from sync.report.workbook.courses import roster_tables
from sync.report.workbook.front import TabIndex, write_front
from sync.report.workbook.problems import problem_tables

__all__ = ["write_workbook"]


def write_workbook(path: Path, report: PlanReport, sheets: Iterable[Sheet] = ()) -> None:
    """Write a plan, or a run of it, as one xlsx file that only its owner can read.

    `sheets` are those the plan was made from, as they were then; they are walked once, and none is kept. Rows with
    errors of a sheet that is not among them are shown without their cells. Raises NexsisSyncError if the file cannot be
    written.
    """
    plan, run, names = report.plan, report.run, report.names
    report = replace(report, grouped=report.group_values(plan.changes))
    title = f"{run.id}, a run of {plan.id}" if run else plan.id
    with opened(path, f"Moodle sync: {title}", plan.created) as book:
        front = book.sheet("Summary")
        contents = TabIndex()
        for resource, table in roster_tables(report, names):
            contents.rosters.append((f"how many changes there are in each {resource.noun}", book.table(table)))
        for resource, table in change_tables(report, names):
            contents.changes[resource.name] = book.table(table)
        for text, table in problem_tables(issues_of(plan), sheets):
            contents.problems.append((text, book.table(table)))
        write_front(front, report.summary, names, contents, report.approvers)
