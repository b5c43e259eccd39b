"""What a workbook's file says about a tab's cells and the values alone do not."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from sync.sheets.workbook.number_format import Shown

Place = tuple[int, int]
"""Row and column of a cell, from 0."""


class Tab(NamedTuple):
    """A worksheet of a workbook: its name, its position among all tabs (from 0), and whether it is shown."""

    name: str
    position: int
    shown: bool = True


ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}
"""Error values by their number in the binary formats."""

ROOM, ROOM_EACH = 4 << 20, 20
"""Maximum number of cells of a tab, and number of cells for each filled one: an array of it is made in memory."""

REFERENCE = re.compile(r"([A-Za-z]{1,7})(\d{1,10})")


@dataclass(slots=True)
class CellMarks:
    """Marks of one tab's cells.

    `filled`: about how many cells hold something; `copied`: how many characters they have of texts that are written
    once in the file, as far as that had to be counted; `bottom` and `right`: how many rows and columns there are down
    to the last of them; `errors`: those with an error value, and which; `uncomputed`: formulas whose value was never
    saved; `formats`: what is shown of a value where that is more than the value; `merged`: first and last cell of
    merged ranges.
    """

    filled: int = 0
    copied: int = 0
    bottom: int = 0
    right: int = 0
    errors: dict[Place, str] = field(default_factory=dict)
    uncomputed: set[Place] = field(default_factory=set)
    formats: dict[Place, Shown] = field(default_factory=dict)
    merged: list[tuple[Place, Place]] = field(default_factory=list)

    def fill(self, row: int, column: int) -> None:
        """A cell there has a value."""
        self.filled += 1
        self.bottom = max(self.bottom, row + 1)
        self.right = max(self.right, column + 1)


def scattered(*tabs: CellMarks) -> bool:
    """Whether cells are so far apart that the tabs would fill the memory."""
    return sum(tab.bottom * tab.right for tab in tabs) > ROOM + ROOM_EACH * sum(tab.filled for tab in tabs)


def address(place: Place) -> str:
    """A cell's address for people: B2."""
    row, column = place
    letters, column = "", column + 1
    while column:
        column, digit = divmod(column - 1, 26)
        letters = chr(65 + digit) + letters
    return f"{letters}{row + 1}"


def place(reference: str) -> Place:
    """The cell with the address B2. Raises ValueError."""
    match = REFERENCE.fullmatch(reference)
    if not match:
        raise ValueError(reference)
    return int(match[2]) - 1, column(match[1])


def column(letters: str) -> int:
    """The column called B, from 0."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1
