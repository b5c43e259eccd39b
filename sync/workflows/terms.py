"""Mappings with `scope: {term: current}`: the terms that are current on a day take the place of the word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sync.config.site import Config
from sync.config.terms import TERM
from sync.mapping.source import Source, with_issues
from sync.mapping.term_dates import read_term_dates
from sync.workflows.sources import sheets_of


def day_of(config: Config, now: datetime) -> date:
    """Today's date in the site's time zone."""
    return now.astimezone(ZoneInfo(config.site.timezone)).date()


def in_terms(config: Config, sources: Sequence[Source], day: date) -> list[Source]:
    """The sources with the scope that their mappings have on a day; what is wrong with the terms is reported.

    Raises SheetError if the sheet of terms cannot be read.
    """
    if config.terms is None:
        return [*sources]
    sheets = sheets_of(config, config.terms.sheets)
    term_dates, issues = read_term_dates(config.terms, sheets, config.conventions, day)

    def dated(source: Source) -> Source:
        scope = {**source.mapping.scope, TERM: term_dates.current}
        mapping = source.mapping.model_copy(update={"scope": scope})
        return replace(source, mapping=mapping, term_dates=term_dates, others={**source.others, **sheets})

    return with_issues([dated(each) if TERM in each.mapping.scope else each for each in sources], issues)
