"""How long it takes to write a plan of 100,000 changes as a workbook, as ratios to xlsxwriter with the same cells.

    python -m tests.bench.write_workbook [CHANGES]

Ours finds names, labels and what differs, styles every cell, and masks secrets; the peer is given the finished cells
as Python texts and numbers, and writes them with its own methods, in constant memory as well.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
import pandas as pd
from python_calamine import load_workbook
from xlsxwriter import Workbook

from sync.model import CHANGES, Conventions, Plan
from sync.model.resources import CATALOGUE, delete_stage, put_stage
from sync.report.plan_report import PlanReport
from sync.report.workbook import write_workbook
from sync.state import open_store
from tests.bench.pairs import compare, load, peaks
from tests.clock import Clock

ROLES = Conventions(roles=(("editingteacher", "Teacher"), ("student", "Student")), teaching=("editingteacher",))
NUMBERS = ("n", "stage", "covered_by", "row", "http_status", "attempts")


def main() -> None:
    """Make the plan, write it with both sides, print times, memory and ratios."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    load()
    with TemporaryDirectory() as folder, open_store("sqlite://", Clock()) as store:
        path, other = Path(folder, "ours.xlsx"), Path(folder, "peer.xlsx")
        write = partial(write_workbook, path, PlanReport(plan(count), ROLES, store))
        write()
        tabs = cells(path)
        filled = sum(cell != "" for rows in tabs.values() for row in rows for cell in row)
        title = f"{count:,} changes, {filled:,} cells"
        compare(title, write, partial(peer, other, tabs))
        peaks(title, partial(ours, path, count), partial(peer_again, other, path))
    load()


def ours(path: Path, count: int) -> None:
    """Make a plan and write it."""
    with open_store("sqlite://", Clock()) as store:
        write_workbook(path, PlanReport(plan(count), ROLES, store))


def cells(path: Path) -> dict[str, list[list[Any]]]:
    """The cells of each tab."""
    with load_workbook(path) as book:
        return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def peer_again(path: Path, source: Path) -> None:
    """Read the cells of a workbook, and write them with the peer."""
    peer(path, cells(source))


def peer(path: Path, tabs: dict[str, list[list[Any]]]) -> None:
    """The same cells, all of one look."""
    with Workbook(path, {"constant_memory": True}) as book:
        look = book.add_format({"num_format": "@"})
        for name, rows in tabs.items():
            sheet = book.add_worksheet(name)
            for n, row in enumerate(rows):
                for at, cell in enumerate(row):
                    if cell != "":
                        (sheet.write_string if isinstance(cell, str) else sheet.write_number)(n, at, cell, look)


def plan(count: int) -> Plan:
    """A plan: of ten changes, four are new users, two are changed ones, three enrolments, and one an unenrolment."""
    frame = pd.DataFrame(changes(count), columns=list(CHANGES))
    kinds = {name: "Int64" if name in NUMBERS else "str" for name in CHANGES}
    summary = {str(name): dict(rows.value_counts()) for name, rows in frame.groupby("resource")["op"]}
    zero = dict.fromkeys(("create", "update", "delete", "covered", "unchanged", "held", "rejected"), 0)
    return Plan(
        id="p-20261123-0200-4c1d",
        site="https://moodle.example.edu",
        created=datetime(2026, 11, 23, 2, tzinfo=UTC),
        changes=frame.astype(kinds),
        summary={name: zero | {op: int(n) for op, n in counts.items()} for name, counts in summary.items()},
        inputs=(),
        holds=(),
        issues=(),
    )


def changes(count: int) -> Iterator[dict[str, Any]]:
    """Its changes, users first."""
    for n in range(1, count + 1):
        user, course = f"U{n % 25_000:07}", f"C{n % 2_000:05}"
        person = {"username": user.lower(), "firstname": f"First{n % 997}", "lastname": f"Last{n % 4999}"}
        after = person | {"email": f"{user.lower()}@example.edu"}
        if n <= count * 4 // 10:
            yield change(n, "create", "user", {"userid": user}, None, after)
        elif n <= count * 6 // 10:
            yield change(n, "update", "user", {"userid": user}, after | {"email": "old@example.edu"}, after)
        elif n <= count * 9 // 10:
            yield change(n, "create", "enrolment", {"userid": user, "courseid": course}, None, {"roleid": "student"})
        else:
            yield change(n, "delete", "enrolment", {"userid": user, "courseid": course}, {"roleid": "student"}, None)


def change(
    n: int, op: str, resource: str, key: dict[str, str], before: dict[str, str] | None, after: dict[str, str] | None
) -> dict[str, Any]:
    """One change."""
    of = CATALOGUE[resource]
    key = dict(zip(of.key, key.values(), strict=True))
    documents = {
        "key": key,
        "slice": {name: key[name] for name in of.slice},
        "before": before,
        "after": after,
    }
    return {
        "n": n,
        "resource": resource,
        "op": op,
        "stage": delete_stage(of) if op == "delete" else put_stage(of),
        "match": "\x1f".join(key.values()).lower(),
        "cause": "sis",
        "claims": resource,
        "status": "planned",
        "attempts": 0,
        "file": f"{resource}s.csv",
        "row": n + 1,
        **{name: document and orjson.dumps(document).decode() for name, document in documents.items()},
    }


if __name__ == "__main__":
    main()
