"""Reads a workbook of 100,000 rows and 8 columns, and compares the time with that of calamine alone.

    python -m tests.bench.read_workbook

Prints the best of three of each, and the ratio. Ours includes choosing the tab, checking for errors and formulas
without a value, converting every cell to text, and building the frame.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from openpyxl import Workbook
from python_calamine import load_workbook

from sync.sheets import read

ROWS = 100_000


def main() -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "users.xlsx"
        write(path)
        alone = best(lambda: load_workbook(path).get_sheet_by_index(0).to_python())
        ours = best(lambda: read(path))
    print(f"calamine alone {alone:.2f} s, ours {ours:.2f} s: {ours / alone:.2f} times as long")


def write(path: Path) -> None:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Users")
    sheet.append(["id", "first", "last", "email", "course", "role", "start", "credits"])
    chance = random.Random(1)
    for n in range(ROWS):
        person = [f"S{n:06}", chance.choice(["Ann", "Bo", "Cy"]), chance.choice(["Lee", "Kim", "Ono"])]
        start = date(2026, 1, 1) + timedelta(days=n % 365)
        sheet.append([*person, f"s{n}@example.org", f"C{n % 500:04}", "student", start, n % 9])
    book.save(path)


def best(work: Callable[[], object]) -> float:
    times = []
    for _ in range(3):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return min(times)


if __name__ == "__main__":
    main()
