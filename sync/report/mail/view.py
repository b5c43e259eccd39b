"""What one audience sees of a plan or run, in numbers, in words, and as files."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from sync.config.notifications import Audience
from sync.mapping.source import Source
from sync.model import Conventions, Plan, Run
from sync.report.display_names import Memories, Names
from sync.report.estimate import Throughput
from sync.report.mail.audience import EVERYTHING, PROBLEMS, narrowed, sliced
from sync.report.mail.message import Attachment
from sync.report.mail.pseudonymise import hidden, hidden_names, hidden_run
from sync.report.page import write_page
from sync.report.row_owners import Owner, Row, named, owners, spoken
from sync.report.rows_with_errors import issues_of, sheets_of
from sync.report.summary import NOT_DONE
from sync.report.workbook import write_workbook

Feeds = Callable[[], Iterable[Source]]
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
    past: Memories,
    conventions: Conventions,
    key: bytes,
    sources: Feeds = tuple,
) -> View:
    """What an audience sees. `key` is the secret with which people are hidden; `sources` gives what was read."""
    whole = sliced(plan, audience.only, past.ledger, conventions)
    told = narrowed(whole, audience.what)
    wrong = () if audience.pseudonymise else issues_of(told)
    rows = spoken(wrong, sources() if wrong else (), conventions)
    called = named(told.changes, rows, past.ledger, conventions)
    if EVERYTHING not in audience.what and not (PROBLEMS in audience.what and _went_wrong(told, run)):
        run = None
    if audience.pseudonymise:
        told = hidden(told, key, conventions)
        called = hidden_names(called, told.changes)
        run = run and hidden_run(run)
    return View(whole, told, run, called, rows)


def files(
    view: View,
    audience: Audience,
    past: Memories,
    conventions: Conventions,
    pace: Throughput | None = None,
    sources: Feeds = tuple,
    title: str = "",
) -> list[Attachment]:
    """The page and the workbook of what an audience sees. `title` is what the site calls itself."""
    seen = _Alone(past) if audience.only else past
    name = f"moodle-sync-{view.run.id if view.run else view.plan.id}"
    with tempfile.TemporaryDirectory(prefix="nexsis-sync-") as folder:
        page, book = Path(folder) / f"{name}.html", Path(folder) / f"{name}.xlsx"
        write_page(page, view.plan, conventions, seen, view.run, pace, view.names, title, view.rows)
        # The rows of the sheets tell all about people.
        known = () if audience.pseudonymise else sheets_of(view.plan, sources())
        write_workbook(book, view.plan, conventions, seen, view.run, pace, view.names, sheets=known)
        return [Attachment(file.name, file.read_bytes()) for file in (page, book)]


def _went_wrong(plan: Plan, run: Run | None) -> bool:
    """Whether what is told is about the sending, and not only about what waits for it."""
    cut = run is not None and run.state == "cut"
    return cut or bool(plan.changes["status"].isin(NOT_DONE).any())


@dataclass(frozen=True, slots=True)
class _Alone:
    """What is known, without the runs before: they tell of the whole site."""

    past: Memories

    def ledger(self, resource: str) -> pd.DataFrame:
        return self.past.ledger(resource)
