"""What the steps of `then:` do to texts. Blank stays blank, except with `default`; NA: a step cannot be applied."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from sync.config.steps import Step
from sync.model import values
from sync.model.issue_texts import Wording, wording

if TYPE_CHECKING:
    Texts = pd.Series[Any]

REFUSALS: Final[Mapping[str, Wording]] = {
    "extract": wording("no-match"),
    "username": wording("bad-username", "convert"),
}
"""Steps that can fail, and what is said of a value then."""

LETTERS: Final = str.maketrans(
    {
        "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ħ": "h", "ŧ": "t",
        "ŋ": "ng", "ĸ": "k", "ə": "e", "ƒ": "f", "\N{LATIN SMALL LETTER DOTLESS I}": "i",
        "'": "", "`": "", "\N{LEFT SINGLE QUOTATION MARK}": "", "\N{RIGHT SINGLE QUOTATION MARK}": "",
        "\N{MODIFIER LETTER APOSTROPHE}": "", "\N{HYPHEN}": "-", "\N{NON-BREAKING HYPHEN}": "-", "\N{EN DASH}": "-",
    }
)  # fmt: skip
"""Letters that Unicode does not decompose, and their usual replacements."""

_USERNAME: Final = re.compile(r"[a-z0-9._@-]*")


def _collapse(texts: pa.Array) -> pa.Array:
    return values.arrow(values.by_distinct(values.series(texts), lambda text: " ".join(text.split())))


def _username(text: str) -> str | None:
    apart = unicodedata.normalize("NFKD", text.lower().translate(LETTERS)).lower().translate(LETTERS)
    bare = "".join(char for char in apart if not unicodedata.combining(char))
    return bare if _USERNAME.fullmatch(bare) else None


def _usernames(texts: pa.Array) -> pa.Array:
    lower = pc.utf8_lower(texts)
    plain = pc.fill_null(pc.match_substring_regex(lower, rf"\A{_USERNAME.pattern}\z"), True)
    if pc.all(plain).as_py():
        return lower
    others = pa.array([_username(text) for text in texts.filter(pc.invert(plain)).to_pylist()], values.TEXT)
    return pc.replace_with_mask(lower, pc.invert(plain), others)


PLAIN: Final[Mapping[str, Callable[[pa.Array], pa.Array]]] = {
    "strip": pc.utf8_trim_whitespace,
    "collapse": _collapse,
    "lower": pc.utf8_lower,
    "upper": pc.utf8_upper,
    "title": pc.utf8_title,
    "digits": lambda texts: pc.replace_substring_regex(texts, "[^0-9]", ""),
    "username": _usernames,
}


def _pad(texts: pa.Array, length: int) -> pa.Array:
    return pc.if_else(pc.equal(texts, ""), texts, pc.utf8_lpad(texts, length, padding="0"))


def _cut(texts: pa.Array, ends: tuple[int, ...]) -> pa.Array:
    return pc.utf8_trim_whitespace(pc.utf8_slice_codeunits(texts, *ends))


def _replace(texts: pa.Array, what: tuple[Any, ...]) -> pa.Array:
    if isinstance(what[0], str):
        return pc.replace_substring_regex(texts, *what)
    for one, other in what:
        texts = pc.replace_substring(texts, one, other)
    return texts


def _extract(texts: pa.Array, pattern: str) -> pa.Array:
    found = pc.extract_regex(texts, pattern)
    matched = pc.if_else(pc.is_valid(found), pc.struct_field(found, 0), pa.scalar(None, values.TEXT))
    return pc.if_else(pc.equal(texts, ""), texts, matched)


def _default(texts: pa.Array, instead: str) -> pa.Array:
    return pc.if_else(pc.equal(texts, ""), pa.scalar(instead, values.TEXT), texts)


WITH_ARGUMENT: Final[Mapping[str, Callable[[pa.Array, Any], pa.Array]]] = {
    "pad": _pad,
    "cut": _cut,
    "replace": _replace,
    "extract": _extract,
    "default": _default,
}


def apply_step(step: Step, texts: Texts) -> Texts:
    """The texts after a step; NA where it cannot be applied."""
    array = values.arrow(texts)
    made = PLAIN[step.name](array) if step.name in PLAIN else WITH_ARGUMENT[step.name](array, step.argument)
    return values.series(made.cast(values.TEXT), texts.index)
