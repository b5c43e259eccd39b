"""What a rule does to the distinct values of a field: text steps, translation by `values`, dates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from sync import values
from sync.mapping.models import Date, Rule, Step
from sync.model import Manners

if TYPE_CHECKING:
    Column = pd.Series[Any]


def _collapse(texts: pa.Array) -> pa.Array:
    return values.arrow(values.by_distinct(values.series(texts), lambda text: " ".join(text.split())))


_STEPS: Final[Mapping[Step, Callable[[pa.Array], pa.Array]]] = {
    "strip": pc.utf8_trim_whitespace,
    "collapse": _collapse,
    "lower": pc.utf8_lower,
    "upper": pc.utf8_upper,
    "title": pc.utf8_title,
}


def apply_steps(texts: Column, rule: Rule) -> Column:
    """The texts after the steps of `then:`, in their order."""
    array = values.arrow(texts)
    for step in rule.then:
        array = _STEPS[step](array)
    return values.series(array, texts.index)


def translate(texts: Column, rule: Rule) -> Column:
    """The texts by the table of `values:`; NA where it lists none and there is no `else:`.

    A blank that is not listed is what `else:` says, and stays blank without it: whether it may is for the field.
    """
    blank = "" if rule.otherwise is None else rule.otherwise
    table = {"": blank, **rule.values}
    return values.by_distinct(texts, lambda text: table.get(text, rule.otherwise))


def read_dates(texts: Column, date: Date, manners: Manners) -> Column:
    """The texts as canonical instants; NA where one is not written as `date:` says. Blank stays blank."""
    blank = texts == ""
    zone = date.timezone or manners.timezone
    if date.format == "iso":
        instants = values.iso_instants(texts.str.strip(), zone, manners.timezone)
    elif date.format == "epoch":
        instants = _epoch(texts, manners.timezone)
    else:
        # A pattern with an offset makes instants of several zones; in UTC they are of one.
        aware = "%z" in date.format
        read = pd.to_datetime(texts, format=date.format, errors="coerce", utc=aware)
        instants = values.instant_text(read, zone, manners.timezone)
    return instants.mask(blank, "")


def _epoch(texts: Column, site_zone: str) -> Column:
    seconds = pd.to_numeric(texts.where(texts.str.match(values.EPOCH, na=False)), errors="coerce")
    # Moodle writes 0 for "no date".
    instants = pd.to_datetime(seconds, unit="s", utc=True)
    return values.instant_text(instants, "UTC", site_zone).mask(seconds == 0, "")
