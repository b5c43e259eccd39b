"""How a mail's text and HTML are made: what all emails have around their contents, and the templates' tools."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import jinja2
import jinja2.runtime

from sync.model import Conventions
from sync.report import phrasing
from sync.report.issue_lists import issue_lists
from sync.report.summary import NOT_DONE
from sync.report.templates import environment, local_time

MOST: Final = {"holds": 10, "wrong": 6, "problems": 8, "cases": 3, "listed": 6, "faults": 10}
"""How many of each a mail shows; all are in page and workbook."""

ISOLATE, END = "\u2068", "\u2069"
"""Put around text that is read from right to left, so that the order of the rest stays."""


@dataclass(frozen=True, slots=True)
class MailFrame:
    """What every email has around its contents.

    `tag` and `summary` are those of the subject. `enclosed` says what is attached, `links` lead to what is not; `left`
    says so of what is neither. `hidden` says that people are; `why` says why the reader gets this email.
    """

    title: str
    site: str
    at: datetime
    tag: str
    summary: str
    hidden: bool = False
    enclosed: tuple[str, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    left: str = ""
    why: str = ""


def rendered(template: str, frame: MailFrame, context: Mapping[str, Any], conventions: Conventions) -> tuple[str, str]:
    """The plain text and the HTML, by the two templates of that name."""
    values = {"it": frame, "zone": conventions.timezone, **context}
    text = _plain().get_template(f"{template}.txt.j2").render(values)
    html = _styled().get_template(f"{template}.html.j2").render(values)
    # What a template leaves out leaves its blank lines; what is indented or an item belongs to the line above.
    text = re.sub(r"\n{2,}(?=- | )", "\n", re.sub(r"\n{3,}", "\n\n", text))
    return text, html


@cache
def _styled() -> jinja2.Environment:
    made = environment(Path(__file__).parent)
    made.globals |= {"ops": phrasing.OPS, "lists_of": issue_lists, "open": ("held", *NOT_DONE), "more": MOST}
    return made


@cache
def _plain() -> jinja2.Environment:
    made = _styled().overlay(autoescape=False)
    made.filters = {**made.filters, "safe_text": _safe_text, "when": _when}
    return made


def _safe_text(text: object) -> str:
    shown = phrasing.safe(str(text), 500)
    rightwards = any(unicodedata.bidirectional(c) in ("R", "AL") for c in shown)
    return f"{ISOLATE}{shown}{END}" if rightwards else shown


@jinja2.pass_context
def _when(context: jinja2.runtime.Context, at: datetime) -> str:
    return local_time(at, context["zone"])
