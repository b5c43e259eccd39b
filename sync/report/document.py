"""A plan or run as JSON for programs: format 1, written as it is made, however many changes there are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import IO, Any, Final

import orjson
import pandas as pd
import pyarrow as pa

from sync.errors import masked_json
from sync.model import Certificate, Conventions, Hold, Input, Issue, Plan, Run
from sync.model.resources import CATALOGUE
from sync.model.values import arrow
from sync.site.requests import write_request

FORMAT: Final = 1
SLICE: Final = 5_000
"""Number of changes that are Python objects at one time."""

TEXTS: Final = ("resource", "op", "status", "cause", "hold", "file", "tab", "error", "claims", "gate", "chain", "also")
EXTRAS: Final = ("claims", "gate", "chain", "covered_by", "also")
"""Columns written only where they have a value."""

NUMBERS: Final = ("n", "stage", "covered_by", "row", "http_status", "attempts")
PACKED: Final = ("key", "before", "after")


def head(plan: Plan, run: Run | None = None) -> dict[str, Any]:
    """The document without its changes."""
    ran = {} if run is None else {"run": run.id, **_run(run), "statuses": _statuses(plan)}
    return {
        "format": FORMAT,
        "plan": plan.id,
        **ran,
        "site": plan.site,
        "created": plan.created.isoformat(),
        "summary": {name: dict(counts) for name, counts in plan.summary.items()},
        "holds": [hold_facts(hold) for hold in plan.holds],
        "issues": [_issue(issue) for issue in plan.issues],
        "sheets": [_sheet(entry) for entry in plan.inputs if entry.kind == "sheet"],
    }


def changes(plan: Plan, conventions: Conventions, run: Run | None = None) -> Iterator[dict[str, Any]]:
    """The changes in sending order, each made only when it is asked for.

    With a run each bears `http_status`, `error` and `attempts`. A covered change has no call.
    """
    for start in range(0, len(plan.changes), SLICE):
        rows = plan.changes.iloc[start : start + SLICE]
        columns = {name: arrow(rows[name]).to_pylist() for name in TEXTS}
        columns |= {name: [_unpacked(text) for text in arrow(rows[name]).to_pylist()] for name in PACKED}
        columns |= {name: _numbers(rows[name]) for name in NUMBERS}
        for values in zip(*columns.values(), strict=True):
            yield _change(dict(zip(columns, values, strict=True)), conventions, run)


def document(plan: Plan, conventions: Conventions, run: Run | None = None) -> Iterator[bytes]:
    """One JSON document, in pieces."""
    yield _text(head(plan, run))[:-1] + b',"changes":['
    between = b"\n"
    for change in changes(plan, conventions, run):
        yield between + masked_json(orjson.dumps(change))
        between = b",\n"
    yield b"\n]}\n"


def lines(plan: Plan, conventions: Conventions, run: Run | None = None) -> Iterator[bytes]:
    """The head as one line of JSON, then one line for each change."""
    yield _text(head(plan, run)) + b"\n"
    for change in changes(plan, conventions, run):
        yield masked_json(orjson.dumps(change, option=orjson.OPT_APPEND_NEWLINE))


def write_json(plan: Plan, conventions: Conventions, stream: IO[bytes], run: Run | None = None) -> None:
    """Write `document` to a binary stream."""
    stream.writelines(document(plan, conventions, run))


def write_jsonl(plan: Plan, conventions: Conventions, stream: IO[bytes], run: Run | None = None) -> None:
    """Write `lines` to a binary stream."""
    stream.writelines(lines(plan, conventions, run))


# -- parts -----------------------------------------------------------------------------------------------------


def _text(value: object) -> bytes:
    # A file's name may contain bytes that are not UTF-8 (lone surrogates here), for which JSON has this escape.
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return masked_json(text.encode("utf-8", "backslashreplace"))


def _unpacked(packed: str | None) -> dict[str, str] | None:
    return None if packed is None else orjson.loads(packed)


def _numbers(column: pd.Series[Any]) -> list[int | None]:
    # The column's type depends on the store: whole numbers with gaps come as floats, objects or nullable integers.
    numbers: list[int | None] = pa.array(pd.to_numeric(column).astype("Int64")).to_pylist()
    return numbers


def _sheet(entry: Input) -> dict[str, Any]:
    return {"file": entry.name, "mapping": entry.mapping, "rows": entry.rows, "found": dict(entry.found)}


def _time(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _statuses(plan: Plan) -> dict[str, int]:
    return {str(status): int(count) for status, count in plan.changes["status"].value_counts().items()}


def _run(run: Run) -> dict[str, Any]:
    return {
        "started": _time(run.started),
        "finished": _time(run.finished),
        "state": run.state,
        "reason": run.reason,
        **({} if run.certificate is None else {"certificate": _certificate(run.certificate)}),
    }


def _certificate(certificate: Certificate) -> dict[str, Any]:
    return {
        "at": _time(certificate.at),
        "changes": certificate.changes,
        "equal": certificate.equal,
        "unread": certificate.unread,
        "exceptions": [_issue(issue) for issue in certificate.exceptions],
    }


def hold_facts(hold: Hold) -> dict[str, Any]:
    """A hold as JSON has it."""
    approved = {}
    if hold.approved_at is not None:
        approved = {"approved_at": _time(hold.approved_at), "approved_account": hold.approved_account}
    return {
        "id": hold.id,
        "guard": hold.guard,
        "resource": hold.resource,
        "slice": dict(hold.slice),
        "count": hold.count,
        "population": hold.population,
        "limit": hold.limit,
        "message": hold.message,
        "part_of": hold.part_of,
        "approved_by": hold.approved_by,
        **approved,
    }


def _issue(issue: Issue) -> dict[str, str | int | None]:
    return {
        "code": issue.code,
        "severity": issue.severity,
        "resource": issue.resource,
        "file": issue.file,
        "tab": issue.tab,
        "row": issue.row,
        "column": issue.column,
        "value": issue.value,
        "message": issue.message,
        "hint": issue.hint,
    }


def _change(row: dict[str, Any], conventions: Conventions, run: Run | None) -> dict[str, Any]:
    outcome = {} if run is None else {name: row[name] for name in ("http_status", "error", "attempts")}
    return {
        "n": row["n"],
        "stage": row["stage"],
        "resource": row["resource"],
        "op": row["op"],
        "status": row["status"],
        "key": row["key"],
        "before": row["before"],
        "after": row["after"],
        "call": _call(row, conventions),
        "cause": row["cause"],
        "hold": row["hold"],
        "origin": {"file": row["file"], "tab": row["tab"], "row": row["row"]},
        **{name: row[name] for name in EXTRAS if row[name] is not None},
        **outcome,
    }


def _call(row: dict[str, Any], conventions: Conventions) -> dict[str, Any] | None:
    if row["status"] == "covered":
        return None
    request = write_request(CATALOGUE[row["resource"]], row["op"], row["key"], row["after"], conventions)
    query = {"query": dict(request.query)} if request.query else {}
    return {"method": request.method, "path": f"/{request.path}", **query, "body": request.body}
