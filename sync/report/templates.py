"""Templates that escape by default, and the tools that all of them have."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import jinja2
import jinja2.nodes
import jinja2.runtime
from markupsafe import Markup

from sync.model.issue_texts import issue_text
from sync.model.resources import CATALOGUE
from sync.report import phrasing
from sync.report.labels import field_label

LONGEST: Final = 500
"""Maximum number of characters of one value."""


def environment(*folders: Path) -> jinja2.Environment:
    """The templates of folders, the first that has one first.

    `zone` in what they are given is the time zone in which they show instants.
    """
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folders),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "n": "{:,}".format,
        "safe_text": _safe_text,
        "prose": _prose,
        "when": _when,
        "label": lambda field, resource: field_label(CATALOGUE[resource], field),
        "titled": lambda code: issue_text(code).title,
        "job": lambda code: issue_text(code).job,
    }
    made.globals |= {
        "phrasing": phrasing,
        "catalogue": CATALOGUE,
    }
    return made


def local_time(at: datetime, zone: str) -> str:
    """An instant as people write it: `23 November 2026, 02:00`."""
    there = at.astimezone(ZoneInfo(zone))
    return f"{there.day} {there:%B %Y, %H:%M}"


def _safe_text(text: object) -> Markup:
    """Untrusted text: nothing in it is hidden, and it cannot change the order of the text around it."""
    return Markup("<bdi>{}</bdi>").format(phrasing.safe(str(text), LONGEST))


@jinja2.pass_eval_context
def _prose(context: jinja2.nodes.EvalContext, message: str) -> str:
    """A message of ours, in which its literals stand out: as code in HTML, in quotes in plain text."""
    if not context.autoescape:
        return phrasing.safe(phrasing.plain(message), LONGEST)
    shown = phrasing.pieces(phrasing.safe(message, LONGEST))
    inner = (Markup("<code>{}</code>").format(text) if literal else text for text, literal in shown)
    return Markup("<bdi>{}</bdi>").format(Markup("").join(inner))


@jinja2.pass_context
def _when(context: jinja2.runtime.Context, at: datetime) -> Markup:
    """An instant in the site's time zone."""
    there = at.astimezone(ZoneInfo(context["zone"]))
    stamp = there.isoformat(timespec="seconds")
    return Markup('<time datetime="{}">{}</time>').format(stamp, local_time(at, context["zone"]))
