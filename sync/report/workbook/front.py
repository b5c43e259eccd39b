"""The first tab: the status, counts by resource, what is on hold and how it is approved, and what the tabs hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from sync.model.findings import listed
from sync.model.resources import CATALOGUE
from sync.report import phrasing
from sync.report.display_names import Names
from sync.report.headline import headline, next_steps
from sync.report.holds import HoldCard, hold_cards
from sync.report.state import state_of
from sync.report.summary import Summary
from sync.report.workbook.book import LINE, Worksheet, lines
from sync.report.workbook.changes import OPS
from sync.report.workbook.rows import Value
from sync.report.workbook.styles import STATES

WIDTH: Final = 8
"""Columns of the tab: a wide one and narrow ones for counts."""

FIRST, OTHERS = 26, 16
"""Their widths, in characters."""

SIZES: Final = {"title": 1.5, **dict.fromkeys(("first", "section", *STATES), 1.25)}
"""How much larger than others these sentences are."""

LEGEND: Final = {
    "create": "not in Moodle yet",
    "update": "in Moodle, but different: the fields that change are highlighted, with their values before and after",
    "delete": "in Moodle, and will be removed",
    "covered": "removed automatically by Moodle together with another record; nothing is sent for it",
    "held": "needs approval before it is sent",
}


@dataclass(frozen=True, slots=True)
class TabIndex:
    """The tabs of the workbook: their names by resource; those by course and of problems with what they hold."""

    changes: dict[str, list[str]] = field(default_factory=dict)
    rosters: list[tuple[str, list[str]]] = field(default_factory=list)
    problems: list[tuple[str, list[str]]] = field(default_factory=list)


@dataclass(slots=True)
class FrontPage:
    """The tab as it is filled, from the top down."""

    tab: Worksheet
    row: int = 0

    def cells(self, values: Sequence[Value], styles: Sequence[str]) -> None:
        """A row of cells."""
        for at, (value, style) in enumerate(zip(values, styles, strict=True)):
            self.tab.cell(self.row, at, value, style)
        self.row += 1

    def sentence(self, text: str, style: str, start: int = 0) -> None:
        """Text across all columns from `start` on, in as many lines as it needs."""
        room, size = (0 if start else FIRST) + OTHERS * (WIDTH - max(start, 1)), SIZES.get(style, 1)
        self.tab.worksheet.set_row(self.row, LINE * size * lines(text, room / size))
        self.tab.merge(self.row, start, WIDTH - 1, text, style)
        self.row += 1

    def link(self, name: str, text: str) -> None:
        """A tab's name, to be clicked on, and what it holds."""
        self.tab.link(self.row, 0, name)
        self.sentence(text, "wrapped", 1)

    def section(self, title: str) -> None:
        """A heading, a blank line above it."""
        self.row += 1
        self.sentence(title, "section")


def write_front(tab: Worksheet, summary: Summary, names: Names, contents: TabIndex, approvers: str = "") -> None:
    """Fill the tab from the top down; `approvers` can approve what is on hold."""
    tab.worksheet.set_column(0, 0, FIRST)
    tab.worksheet.set_column(1, WIDTH - 1, OTHERS)
    tab.worksheet.hide_gridlines(2)
    page = FrontPage(tab)
    _head(page, summary)
    _counts(page, summary)
    _outcomes(page, summary)
    _holds(page, summary, names, approvers)
    _tabs(page, contents)
    _legend(page)


def _head(page: FrontPage, summary: Summary) -> None:
    plan, run = summary.plan, summary.run
    page.sentence("What changes in Moodle" if run is None else "What was changed in Moodle", "title")
    page.sentence(f"Plan {plan.id} for {plan.site}, made {plan.created:%Y-%m-%d %H:%M %Z}", "pale")
    if run:
        ended = f", finished {run.finished:%Y-%m-%d %H:%M:%S}" if run.finished else ""
        page.sentence(f"Run {run.id}, started {run.started:%Y-%m-%d %H:%M:%S %Z}{ended}", "pale")
    page.row += 1
    status, *others = headline(summary)
    page.sentence(status, state_of(plan, run))
    for sentence in others:
        page.sentence(sentence, "first")
    for command, text in next_steps(summary):
        page.sentence(command, "command")
        if text:
            page.sentence(text, "pale")


