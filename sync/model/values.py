"""Columns of text: distinct values, what is equal on a site, positions of one in another, objects packed into one."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from math import isfinite
from typing import Any, Final

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as paj

from sync.model import SEPARATOR, Comparison, Conventions, Field

TEXT: Final = pa.large_string()
STR: Final[Any] = pd.StringDtype("pyarrow", na_value=np.nan)
BLANK: Final = " \t\n\r\v\f"
NUMERIC: Final = rf"\A[{BLANK}]*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?[{BLANK}]*\z"
"""The texts that PHP takes for numbers."""
SHORTEST: Final = r"\A(?:0|-?[1-9][0-9]{0,17})\z"
"""Those of them that are whole, and written in the usual form."""
LONGEST: Final = 19
"""Digits of the longest whole number that PHP compares as one."""


def arrow(column: pd.Series[Any]) -> pa.Array:
    """The column as one Arrow array of large strings, without a copy where it is one already."""
    array = pa.array(column.array, type=TEXT)
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def series(array: pa.Array | pa.ChunkedArray, index: pd.Index | None = None) -> pd.Series[Any]:
    """An Arrow text array as a `str` column."""
    return pd.Series(_text(array), index=index, copy=False)


def unlabelled(column: pd.Series[Any]) -> Any:
    """The texts of a column without its index, not copied."""
    return _text(pa.array(column.array, type=TEXT))


def _text(array: pa.Array | pa.ChunkedArray) -> Any:
    # As `pd.array` would, in a tenth of the time: every plan makes some hundreds of these.
    return STR.__from_arrow__(array)


NO_TEXT: Final = _text(pa.array([], TEXT))
"""A column of text without rows."""


def beside(columns: Mapping[str, Any], index: pd.Index) -> pd.DataFrame:
    """A frame of columns, arrays or of this index, that are not copied."""
    # Numbered first: pandas would make an array of the names, which takes as long as everything else.
    frame = pd.DataFrame(dict(enumerate(columns.values())), index=index, copy=False)
    frame.columns = _labels(tuple(columns))
    return frame


@lru_cache(1_000)
def _labels(names: tuple[str, ...]) -> pd.Index:
    """Labels, with the table in which they are looked up: pandas makes one for each `Index`."""
    return pd.Index(names)


def no_rows(*columns: str) -> pd.DataFrame:
    """An empty frame of text columns."""
    return _no_rows(columns).copy(deep=False)


@cache
def _no_rows(columns: tuple[str, ...]) -> pd.DataFrame:
    return beside(dict.fromkeys(columns, NO_TEXT), pd.RangeIndex(0))


def composed(array: pa.Array) -> pa.Array:
    """Texts in Unicode's composed form (NFC): a letter and an accent, as a Mac writes them, become one character."""
    plain = pc.string_is_ascii(array)
    if pc.all(plain).as_py() is not False:
        return array
    others = pc.invert(pc.fill_null(plain, True))
    return pc.replace_with_mask(array, others, pc.utf8_normalize(array.filter(others), "NFC"))


def by_distinct(column: pd.Series[Any], change: Callable[[str], str | None]) -> pd.Series[Any]:
    """Apply `change` once to each distinct value; None becomes NA."""
    return series(each_distinct(arrow(column), change), column.index)


def equals(column: pd.Series[Any], text: str) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Where a column has this text, in a tenth of the time of `==`."""
    return np.asarray(pc.fill_null(pc.equal(arrow(column), pa.scalar(text, TEXT)), False))


def passes(column: pd.Series[Any], test: Callable[[str], bool]) -> pd.Series[Any]:
    """Where a text passes a test, which is made once for each distinct value; not where it is NA."""
    encoded = arrow(column).dictionary_encode()
    passed = pa.array([test(value) for value in encoded.dictionary.to_pylist()], type=pa.bool_())
    return pd.Series(np.asarray(passed.take(encoded.indices).fill_null(False)), index=column.index)


def tallied(counts: Mapping[str, int], column: pd.Series[Any]) -> dict[str, int]:
    """Counts by text, and one more for each text of a column."""
    more = column.value_counts() if len(column) else column
    return Counter(counts) + Counter({str(text): int(count) for text, count in more.items()})


def each_distinct(texts: pa.Array, change: Callable[[str], str | None]) -> pa.Array:
    """The same for an Arrow array."""
    encoded = texts.dictionary_encode()
    changed = pa.array([change(value) for value in encoded.dictionary.to_pylist()], type=TEXT)
    return changed.take(encoded.indices)


# -- identity --------------------------------------------------------------------------------------------------


def fold(column: pd.Series[Any], conventions: Conventions, compares: Comparison = "by_conventions") -> pd.Series[Any]:
    """Identifiers as the site compares them: equal identifiers become equal text."""
    if compares == "as_php":
        return _fold_numbers(column)
    if conventions.identifiers == "exact":
        return column
    array = arrow(column)
    if pc.all(pc.string_is_ascii(array)).as_py() is not False:
        return series(pc.ascii_lower(pc.ascii_rtrim(array, characters=" ")), column.index)
    return by_distinct(column, _fold_text)


def _fold_text(value: str) -> str:
    bare = "".join(c for c in unicodedata.normalize("NFKD", value) if not unicodedata.combining(c))
    return bare.casefold().rstrip(" ")


def _fold_numbers(column: pd.Series[Any]) -> pd.Series[Any]:
    """Texts with numbers in their shortest form, as PHP's `==` compares two texts."""
    encoded = arrow(column).dictionary_encode()
    distinct = encoded.dictionary
    odd = pc.and_not(pc.match_substring_regex(distinct, NUMERIC), pc.match_substring_regex(distinct, SHORTEST))
    if not pc.any(odd).as_py():
        return column
    shortest = [_shortest(value) for value in distinct.filter(odd).to_pylist()]
    changed = pc.replace_with_mask(distinct, odd, pa.array(shortest, type=TEXT))
    return series(changed.take(encoded.indices), column.index)


