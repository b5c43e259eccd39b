"""What every page has: its frame, its style, its script, the script's data, and the tools of its templates."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import jinja2
import jinja2.runtime
from markupsafe import Markup

from sync.report.issue_lists import IssueList, issue_lists
from sync.report.page import charts
from sync.report.row_owners import Owner, ResourceRow
from sync.report.summary import IssueGroup
from sync.report.templates import environment
from sync.sheets.output import written

STATIC: Final = 100
"""Number of changes shown without a script."""

ISSUES: Final = 500
"""Different things that are said of one cause, and values of which one of them is said."""

FEW: Final = 5
"""Different things that are said of one cause and seen at once; the others are unfolded."""

VALUES: Final = 10
"""Values of which one thing is said, and that are seen at once."""

CARDS: Final = 12
"""Number of holds, and of reasons of failures, that are visible at once."""

SCRIPTS: Final = ("lines.js", "table.js", "groups.js", "download.js", "address.js", "controls.js")
"""The page's script, each part after those it needs; the last one starts everything."""

ENDED: Final = {"done": "finished", "cut": "interrupted", "running": "not finished"}
"""The result of a run, by its state."""


@cache
def templates(*folders: Path) -> jinja2.Environment:
    """The templates of these folders and of this one, with the tools of a page."""
    made = environment(*folders, Path(__file__).parent)
    made.globals |= {
        "most_issues": ISSUES,
        "few_issues": FEW,
        "few_values": VALUES,
        "most_cards": CARDS,
        "static": STATIC,
        "became": charts.BECAME,
        "slots": charts.SLOTS,
        "ended": ENDED,
        "lists_of": _lists_of,
        "version": version("nexsis-sync"),
    }
    return made


def frame_context(data: str) -> dict[str, Any]:
    """What `frame.html.j2` puts into a page: its style, its script, the data for that, and the policy for both."""
    css, js = _asset("page.css"), "\n".join(map(_asset, SCRIPTS))
    return {
        "data": Markup(data),  # noqa: S704 - its own escapes: it stands in a script element
        "css": Markup(css),  # noqa: S704 - ours
        "js": Markup(js),  # noqa: S704 - ours
        "policy": {"style": _csp_hash(css), "script": _csp_hash(js)},
    }


def write_template(path: Path, page: jinja2.Template, context: Mapping[str, Any]) -> None:
    """Write a page as it is made. Raises NexsisSyncError if it cannot be written."""
    with written(path) as stream:
        for piece in page.generate(context):
            stream.write(piece.encode("utf-8", "backslashreplace"))


@jinja2.pass_context
def _lists_of(context: jinja2.runtime.Context, group: IssueGroup) -> list[IssueList]:
    """The issues of a cause, those that say the same together, with whom their rows are about."""
    owners: Mapping[ResourceRow, Owner] = context["owners"]
    return issue_lists(group.issues, owners)


def _asset(name: str) -> str:
    """The text of a file of this folder."""
    return Path(__file__).with_name(name).read_text("utf-8")


def _csp_hash(text: str) -> str:
    """What a content security policy calls this very text."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
