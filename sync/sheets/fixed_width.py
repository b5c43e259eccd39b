"""Text whose columns have the same width in every line, such as reports and SQL*Plus spool files."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from io import StringIO
from itertools import pairwise

from sync.errors import Fault, SheetError
from sync.sheets.dialect import LINES, UNIT, lines
from sync.sheets.header import BLANKS, count_wanted
from sync.sheets.remarks import FOOTER

RULER = re.compile(r"[-=]+(?: +[-=]+)+ *")
"""A line below a header whose dashes are as wide as the columns."""

PROMPT = "SQL>"
"""How a spool shows what was typed."""

Span = tuple[int, int]
"""Where a column begins, and where it ends."""


def divided(name: str, data: memoryview, header_row: int | None, wanted: Sequence[str]) -> memoryview:
    """The same lines with `UNIT` between their cells.

    A line that has something between two columns becomes a single cell, so that it counts as too short. Raises
    SheetError if there is no header, or if it does not show where columns begin.
    """
    text = [line.expandtabs().rstrip("\r\n\f ").lstrip("\f") for line in lines(data)]
    at = _header(text, header_row, wanted)
    if at is None:
        hint = "Set `header_row` to the row that holds the column names."
        raise SheetError(Fault("there is no header with the columns of the mapping", name, hint))
    spans = _spans(text, at)
    if len(spans) < 2:
        raise SheetError(Fault("it is not clear where columns begin", name, "Export as CSV."))
    out = StringIO()
    writer = csv.writer(out, delimiter=UNIT, lineterminator="\n")
    for line in text:
        writer.writerow(_cells(line, spans))
    return memoryview(out.getvalue().encode())


def _header(text: Sequence[str], header_row: int | None, wanted: Sequence[str]) -> int | None:
    """The position of the header: the first line with the most wanted names."""
    if header_row is not None:
        return header_row - 1 if header_row <= len(text) else None
    # A name of several words is taken as one if single blanks do not divide.
    counts = [
        max(count_wanted(line.split(), wanted), count_wanted(re.split("  +", line.strip()), wanted))
        for line in text[:LINES]
    ]
    most = max(counts, default=0)
    return counts.index(most) if most else None


def _spans(text: Sequence[str], at: int) -> list[Span]:
    """Where columns begin and end: by the line of dashes below the header, else by what is blank in all lines."""
    if at + 1 < len(text) and RULER.fullmatch(text[at + 1]):
        return [found.span() for found in re.finditer(r"[-=]+", text[at + 1])]
    below = [line for line in text[at : at + LINES] if line and not _is_remark(line)]
    width = max(map(len, below))
    used = [any(len(line) > n and line[n] != " " for line in below) for n in range(width)]
    edges = [n for n, (before, now) in enumerate(pairwise([False, *used, False])) if before != now]
    spans: list[Span] = []
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        if spans and not text[at][begin:end].strip():
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((begin, end))
    return spans


def _is_remark(line: str) -> bool:
    return FOOTER.fullmatch(line) is not None or line.startswith(PROMPT)


def _cells(line: str, spans: Sequence[Span]) -> list[str]:
    if not line or line.startswith(PROMPT):
        return []
    if _is_remark(line):
        return [line]
    ends = [0, *(end for _, end in spans)]
    between = "".join(line[end:begin] for end, (begin, _) in zip(ends, spans, strict=False)) + line[ends[-1] :]
    if between.strip():
        return [line.strip()]
    return [BLANKS.sub(" ", line[begin:end]).strip() for begin, end in spans]