def _shortest(number: str) -> str:
    """A numeric text in the one form of everything that PHP holds equal to it.

    Whole numbers of 64 bits are compared digit by digit, and beyond that as texts; what has a fraction or an exponent,
    as floating point.
    """
    bare = number.strip(BLANK)
    digits = bare.lstrip("+-").lstrip("0")
    if digits.isdecimal() or not digits:
        whole = int(bare) if len(digits) <= LONGEST else 2**63
        return str(whole) if -(2**63) <= whole < 2**63 else number
    real = float(bare)
    if not isfinite(real):
        return number
    return str(int(real)) if real.is_integer() else repr(real)


def match_of(frame: pd.DataFrame, key: Sequence[Field], conventions: Conventions) -> pd.Series[Any]:
    """The folded key of every row; NA where a part of it is."""
    return joined([fold(frame[field.name], conventions, field.compares) for field in key])


def joined(parts: Sequence[pd.Series[Any]]) -> pd.Series[Any]:
    """Folded parts as a match."""
    if len(parts) == 1:
        return series(arrow(parts[0]), parts[0].index)
    whole = pc.binary_join_element_wise(*map(arrow, parts), pa.scalar(SEPARATOR, TEXT))
    return series(whole, parts[0].index)


def part_of(match: pd.Series[Any], at: Sequence[int]) -> pd.Series[Any]:
    """Some parts of a match, by position, as a match of their own."""
    array = arrow(match)
    pieces = pc.split_pattern(array, SEPARATOR)
    sizes = pc.min_max(pc.list_value_length(pieces)).as_py()
    if sizes["min"] == sizes["max"] and not array.null_count:
        # If every match has the same number of parts, they are picked from one array in a third of the time.
        each, size = pieces.flatten(), sizes["max"] or max(at) + 1
        assert max(at) < size, "a match has fewer parts than its key"
        chosen = [each.take(pa.array(np.arange(i, len(each), size))) for i in at]
    else:
        chosen = [pc.list_element(pieces, i) for i in at]
    if len(chosen) == 1:
        return series(chosen[0], match.index)
    return series(pc.binary_join_element_wise(*chosen, pa.scalar(SEPARATOR, TEXT)), match.index)


def position(needles: pd.Series[Any], haystack: pd.Series[Any]) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The first position of each needle in the haystack; -1 where it is not there, or is NA."""
    if not len(needles) or not len(haystack):
        return np.full(len(needles), -1, dtype=np.int64)
    if len(needles) * 8 < len(haystack):
        return _position_of_few(arrow(needles), arrow(haystack))
    return _index_in(arrow(needles), arrow(haystack))


def _index_in(needles: pa.Array, haystack: pa.Array) -> np.ndarray[Any, np.dtype[np.int64]]:
    found = pc.index_in(needles, value_set=haystack, skip_nulls=True)
    return np.asarray(pc.fill_null(found, -1).cast(pa.int64()))


def _position_of_few(needles: pa.Array, haystack: pa.Array) -> np.ndarray[Any, np.dtype[np.int64]]:
    """The same for a large haystack: a hash table of the few needles is quickly made, and the many only pass by it."""
    hits = _index_in(haystack, needles)
    at = np.flatnonzero(hits >= 0)[::-1]
    first = np.full(len(needles), -1, dtype=np.int64)
    first[hits[at]] = at  # written from the end, so that the first one stays
    twins = _index_in(needles, needles)
    return np.where(twins >= 0, first[twins], -1)


def pick(column: pd.Series[Any], at: np.ndarray[Any, Any]) -> pd.Series[Any]:
    """The values at these positions, NA where the position is -1: what `position` found, in the needles' order."""
    return series(arrow(column).take(pa.array(at, mask=at < 0, type=pa.int64())))


