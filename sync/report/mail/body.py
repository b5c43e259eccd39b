"""The text of a mail about a plan or run, as HTML and as plain text."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import pandas as pd

from sync.errors import Fault
from sync.model import Conventions, Plan, Run
from sync.model.findings import listed
from sync.report import phrasing
from sync.report.display_names import Names
from sync.report.groups import GroupCount, group_counts
from sync.report.headline import headline
from sync.report.holds import hold_cards
from sync.report.mail.audience import NEEDS_FIXING
from sync.report.mail.rendering import MailFrame, rendered
from sync.report.mail.status import MailStatus
from sync.report.page.embed import chosen
from sync.report.page.lines import lines
from sync.report.plan_report import PlanReport
from sync.report.row_owners import Owner, ResourceRow
from sync.report.rows_with_errors import with_errors
from sync.report.state import EVERYTHING, HELD, PROBLEMS
from sync.report.summary import Summary, failures_by_reason, summarise

CHANGES: Final = 12
"""Number of changes that a mail shows; all are in page and workbook."""

NOTHING: Final = {
    PROBLEMS: "Nothing failed, and there are no errors or warnings.",
    HELD: "Nothing needs approval.",
}
"""Text used if there is nothing of what an audience asked for."""

ALSO: Final = ("covered", "unchanged")


@dataclass(frozen=True, slots=True)
class MailText:
    """What one email reports of a plan or run.

    `plan` and `run` are what the audience may see of `what`. Where there is no plan, `lead` gives the status, and
    `faults` why. `owners` are those whose rows have issues. `week` are the runs a weekly summary sums up.
    `approvers` can approve what is on hold. `groups` has counts by school or the like.
    """

    plan: Plan | None = None
    run: Run | None = None
    names: Names = field(default_factory=dict)
    owners: Mapping[ResourceRow, Owner] = field(default_factory=dict)
    what: Collection[str] = (EVERYTHING,)
    lead: str = ""
    faults: tuple[Fault, ...] = ()
    week: tuple[MailStatus, ...] = ()
    approvers: str = ""
    groups: Mapping[str, Sequence[GroupCount]] = field(default_factory=dict)

    @classmethod
    def of(cls, report: PlanReport, what: Collection[str], week: tuple[MailStatus, ...]) -> MailText:
        """The report for those who asked for `what`."""
        text = cls(report.plan, report.run, report.names, report.owners, what, week=week, approvers=report.approvers)
        return replace(text, groups=_groups(report)) if EVERYTHING in what else text


def bodies(frame: MailFrame, text: MailText, conventions: Conventions) -> tuple[str, str]:
    """The plain text and the HTML."""
    plan = text.plan
    summary = summarise(plan, text.run) if plan is not None else None
    context = {
        "plan": plan,
        "run": text.run,
        "faults": text.faults,
        "week": text.week,
        "headline": _headline(summary, text.what) if summary else (text.lead,),
        "summary": summary,
        "approvers": text.approvers,
        "groups": text.groups,
        "totals": _totals(summary) if summary and EVERYTHING in text.what else {},
        "parts": _parts,
        "moves": _moves,
        "holds": hold_cards(plan, text.names, plan.unapproved) if plan else [],
        "wrong": failures_by_reason(plan.changes).to_dict("records") if plan else [],
        "problems": [group for group in summary.issues if group.severity in NEEDS_FIXING] if summary else [],
        "owners": text.owners,
        "to_return": plan is not None and bool(with_errors(plan.issues)),
        "changes": [*lines(_shown(summary), text.names, conventions)] if summary else [],
    }
    return rendered("mail", frame, context, conventions)


def _headline(summary: Summary, what: Collection[str]) -> tuple[str, ...]:
    """The status. Recipients of a part read only that it is empty, and nothing about the rest."""
    plan = summary.plan
    if EVERYTHING in what or len(plan.changes) or summary.run:
        return headline(summary)
    if with_errors(plan.issues):
        return headline(summary)
    if plan.issues:
        return (f"{phrasing.count(len(plan.issues), 'issue')} to check.",)
    return tuple(NOTHING[each] for each in what)


def _totals(summary: Summary) -> Mapping[str, Mapping[str, int]]:
    """Only recipients of the whole get numbers by kind: a part would be read as the whole."""
    return {name: total for name, total in summary.totals.items() if _busy(total)}


def _busy(total: Mapping[str, int]) -> bool:
    """Whether there is more to say about a resource than that everything is as it should be."""
    return any(n for of, n in total.items() if of != "unchanged")


def _groups(report: PlanReport) -> dict[str, list[GroupCount]]:
    """By what the site file wants changes grouped by: the number of changes of each value."""
    values = report.group_values(report.plan.changes)
    counted = {
        each.title: group_counts(report.plan.changes, values[each.title]) for each in report.groups if each.asked
    }
    return {title: counts for title, counts in counted.items() if counts}


def _parts(total: Mapping[str, int]) -> str:
    """`44 to add and 254 to remove (all on hold), 1 row with errors`."""
    parts = [moves] if (moves := phrasing.to_do(total)) else []
    parts += [f"{total[of]:,} {phrasing.COUNTS[of]}" for of in ALSO if total[of]]
    return ", ".join(
        [*parts, *([f"{phrasing.count(total['rejected'], 'row')} with errors"] if total["rejected"] else [])]
    )


def _moves(counts: Mapping[str, int]) -> str:
    """`44 to add and 254 to remove`."""
    return listed(f"{n:,} {phrasing.TO_DO[op]}" for op, n in counts.items() if n)


def _shown(summary: Summary) -> pd.DataFrame:
    """A few changes: what is on hold or failed first. Covered changes are not shown."""
    changes = summary.plan.changes
    return chosen(changes[changes["status"] != "covered"], CHANGES)
