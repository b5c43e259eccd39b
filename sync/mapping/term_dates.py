"""The terms of a site, from the sheet that lists them: which are current on a day, and which courses are theirs.

A term whose row cannot be relied on is never current: nothing is removed from its courses, and the row is reported.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from sync.config.scalars import as_regex
from sync.config.sheet_selection import SheetChoice
from sync.config.terms import OF_COURSES, TERM, TermSheet
from sync.mapping.checks import refusals
from sync.mapping.evaluate import Evaluated, canonical, evaluate_field, evaluate_value
from sync.mapping.lookups import Library
from sync.mapping.table import Table, errors, tabulate
from sync.model import Conventions, Field, Issue, Sheet
from sync.model.findings import Finding, issues, shown
from sync.model.issue_texts import Wording, wording
from sync.model.values import fold

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]

FIRST_DAY: Final = Field("start", kind="instant", required=True, label="first day")
LAST_DAY: Final = Field("end", kind="instant", required=True, label="last day")
NAME: Final = Field(TERM, required=True, label="term")
COURSES: Final = Field(OF_COURSES, kind="identifier", required=True, label="pattern of its courses")

REPORTED: Final = 50
"""Maximum number of rows that are reported one by one."""

DAY: Final = 10
"""Characters of an instant that are its day."""


@dataclass(frozen=True, slots=True)
class TermDates:
    """The terms of a site as they are on one day.

    current: patterns of the courses of the terms that are current
    listed:  patterns of the courses of all terms, those that cannot be relied on included
    """

    file: str
    current: tuple[str, ...]
    listed: tuple[str, ...]


def read_term_dates(
    settings: TermSheet,
    sheets: Mapping[SheetChoice, Sequence[Sheet]],
    conventions: Conventions,
    day: date,
) -> tuple[TermDates, list[Issue]]:
    """The terms on a day in the site's time zone, and what is wrong with the rows that list them.

    `sheets` are the sheet of terms and those it looks values up in. Raises SheetError if one cannot be laid out.
    """
    table = tabulate(sheets[settings.sheet], settings.sheet)
    table, _ = table.without(errors, settings.needed)
    fields = _evaluated(settings, table, Library(sheets), conventions)
    unread = [*_unread(settings, table, fields)]
    rows = pd.DataFrame({name: each.column for name, each in fields.items()}).fillna("")
    sound = ~np.logical_or.reduce([each.invalid for each in fields.values()]) & ~table.ragged
    rows = rows.assign(start=rows["start"].str[:DAY], end=rows["end"].str[:DAY])
    listed = rows[OF_COURSES][(rows[OF_COURSES] != "").to_numpy()]
    doubts = _doubts(rows[sound])
    sound[doubts.index[(doubts != "").to_numpy()]] = False
    usable = rows[sound]
    current = usable[_on(usable, settings, day)]
    wide = _too_wide(current, listed.drop(current.index, errors="ignore"), conventions)
    found = [*unread, *_doubtful(table, rows, doubts), *_doubtful(table, rows, wide)]
    current = current[(wide == "").to_numpy()]
    file = table.sheets[0].file
    said = [] if len(current) else [_none_current(usable, day, file)]
    term_dates = TermDates(file, tuple(dict.fromkeys(current[OF_COURSES])), tuple(dict.fromkeys(listed)))
    return term_dates, [*issues(found, REPORTED), *said]


def _evaluated(settings: TermSheet, table: Table, library: Library, conventions: Conventions) -> dict[str, Evaluated]:
    """What the sheet says in each row, by key of the site file."""
    names = {NAME: settings.term, COURSES: settings.courseid}
    days = {FIRST_DAY: settings.start, LAST_DAY: settings.end}
    made = {field: evaluate_value(value, table, library) for field, value in names.items()}
    for field, each in made.items():
        texts = canonical(each.texts, field, conventions)
        made[field] = replace(each, texts=texts, refusals=(*each.refusals, *refusals(field, texts)))
    made |= {field: evaluate_field(rule, field, table, library, conventions) for field, rule in days.items()}
    return {field.name: each for field, each in made.items()}


def _on(rows: pd.DataFrame, settings: TermSheet, day: date) -> Flags:
    """The terms that are current on a day, with the days before and after that the site file grants."""
    latest_start, earliest_end = (day + settings.before).isoformat(), (day - settings.after).isoformat()
    return ((rows["start"] <= latest_start) & (rows["end"] >= earliest_end)).to_numpy(dtype=bool)


def _none_current(rows: pd.DataFrame, day: date, file: str) -> Issue:
    """That no term is current on a day, and which is next."""
    later = rows[(rows["start"] > day.isoformat()).to_numpy(dtype=bool)].sort_values("start").head(1)
    coming = f"{later[TERM].iloc[0]}, from {later['start'].iloc[0]}" if len(later) else ""
    text = wording("no-current-term", "" if coming else "none", day=day.isoformat(), coming=coming, file=file)
    return text.issue("notice", file=file)


# -- which rows cannot be relied on ----------------------------------------------------------------------------


def _doubts(rows: pd.DataFrame) -> pd.Series[Any]:
    """For each row the variant of what is wrong with it; blank if nothing is."""
    dates = rows[[TERM, "start", "end"]].drop_duplicates()
    twice = rows[TERM].isin(dates[TERM][dates[TERM].duplicated()])
    every = ~rows[OF_COURSES].str.contains(r"\w", regex=True)
    flags = {"order": rows["end"] < rows["start"], "twice": twice, "every-course": every}
    found = np.select([np.asarray(each, dtype=bool) for each in flags.values()], [*flags], "")
    return pd.Series(found, index=rows.index, dtype="str")


def _too_wide(current: pd.DataFrame, others: pd.Series[Any], conventions: Conventions) -> pd.Series[Any]:
    """Where the pattern of a current term would also match courses of one that is not."""
    rest = frozenset(fold(others, conventions))

    def matches(pattern: str) -> bool:
        if not {"*", "?"} & {*pattern}:
            return pattern in rest
        test = re.compile(as_regex([pattern]))
        return any(test.fullmatch(text) for text in rest)

    wide = ["too-wide" if matches(pattern) else "" for pattern in fold(current[OF_COURSES], conventions)]
    return pd.Series(wide, index=current.index, dtype="str")


def _doubtful(table: Table, rows: pd.DataFrame, doubts: pd.Series[Any]) -> Iterator[Finding]:
    """The rows with a doubt, by doubt."""
    for variant, at in doubts[(doubts != "").to_numpy()].groupby(doubts).groups.items():

        def text(n: int, variant: str = str(variant)) -> Wording:
            term, courses = (shown(str(rows[name].iat[n])) for name in (TERM, OF_COURSES))
            return wording("term-not-used", variant, term=term, courses=courses)

        yield _finding(table, at.tolist(), text)


def _unread(settings: TermSheet, table: Table, fields: Mapping[str, Evaluated]) -> Iterator[Finding]:
    """The values that cannot be used: an invalid date, or nothing at all."""
    sources = {name: getattr(settings, name).sources for name in fields}
    for name, evaluated in fields.items():
        for refusal in evaluated.refusals:

            def text(n: int, evaluated: Evaluated = evaluated, refusal: Any = refusal) -> Wording:
                why = refusal.why(int(evaluated.codes[n]))
                return wording("term-not-used", why=why)

            yield _finding(table, np.flatnonzero(refusal.where(evaluated.codes)).tolist(), text, sources[name])
        # Of a ragged row it is reported that it is one.
        lost = np.flatnonzero((evaluated.codes < 0) & ~table.ragged).tolist()
        yield _finding(table, lost, lambda n: wording("term-not-used", "error-cell"), sources[name])


def _finding(table: Table, at: Sequence[int], text: Callable[[int], Wording], columns: Sequence[str] = ()) -> Finding:
    """An issue for each of some rows of the sheet."""
    column = ", ".join(table.headers(columns)) or None

    def cases() -> Iterator[Issue]:
        for n in at:
            origin = table.origin(n)
            yield text(n).issue("error", file=origin.file, tab=origin.tab, row=origin.row, column=column)

    like = text(at[0]).like("error", file=table.sheets[0].file, column=column) if at else Issue("", "error", "", "")
    return Finding(like, len(at), cases())
