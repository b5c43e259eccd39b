"""Tables in HTML, as many systems write them under the name `.xls`.

A page without the wanted columns does not count as a table.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

from sync.config.sheet_selection import SheetChoice
from sync.errors import Fault, SheetError
from sync.model import Issue, Origin, Sheet
from sync.model.issue_texts import wording
from sync.sheets.decoding import decoded
from sync.sheets.header import Head, Header, Record, Wanted, count_wanted, header, joined, locate, refuse_parted
from sync.sheets.inbox import File
from sync.sheets.records import finished, sheet_of, tabulate
from sync.sheets.web_formats import VALUES, CellFormat, cell_format, classes
from sync.sheets.workbook.marks import Place, address

CELL, BREAKS = {"td", "th"}, {"br", "p", "div", "li"}
SHOWING = {"class", "style", *VALUES}
NOT_SHOWN = {"script", "style", "head"}
CHARSET = re.compile(rb"<meta[^>]*charset\s*=\s*[\"']?([\w-]+)", re.IGNORECASE)
START = 4096
"""Number of bytes in which a page states its encoding."""

MOST_COLUMNS = 1000
"""No cell spans more columns than this."""


def read(file: File, choice: SheetChoice, wanted: Wanted) -> Sheet:
    """Read the one table of a web page that has the wanted columns; rows are counted within that table.

    Raises SheetError if there is none, or several, or if cells of it are merged across rows.
    """
    text = decoded(file, choice.encoding or _stated(file), wanted.known)
    page = _Page()
    page.feed(bytes(text.data).decode())
    page.close()
    origin = Origin(file.name)
    found = _wanted(page.tables, choice, wanted.columns)
    _refuse(found, file.name)
    records, at = found[0].records, found[0].header(choice, wanted.columns)
    refuse_parted(records, at, choice, wanted.columns, origin)
    head = header(at.of(records), wanted, origin)
    below, unclear = _as_seen(records[at.at + at.rows :], found[0].formats(page.styles), head)
    data = tabulate(below, head, origin)
    issues = [_unclear(place, value, head, origin) for place, value in unclear.items()]
    table = finished(data._replace(issues=(*data.issues, *issues)), head, origin)
    return sheet_of(file, table, {"format": "html", "encoding": text.encoding}, text.issues)


def _as_seen(
    records: Sequence[Record], formats: Mapping[Place, CellFormat], head: Header
) -> tuple[list[Record], dict[Place, str]]:
    """The records as Excel shows them, with NA for identifiers of which that is not clear, and what these are."""
    keys = {name for key in head.keys for columns in key for name in columns}
    identifying = {n for n, name in enumerate(head.names) if name in keys}
    unclear: dict[Place, str] = {}
    seen: list[Record] = []
    if not formats:
        return [*records], unclear
    for row, cells in records:
        shown: list[str | None] = [*cells]
        for column, cell in enumerate(cells):
            form = formats.get((row - 1, column))
            if form is None or not cell:
                continue
            shown[column] = form.seen(cell)
            if shown[column] is None and column in identifying:
                unclear[row - 1, column] = cell
            elif shown[column] is None:
                shown[column] = cell
        seen.append((row, shown))
    return seen, unclear


def _unclear(place: Place, value: str, head: Header, origin: Origin) -> Issue:
    text = wording("unknown-format", cell=address(place))
    row, column = place
    return text.issue("error", file=origin.file, row=row + 1, column=head.names[column], value=value)


def _stated(file: File) -> str | None:
    """The encoding that the page states, if there is such a one."""
    found = CHARSET.search(bytes(file.view[:START]))
    try:
        return codecs.lookup(found[1].decode()).name if found else None
    except LookupError:
        return None


@dataclass
class _Table:
    """Rows of texts, and attributes of cells that may say how they are shown.

    Also whether cells of several rows are merged, and whether the page has its end.
    """

    rows: list[list[str]] = field(default_factory=list)
    attributes: dict[Place, Mapping[str, str | None]] = field(default_factory=dict)
    merged: bool = False
    ended: bool = False

    @property
    def records(self) -> list[Record]:
        """The rows that are not blank. A browser shows one blank for any number of them."""
        plain = ([" ".join(cell.split()) for cell in row] for row in self.rows)
        return [(n, cells) for n, cells in enumerate(plain, 1) if any(cells)]

    def formats(self, styles: Sequence[str]) -> dict[Place, CellFormat]:
        """What is said of how cells are shown, by row and column, from 0."""
        shown = classes(styles) if self.attributes else {}
        found = ((place, cell_format(each, shown)) for place, each in self.attributes.items())
        return {place: form for place, form in found if form}

    def header(self, choice: SheetChoice, wanted: Sequence[str]) -> Head:
        """The position of the header."""
        if choice.header_row is None:
            return locate(self.records, wanted, choice.header_rows)
        at = next((n for n, (row, _) in enumerate(self.records) if row == choice.header_row), 0)
        return Head(at, choice.header_rows or 1)

    def names(self, choice: SheetChoice, wanted: Sequence[str]) -> list[str]:
        """The names in the header."""
        return joined([cells for _, cells in self.header(choice, wanted).of(self.records)], wanted)


def _wanted(tables: Iterable[_Table], choice: SheetChoice, wanted: Sequence[str]) -> list[_Table]:
    """The tables that have wanted columns."""
    enough = max(1, min(2, len({*wanted})))
    filled = [table for table in tables if table.records]
    return [t for t in filled if count_wanted(t.names(choice, wanted), wanted) >= enough]


def _refuse(found: Sequence[_Table], name: str) -> None:
    """Refuse what is not one sound table."""
    export = "Export as CSV or xlsx."
    if not found:
        hint = f"Open it in a text editor: it may be a login or error page. {export}"
        raise SheetError(Fault("the file is a web page or XML, not a table", name, hint))
    if len(found) > 1:
        raise SheetError(Fault(f"the page has {len(found)} tables with these columns", name, export))
    if found[0].merged:
        raise SheetError(Fault("cells of several rows are merged in the table of the page", name, export))
    if not found[0].ended:
        raise SheetError(Fault("the page ends within its table", name, "The file is truncated: export it again."))


class _Page(HTMLParser):
    """The tables of a page. A table within a cell is a table of its own."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[_Table] = []
        self.styles: list[str] = []
        self._open: list[_Table] = []
        self._hidden = 0
        self._style = False
        self._cell: int | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begin a table, a row or a cell."""
        if tag in NOT_SHOWN:
            self._hidden += 1
            self._style = tag == "style"
        elif tag == "table":
            self._open.append(_Table())
            self.tables.append(self._open[-1])
            self._cell = None
        elif tag == "tr" and self._open:
            self._open[-1].rows.append([])
            self._cell = None
        elif tag in CELL and self._open and self._open[-1].rows:
            self._begin_cell(self._open[-1], dict(attrs))
        elif tag in BREAKS:
            self.handle_data(" ")

    def _begin_cell(self, table: _Table, attributes: Mapping[str, str | None]) -> None:
        across, down = (_number(attributes.get(name)) for name in ("colspan", "rowspan"))
        row = table.rows[-1]
        self._cell = len(row)
        row += [""] * across
        table.merged |= down > 1
        if not attributes.keys().isdisjoint(SHOWING):
            table.attributes[len(table.rows) - 1, self._cell] = attributes

    def handle_endtag(self, tag: str) -> None:
        """End a table or a cell."""
        if tag in NOT_SHOWN:
            self._hidden = max(self._hidden - 1, 0)
            self._style = False
        elif tag in CELL:
            self._cell = None
        elif tag == "table" and self._open:
            self._open.pop().ended = True
            self._cell = None

    def handle_data(self, data: str) -> None:
        """Add to the cell that is open."""
        if self._style:
            self.styles.append(data)
        elif self._cell is not None and not self._hidden:
            self._open[-1].rows[-1][self._cell] += data


def _number(text: str | None) -> int:
    return min(max(int(text), 1), MOST_COLUMNS) if text and text.isdecimal() else 1
