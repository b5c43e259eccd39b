"""How long it takes to read a workbook of 100,000 rows and 8 columns, as ratios to calamine alone.

    python -m tests.bench.read_workbook [ROWS]

Ours includes choosing the tab, checking for errors and formulas without a value, converting every cell to text, and
building the frame; calamine gives lists of Python objects. Texts are written in each cell, as most libraries do it, or
once for all cells that have them, as Excel does.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from python_calamine import load_workbook
from xlsxwriter import Workbook

from sync.sheets import read
from tests.bench.pairs import compare, load, peaks

HEADER = ["id", "first", "last", "email", "course", "role", "start", "credits"]


def main() -> None:
    """Make the files, let both sides read each, print times, memory and ratios."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    load()
    with TemporaryDirectory() as folder:
        for title, options in {"texts in cells": {"constant_memory": True}, "shared texts": {}}.items():
            path = Path(folder, f"{title}.xlsx")
            write(path, rows, options)
            sides = partial(read, path), partial(alone, path)
            compare(f"{rows:,} x {len(HEADER)}, {title}", *sides)
            peaks(f"{rows:,} x {len(HEADER)}, {title}", *sides)
    load()


def write(path: Path, rows: int, options: dict[str, Any]) -> None:
    """A workbook of people: texts, dates and numbers."""
    with Workbook(path, options) as book:
        sheet, day = book.add_worksheet("Users"), book.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, HEADER)
        for n, (*texts, start, credits) in enumerate(people(rows), 1):
            for at, text in enumerate(texts):
                sheet.write_string(n, at, text)
            sheet.write_datetime(n, len(texts), start, day)
            sheet.write_number(n, len(texts) + 1, credits)


def people(rows: int) -> Iterator[list[Any]]:
    """Their cells."""
    chance = random.Random(1)
    for n in range(rows):
        names = [chance.choice(["Ann", "Bo", "Cy"]), chance.choice(["Lee", "Kim", "Ono"])]
        start = date(2026, 1, 1) + timedelta(days=n % 365)
        yield [f"S{n:06}", *names, f"s{n}@example.org", f"C{n % 500:04}", "student", start, n % 9]


def alone(path: Path) -> list[list[Any]]:
    """The first worksheet as calamine gives it."""
    return load_workbook(path).get_sheet_by_index(0).to_python()


if __name__ == "__main__":
    main()
