"""CSV and similar files: a fast reader for clean files, a tolerant one that knows line numbers for the rest.

Both return the same columns wherever the fast one returns any.
"""

from __future__ import annotations

from collections.abc import Sequence

from sync.errors import legible
from sync.model import Origin, Sheet
from sync.sheets import fast_csv, tolerant_csv
from sync.sheets.decoding import Decoded, decoded
from sync.sheets.dialect import DELIMITERS, UNIT, Dialect, recognised, unusual, with_one_sign
from sync.sheets.evidence import Known
from sync.sheets.header import Key, count_wanted, header
from sync.sheets.inbox import File
from sync.sheets.records import finished


def read(
    file: File,
    *,
    delimiter: str | None,
    encoding: str | None,
    header_row: int | None,
    wanted: Sequence[str],
    keys: Sequence[Key],
    known: Known,
) -> Sheet:
    """Read a delimited text file; see `sync.sheets.read`. A row's number is the line its record begins on."""
    text = decoded(file, encoding, known)
    text, layout, delimiter = _laid_out(file.name, text, delimiter, header_row, wanted)
    origin = Origin(file.name)
    head = header((layout.row, layout.cells), wanted, origin, keys)
    columns, whole = fast_csv.columns(text, layout, head.names), True
    if columns is None:
        columns, whole = tolerant_csv.columns(text, layout, head, origin)
    table = finished(columns, head, origin, whole=whole)
    return Sheet(
        file=file.name,
        tab=None,
        frame=table.frame,
        digest=file.digest,
        modified=file.modified,
        header_row=layout.row,
        found={
            "encoding": text.encoding,
            "delimiter": DELIMITERS.get(layout.delimiter, legible(delimiter)),
            **head.found,
        },
        issues=(*text.issues, *table.issues),
        whole=table.whole,
    )


def _laid_out(
    name: str, text: Decoded, delimiter: str | None, header_row: int | None, wanted: Sequence[str]
) -> tuple[Decoded, Dialect, str]:
    """The text, how it is laid out, and what separated its cells: if that was several characters, it is one now."""
    if delimiter is None:
        layout = recognised(name, text.data, None, header_row, wanted)
        doubled = len(layout.cells) > 2 and not any(layout.cells[1::2])
        if doubled:
            delimiter = layout.delimiter * 2
        elif not count_wanted(layout.cells, wanted):
            delimiter = unusual(text.data, wanted)
        if delimiter is None:
            return text, layout, layout.delimiter
    if len(delimiter) > 1:
        text = text._replace(data=with_one_sign(name, text.data, delimiter))
    sign = UNIT if len(delimiter) > 1 else delimiter
    return text, recognised(name, text.data, sign, header_row, wanted), delimiter
