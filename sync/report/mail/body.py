"""What a mail about a plan or run says, as HTML and as the same in plain text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from sync.errors import Fault
from sync.model import Manners, Plan, Run
from sync.report import words
from sync.report.facts import Facts, facts, wrong
from sync.report.mail.audience import TO_MEND
from sync.report.mail.rendering import Cover, rendered
from sync.report.mail.standing import Night
from sync.report.names import Names, place
from sync.report.page.embed import chosen
from sync.report.page.lines import OPS, lines
from sync.report.verdict import headline

CHANGES: Final = 12
"""Changes that a mail shows; all are in page and workbook."""

ALSO: Final = {"held": "of them held", "covered": "taken along", "unchanged": "as they should be"}


@dataclass(frozen=True, slots=True)
class Telling:
    """What one mail tells of a plan or run.

    `plan` and `run` are what the audience may see. Where there is no plan, `lead` says how it stands, and `faults` why.
    `week` are the runs a weekly summary sums up.
    """

    plan: Plan | None = None
    run: Run | None = None
    names: Names = field(default_factory=dict)
    lead: str = ""
    faults: tuple[Fault, ...] = ()
    week: tuple[Night, ...] = ()


def bodies(cover: Cover, telling: Telling, manners: Manners) -> tuple[str, str]:
    """The plain text and the HTML."""
    plan = telling.plan
    known = facts(plan, telling.run) if plan is not None else None
    context = {
        "plan": plan,
        "run": telling.run,
        "faults": telling.faults,
        "week": telling.week,
        "headline": _headline(known) if known else (telling.lead,),
        "told": known,
        "totals": {name: total for name, total in known.totals.items() if _busy(total)} if known else {},
        "parts": _parts,
        "place": partial(place, telling.names),
        "holds": [hold for hold in plan.holds if hold.approved_by is None] if plan else [],
        "wrong": wrong(plan.changes).to_dict("records") if plan else [],
        "problems": [group for group in known.issues if group.severity in TO_MEND] if known else [],
        "changes": [*lines(_shown(known), telling.names)] if known else [],
    }
    return rendered("mail", cover, context, manners)


def _headline(known: Facts) -> tuple[str, ...]:
    """How it stands. That there is nothing to do is not said to whom there are rows to mend."""
    state, *rest = headline(known)
    return (*rest,) if rest and known.run is None and known.plan.changes.empty else (state, *rest)


def _busy(total: Mapping[str, int]) -> bool:
    """Whether there is more to say of a resource than that all is as it should be."""
    return any(n for of, n in total.items() if of != "unchanged")


def _parts(total: Mapping[str, int]) -> str:
    """`44 to add, 254 to remove, 254 of them held, 1 row to mend`."""
    said = [f"{total[op]:,} to {does}" for op, does in OPS.items() if total[op]]
    said += [f"{total[of]:,} {does}" for of, does in ALSO.items() if total[of]]
    return ", ".join([*said, *([f"{words.count(total['rejected'], 'row')} to mend"] if total["rejected"] else [])])


def _shown(known: Facts) -> Any:
    """A few changes: what waits or went wrong first. What is covered is told by what it goes along with."""
    changes = known.plan.changes
    return chosen(changes[changes["status"] != "covered"], CHANGES)
