"""What a mail about a plan or run says, as HTML and as the same in plain text."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

import pandas as pd

from sync.errors import Fault
from sync.model import Conventions, Plan, Resource, Run
from sync.model.resources import CATALOGUE
from sync.report import phrasing
from sync.report.display_names import Names, place
from sync.report.headline import headline
from sync.report.mail.audience import EVERYTHING, HELD, PROBLEMS, TO_MEND
from sync.report.mail.rendering import MailFrame, rendered
from sync.report.mail.status import MailStatus
from sync.report.page.embed import chosen
from sync.report.page.lines import ChangeRow, Pair, lines
from sync.report.row_owners import Owner, Row
from sync.report.rows_with_errors import to_mend
from sync.report.summary import Summary, facts, wrong

CHANGES: Final = 12
"""Changes that a mail shows; all are in page and workbook."""

NOTHING: Final = {
    PROBLEMS: "Nothing went wrong, and no row needs mending.",
    HELD: "Nothing waits for approval.",
}
"""What is said where there is nothing of what an audience is told of."""

ALSO: Final = ("held", "covered", "unchanged")


@dataclass(frozen=True, slots=True)
class MailText:
    """What one mail tells of a plan or run.

    `plan` and `run` are what the audience may see, as it is told of `what`. Where there is no plan, `lead` says how it
    stands, and `faults` why. `owners` tell whose rows have issues. `week` are the runs a weekly summary sums up.
    """

    plan: Plan | None = None
    run: Run | None = None
    names: Names = field(default_factory=dict)
    owners: Mapping[Row, Owner] = field(default_factory=dict)
    what: Collection[str] = (EVERYTHING,)
    lead: str = ""
    faults: tuple[Fault, ...] = ()
    week: tuple[MailStatus, ...] = ()


def bodies(cover: MailFrame, telling: MailText, conventions: Conventions) -> tuple[str, str]:
    """The plain text and the HTML."""
    plan = telling.plan
    known = facts(plan, telling.run) if plan is not None else None
    context = {
        "plan": plan,
        "run": telling.run,
        "faults": telling.faults,
        "week": telling.week,
        "headline": _headline(known, telling.what) if known else (telling.lead,),
        "told": known,
        "totals": _totals(known) if known and EVERYTHING in telling.what else {},
        "parts": _parts,
        "place": partial(place, telling.names),
        "holds": plan.unapproved if plan else (),
        "wrong": wrong(plan.changes).to_dict("records") if plan else [],
        "problems": [group for group in known.issues if group.severity in TO_MEND] if known else [],
        "owners": telling.owners,
        "changes": [*_lines(_shown(known), telling.names, conventions)] if known else [],
    }
    return rendered("mail", cover, context, conventions)


def _headline(known: Summary, what: Collection[str]) -> tuple[str, ...]:
    """How it stands. Who is told of a part alone is told that nothing of it is there, and nothing of the rest."""
    plan = known.plan
    if EVERYTHING in what or len(plan.changes) or known.run:
        return headline(known)
    if to_mend(plan.issues):
        return headline(known)
    if plan.issues:
        return (f"{phrasing.count(len(plan.issues), 'thing')} to look at.",)
    return tuple(NOTHING[each] for each in what)


def _totals(known: Summary) -> Mapping[str, Mapping[str, int]]:
    """Only where the whole is told are there numbers by kind: a part would be read as the whole."""
    return {name: total for name, total in known.totals.items() if _busy(total)}


def _busy(total: Mapping[str, int]) -> bool:
    """Whether there is more to say of a resource than that all is as it should be."""
    return any(n for of, n in total.items() if of != "unchanged")


def _parts(total: Mapping[str, int]) -> str:
    """`44 to add, 254 to remove, 254 of these held, 1 row to mend`."""
    said = [f"{total[op]:,} to {does}" for op, does in phrasing.OPS.items() if total[op]]
    said += [f"{total[of]:,} {phrasing.COUNTS[of]}" for of in ALSO if total[of]]
    return ", ".join([*said, *([f"{phrasing.count(total['rejected'], 'row')} to mend"] if total["rejected"] else [])])


def _lines(changes: pd.DataFrame, names: Names, conventions: Conventions) -> Iterator[ChangeRow]:
    """Changes in the words of the office: `role Teacher`, not `roleid editingteacher`."""
    for resource, line in zip(changes["resource"], lines(changes, names), strict=True):
        yield replace(line, pairs=tuple(_pair(CATALOGUE[resource], pair, conventions) for pair in line.pairs))


def _pair(resource: Resource, pair: Pair, conventions: Conventions) -> Pair:
    field = resource.field(pair.field)
    called = dict(conventions.roles) if field and field.kind == "role" else {}
    before, after = (None if value is None else called.get(value, value) for value in (pair.before, pair.after))
    return Pair(phrasing.part(pair.field), before, after)


def _shown(known: Summary) -> pd.DataFrame:
    """A few changes: what waits or went wrong first. What is covered is told by what it goes along with."""
    changes = known.plan.changes
    return chosen(changes[changes["status"] != "covered"], CHANGES)
