"""Texts as instants, by the formats of `date:`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from sync import values
from sync.mapping.findings import listed
from sync.mapping.rules import Date
from sync.model import Manners

if TYPE_CHECKING:
    Texts = pd.Series[Any]

_SHOWN = {"iso": "2026-09-01 or 2026-09-01T08:00:00+01:00", "epoch": "seconds since 1970"}


def read_dates(texts: Texts, date: Date, manners: Manners) -> Texts:
    """The texts as canonical instants, each by the first format it is written in; NA where it is in none.

    Blank stays blank.
    """
    zone = date.timezone or manners.timezone
    instants = pd.Series(pd.NA, index=texts.index, dtype="str")
    for form in date.format:
        open_ = (instants.isna() & texts.notna()).to_numpy()
        if open_.any():
            instants[open_] = _read(texts[open_], form, zone, manners.timezone)
    return instants.mask((texts == "").to_numpy(dtype=bool, na_value=False), "")


def written(date: Date) -> str:
    """How such dates are written, for people."""
    return listed((_SHOWN.get(form, f"`{form}`") for form in date.format), "or")


def _read(texts: Texts, form: str, zone: str, site_zone: str) -> Texts:
    if form == "iso":
        return values.iso_instants(texts.str.strip(), zone, site_zone)
    if form == "epoch":
        return _epoch(texts, site_zone)
    # A pattern with an offset makes instants of several zones; in UTC they are of one.
    read = pd.to_datetime(texts, format=form, errors="coerce", utc="%z" in form)
    return values.instant_text(read, zone, site_zone)


def _epoch(texts: Texts, site_zone: str) -> Texts:
    seconds = pd.to_numeric(texts.where(texts.str.match(values.EPOCH, na=False)), errors="coerce")
    # Moodle writes 0 for "no date".
    instants = pd.to_datetime(seconds, unit="s", utc=True)
    return values.instant_text(instants, "UTC", site_zone).mask(seconds == 0, "")
