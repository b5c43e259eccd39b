"""A mapping, the sheets it reads, and in which mode."""

from __future__ import annotations

from collections import abc
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pandas as pd

from sync.config.mappings import MODES, Mapping
from sync.config.rules import Value
from sync.config.sheet_selection import SheetChoice
from sync.errors import Fault, SheetError
from sync.mapping.evaluate import evaluate_value
from sync.mapping.lookups import Library
from sync.mapping.table import tabulate
from sync.mapping.term_dates import TermDates
from sync.model import Issue, Sheet
from sync.model.findings import listed, shown

Renames = abc.Mapping[str, abc.Mapping[str, str]]
"""By resource, identifiers as the site compares them, and those that its objects have on the site instead."""


@dataclass(frozen=True, slots=True)
class Source:
    """A mapping, the sheets it reads, in order, and those its look-ups use. Each has the columns it needs.

    `renames` has, by resource, what identifiers in the sheets are called on the site, where that is something else.
    `term_dates` has the terms, if the mapping's scope depends on them.
    `seen` has, for a delta, the values that stood for additions in earlier files, by column of `delete_when`.
    """

    mapping: Mapping
    sheets: tuple[Sheet, ...]
    others: abc.Mapping[SheetChoice, tuple[Sheet, ...]] = field(default_factory=dict)
    renames: Renames = field(default_factory=dict)
    term_dates: TermDates | None = None
    seen: abc.Mapping[str, abc.Collection[str]] = field(default_factory=dict)


def with_issues(sources: abc.Sequence[Source], issues: abc.Sequence[Issue]) -> list[Source]:
    """The sources; issues that belong to no sheet are added to the first one."""
    first = next((sheet for source in sources for sheet in source.sheets), None)
    if first is None or not issues:
        return [*sources]
    return replace_sheets(sources, {id(first): replace(first, issues=(*first.issues, *issues))})


def replace_sheets(sources: abc.Sequence[Source], sheets: abc.Mapping[int, Sheet]) -> list[Source]:
    """The sources with some sheets replaced, which are identified by their `id`: several sources may share one."""

    def all_of(those: abc.Iterable[Sheet]) -> tuple[Sheet, ...]:
        return tuple(sheets.get(id(sheet), sheet) for sheet in those)

    return [
        replace(source, sheets=all_of(source.sheets), others={at: all_of(each) for at, each in source.others.items()})
        for source in sources
    ]


def resolve_mode(mapping: Mapping, library: Library) -> Mapping | None:
    """The mapping with its mode resolved; None if its sheet is not there. Raises SheetError if no mode is given."""
    value = mapping.mode
    if not isinstance(value, Value):
        return mapping
    one = Sheet("", None, pd.DataFrame(index=[0]), "", datetime.fromtimestamp(0, UTC))
    evaluated = evaluate_value(value, tabulate([one]), library)
    where = f"{mapping.file}:{mapping.line}" if mapping.line else mapping.name
    code = int(evaluated.codes[0])
    for refusal in evaluated.refusals:
        if refusal.where(evaluated.codes).any():
            raise SheetError(Fault(f"mode: {refusal.why(code)}", where, refusal.wording.hint))
    mode = str(evaluated.texts.iloc[code])
    if mode not in MODES:
        hint = "Add `values:` below `mode:` to say what it means."
        raise SheetError(Fault(f"mode: {shown(mode)} is not {listed(MODES, 'or')}", where, hint))
    return None if mode == "absent" else mapping.model_copy(update={"mode": mode})
