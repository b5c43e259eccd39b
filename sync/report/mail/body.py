"""What a mail says, as HTML and as the same in plain text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import Any, Final

import jinja2
import jinja2.runtime

from sync.errors import Fault
from sync.model import Manners, Plan, Run
from sync.report import words
from sync.report.facts import NOT_DONE, Facts, facts, wrong
from sync.report.mail.audience import TO_MEND
from sync.report.mail.standing import Night
from sync.report.names import Names, place
from sync.report.page.embed import chosen
from sync.report.page.lines import OPS, lines
from sync.report.templates import environment, told
from sync.report.verdict import headline

HOLDS, REASONS, PROBLEMS, CASES, CHANGES, FAULTS = 10, 6, 8, 3, 12, 10
"""How many of each a mail shows; all are in page and workbook."""

ALSO: Final = {"held": "of them held", "covered": "taken along", "unchanged": "as they should be"}

ISOLATE, END = "\u2068", "\u2069"
"""Around text that is read from right to left, so that it leaves the order of the rest alone."""


@dataclass(frozen=True, slots=True)
class Telling:
    """All that one mail tells.

    `plan` and `run` are what the audience may see; None if it could not be run at all, which then the `faults` tell.
    `week` are the runs a weekly summary sums up. `enclosed` says what is attached, `links` lead to what is not; `left`
    says so of what is neither. `why` tells the reader what made this mail come.
    """

    title: str
    site: str
    at: datetime
    tag: str
    says: str
    plan: Plan | None = None
    run: Run | None = None
    names: Names = field(default_factory=dict)
    hidden: bool = False
    faults: tuple[Fault, ...] = ()
    week: tuple[Night, ...] = ()
    enclosed: tuple[str, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    left: str = ""
    why: str = ""


def bodies(telling: Telling, manners: Manners) -> tuple[str, str]:
    """The plain text and the HTML."""
    context = _context(telling, manners)
    text = _plain().get_template("mail.txt.j2").render(context)
    html = _styled().get_template("mail.html.j2").render(context)
    # What a template leaves out leaves its blank lines; what is indented belongs to the line above.
    text = re.sub(r"\n{2,}(?= )", "\n", re.sub(r"\n{3,}", "\n\n", text))
    return text, html


def _context(telling: Telling, manners: Manners) -> dict[str, Any]:
    plan = telling.plan
    known = facts(plan, telling.run) if plan is not None else None
    return {
        "it": telling,
        "zone": manners.timezone,
        "headline": _headline(known),
        "told": known,
        "totals": {name: total for name, total in known.totals.items() if _busy(total)} if known else {},
        "place": partial(place, telling.names),
        "holds": [hold for hold in plan.holds if hold.approved_by is None] if plan else [],
        "wrong": wrong(plan.changes).to_dict("records") if plan else [],
        "problems": [group for group in known.issues if group.severity in TO_MEND] if known else [],
        "changes": [*lines(_shown(known, telling), telling.names)] if known else [],
        "more": {"holds": HOLDS, "wrong": REASONS, "problems": PROBLEMS, "cases": CASES, "faults": FAULTS},
    }


def _headline(known: Facts | None) -> tuple[str, ...]:
    """How it stands. That there is nothing to do is not said to whom there are rows to mend."""
    if known is None:
        return ("It could not be run, and nothing was changed.",)
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


def _shown(known: Facts, telling: Telling) -> Any:
    """A few changes: what waits or went wrong first. What is covered is told by what it goes along with."""
    changes = known.plan.changes
    return chosen(changes[changes["status"] != "covered"], CHANGES)


# -- the templates' tools --------------------------------------------------------------------------------------


@cache
def _styled() -> jinja2.Environment:
    return _named(environment(Path(__file__).parent))


@cache
def _plain() -> jinja2.Environment:
    made = _named(environment(Path(__file__).parent))
    made.autoescape = False
    made.globals |= {"parts": _parts}
    made.filters |= {"safe_text": _safe_text, "when": _when}
    return made


def _named(made: jinja2.Environment) -> jinja2.Environment:
    made.globals |= {"ops": OPS, "open": ("held", *NOT_DONE)}
    return made


def _safe_text(text: object) -> str:
    shown = words.safe(str(text), 500)
    rightwards = any(unicodedata.bidirectional(c) in ("R", "AL") for c in shown)
    return f"{ISOLATE}{shown}{END}" if rightwards else shown


@jinja2.pass_context
def _when(context: jinja2.runtime.Context, at: datetime) -> str:
    return told(at, context["zone"])