def equal_at(
    left: pd.Series[Any], here: np.ndarray[Any, Any], right: pd.Series[Any], there: np.ndarray[Any, Any]
) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Where two columns have the same text at these positions. NA equals nothing, nor does -1, the position of none."""
    texts, others = arrow(left), arrow(right)
    if not _repeats(texts):
        texts, others = arrow(pick(left, here)), arrow(pick(right, there))
        return np.asarray(pc.fill_null(pc.equal(texts, others), False), dtype=bool)
    encoded = texts.dictionary_encode()
    own = np.append(np.asarray(encoded.indices.fill_null(-1)), -1)[here]
    theirs = np.append(_index_in(others, encoded.dictionary), -1)[there]
    return np.asarray((own == theirs) & (own >= 0))


def same(left: pd.Series[Any], right: pd.Series[Any], field: Field, conventions: Conventions) -> pd.Series[Any]:
    """Where two canonical columns of a field are equal as the site sees it. NA equals nothing."""
    if field.kind == "identifier":
        left, right = fold(left, conventions, field.compares), fold(right, conventions, field.compares)
    equal = pc.equal(arrow(left), arrow(right))
    return pd.Series(np.asarray(pc.fill_null(equal, False)), index=left.index)


# -- objects in one text ---------------------------------------------------------------------------------------


SAMPLE: Final = 4_096
"""Number of rows that show whether a long column repeats few values."""
FEW: Final = 64
"""Number of objects that are unpacked one by one."""


def _repeats(array: pa.Array) -> bool:
    """Whether a long column seems to have few distinct values: then whatever is done to each is done to those alone."""
    return len(array) > SAMPLE and len(array[:SAMPLE].dictionary_encode().dictionary) < SAMPLE // 8


def pack(frame: pd.DataFrame, names: Sequence[str]) -> pd.Series[Any]:
    """Each row as a JSON object in text; what is NA is left out."""
    if not names:
        return pd.Series("{}", index=frame.index, dtype="str")
    if len(names) == 1 and _repeats(array := arrow(frame[names[0]])):
        encoded = array.dictionary_encode(null_encoding="encode")
        distinct = pack(pd.DataFrame({names[0]: series(encoded.dictionary)}), names)
        return series(arrow(distinct).take(encoded.indices), frame.index)
    empty, brace, close = (pa.scalar(text, TEXT) for text in ("", "{", "}"))
    inner = pc.binary_join_element_wise(*(_members(name, frame[name]) for name in names), empty)
    inner = pc.utf8_ltrim(inner, characters=",")
    return series(pc.binary_join_element_wise(brace, inner, close, empty), frame.index)


def _members(name: str, column: pd.Series[Any]) -> pa.Array:
    array = arrow(column)
    empty = pa.scalar("", TEXT)
    if pc.any(pc.match_substring_regex(array, r'["\\\x00-\x1f]')).as_py():
        quoted = arrow(by_distinct(column, lambda value: orjson.dumps(value).decode()))
    else:
        quote = pa.scalar('"', TEXT)
        quoted = pc.binary_join_element_wise(quote, array, quote, empty)
    label = pa.scalar(f",{orjson.dumps(name).decode()}:", TEXT)
    return pc.fill_null(pc.binary_join_element_wise(label, quoted, empty), "")


def names_in(packed: pd.Series[Any]) -> list[str]:
    """The names that `pack` has used in any of these texts."""
    return [*dict.fromkeys(name for text in packed.dropna().unique() for name in orjson.loads(text or "{}"))]


def unpack(packed: pd.Series[Any], names: Sequence[str]) -> pd.DataFrame:
    """The inverse of `pack`: a column for each name, NA where the object has none, or is NA itself."""
    if not len(packed) or not names:
        nothing = no_rows(*names)
        return nothing.reindex(packed.index) if len(packed) else nothing
    array = arrow(packed)
    if len(array) <= FEW:
        # Arrow's parser takes as long to set up as Python's takes for this many.
        objects = [orjson.loads(text or "{}") for text in array.to_pylist()]
        columns = {name: pa.array([each.get(name) for each in objects], TEXT) for name in names}
        return beside({name: _text(column) for name, column in columns.items()}, packed.index)
    if _repeats(array):
        encoded = array.dictionary_encode(null_encoding="encode")
        distinct = unpack(series(encoded.dictionary), names)
        return beside({name: _text(arrow(distinct[name]).take(encoded.indices)) for name in names}, packed.index)
    line = pa.scalar("\n", TEXT)
    lines = pc.binary_join_element_wise(pc.fill_null(array, "{}"), line, pa.scalar("", TEXT))
    text = lines.buffers()[2]
    table = paj.read_json(
        pa.BufferReader(text),
        # A few rows are parsed before another thread has woken up.
        read_options=paj.ReadOptions(use_threads=len(packed) > SAMPLE, block_size=max(text.size + 1, 1 << 20)),
        parse_options=paj.ParseOptions(
            explicit_schema=pa.schema([(name, pa.string()) for name in names]),
            unexpected_field_behavior="ignore",
        ),
    )
    return beside({name: _text(table[name].cast(TEXT)) for name in names}, packed.index)
