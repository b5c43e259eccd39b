"""Exports as tables of text, before they are files."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from io import StringIO

Cells = tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """One export: its header and its records, every cell as text."""

    header: Cells
    rows: tuple[Cells, ...]

    def at(self, column: str) -> int:
        return self.header.index(column)

    def column(self, name: str) -> Cells:
        """The cells of a column, row by row."""
        at = self.at(name)
        return tuple(row[at] for row in self.rows)

    def where(self, kept: Callable[[Mapping[str, str]], bool]) -> Table:
        """Only the rows of which this is true."""
        return replace(self, rows=tuple(row for row in self.rows if kept(dict(zip(self.header, row, strict=True)))))

    def changed(self, column: str, change: Callable[[str], str]) -> Table:
        """Every cell of a column changed."""
        at = self.at(column)
        return replace(self, rows=tuple((*row[:at], change(row[at]), *row[at + 1 :]) for row in self.rows))


Feeds = Mapping[str, Table]
"""The good exports of one night by the names of their files."""

Files = Mapping[str, bytes]
"""What lies in the inbox on one night, by the names of the files."""


def written(table: Table) -> bytes:
    """A CSV file as the SIS writes it: UTF-8, quoted where needed, a line feed after every line."""
    out = StringIO()
    csv.writer(out, lineterminator="\n").writerows([table.header, *table.rows])
    return out.getvalue().encode()


def files_of(feeds: Feeds) -> Files:
    return {name: written(table) for name, table in feeds.items()}
