"""How the time and memory of a plan grow with its size: the plan of `plan_million`, with more and more enrolments.

    python -m tests.bench.plan_growth [ROWS...]

By default of one and of five million. Prints wall and CPU seconds and peak memory of each, and the slope of the CPU
seconds between the smallest and the largest, both on logarithmic scales: 1.0 is in proportion to the rows.
"""

from __future__ import annotations

import os
import sys
import tempfile
from math import log
from pathlib import Path
from statistics import median

from tests.bench.pairs import compile_product
from tests.bench.plan_million import make_files, measured, served

ROWS = (1_000_000, 5_000_000)
RUNS = 3


def main() -> None:
    """Make the files of each size, plan them some times, print what came out."""
    sizes = [*map(int, sys.argv[1:])] or [*ROWS]
    compile_product()
    cpu = {rows: _planned(rows) for rows in sizes}
    slope = log(cpu[sizes[-1]] / cpu[sizes[0]]) / log(sizes[-1] / sizes[0])
    print(f"slope {slope:5.2f} from {sizes[0]:,} to {sizes[-1]:,}; load {os.getloadavg()[0]:.1f}")


def _planned(rows: int) -> float:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_files(folder, rows)
        with served(folder / "lists") as port:
            runs = [measured("ours", folder, port) for _ in range(RUNS)]
    wall, cpu, megabytes = (median(run[what] for run in runs) for what in ("wall", "cpu", "megabytes"))
    print(f"{rows:>10,} rows {wall:7.2f} s wall {cpu:7.2f} s CPU {megabytes:7,.0f} MB at most")
    return float(cpu)


if __name__ == "__main__":
    main()
