"""Number formats: what a person sees of a whole number, where that is not the number alone.

    shown = number_format('"S"0000')
    shown(12)    # S0012

Formats of amounts and dates (`#,##0.00`, `0%`, `yyyy-mm-dd`) add nothing to a value that an export would lack.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial

from sync.sheets.workbook.cells import EXACT, Value

Shown = Callable[[Value], str | None]
"""From a value to what is shown of it; None if that is not known."""

Sign = tuple[str, str]
"""A sign of a format and its meaning: `digit`, `text` or `literal`."""

TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|_(?P<gap>.)|\*(?P<fill>.)'
    r"|\[(?P<colour>black|blue|cyan|green|magenta|red|white|yellow|colou?r ?\d+)\]"
    r"|(?P<money>\[\$[^\]]*\]|[$£€¥])|(?P<unknown>\[[^\]]*\])"
    r"|(?P<digit>[0#?])|(?P<text>@)|(?P<end>;)"
    r"|(?P<amount>general|[.,%/]|e[+-])|(?P<date>[ymdhsgbe]+|am/pm|a/p)|(?P<literal>.)",
    re.IGNORECASE | re.DOTALL,
)

POSITIVE, NEGATIVE, ZERO, TEXT = range(4)


PLAIN = re.compile(
    r"general|general number|fixed|standard|percent|scientific|(?:euro )?currency|(?:general|long|medium|short) date"
    r"|(?:long|medium|short) time",
    re.IGNORECASE,
)
"""Formats by name, in XML and in web pages, that add nothing."""

WORDS = re.compile(r"yes/no|true/false|on/off", re.IGNORECASE)
"""Formats by name that show a word in place of a number."""

AMOUNT = re.compile(
    r"[-+(]?\s?(?!0\d)(?:\d{1,3}(?:[.,'\u2019\s]\d{3})+|\d+)(?:[.,]\d+)?(?:E[-+]?\d+)?\s?%?\)?",
    re.IGNORECASE,
)


def more_than_number(shown: str) -> bool:
    """Whether what is shown of a number has zeros, letters or signs that belong to it, and is not just an amount."""
    return any(map(str.isdecimal, shown)) and AMOUNT.fullmatch(shown) is None


def unknown(_: Value) -> None:
    """What is shown where that cannot be known."""
    return


@cache
def number_format(code: str) -> Shown | None:
    """What a format shows, or None if it shows a number and nothing else, an amount or a date."""
    if WORDS.fullmatch(code):
        return unknown
    if PLAIN.fullmatch(code):
        return None
    sections = [*_sections(code)]
    texts = sections.pop() if len(sections) > 1 and _has(sections[-1], "text") else None
    if texts is None and _has(sections[POSITIVE], "text"):
        texts = sections[POSITIVE]
    if all(map(_plain, sections)) and (texts is None or _literals(texts) == ""):
        return None
    return partial(_shown, tuple(map(tuple, sections)), texts)


def _sections(code: str) -> Iterator[list[Sign]]:
    """The signs of each section, without what is not seen."""
    signs: list[Sign] = []
    for token in TOKEN.finditer(code):
        kind, sign = str(token.lastgroup), str(token[str(token.lastgroup)])
        if kind == "end":
            yield signs
            signs = []
        elif kind == "gap":
            signs.append(("literal", " "))
        elif kind in ("quoted", "escaped"):
            signs.append(("literal", sign))
        elif kind not in ("fill", "colour"):
            signs.append((kind, sign))
    yield signs


def _has(signs: Sequence[Sign], *kinds: str) -> bool:
    return any(kind in kinds for kind, _ in signs)


def _literals(signs: Sequence[Sign]) -> str:
    return "".join(sign for kind, sign in signs if kind == "literal").strip()


def _plain(signs: Sequence[Sign]) -> bool:
    """Whether a section adds nothing but a minus, brackets and what belongs to amounts. A blank one hides a number."""
    if _has(signs, "date"):
        return True
    added = any(char.isalnum() for char in _literals(signs)) or _has(signs, "unknown")
    digits = re.split(r"\.", "".join(sign for kind, sign in signs if kind in ("digit", "amount")))[0]
    parted = re.search(r"[0#?][^0#?]+[0#?]", "".join(sign for kind, sign in signs if kind in ("digit", "literal")))
    return bool(signs) and not added and digits.count("0") < 2 and not (parted and not _has(signs, "amount"))


def _shown(sections: Sequence[Sequence[Sign]], texts: Sequence[Sign] | None, value: Value) -> str | None:
    if isinstance(value, str):
        return value if texts is None else "".join(value if kind == "text" else sign for kind, sign in texts).strip()
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    if not abs(value) < EXACT or value != int(value):
        return None
    number = int(value)
    at = ZERO if number == 0 else NEGATIVE if number < 0 else POSITIVE
    signs = sections[at] if at < len(sections) else sections[POSITIVE]
    # Conditions decide which section it is.
    if _has(signs, "amount", "money", "text") or any(_has(each, "unknown") for each in sections):
        return None
    minus = "-" if number < 0 and len(sections) == 1 else ""
    return minus + _written(signs, str(abs(number))).strip()


def _written(signs: Sequence[Sign], digits: str) -> str:
    """A number in the places of a section, the last digit in the last place; what is left of it goes into the first."""
    if not _has(signs, "digit"):
        return "".join(sign for _, sign in signs)
    first = next(n for n, (kind, _) in enumerate(signs) if kind == "digit")
    left, written = [*digits.lstrip("0")], []
    for n in range(len(signs) - 1, -1, -1):
        kind, sign = signs[n]
        if kind == "literal":
            written.append(sign)
        elif left:
            written.append(left.pop())
        else:
            written.append({"0": "0", "#": "", "?": " "}[sign])
        if n == first:
            written.append("".join(left))
    return "".join(reversed(written))
