"""A plan or run as one Excel workbook for registrars: what happens, to whom, and which rows to mend.

`front` is the first tab, `changes` a tab a resource, `problems` a tab a source file; `book` writes tabs, and `looks`
says what cells look like.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sync.model import Conventions, Plan, Run, Sheet
from sync.report.display_names import Memories, Names, names
from sync.report.estimate import Throughput
from sync.report.rows_with_errors import issues_of
from sync.report.summary import facts
from sync.report.workbook.book import opened
from sync.report.workbook.changes import change_tables
from sync.report.workbook.front import Contents, write_front
from sync.report.workbook.problems import problem_tables

__all__ = ["write_workbook"]


def write_workbook(
    path: Path,
    plan: Plan,
    conventions: Conventions,
    past: Memories,
    run: Run | None = None,
    pace: Throughput | None = None,
    called: Names | None = None,
    *,
    sheets: Iterable[Sheet] = (),
) -> None:
    """Write a plan, or a run of it, as one xlsx file that its owner alone can read.

    The plan's changes bear their present status, as `Store.plan` gives them. `past` gives the names of those a change
    speaks of, unless they are `called` otherwise. `sheets` are those the plan was made from, as they were then; they
    are walked once, and none is kept. Rows to mend of a sheet that is not among them are told without their cells.
    Raises NexsisSyncError if the file cannot be written.
    """
    told = facts(plan, run, pace)
    called = names(plan.changes, past.ledger, conventions) if called is None else called
    title = f"{run.id}, a run of {plan.id}" if run else plan.id
    with opened(path, f"Moodle sync: {title}", plan.created) as book:
        front = book.sheet("Summary")
        contents = Contents()
        for resource, table in change_tables(plan, called):
            contents.changes[resource.name] = book.table(table)
        for says, table in problem_tables(issues_of(plan), sheets):
            contents.problems.append((says, book.table(table)))
        write_front(front, told, called, contents)
