"""Number formats in web pages, as Excel writes and reads them: what a person sees of a cell.

Excel shows `<td style="mso-number-format:0000">12</td>` as 0012, and a browser as 12; the other way round,
`<td x:num="1234567">1.2E+06</td>` holds the number 1234567.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sync.sheets.workbook.cells import text as text_of
from sync.sheets.workbook.number_format import Shown, more_than_number, number_format, unknown

FORMAT = re.compile(
    r"mso-number-format\s*:\s*(?:\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)'|([^;}]+))", re.IGNORECASE | re.DOTALL
)
RULE = re.compile(r"\.([\w-]+)\s*\{([^{}]*)\}")
ESCAPE = re.compile(r"\\(?:([0-9a-f]{4})|(.))", re.IGNORECASE | re.DOTALL)
"""Excel writes signs with four hexadecimal digits."""

NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:E[-+]?\d+)?", re.IGNORECASE)
VALUES = ("x:num", "sdval")
"""Attributes with the number that a cell holds: of Excel and of LibreOffice."""


class CellFormat(NamedTuple):
    """What is said of a cell: its number, as written; what its format shows, if that is more than the number."""

    number: str | None = None
    shown: Shown | None = None

    def seen(self, text: str) -> str | None:
        """What a person sees in Excel where the page has a text; None if that is not clear."""
        number = text if self.number == "" else self.number
        if number is None or not NUMBER.fullmatch(number):
            return self._shown_of(text)
        if _padded(number):
            return text if text == number else None
        value = float(number)
        if text.isdecimal() and float(text) != value:
            return None
        more = text if more_than_number(text) else None
        seen = self.shown(value) if self.shown else more or text_of(value)
        if seen is None:
            return more
        return seen if more in (None, seen) else None

    def _shown_of(self, text: str) -> str | None:
        if self.shown is None:
            return text
        if not NUMBER.fullmatch(text):
            return self.shown(text)
        seen = self.shown(float(text))
        return None if _padded(text) and seen != text else seen


def _padded(number: str) -> bool:
    return re.match(r"-?0\d", number) is not None


def classes(sheets: Iterable[str]) -> dict[str, Shown]:
    """What is shown by cells of each class in style sheets, where that is more than the number."""
    rules = (rule for sheet in sheets for rule in RULE.finditer(sheet))
    return {rule[1]: shown for rule in rules if (shown := _format(rule[2]))}


def cell_format(attributes: Mapping[str, str | None], shown: Mapping[str, Shown]) -> CellFormat | None:
    """What a cell's attributes say; None if that is nothing. `shown` is that of each class."""
    own = _format(attributes.get("style") or "")
    named = (shown[name] for name in (attributes.get("class") or "").split() if name in shown)
    number = next((attributes[name] or "" for name in VALUES if name in attributes), None)
    found = CellFormat(number, own or next(named, None))
    return found if found != CellFormat() else None


def _format(style: str) -> Shown | None:
    found = FORMAT.search(style)
    if found is None:
        return None
    code = ESCAPE.sub(
        lambda sign: chr(int(sign[1], 16)) if sign[1] else sign[2], next(filter(None, found.groups()), "")
    )
    return number_format(code.strip()) if code.isprintable() else unknown
