"""A page, read as a browser without a script would read it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from sync.model import Plan, Run, Store
from sync.report.page import write_page
from sync.report.plan_report import PlanReport
from sync.state import open_store
from tests.clock import Clock
from tests.report import report_plans as plans

MANNERS = replace(plans.MANNERS, timezone="Europe/Paris")
VOID = {"meta", "input", "rect", "line", "path", "br", "link"}


@dataclass
class Page(HTMLParser):
    """A page as text and tags."""

    source: str
    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    raw: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__init__()
        self.feed(self.source)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("script", "style"):
            kind = dict(self.tags[-1][1]).get("type") or self.open[-1]
            self.raw[kind] = self.raw.get(kind, "") + data
        elif "template" not in self.open:
            self.seen.append(data)

    @property
    def text(self) -> str:
        """Everything a reader sees, in one line."""
        return " ".join("".join(self.seen).split())

    @property
    def data(self) -> Any:
        """The data of the script."""
        return json.loads(self.raw["application/json"])

    def of(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of all tags of a name."""
        return [attributes for name, attributes in self.tags if name == tag]


def page(folder: Path, plan: Plan, run: Run | None = None, store: Store | None = None, **known: Any) -> Page:
    """Write a page and read it."""
    file = folder / "page.html"
    if store:
        write_page(file, PlanReport(plan, MANNERS, store, run, **known))
    else:
        with open_store("sqlite://", Clock()) as empty:
            write_page(file, PlanReport(plan, MANNERS, empty, run, **known))
    return Page(file.read_text("utf-8"))
