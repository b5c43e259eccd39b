"""What one audience sees of a plan or run, in numbers, in words, and as files."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from sync.config.notifications import Audience
from sync.mapping.feed import Feed
from sync.model import Manners, Plan, Run
from sync.report.display_names import Names, Past
from sync.report.estimate import Pace
from sync.report.mail.audience import EVERYTHING, PROBLEMS, narrowed, sliced
from sync.report.mail.message import File
from sync.report.mail.pseudonymise import hidden, hidden_names, hidden_run
from sync.report.page import write_page
from sync.report.row_owners import Owner, Row, named, owners, spoken
from sync.report.rows_with_errors import issues_of, sheets_of
from sync.report.summary import NOT_DONE
from sync.report.workbook import write_workbook

Feeds = Callable[[], Iterable[Feed]]
"""Gives what was read; only asked where somebody sees rows of it, since it may have to be read again."""


@dataclass(frozen=True, slots=True)
class View:
    """A plan and run as an audience may see them.

    `whole` is all that is theirs, for counting alone; `plan` is what they are told of it, with people hidden where that
    is wished, and so are `run` and `names`. `run` is None where they are not told of the run as a whole. `rows` are
    those with issues, as `whose.spoken` tells of them; none where people are hidden.
    """

    whole: Plan
    plan: Plan
    run: Run | None
    names: Names
    rows: pd.DataFrame

    @property
    def owners(self) -> Mapping[Row, Owner]:
        """Whose rows have issues."""
        return owners(self.rows, self.names)


def view(
    plan: Plan,
    run: Run | None,
    audience: Audience,
    past: Past,
    manners: Manners,
    key: bytes,
    feeds: Feeds = tuple,
) -> View:
    """What an audience sees. `key` is the secret with which people are hidden; `feeds` gives what was read."""
    whole = sliced(plan, audience.only, past.ledger, manners)
    told = narrowed(whole, audience.what)
    wrong = () if audience.pseudonymise else issues_of(told)
    rows = spoken(wrong, feeds() if wrong else (), manners)
    called = named(told.changes, rows, past.ledger, manners)
    if EVERYTHING not in audience.what and not (PROBLEMS in audience.what and _went_wrong(told, run)):
        run = None
    if audience.pseudonymise:
        told = hidden(told, key, manners)
        called = hidden_names(called, told.changes)
        run = run and hidden_run(run)
    return View(whole, told, run, called, rows)


def files(
    view: View,
    audience: Audience,
    past: Past,
    manners: Manners,
    pace: Pace | None = None,
    feeds: Feeds = tuple,
    title: str = "",
) -> list[File]:
    """The page and the workbook of what an audience sees. `title` is what the site calls itself."""
    seen = _Alone(past) if audience.only else past
    name = f"moodle-sync-{view.run.id if view.run else view.plan.id}"
    with tempfile.TemporaryDirectory(prefix="nexsis-sync-") as folder:
        page, book = Path(folder) / f"{name}.html", Path(folder) / f"{name}.xlsx"
        write_page(page, view.plan, manners, seen, view.run, pace, view.names, title, view.rows)
        # The rows of the sheets tell all about people.
        known = () if audience.pseudonymise else sheets_of(view.plan, feeds())
        write_workbook(book, view.plan, manners, seen, view.run, pace, view.names, sheets=known)
        return [File(file.name, file.read_bytes()) for file in (page, book)]


def _went_wrong(plan: Plan, run: Run | None) -> bool:
    """Whether what is told is about the sending, and not only about what waits for it."""
    cut = run is not None and run.state == "cut"
    return cut or bool(plan.changes["status"].isin(NOT_DONE).any())


@dataclass(frozen=True, slots=True)
class _Alone:
    """What is known, without the runs before: they tell of the whole site."""

    past: Past

    def ledger(self, resource: str) -> pd.DataFrame:
        return self.past.ledger(resource)
