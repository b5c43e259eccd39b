"""A cell's content without what programs put around it: invisible marks, formulas that are text, apostrophes.

`content` and `trimmed` are for every cell. `identified` is for identifiers only, so that one cell gives the same
identifier everywhere; `hidden` and `nothing` find texts that cannot be identifiers.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

TEXT: Final = pa.large_string()

_RANGES: Final = (
    ("\xad", "\xad"),
    ("\u034f", "\u034f"),
    ("\u061c", "\u061c"),
    ("\u115f", "\u1160"),
    ("\u17b4", "\u17b5"),
    ("\u180b", "\u180f"),
    ("\u200b", "\u200f"),
    ("\u202a", "\u202e"),
    ("\u2060", "\u206f"),
    ("\u3164", "\u3164"),
    ("\ufe00", "\ufe0f"),
    ("\ufeff", "\ufeff"),
    ("\uffa0", "\uffa0"),
    ("\ufff0", "\ufff8"),
    ("\U0001bca0", "\U0001bca3"),
    ("\U0001d173", "\U0001d17a"),
    ("\U000e0000", "\U000e0fff"),
)
"""Unicode's Default_Ignorable_Code_Point, to which all marks of direction belong."""

INVISIBLE: Final = "".join(f"{first}-{last}" for first, last in _RANGES)
"""Invisible characters, as the inside of a regular expression's brackets."""

BLANKS: Final = (
    "\x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
"""Blanks other than the ASCII one."""

SIGNS: Final = (*BLANKS, *(first for first, _ in _RANGES))
"""A text that may contain a wide blank or an invisible character is recognised by the first two bytes of these in
UTF-8."""

_AROUND: Final = rf"[\s{BLANKS}{INVISIBLE}]"
_HAS_EDGE: Final = rf"\A\s*[{BLANKS}{INVISIBLE}]|[{BLANKS}{INVISIBLE}]\s*\z"
# Some marks change the character they follow: variants of ideographs and of emoji, flags, joiners in Indic scripts.
_VARIANTS: Final = "\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0020-\U000e007f\U000e0100-\U000e01ef"
_JOINERS: Final = "\u200c\u200d"
_OWN: Final = rf"([^\x00-\x7f{BLANKS}{INVISIBLE}][{_VARIANTS}]+|\p{{Mn}}[{_JOINERS}])?"
_TEXT_EDGE: Final = rf"\A{_AROUND}+|{_OWN}{_AROUND}*\z"
_EDGE: Final = rf"\A{_AROUND}+|{_AROUND}+\z"

_FORMULA: Final = r'\A="(?:[^"]|"")*"\z'
_NUMBER_AS_TEXT: Final = r"\A'[0-9][0-9 .,:/_-]*\z"
_FIRST_HIDDEN: Final = rf"(?s)\A(?P<before>[^{INVISIBLE}]*)(?P<mark>[{INVISIBLE}])"
_NOTHING: Final = r"\A(?:\\N|(?i:null|\(null\)|<null>|\[null\])|None|nan|NaN|NaT|<NA>|undefined)\z"
"""What databases and programs write for a missing value.

Null counts in capitals or small letters, with or without its brackets; the others only as those programs write them.
"""


def trimmed(texts: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """Texts without wide blanks and invisible characters at their edges, and the ordinary blanks next to those.

    Marks that belong to the last character stay: emoji, ideographs and some scripts look different without them.
    """
    return _without(texts, _TEXT_EDGE, r"\1")


def content(texts: pa.Array) -> pa.Array:
    r"""Cells that are a formula of just a text become that text: `="0012"` is `0012`."""
    if not pc.any(pc.starts_with(texts, '="')).as_py():
        return texts
    whole = pc.match_substring_regex(texts, _FORMULA)
    inside = pc.replace_substring(pc.utf8_slice_codeunits(texts, 2, -1), '""', '"')
    return pc.if_else(whole, pc.utf8_trim_whitespace(trimmed(inside)), texts)


def content_of(text: str) -> str:
    """The same for one text."""
    return text[2:-1].replace('""', '"') if re.fullmatch(r'="(?:[^"]|"")*"', text) else text


def identified(texts: pa.Array) -> pa.Array:
    """Identifiers without invisible characters at their edges, and numbers without an apostrophe before them.

    The apostrophe is how a spreadsheet keeps a number as text: `'0043` is `0043`. Before a letter it may be
    part of the identifier, and stays.
    """
    texts = _without(texts, _EDGE, "")
    if not pc.any(pc.starts_with(texts, "'")).as_py():
        return texts
    return pc.if_else(pc.match_substring_regex(texts, _NUMBER_AS_TEXT), pc.utf8_slice_codeunits(texts, 1), texts)


def hidden(texts: pa.Array) -> pa.Array:
    """Which texts contain an invisible character."""
    others = pc.fill_null(pc.invert(pc.string_is_ascii(texts)), False)
    if not pc.any(others).as_py():
        return others
    return pc.fill_null(pc.match_substring_regex(texts, f"[{INVISIBLE}]"), False)


def where_hidden(texts: pa.Array) -> pa.Array:
    """The first invisible character of each text, in words: `U+200B (zero width space), character 3`; else null."""
    found = pc.extract_regex(texts, _FIRST_HIDDEN)
    before, mark = pc.struct_field(found, "before"), pc.struct_field(found, "mark").dictionary_encode()
    called = pa.array([_called(each) for each in mark.dictionary.to_pylist()], TEXT).take(mark.indices)
    at = pc.cast(pc.add(pc.utf8_length(before), 1), TEXT)
    return pc.binary_join_element_wise(called, at, pa.scalar(", character ", TEXT))


def nothing(texts: pa.Array) -> pa.Array:
    """Which texts are what a database or a program writes for a missing value."""
    return pc.fill_null(pc.match_substring_regex(texts, _NOTHING), False)


def _without(texts: pa.Array | pa.ChunkedArray, edge: str, instead: str) -> pa.Array | pa.ChunkedArray:
    if pc.all(pc.string_is_ascii(texts)).as_py() is not False:
        return texts
    padded = pc.match_substring_regex(texts, _HAS_EDGE)
    if not pc.any(padded).as_py():
        return texts
    return pc.if_else(padded, pc.replace_substring_regex(texts, edge, instead), texts)


def _called(mark: str) -> str:
    name = unicodedata.name(mark, "").lower()
    return f"U+{ord(mark):04X} ({name})" if name else f"U+{ord(mark):04X}"