def _counts(page: FrontPage, summary: Summary) -> None:
    if not summary.totals:
        return
    page.section("The plan in numbers")
    counts = {name: [n[of] for of in phrasing.COUNTS] for name, n in summary.totals.items()}
    _grid(page, [*phrasing.COUNTS.values()], counts)


def _outcomes(page: FrontPage, summary: Summary) -> None:
    """The status of the changes, once there is more to report than that they are planned."""
    statuses = [status for status in phrasing.STATUSES if status in summary.statuses]
    if summary.run is None and {*statuses} <= {"planned", "held", "covered"}:
        return
    page.section("Status")
    rows = summary.counts.groupby("resource", sort=False)
    sums = {str(name): dict(counts.groupby("status")["count"].sum()) for name, counts in rows}
    by_name = {name: [int(n.get(status, 0)) for status in statuses] for name, n in sums.items()}
    _grid(page, [phrasing.STATUSES[status] for status in statuses], by_name)


def _grid(page: FrontPage, titles: Sequence[str], rows: dict[str, list[int]]) -> None:
    """Numbers by resource."""
    page.cells(["", *titles], ["count_header"] * (len(titles) + 1))
    for name, counts in rows.items():
        page.cells([CATALOGUE[name].title, *counts], ["strong", *["count"] * len(counts)])


def _holds(page: FrontPage, summary: Summary, names: Names, approvers: str) -> None:
    holds = summary.plan.holds
    if not holds:
        return
    page.section("On hold")
    if approvers and summary.plan.unapproved:
        page.sentence(f"Who can approve: {approvers}", "first")
    for text in hold_cards(summary.plan, names, holds):
        hold = text.hold
        page.tab.cell(page.row, 0, hold.id, "held")
        page.sentence(text.title, "strong", 1)
        page.sentence(phrasing.plain(hold.message), "wrapped", 1)
        for part in text.parts:
            page.sentence(f"{part.hold.id}: {part.title}", "wrapped", 1)
        if text.owners:
            page.sentence(_owners(text), "wrapped", 1)
        if text.detail:
            page.sentence(text.detail, "pale", 1)
        page.sentence(phrasing.release(summary.plan.id, hold), "pale" if hold.approved_by else "command", 1)
    if len(summary.plan.unapproved) > 1:
        page.sentence(f"Approve all: nexsis-sync approve {summary.plan.id} --all", "command", 1)


def _owners(text: HoldCard) -> str:
    """`Ada van Dyk (S1), Ben Lee (S2) and 203 more`."""
    named = [str(owner) for owner in text.owners]
    separator = "; " if any(", " in owner for owner in named) else ", "
    parts = [*named, f"{text.others:,} more"] if text.others else named
    return listed(parts, separator=separator, most=len(parts))


def _tabs(page: FrontPage, contents: TabIndex) -> None:
    if not contents.changes and not contents.problems:
        return
    page.section("The tabs of this workbook")
    _links(page, contents.rosters)
    for name, tabs in contents.changes.items():
        for tab in tabs:
            page.link(tab, f"all changes to {CATALOGUE[name].title}")
    _links(page, contents.problems)


def _links(page: FrontPage, found: Sequence[tuple[str, Sequence[str]]]) -> None:
    for text, tabs in found:
        for tab in tabs:
            page.link(tab, text)


def _legend(page: FrontPage) -> None:
    page.section("What the colours and words mean")
    for name, text in LEGEND.items():
        page.tab.cell(page.row, 0, OPS.get(name) or phrasing.STATUSES[name], name)
        page.sentence(text, "wrapped", 1)
