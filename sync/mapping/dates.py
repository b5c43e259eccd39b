"""Texts as instants, by the formats of `date:`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from sync.config.rules import DATE_WORDS, DAY_ZERO, Date, read_differently
from sync.model import Conventions
from sync.model.canonical import EPOCH, instant_text, iso_instants
from sync.model.findings import listed
from sync.model.issue_texts import Wording

if TYPE_CHECKING:
    Texts = pd.Series[Any]

_SHOWN = {
    "iso": "2026-09-01 or 2026-09-01T08:00:00+01:00",
    "epoch": "seconds since 1970",
    "spreadsheet": "a spreadsheet's day number",
}

DAY_NUMBER: Final = r"[1-9]\d{0,5}(?:[.,]\d+)?"
LIKELY: Final = r"[2-6]\d{4}(?:[.,]\d+)?"
"""Day numbers of plausible dates, from 1954 on."""

COMPACT: Final = r"(?:19|20)\d{6}"
"""Days without separators, from 1900 to 2099."""

DAYS: Final = (
    *("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d"),
    *("%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y"),
)
TIMES: Final = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
"""How exports write dates other than ISO 8601, and times with them."""


def read_dates(texts: Texts, date: Date, conventions: Conventions) -> Texts:
    """The texts as canonical instants, each by the first format that fits; NA where none fits.

    Blank stays blank.
    """
    zone = date.timezone or conventions.timezone
    instants = pd.Series(pd.NA, index=texts.index, dtype="str")
    for form in date.format:
        open_ = (instants.isna() & texts.notna()).to_numpy()
        if open_.any():
            instants[open_] = _read(texts[open_], form, zone, conventions.timezone)
    return instants.mask((texts == "").to_numpy(dtype=bool, na_value=False), "")


def written(date: Date) -> str:
    """How such dates are written, for people."""
    return listed((_SHOWN.get(form, f"`{form}`") for form in date.format), "or")


def with_proposal(wording: Wording, texts: Texts, accepted: Sequence[str]) -> Wording:
    """What is wrong with these texts, with what to write in the mapping for them, if any format reads them all.

    They are in none of its formats; those `accepted` read other texts of the column.
    """
    if texts.str.fullmatch(LIKELY).all():
        day = _day_numbers(texts.iloc[:1]).iloc[0]
        setting = _described("spreadsheet", accepted)
        return wording.advised("day-number", example=texts.iloc[0], day=day, setting=setting)
    forms = [day + time for time in TIMES for day in DAYS if _reads(day + time, texts)]
    forms = [
        form for form in forms if not any(read_differently(form, b) or read_differently(b, form) for b in accepted)
    ]
    if not forms:
        return wording
    settings = listed((f"`date: {_described(repr(form), accepted)}`" for form in forms), "or")
    return wording.advised("other-formats" if len(forms) > 1 else "other-format", settings=settings)


def date_form(texts: Texts) -> str | None:
    """The one format that reads all of these texts, which are not blank; None if none does, or several."""
    if texts.str.fullmatch(EPOCH).all():  # nearly any number may be seconds or a day
        return "%Y%m%d" if texts.str.fullmatch(COMPACT).all() and _reads("%Y%m%d", texts) else None
    if bool(iso_instants(texts.str.strip(), "UTC", "UTC").notna().all()):
        return "iso"
    forms = [day + time for time in TIMES for day in DAYS if _reads(day + time, texts)]
    return forms[0] if len(forms) == 1 else None


def _described(form: str, accepted: Sequence[str]) -> str:
    others = [each if each in DATE_WORDS else repr(each) for each in accepted]
    return f"[{', '.join([*others, form])}]" if others else form


def _reads(form: str, texts: Texts) -> bool:
    return bool(pd.to_datetime(texts, format=form, errors="coerce").notna().all())


def _day_numbers(texts: Texts) -> pd.Series[Any]:
    days = pd.to_numeric(texts.where(texts.str.fullmatch(DAY_NUMBER)).str.replace(",", "."), errors="coerce")
    return pd.to_datetime(days, unit="D", origin=pd.Timestamp(DAY_ZERO), errors="coerce").dt.round("s")


def _read(texts: Texts, form: str, zone: str, site_zone: str) -> Texts:
    if form == "iso":
        return iso_instants(texts.str.strip(), zone, site_zone)
    if form == "epoch":
        return _epoch(texts, site_zone)
    if form == "spreadsheet":
        return instant_text(_day_numbers(texts.str.strip()), zone, site_zone)
    # A pattern with an offset makes instants of several zones; in UTC they are of one.
    read = pd.to_datetime(texts, format=form, errors="coerce", utc="%z" in form)
    return instant_text(read, zone, site_zone)


def _epoch(texts: Texts, site_zone: str) -> Texts:
    seconds = pd.to_numeric(texts.where(texts.str.match(EPOCH, na=False)), errors="coerce")
    # Moodle writes 0 for "no date".
    instants = pd.to_datetime(seconds, unit="s", utc=True)
    return instant_text(instants, "UTC", site_zone).mask(seconds == 0, "")
