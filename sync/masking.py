"""Secrets that are known, and texts in which they are masked.

A secret is made known when it is found, and from then on stands in no text for people: faults and issues are masked as
they are made, and so is what the state store keeps of answers; reports once more as they are written, since rows of a
sheet may hold anything. What is sent to the site is never masked, nor the keys and the before and after images kept of
it: there it is data like any other.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final
from unicodedata import normalize

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

MASK: Final = "***"

SHORTEST: Final = 8
"""Characters of the shortest secret that is masked. Shorter ones are words of everyday texts, which would become
unreadable wherever one stands; no token is so short, and no password should be."""

PLAIN: Final = re.compile(r"[A-Za-z0-9_.~-]+")
"""What JSON, HTML and addresses all write as it is."""


@dataclass(frozen=True, slots=True)
class _Secret:
    """A secret that is known: `runs` stand in every text that shows it, in lower case; `written` finds it.

    In JSON a bare quotation mark ends a text, so that there only an escaped one is part of a secret.
    """

    runs: tuple[str, ...]
    written: re.Pattern[str]
    in_json: re.Pattern[str]


_known: dict[str, _Secret] = {}
"""All known secrets, the longest first."""


def conceal(secret: str) -> None:
    """Make a secret known: it is masked from now on, as long as this process lives."""
    if len(secret) < SHORTEST or secret in _known:
        return
    runs = tuple(run.lower() for run in PLAIN.findall(normalize("NFC", secret)))
    _known[secret] = _Secret(runs, _pattern(secret, r'\\*"'), _pattern(secret, r'\\+"'))
    # A secret that holds another one is masked whole, so that nothing of it is left beside the mask.
    ordered = sorted(_known.items(), key=lambda each: len(each[0]), reverse=True)
    _known.clear()
    _known.update(ordered)


def masked(text: str) -> str:
    """The text with a mask in the place of every secret that is known, however it is escaped there, in any case."""
    if _known:
        lower = text.lower()
        for secret in _known.values():
            if all(run in lower for run in secret.runs):
                text = secret.written.sub(MASK, text)
    return text


def masked_json(document: bytes) -> bytes:
    """The same of JSON as UTF-8; it stays JSON."""
    lower = document.lower() if _known else b""
    for secret in _known.values():
        if all(run.encode() in lower for run in secret.runs):
            document = secret.in_json.sub(MASK, document.decode()).encode()
    return document


def scrub(record: DataclassInstance) -> None:
    """Mask all texts of a frozen record that is being made."""
    for each in fields(record) if _known else ():
        value: Any = getattr(record, each.name)
        if isinstance(value, str):
            object.__setattr__(record, each.name, masked(value))


def _pattern(secret: str, quotation: str) -> re.Pattern[str]:
    """What finds a secret in texts, each of its characters written in any way."""
    characters = (re.escape(c) if PLAIN.match(c) else _ways(c, quotation) for c in normalize("NFC", secret))
    return re.compile("".join(characters), re.IGNORECASE)


def _ways(character: str, quotation: str) -> str:
    """How texts write a character: as it is, or escaped for JSON, HTML or an address, once or more often."""
    cases = {character, character.lower(), character.upper()}
    found: dict[str, None] = {}
    for text in sorted({normalize(form, case) for case in cases for form in ("NFC", "NFD")}):
        units = re.findall("....", text.encode("utf-16-be").hex())
        named = html.escape(text)
        ways = (
            quotation if text == '"' else r"(?:\\\\)+|\\" if text == "\\" else rf"\\*{re.escape(text)}",
            "".join(rf"\\+u{unit}" for unit in units),
            r"\\*" + "".join(rf"&(?:amp;)*#(?:0*{ord(c)}|x0*{ord(c):x});" for c in text),
            "".join(f"%(?:25)*{octet:02x}" for octet in text.encode()),
            rf"\\*&(?:amp;)*{named[1:]}" if named.startswith("&") else "",
            {"'": "&(?:amp;)*apos;", " ": r"\+", "\t": r"\\+t", "\n": r"\\+n"}.get(text, ""),
        )
        found |= dict.fromkeys(filter(None, ways))
    # The longest way counts: what is left of an escape would be half a character.
    return f"(?:{'|'.join(sorted(found, key=len, reverse=True))})"
