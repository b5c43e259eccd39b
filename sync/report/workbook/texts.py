"""What cells may contain: text without what XML and spreadsheets refuse, and without secrets."""

from __future__ import annotations

import re
from typing import Final

from sync.errors import masked

LONGEST: Final = 32_767
"""UTF-16 units that fit into a cell."""

ILLEGAL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML cannot contain."""

ESCAPE: Final = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
"""The beginning of what programs read as one character, written as its number."""


def text(value: str) -> str:
    """Text in the form that a cell can contain: what XML does not allow is shown as U+FFFD, what is too long is cut.

    Known secrets are masked.
    """
    value = masked(value)
    if not value.isprintable():
        value = ILLEGAL.sub("\ufffd", value.replace("\r\n", "\n").replace("\r", "\n"))
    if len(value) * 2 > LONGEST and _units(value) > LONGEST:
        value = cut(value, LONGEST - 1) + "…"
    return value


def cut(value: str, units: int) -> str:
    """The beginning of text, of this many UTF-16 units; a character that needs two of them is never split."""
    return value.encode("utf-16-le")[: units * 2].decode("utf-16-le", "ignore")


def markup(value: str) -> str:
    """The same text as the XML of a cell's content."""
    shown = text(value)
    keep = ' xml:space="preserve"' if shown != shown.strip() else ""
    shown = ESCAPE.sub("_x005F_", shown) if "_x" in shown else shown
    shown = shown.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"<is><t{keep}>{shown}</t></is>"


def _units(value: str) -> int:
    return len(value.encode("utf-16-le")) // 2
