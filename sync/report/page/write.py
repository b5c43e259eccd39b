"""The page put together and written."""

from __future__ import annotations

import base64
import hashlib
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import jinja2
from markupsafe import Markup

from sync.files import written
from sync.model import Manners, Plan, Run
from sync.report import words
from sync.report.estimate import Pace
from sync.report.facts import OPS, Facts, facts, wrong
from sync.report.names import Names, Past, names, place
from sync.report.page import charts
from sync.report.page.embed import chosen, embedded
from sync.report.page.lines import OPS as SHORT
from sync.report.page.lines import lines
from sync.report.templates import LONGEST, environment
from sync.report.verdict import headline, next_steps

STATIC: Final = 100
"""Changes that are there without a script."""

ISSUES: Final = 500
"""Issues of one cause."""

FEW: Final = 5
"""Issues of one cause that are seen at once; the others are unfolded."""

CARDS: Final = 12
"""Holds, and reasons of failures, that are seen at once."""

BESIDE: Final = {"held": "held", "covered": "taken along", "unchanged": "as it should be", "rejected": "rows to mend"}
"""What else a plan counts, in the words of a column's title."""

ENDED: Final = {"done": "finished", "cut": "cut off", "running": "not finished"}
"""How a run stands, by its state."""


def write_page(
    path: Path,
    plan: Plan,
    manners: Manners,
    past: Past,
    run: Run | None = None,
    pace: Pace | None = None,
    called: Names | None = None,
) -> None:
    """Write a plan, or a run of it, as one HTML file that loads nothing and that its owner alone can read.

    The plan's changes bear their present status, as `Store.plan` gives them. `past` tells the runs before, and the
    names of those a change speaks of, unless they are `called` otherwise. Raises NexsisSyncError if the file cannot be
    written.
    """
    told = facts(plan, run, pace)
    called = names(plan.changes, past.ledger, manners) if called is None else called
    page = _environment().get_template("page.html.j2")
    with written(path) as stream:
        for piece in page.generate(_context(told, called, manners, past)):
            stream.write(piece.encode("utf-8", "backslashreplace"))


def _context(told: Facts, names: Names, manners: Manners, past: Past) -> dict[str, Any]:
    """All that the templates speak of."""
    plan = told.plan
    shown = chosen(plan.changes)
    css, js = (beside(name) for name in ("page.css", "page.js"))
    return {
        "plan": plan,
        "run": told.run,
        "told": told,
        "zone": manners.timezone,
        "version": version("nexsis-sync"),
        "headline": headline(told),
        "state": _state(told),
        "steps": next_steps(told),
        "sums": _sums(told),
        "verbs": words.DONE if _sent(told) else words.TO_DO,
        "sent": _sent(told),
        "wrong": wrong(plan.changes).to_dict("records"),
        "place": partial(place, names),
        "bars": charts.by_resource(told),
        "slices": list(charts.by_slice(told, names)),
        "columns": charts.past(past) if isinstance(past, charts.Journal) else (),
        "beside": _beside_calls(told),
        "causes": told.causes.groupby("cause")["count"].sum(),
        "fields": told.fields,
        "shown": len(shown),
        "lines": lines(shown.head(STATIC), names),
        "data": Markup(embedded(shown, names)),  # noqa: S704 - its own escapes: it stands in a script element
        "css": Markup(css),  # noqa: S704 - ours
        "js": Markup(js),  # noqa: S704 - ours
        "policy": {"style": hashed(css), "script": hashed(js)},
    }


def _sent(told: Facts) -> bool:
    """Whether it is told what was done, and not what is to be done."""
    return told.run is not None or bool(told.statuses.get("done"))


def _beside_calls(told: Facts) -> dict[str, str]:
    """What the table of kinds tells beside the calls: only what there is."""
    return {of: text for of, text in BESIDE.items() if any(total[of] for total in told.totals.values())}


def _sums(told: Facts) -> dict[str, int]:
    """How many changes of each op are to be made, what is held included; once it was sent, how many were made."""
    if not _sent(told):
        return {op: sum(total[op] for total in told.totals.values()) for op in OPS}
    done = told.counts[told.counts["status"] == "done"].groupby("op")["count"].sum()
    return {op: int(done.get(op, 0)) for op in OPS}


def _state(told: Facts) -> str:
    """In one word how it stands, for the colour of the verdict."""
    status = told.statuses
    if told.run and told.run.state == "cut":
        return "cut"
    if any(status.get(name) for name in ("failed", "unknown")):
        return "wrong"
    if status.get("held"):
        return "held"
    return "ready" if status.get("planned") else "done"


# -- the templates' tools --------------------------------------------------------------------------------------


@cache
def _environment() -> jinja2.Environment:
    made = environment(Path(__file__).parent)
    made.globals |= {
        "ops": SHORT,
        "most_issues": ISSUES,
        "few_issues": FEW,
        "most_cards": CARDS,
        "became": charts.BECAME,
        "slots": charts.SLOTS,
        "ended": ENDED,
    }
    made.filters["marked"] = _marked
    return made


def _marked(text: str) -> Markup:
    """Text nobody vouches for; what stands between backticks in it is shown as a value."""
    pieces = words.safe(text, LONGEST).split("`")
    if not len(pieces) % 2:
        return Markup("<bdi>{}</bdi>").format("`".join(pieces))
    value = Markup("<code>{}</code>")
    said = (value.format(piece) if place % 2 else piece for place, piece in enumerate(pieces))
    return Markup("<bdi>{}</bdi>").format(Markup("").join(said))


def beside(name: str) -> str:
    """The text of a file of this folder."""
    return Path(__file__).with_name(name).read_text("utf-8")


def hashed(text: str) -> str:
    """What a content security policy calls this very text."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
