"""The cells of any table are trimmed, and text that was decoded wrongly is found: `GarcÃ­a`, `Garc�a`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from sync.model import Issue, Origin, Severity
from sync.model.issue_texts import Wording, sentence, wording
from sync.model.written import SIGNS, trimmed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Rows = NDArray[np.int64]

TEXT = pa.large_string()
FIRST_LEAD = 0xC2
"""The smallest byte with which a character of UTF-8 other than ASCII begins."""

MOST = 1000
"""Maximum number of damaged cells of a sheet that are reported one by one."""


LOST = "\ufffd"


def _read_as_western(byte: int) -> str:
    # Windows-1252 leaves five bytes undefined; programs that write this damage pass them through.
    return bytes([byte]).decode("cp1252", "replace").replace(LOST, chr(byte))


_HIGH = range(0x80, 0x100)
_BYTES = {chr(byte): byte for byte in _HIGH} | {_read_as_western(byte): byte for byte in _HIGH}
_NEXT = "".join(sorted(char for char, byte in _BYTES.items() if byte < 0xC0))
# After Ä and Å these may well occur in sound text: closing quotes, dashes, the sign of a registered name.
_PLAIN = "".join(char for char in _NEXT if char not in "\u2019\u201d\u2013\u2014\xbb\xae")

DOUBLY_DECODED = rf"[ÃÂ][{_NEXT}]|[ÄÅ][{_PLAIN}]|â€[{_NEXT}]|(?:[ÎÏÐÑØÙ\xd7][{_NEXT}]){{2,}}"
"""UTF-8 bytes read as Windows-1252: European letters, punctuation, runs of Greek, Cyrillic, Hebrew, Arabic."""


class TextDamage(NamedTuple):
    """A kind of damaged text: how it is found, how an issue words it, and whether the text can still be used.

    Wherever the pattern matches, one of the `signs` is.
    """

    signs: tuple[str, ...]
    pattern: str
    severity: Severity
    describe: Callable[[str], Wording]
    usable: bool


def _decoded_once(text: str) -> str:
    """The text as it was before it was decoded twice."""
    return re.sub(
        DOUBLY_DECODED, lambda found: bytes(_BYTES[char] for char in found[0]).decode("utf-8", "replace"), text
    )


KINDS = (
    TextDamage(
        (LOST,),
        LOST,
        "warning",
        lambda text: wording("lost-character", text=text),
        usable=True,
    ),
    TextDamage(
        (*"ÃÂÄÅÎÏÐÑØÙ\xd7", "â€"),
        DOUBLY_DECODED,
        "error",
        lambda text: wording("decoded-twice", text=text, meant=_decoded_once(text)),
        usable=False,
    ),
)


def clean_cells(table: pa.Table, rows: Rows, origin: Origin) -> tuple[pa.Table, list[Issue]]:
    """The table with its cells trimmed of what cannot be seen, and an issue for each damaged cell.

    Cells hold what they held, but for non-breaking blanks and invisible characters at their edges, and the ordinary
    blanks next to those. A cell whose text was decoded twice becomes NA. There is none of this where all
    is ASCII.
    """
    issues: list[Issue] = []
    for n, name in enumerate(table.column_names):
        beginnings = _beginnings(table.column(n))
        for kind in KINDS:
            if _may_hold(beginnings, kind.signs):
                column, damaged = _undamaged(table.column(n), kind, rows)
                table = table.set_column(n, name, column)
                issues += [replace(each, file=origin.file, tab=origin.tab, column=name) for each in damaged]
        if _may_hold(beginnings, SIGNS):
            table = table.set_column(n, name, trimmed(table.column(n)))
    return table, issues


def _beginnings(column: pa.ChunkedArray) -> set[bytes]:
    """The first two bytes of each non-ASCII character: whether a pattern is needed shows in a tenth of its time."""
    found: set[int] = set()
    for chunk in column.chunks:
        octets = np.frombuffer(chunk.buffers()[2] or b"", dtype=np.uint8)
        if octets.max(initial=0) < FIRST_LEAD:
            continue
        at = np.flatnonzero(octets >= FIRST_LEAD)
        found |= set(np.unique(octets[at].astype(np.int64) * 256 + octets.take(at + 1, mode="clip")).tolist())
    return {pair.to_bytes(2) for pair in found}


def _may_hold(beginnings: set[bytes], signs: Iterable[str]) -> bool:
    return any(sign.encode()[:2] in beginnings for sign in signs)


def _undamaged(column: pa.ChunkedArray, kind: TextDamage, rows: Rows) -> tuple[pa.ChunkedArray, list[Issue]]:
    """The column with NA where text is of no use, and an issue for each damaged cell, as far as a person can read."""
    damaged = pc.fill_null(pc.match_substring_regex(column, kind.pattern), False)
    at = np.flatnonzero(np.asarray(damaged))
    located = zip(rows[at[:MOST]].tolist(), column.take(pa.array(at[:MOST])).to_pylist(), strict=True)
    issues = [kind.describe(cell).issue(kind.severity, row=row, value=cell) for row, cell in located]
    if len(at) > MOST:
        rest = len(at) - MOST
        more = sentence("more-cell" if rest == 1 else "more-cells", count=rest)
        issues.append(replace(issues[0], row=None, value=None, message=more))
    return column if kind.usable else pc.if_else(damaged, pa.scalar(None, TEXT), column), issues
