"""How long it takes to read an export of a million rows, as ratios to polars on the same file.

    python -m tests.bench.read_sheets [ROWS]

Both sides read text columns, with no types inferred, into a frame of their own; ours also computes the file's digest
and checks for damage. They take turns, and the best time of each counts. Files that need the tolerant reader are timed
as well, without a peer: no other reader reports their faults.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import polars as pl

from sync.sheets import read

TURNS = 7
HEADER = "STUDENT_ID,NETID,FIRST,LAST,EMAIL,SECTION\n"


def main() -> None:
    """Make the files, let both sides read each, print seconds and ratios."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    print(f"{rows:,} rows, 6 columns{'':<14} ours     polars     ratio")
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "export.csv")
        for title, content in exports(rows).items():
            path.write_bytes(content)
            peer = partial(pl.read_csv, path, infer_schema=False, separator=chr(content[10]))
            ours, other = best(partial(read, path), peer)
            print(f"{title:<34} {ours:6.3f} s   {other:6.3f} s   {ours / other:5.2f}")
        path.write_bytes(exports(rows)["clean"] + b'S,n,"F" x,L,e,S\n')
        print(f"{'one stray quote: careful':<34} {best(partial(read, path))[0]:6.3f} s")


def exports(rows: int) -> dict[str, bytes]:
    """One export in the ways it may be written."""
    records = [f"S{n:07},user{n},First{n % 997},Last{n % 4999},user{n}@example.edu,{n % 40:03}\n" for n in range(rows)]
    plain = HEADER + "".join(records)
    quoted = "".join('"' + line[:-1].replace(",", '","') + '"\n' for line in [HEADER, *records])
    return {
        "clean": plain.encode(),
        "clean, CRLF": plain.replace("\n", "\r\n").encode(),
        "clean, semicolons": plain.replace(",", ";").encode(),
        "accents": plain.replace("First1", "Zoë").encode(),
        "line break in quotes": (plain + 'S,n,F,L,"e\n",S\n').encode(),
        "all quoted": quoted.replace('"STUDENT_ID"', "STUDENT_ID", 1).encode(),
    }


def best(*sides: Callable[[], object]) -> list[float]:
    """The shortest time of each side, in seconds, when they take turns."""
    times: list[list[float]] = [[] for _ in sides]
    for _ in range(TURNS):
        for side, found in zip(sides, times, strict=True):
            start = time.perf_counter()
            side()
            found.append(time.perf_counter() - start)
    return [min(found) for found in times]


if __name__ == "__main__":
    main()
