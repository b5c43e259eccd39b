"""Rows of a tab as XML: of each cell, xlsxwriter makes several objects, which takes most of a large workbook's time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from xlsxwriter import worksheet
from xlsxwriter.utility import xl_col_to_name

from sync.report.workbook.texts import markup

REMEMBERED: Final = 1 << 14
"""Number of texts whose XML is kept: words such as a status, a role or a file occur again and again."""

Value = str | int | None


def looks_of(formats: Mapping[str, Any]) -> dict[str, int]:
    """The numbers of a workbook's formats in its file, by name."""
    return {name: each._get_xf_index() for name, each in formats.items()}  # noqa: SLF001 - it has no other name


class RowSheet(worksheet.Worksheet):  # type: ignore[misc] # it has no types
    """A worksheet of a workbook in constant memory, to which whole rows can be written.

    Everything else, such as what its columns look like, is up to the class it is derived from; that class writes a row
    when a lower one begins, into `fh`.
    """

    def __init__(self) -> None:
        super().__init__()
        self._letters: list[str] = []
        self._markup = lru_cache(REMEMBERED)(markup)

    def write_cells(self, row: int, cells: Sequence[Value], looks: Iterable[int], height: float | None) -> None:
        """Write texts and whole numbers, each in its look (see `looks_of`), below all rows so far.

        There is no cell for None. `height` is in points; without it, the row is as high as others.
        """
        self._write_single_row(row)
        self._check_dimensions(row, len(cells) - 1)
        number = row + 1
        while len(self._letters) < len(cells):
            self._letters.append(xl_col_to_name(len(self._letters)))
        parts = [f'<row r="{number}" ht="{height:g}" customHeight="1">' if height else f'<row r="{number}">']
        for letters, cell, look in zip(self._letters, cells, looks, strict=False):
            if isinstance(cell, str):
                parts.append(f'<c r="{letters}{number}" s="{look}" t="inlineStr">{self._markup(cell)}</c>')
            elif cell is not None:
                parts.append(f'<c r="{letters}{number}" s="{look}"><v>{cell}</v></c>')
        parts.append("</row>")
        self.fh.write("".join(parts))
