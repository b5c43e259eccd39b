"""CSV and similar files: a fast reader for clean files, a tolerant one that knows line numbers for the rest.

Both return the same columns wherever the fast one returns any.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from sync.config.sheet_selection import SheetChoice
from sync.errors import SheetError, legible
from sync.model import Origin, Sheet
from sync.sheets import fast_csv, tolerant_csv
from sync.sheets.decoding import Decoded, decoded
from sync.sheets.dialect import DELIMITERS, UNIT, Dialect, headless, recognised, unusual, with_one_sign
from sync.sheets.escapes import BACKSLASH, may_be_escaped, with_doubled_quotes
from sync.sheets.fixed_width import divided
from sync.sheets.header import Header, Wanted, count_wanted, header
from sync.sheets.inbox import File
from sync.sheets.records import Columns, finished, sheet_of


def read(file: File, choice: SheetChoice, wanted: Wanted) -> Sheet:
    """Read a delimited text file; see `sync.sheets.read`. A row's number is the line its record begins on."""
    text, escape = decoded(file, choice.encoding, wanted.known), choice.escape
    if choice.layout == "fixed":
        text = text._replace(data=divided(file.name, text.data, choice.header_row, wanted.columns), ascii=False)
        choice = choice.model_copy(update={"delimiter": UNIT})
    elif escape is not None:
        text = text._replace(data=with_doubled_quotes(text.data, escape))
    text, dialect, delimiter = _laid_out(file.name, text, choice, wanted.columns)
    origin = Origin(file.name)
    head = header((dialect.row, dialect.cells), wanted, origin)
    data, whole = fast_csv.columns(text, dialect, head.names), True
    if data is None:
        escaped = _escaped(text, dialect, head, origin) if escape is None else None
        data, whole = escaped or tolerant_csv.columns(text, dialect, head, origin)
        escape = BACKSLASH if escaped else escape
    found = {
        "encoding": text.encoding,
        **({"layout": choice.layout} if choice.layout == "fixed" else {}),
        "delimiter": DELIMITERS.get(dialect.delimiter, legible(delimiter)),
        **({"escape": escape} if escape else {}),
    }
    return sheet_of(file, finished(data, head, origin, whole=whole), found, text.issues)


def _escaped(text: Decoded, layout: Dialect, header: Header, origin: Origin) -> tuple[Columns, bool] | None:
    """The columns, if quotes within cells follow a backslash.

    That is so if the file has faults when read without escapes, and none when read with them.
    """
    if not may_be_escaped(text.data):
        return None
    with suppress(SheetError):
        as_it_is, _ = tolerant_csv.columns(text, layout, header, origin)
        if all(issue.code != tolerant_csv.STRAY for issue in as_it_is.issues):
            return None
    doubled = text._replace(data=with_doubled_quotes(text.data, BACKSLASH))
    with suppress(SheetError):
        found = tolerant_csv.columns(doubled, layout, header, origin)
        return found if not found[0].issues else None
    return None


def _laid_out(name: str, text: Decoded, choice: SheetChoice, wanted: Sequence[str]) -> tuple[Decoded, Dialect, str]:
    """The text, how it is laid out, and what separated its cells: if that was several characters, it is one now."""

    def recognise(data: memoryview, sign: str | None) -> Dialect:
        if choice.columns:
            return headless(name, data, sign, choice.columns)
        return recognised(name, data, sign, choice.header_row, wanted)

    delimiter = choice.delimiter
    if delimiter is None:
        layout = recognise(text.data, None)
        if not choice.columns:
            delimiter = _other_than(layout, text.data, wanted)
        if delimiter is None:
            return text, layout, layout.delimiter
    if len(delimiter) > 1:
        text = text._replace(data=with_one_sign(name, text.data, delimiter))
    return text, recognise(text.data, UNIT if len(delimiter) > 1 else delimiter), delimiter


def _other_than(layout: Dialect, data: memoryview, wanted: Sequence[str]) -> str | None:
    """The delimiter, if it does not seem to be the one that was recognised."""
    if len(layout.cells) > 2 and not any(layout.cells[1::2]):
        return layout.delimiter * 2
    return None if count_wanted(layout.cells, wanted) else unusual(data, wanted)
