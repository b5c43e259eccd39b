"""The page put together and written."""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import jinja2
import jinja2.runtime
from markupsafe import Markup

from sync.model import Manners, Origin, Plan, Run, Store
from sync.report import words
from sync.report.estimate import Pace
from sync.report.facts import OPS, Facts, facts, wrong
from sync.report.files import written
from sync.report.names import Names, names, place
from sync.report.page import charts
from sync.report.page.embed import chosen, embedded
from sync.report.page.lines import OPS as SHORT
from sync.report.page.lines import lines
from sync.report.verdict import headline, next_steps
from sync.resources import CATALOGUE

STATIC: Final = 100
"""Changes that are there without a script."""

ISSUES: Final = 500
"""Issues of one cause."""

FEW: Final = 5
"""Issues of one cause that are seen at once; the others are unfolded."""

CARDS: Final = 12
"""Holds, and reasons of failures, that are seen at once."""

LONGEST: Final = 500
"""Characters of one value."""


def write_page(
    path: Path, plan: Plan, manners: Manners, store: Store, run: Run | None = None, pace: Pace | None = None
) -> None:
    """Write a plan, or a run of it, as one HTML file that loads nothing and that its owner alone can read.

    The plan's changes bear their present status, as `Store.plan` gives them. `store` gives the names of those a change
    speaks of, and the runs before. Raises NexsisSyncError if the file cannot be written.
    """
    told, called = facts(plan, run, pace), names(plan.changes, store.ledger, manners)
    page = _environment().get_template("page.html.j2")
    with written(path) as stream:
        for piece in page.generate(_context(told, called, manners, store)):
            stream.write(piece.encode("utf-8", "backslashreplace"))


def _context(told: Facts, names: Names, manners: Manners, store: Store) -> dict[str, Any]:
    """All that the templates speak of."""
    plan = told.plan
    shown = chosen(plan.changes)
    css, js = (_beside(name) for name in ("page.css", "page.js"))
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
        "verbs": words.DONE if told.run else words.TO_DO,
        "wrong": wrong(plan.changes).to_dict("records"),
        "place": partial(place, names),
        "bars": charts.by_resource(told),
        "slices": list(charts.by_slice(told, names)),
        "columns": charts.past(store.runs(), store.plans()),
        "causes": told.causes.groupby("cause")["count"].sum(),
        "fields": told.fields,
        "shown": len(shown),
        "lines": lines(shown.head(STATIC), names),
        "data": Markup(embedded(shown, names)),  # noqa: S704 - its own escapes: it stands in a script element
        "css": Markup(css),  # noqa: S704 - ours
        "js": Markup(js),  # noqa: S704 - ours
        "policy": {"style": _hash(css), "script": _hash(js)},
    }


def _sums(told: Facts) -> dict[str, int]:
    """How many changes of each op are to be made, what is held included; of a run, how many were made."""
    if not told.run:
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
    made = jinja2.Environment(
        loader=jinja2.FunctionLoader(_beside),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "n": "{:,}".format,
        "safe_text": _safe_text,
        "when": _when,
        "sentence": lambda code: code.replace("-", " ").capitalize(),
    }
    made.globals |= {
        "words": words,
        "catalogue": CATALOGUE,
        "ops": SHORT,
        "origin": lambda issue: str(Origin(issue.file, issue.tab, issue.row)) if issue.file else "",
        "most_issues": ISSUES,
        "few_issues": FEW,
        "most_cards": CARDS,
    }
    return made


def _safe_text(text: object) -> Markup:
    """Text nobody vouches for: nothing in it is hidden, and it cannot change the order of what stands around it."""
    return Markup("<bdi>{}</bdi>").format(words.safe(str(text), LONGEST))


@jinja2.pass_context
def _when(context: jinja2.runtime.Context, at: datetime) -> Markup:
    """An instant in the site's time zone."""
    there = at.astimezone(ZoneInfo(context["zone"]))
    return Markup('<time datetime="{}">{} {}</time>').format(
        there.isoformat(timespec="seconds"), there.day, f"{there:%B %Y, %H:%M}"
    )


def _beside(name: str) -> str:
    return Path(__file__).with_name(name).read_text("utf-8")


def _hash(text: str) -> str:
    """What a content security policy calls this very text."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
