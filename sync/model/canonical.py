"""One canonical form per kind of value, column by column: from a cell, from JSON, to JSON.

Both sides of every comparison pass through here, so that `Student` and `student`, `0` and no date, a London summer
time and its UTC twin are equal where the site treats them as equal. Canonical values are text in Unicode's composed
form: an instant is ISO 8601 to the second in the site's own zone, a flag `1` or `0`, a number without superfluous
zeros; NA is "not given", "" is "emptied".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from sync.model import Conventions, Field, Kind, Take
from sync.model.values import TEXT, arrow, composed, each_distinct, series

ISO: Final = r"^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?(?P<offset>\s*(?:[Zz]|[+-]\d\d:?\d\d))?$"
EPOCH: Final = r"^-?\d{1,11}(?:\.0+)?$"
FLAGS: Final = {
    **dict.fromkeys(("1", "true", "yes", "y", "on", "t"), "1"),
    **dict.fromkeys(("0", "false", "no", "n", "off", "f"), "0"),
}


# -- from a cell -----------------------------------------------------------------------------------------------


def from_cells(column: pd.Series[Any], kind: Kind, conventions: Conventions) -> tuple[pd.Series[Any], pd.Series[Any]]:
    """Cells in canonical form, and which of them cannot be read as that kind (their value is then NA)."""
    canonical, unreadable = _from_texts(arrow(column), kind, conventions)
    return series(canonical, column.index), pd.Series(np.asarray(unreadable), index=column.index)


def _from_texts(texts: pa.Array, kind: Kind, conventions: Conventions) -> tuple[pa.Array, pa.Array]:
    clean = _trimmed(texts)
    blank = pc.fill_null(pc.equal(clean, ""), False)
    canonical = pc.if_else(blank, "", _CELLS[kind](clean, conventions))
    return canonical, pc.and_(pc.is_null(canonical), pc.is_valid(clean))


def _trimmed(texts: pa.Array) -> pa.Array:
    if pc.any(pc.match_substring(texts, "\x00")).as_py():
        texts = pc.replace_substring(texts, "\x00", "")
    return pc.utf8_trim_whitespace(composed(texts))


def _same(texts: pa.Array, conventions: Conventions) -> pa.Array:
    return texts


def _email(texts: pa.Array, conventions: Conventions) -> pa.Array:
    return pc.utf8_lower(texts)


def _flag(texts: pa.Array, conventions: Conventions) -> pa.Array:
    return each_distinct(texts, lambda value: FLAGS.get(value.casefold()))


def _number(texts: pa.Array, conventions: Conventions) -> pa.Array:
    return each_distinct(texts, _number_text)


def _number_text(value: str) -> str | None:
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    if not number.is_finite():
        return None
    plain = format(number, "f")
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return "0" if plain in {"-0", ""} else plain


def _path(texts: pa.Array, conventions: Conventions) -> pa.Array:
    return each_distinct(texts, _path_text)


def _path_text(value: str) -> str:
    names = [name.strip() for name in value.split("/")]
    return "".join(f"/{name}" for name in names if name)


def _role_cell(texts: pa.Array, conventions: Conventions) -> pa.Array:
    short = {name: name for name, _ in conventions.roles}
    exact = {display: name for name, display in reversed(conventions.roles)} | short
    loose: dict[str, set[str]] = {}
    for text, name in exact.items():
        loose.setdefault(text.casefold(), set()).add(name)

    def read(value: str) -> str | None:
        near = loose.get(value.casefold(), set())
        return exact.get(value) or (next(iter(near)) if len(near) == 1 else None)

    return each_distinct(texts, read)


def _instant_cell(texts: pa.Array, conventions: Conventions) -> pa.Array:
    encoded = texts.dictionary_encode()
    instants = iso_instants(series(encoded.dictionary), conventions.timezone, conventions.timezone)
    return arrow(instants).take(encoded.indices)


def iso_instants(column: pd.Series[Any], timezone: str, site_zone: str) -> pd.Series[Any]:
    """ISO 8601 as canonical text; a time without an offset is in `timezone`. NA for anything else."""
    iso = column.str.match(ISO).fillna(False).astype(bool)
    result = pd.Series(pd.NA, index=column.index, dtype="str")
    if not iso.any():
        return result
    form = column.str.extract(ISO)["offset"]
    for aware in (True, False):
        chosen = iso & (form.notna() == aware)
        if chosen.any():
            instants = pd.to_datetime(column[chosen], format="ISO8601", errors="coerce", utc=aware)
            result[chosen] = instant_text(instants, timezone, site_zone)
    return result


def instant_text(instants: pd.Series[Any], timezone: str, site_zone: str) -> pd.Series[Any]:
    """Instants as canonical text.

    Those without a zone are in `timezone`; a time that occurs twice, when the clocks go back, is taken as the first.
    """
    if instants.dt.tz is None:
        first = np.ones(len(instants), dtype=bool)
        instants = instants.dt.tz_localize(timezone, ambiguous=first, nonexistent="shift_forward")
    text: pd.Series[Any] = instants.dt.tz_convert(site_zone).dt.strftime("%Y-%m-%dT%H:%M:%S%z").astype("str")
    return text.str.replace(r"(\d\d)$", r":\1", regex=True).mask(instants.isna())


_CELLS: Final[Mapping[Kind, Callable[[pa.Array, Conventions], pa.Array]]] = {
    "identifier": _same,
    "text": _same,
    "email": _email,
    "role": _role_cell,
    "instant": _instant_cell,
    "flag": _flag,
    "number": _number,
    "path": _path,
}


# -- from JSON -------------------------------------------------------------------------------------------------


def from_json(values: Sequence[object], field: Field, take: Take, conventions: Conventions) -> pd.Series[Any]:
    """One field of an answer in canonical form: null is "". What has no canonical form stays as it is."""
    raw = _as_text(values, conventions)
    if take.form == "bit":
        bit = each_distinct(raw, lambda value: str(int(value) // take.bit % 2) if value.isdecimal() else value)
        return series(bit)
    if field.kind == "role":
        names = {display: name for name, display in reversed(conventions.roles)} if take.form == "display" else {}
        return series(each_distinct(raw, lambda value: names.get(value, value)))
    if field.kind == "instant":
        return _instant_json(raw, conventions)
    canonical, unreadable = _from_texts(raw, field.kind, conventions)
    return series(pc.if_else(unreadable, raw, canonical))


def _as_text(values: Sequence[object], conventions: Conventions) -> pa.Array:
    try:
        array = pa.array(values, type=TEXT)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        array = pa.array([_scalar_text(value, conventions) for value in values], type=TEXT)
    return pc.fill_null(array, "")


def _scalar_text(value: object, conventions: Conventions) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, list):
        # A user's list may show several roles at once: the highest of the site's order stands for the enrolment.
        rank = {name: i for i, (name, _) in enumerate(conventions.roles)}
        return min((str(item) for item in value), key=lambda item: rank.get(item, len(rank)), default="")
    return str(value)


def _instant_json(texts: pa.Array, conventions: Conventions) -> pd.Series[Any]:
    if not pc.any(pc.not_equal(texts, "")).as_py():
        return series(texts)
    raw, canonical = series(texts), series(_instant_cell(texts, conventions))
    epoch = raw.str.match(EPOCH).fillna(False).astype(bool)
    if epoch.any():
        seconds = raw[epoch].astype("float64").astype("int64")
        text = instant_text(pd.to_datetime(seconds, unit="s", utc=True), "UTC", conventions.timezone)
        canonical[epoch] = text.mask(seconds == 0, "")
    return canonical.mask(canonical.isna() | (raw == ""), raw)


# -- to JSON ---------------------------------------------------------------------------------------------------


def to_json(value: str, field: Field, conventions: Conventions) -> str | int:
    """One canonical value in the form the API accepts."""
    if field.kind == "instant" and field.form != "offset":
        if value == "":
            return 0 if field.form == "epoch" else ""
        instant = pd.Timestamp(value)
        if field.form == "epoch":
            return int(instant.timestamp())
        return instant.tz_convert(conventions.timezone).strftime("%Y-%m-%dT%H:%M:%S")
    return value
