"""CSV and similar files: a fast reader for clean files, a tolerant one that knows line numbers for the rest.

Both return the same columns wherever the fast one returns any.
"""

from __future__ import annotations

from collections.abc import Sequence

from sync.model import Origin, Sheet
from sync.sheets import fast_csv, tolerant_csv
from sync.sheets.decoding import decoded
from sync.sheets.dialect import DELIMITERS, recognised
from sync.sheets.evidence import Known
from sync.sheets.header import Key, header
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
    layout = recognised(file.name, text.data, delimiter, header_row, wanted)
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
            "delimiter": DELIMITERS.get(layout.delimiter, layout.delimiter),
            **head.found,
        },
        issues=(*text.issues, *table.issues),
        whole=table.whole,
    )
