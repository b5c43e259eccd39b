"""What would happen to an object if no row listed it, in words, and what to do to have it removed.

The texts are in `future_texts.toml`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from sync.model import Resource
from sync.model.findings import mappings_text
from sync.report import phrasing
from sync.report.explanation.contents import Future

HELD: Final = "held"
"""The entry for what a guard decides; the others are called like the rules."""


def in_words(future: Future, resource: Resource) -> tuple[str, str]:
    """What would become of it, and what to do to have it removed (blank: nothing)."""
    if future.hold is not None:
        return _filled(HELD, {"message": future.hold.message, "limit": future.hold.limit})
    values = {
        "later": _later(future),
        "title": resource.title,
        "mappings": mappings_text(future.mappings) if future.mappings else "a mapping",
        "where": future.where,
        "why": future.why,
        "slice": " and ".join(phrasing.part(name) for name in resource.slice),
    }
    return _filled(future.rule, values)


def _filled(entry: str, values: Mapping[str, str]) -> tuple[str, str]:
    texts = _read()[entry]
    return texts["says"].format(**values), texts.get("do", "").format(**values)


@cache
def _read() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(files(__package__).joinpath("future_texts.toml").read_text("utf-8"))


def _later(future: Future) -> str:
    """`after 1 more file, but not before 3 December 2026`."""
    day = f"{future.day.day} {future.day:%B %Y}" if future.day else ""
    if not future.files:
        return f"by the first run on or after {day}"
    files = f"after {phrasing.count(future.files, 'more file')}"
    return f"{files}, but not before {day}" if day else files
