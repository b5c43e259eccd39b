"""Small hand-written plans: one line for each change."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import orjson
import pandas as pd

from sync.model import CHANGES, Conventions, Hold, Input, Issue, Plan, Run
from sync.model.resources import CATALOGUE, delete_stage, put_stage

MANNERS = Conventions(roles=(("editingteacher", "Teacher"), ("student", "Student")), teaching=("editingteacher",))
CREATED = datetime(2026, 11, 23, 2, tzinfo=UTC)
NUMBERS = ("n", "stage", "covered_by", "row", "http_status", "attempts")


def change(op: str, resource: str, key: str, **rest: Any) -> dict[str, Any]:
    """One change: the key's parts in one word, as `S1/C1`; `before`, `after` and the rest by name."""
    of = CATALOGUE[resource]
    values = dict(zip(of.key, key.split("/"), strict=True))
    known = {
        "stage": delete_stage(of) if op == "delete" else put_stage(of),
        "match": key.lower().replace("/", "\x1f"),
        "slice": {name: values[name] for name in of.slice},
        "before": {} if op == "delete" else None,
        "after": None if op == "delete" else {},
        "cause": "sis",
        "claims": resource,
        "status": "planned",
        "attempts": 0,
        "file": f"{resource}s.csv",
    }
    return {"resource": resource, "op": op, "key": values} | known | rest


USERS = Input("sheet", "users.csv", "d", "inbox/users.csv", mapping="users", rows=0)
"""The sheet of the hold that `empty` makes."""


def plan(
    *changes: dict[str, Any],
    holds: tuple[Hold, ...] = (),
    issues: tuple[Issue, ...] = (),
    unchanged: dict[str, int] | None = None,
    rejected: dict[str, int] | None = None,
) -> Plan:
    """A plan of these changes in this order; its summary is counted from them."""
    rows = [{"n": n, **row} for n, row in enumerate(changes, 1)]
    packed = [{name: orjson.dumps(v).decode() if isinstance(v, dict) else v for name, v in row.items()} for row in rows]
    frame = pd.DataFrame(packed, columns=list(CHANGES))
    kinds = {name: "Int64" if name in NUMBERS else "str" for name in CHANGES}
    summary: dict[str, Counter[str]] = {name: Counter() for name in CATALOGUE}
    for row in rows:
        counts = summary[row["resource"]]
        counts["covered" if row["status"] == "covered" else row["op"]] += 1
        counts["held"] += row["status"] == "held"
    for shown, numbers in (("unchanged", unchanged), ("rejected", rejected)):
        for name, number in (numbers or {}).items():
            summary[name][shown] = number
    names = ("create", "update", "delete", "covered", "unchanged", "held", "rejected")
    return Plan(
        id="p-20261123-0200-4c1d",
        site="https://moodle.example.edu",
        created=CREATED,
        changes=frame.astype(kinds),
        holds=holds,
        issues=issues,
        summary={name: {of: counts[of] for of in names} for name, counts in summary.items() if counts},
        inputs=(USERS,) if any(not hold.count for hold in holds) else (),
    )


def run(state: str = "done", reason: str = "") -> Run:
    """A run of that plan, a minute and a half long."""
    return Run(
        id="r-20261123-0201-77ab",
        plan="p-20261123-0200-4c1d",
        started=datetime(2026, 11, 23, 2, 1, tzinfo=UTC),
        finished=datetime(2026, 11, 23, 2, 2, 30, tzinfo=UTC),
        state=state,  # type: ignore[arg-type]
        reason=reason,
    )


def bad_email(row: int, value: str) -> Issue:
    """A cell of users.csv that is not an email address."""
    message, hint = "this is not an email address", "An email address looks like name@host.example."
    return Issue("bad-email", "error", message, hint, "user", "users.csv", None, row, "EMAIL", value)


def empty() -> Hold:
    """A sheet that contributes nothing."""
    message = "No row in users.csv can be used: it contains only the header; the last good export had 12 rows."
    limit = "no row can be used"
    return Hold("h-0e0e0e", "nothing-usable", "user", {"mapping": "users"}, 0, 12, limit, message)


def night() -> Plan:
    """A typical plan: some of everything."""
    joins = [change("create", "enrolment", f"S{n}/C1", after={"roleid": "student"}, row=n + 1) for n in range(1, 7)]
    held = [
        change(
            "delete", "enrolment", f"S{n}/C7", before={"roleid": "student"}, status="held", hold="h-5e0a91", file=None
        )
        for n in range(20, 23)
    ]
    return plan(
        change("update", "course", "C1", row=2, before={"fullname": "Algebra", "shortname": "ALG"},
               after={"fullname": "Algebra I", "shortname": "ALG"}),
        change("create", "user", "S9", row=9, after={"username": "s9", "firstname": "Ada", "lastname": "van Dyk"}),
        change("update", "user", "S1", row=2, cause="both", before={"username": "s1", "email": "old@inst.example"},
               after={"username": "s1", "email": "new@inst.example"}),
        change("update", "user", "S2", row=3, cause="site", before={"username": "s2", "email": ""},
               after={"username": "s2", "email": "s2@inst.example"}),
        *joins,
        change("update", "enrolment", "T1/C2", row=40, before={"roleid": "student"},
               after={"roleid": "editingteacher"}),
        change("delete", "enrolment", "S8/C2", before={"roleid": "student"}, file=None),
        *held,
        change("delete", "group_member", "C2/G1/S8", status="covered", covered_by=12, file=None),
        holds=(
            Hold("h-5e0a91", "majority", "enrolment", {"courseid": "C7"}, 3, 4, "over half of a roster of more than 3",
                 "3 of the 4 enrolments in C7 would be removed at once. Have they all left, or are rows missing "
                 "from the export?"),
        ),
        issues=(
            *(bad_email(row, value) for row, value in ((17, "x"), (18, ""), (21, "a b"), (30, "@"))),
            Issue(
                "ended", "notice", "course C5 is no longer in the export: its 3 enrolments are kept",
                resource="enrolment",
            ),
        ),
        unchanged={"course": 11, "user": 1200, "enrolment": 12000},
        rejected={"user": 4},
    )  # fmt: skip


def morning() -> Plan:
    """The same plan after its run."""
    before = night()
    changes = before.changes.copy()
    sent = changes["status"] == "planned"
    for rows, outcome in (
        (sent, {"status": "done", "http_status": 200, "attempts": 1}),
        (changes["n"] == 2, {"status": "failed", "http_status": 400, "error": "Username already in use: s9"}),
        (changes["n"] == 12, {"status": "unknown", "http_status": pd.NA, "error": "no answer within 30 seconds"}),
    ):
        for name, value in outcome.items():
            changes[name] = changes[name].mask(rows, value)
    return replace(before, changes=changes)
