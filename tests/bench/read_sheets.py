"""How long it takes to read an export of a million rows, as ratios to polars on the same file.

    python -m tests.bench.read_sheets [ROWS]

Both sides read text columns, with no types inferred, into a frame of their own; ours also computes the file's digest
and checks for damage. A file that needs the tolerant reader is timed as well, without a peer: no other reader reports
its faults.
"""

from __future__ import annotations

import sys
import tempfile
from functools import partial
from pathlib import Path

import polars as pl

from sync.sheets import read
from tests.bench.pairs import compare, load, peaks, timed

HEADER = "STUDENT_ID,NETID,FIRST,LAST,EMAIL,SECTION\n"


def main() -> None:
    """Make the files, let both sides read each, print times, memory and ratios."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    load()
    print(f"{rows:,} rows, 6 columns")
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "export.csv")
        for title, content in exports(rows).items():
            path.write_bytes(content)
            sides = partial(read, path), partial(pl.read_csv, path, infer_schema=False, separator=chr(content[10]))
            compare(title, *sides)
        peaks(title, *sides)
        path.write_bytes(exports(rows)["clean"] + b'S,n,"F" x,L,e,S\n')
        print(f"one stray quote: tolerant reader {timed(partial(read, path)).wall:6.3f} s")
    load()


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


if __name__ == "__main__":
    main()
