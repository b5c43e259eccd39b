"""Rows with problems as CSV: in the file's own columns, with what is wrong in front."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import BinaryIO

import pyarrow as pa

from sync.model import Issue, Sheet
from sync.model.values import TEXT, arrow
from sync.report.problem_rows import WRONG, explained, unused_title
from sync.sheets.output import harmless

BYTE_ORDER_MARK = "\ufeff"
"""A spreadsheet takes a text file for UTF-8 only if it begins with this."""


def write_csv(stream: BinaryIO, sheet: Sheet, by_row: Mapping[int, Sequence[Issue]]) -> None:
    """Write the rows of a sheet that have issues. A cell that could not be trusted is empty."""
    frame = sheet.frame[sheet.frame.index.isin([*by_row])]
    names = [str(name) for name in frame.columns]
    why = pa.array([explained(row, by_row[row]) for row in frame.index.tolist()], TEXT)
    columns = [why, *(arrow(frame[name].fillna("")) for name in frame.columns)]
    header = harmless(pa.array([unused_title(WRONG, names), *names], TEXT)).to_pylist()
    text = io.TextIOWrapper(stream, "utf-8", newline="", write_through=True)
    text.write(BYTE_ORDER_MARK)
    rows = csv.writer(text)
    rows.writerow(header)
    rows.writerows(zip(*(harmless(column).to_pylist() for column in columns), strict=True))
    text.detach()
