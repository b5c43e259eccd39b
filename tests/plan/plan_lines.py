"""What a plan says, in the short lines of scenarios."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from sync.model import Hold, Issue, Plan


def rows_of(frame: pd.DataFrame) -> list[Any]:
    """Its rows, with the columns as attributes."""
    return list(frame.itertuples(index=False))


def key_of(packed: str) -> str:
    """A key in one word: `S1/C1`."""
    return "/".join(json.loads(packed).values())


def _fields(before: str, after: str) -> list[str]:
    was = json.loads(before)
    differs = {name: value for name, value in json.loads(after).items() if value != was.get(name)}
    return [f"{name}={re.sub(r'^swap-[0-9a-f]+', '~', value)}" for name, value in sorted(differs.items())]


def lines_of(plan: Plan) -> list[str]:
    """The changes in short form, in sending order."""
    assert plan.changes["n"].tolist() == list(range(1, len(plan.changes) + 1))
    assert_ids_are_short(plan)
    guards = {hold.id: hold.guard for hold in plan.holds}
    chains: dict[str, str] = {}
    lines = []
    for row in rows_of(plan.changes):
        words = [row.op, row.resource, key_of(row.key)]
        words += _fields(row.before, row.after) if row.op == "update" else []
        words += [row.cause] if row.cause != "sis" else []
        words += [f"gate:{row.gate}"] if isinstance(row.gate, str) else []
        if isinstance(row.chain, str):
            words.append(f"chain:{chains.setdefault(row.chain, 'abcdef'[len(chains)])}")
        words += [f"by:{row.covered_by}"] if not pd.isna(row.covered_by) else []
        words += [f"hold:{guards[row.hold]}"] if isinstance(row.hold, str) else []
        lines.append(" ".join(words))
        assert row.status == status_of(row, plan.holds), lines[-1]
    return lines


def assert_ids_are_short(plan: Plan) -> None:
    """People type them, and an approval is found by the one it was given for, in the next release too."""
    assert re.fullmatch(r"p-\d{8}T\d{6}-[0-9a-f]{6}", plan.id)
    assert all(re.fullmatch(r"h-[0-9a-f]{8}", hold.id) for hold in plan.holds)
    assert all(re.fullmatch(r"c-[0-9a-f]{8}", chain) for chain in plan.changes["chain"].dropna())


def status_of(row: Any, holds: Sequence[Hold]) -> str:
    """The status a new plan must give a change."""
    waiting = {hold.id for hold in holds if hold.approved_by is None}
    if not pd.isna(row.covered_by):
        return "covered"
    return "held" if row.hold in waiting else "planned"


def hold_line(hold: Hold) -> str:
    words = [hold.guard, hold.resource, *hold.slice.values(), f"{hold.count}/{hold.population}"]
    words += ["part"] if hold.part_of else []
    return " ".join([*words, "approved"] if hold.approved_by else words)


def issue_line(issue: Issue) -> str:
    where = f"{issue.file}:{issue.row}" if issue.row else issue.file
    return " ".join(word for word in (issue.code, issue.resource, where, issue.value) if word)


def names_of_no_column(inbox: Path, plan: Plan) -> list[str]:
    """The columns that issues name but the header of their file does not have."""
    return [
        f"{issue.code}: {name}"
        for issue in plan.issues
        for name in (issue.column or "").split(", ")
        if name and name not in (inbox / str(issue.file)).read_text("utf-8", "replace").partition("\n")[0].split(",")
    ]


def summary_of(plan: Plan, names: Iterable[str]) -> dict[str, str]:
    return {
        name: ", ".join(f"{count} {what}" for what, count in plan.summary.get(name, {}).items() if count)
        for name in names
    }
