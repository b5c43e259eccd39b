"""Explanations as JSON for programs: format 1."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import IO, Any, Final

import orjson

from sync.errors import masked_json
from sync.mapping.tracing import TracedRow
from sync.model import Hold
from sync.report.explanation.contents import Explanation, Outlook
from sync.report.explanation.futures import in_words

FORMAT: Final = 1


def write_json(explanations: Sequence[Explanation], stream: IO[bytes]) -> None:
    """Write one JSON document to a binary stream."""
    document = orjson.dumps({"format": FORMAT, "objects": [_object(each) for each in explanations]})
    stream.write(masked_json(document) + b"\n")


def _object(explanation: Explanation) -> dict[str, Any]:
    return {
        "resource": explanation.resource.name,
        "key": explanation.key,
        "rows": [_traced(row) for row in explanation.rows],
        "wanted": explanation.wanted,
        "issues": [asdict(issue) for issue in explanation.issues],
        "sent": [asdict(each) for each in explanation.sent],
        "remembered": _memory(explanation),
        "now": {
            "state": explanation.now.state,
            "path": explanation.now.path or None,
            "why": explanation.now.why or None,
            "holds": [{"by": holder or None, "fields": values} for holder, values in explanation.now.holds],
        },
        "next": _next(explanation.outlook),
        "if_missing": _future(explanation),
        "below": [
            {
                "resource": each.resource.name,
                "on": each.on,
                "rows": each.rows,
                "remembered": each.remembered,
                "explain": each.command,
            }
            for each in explanation.below
        ],
    }


def _traced(row: TracedRow) -> dict[str, Any]:
    return {
        "mapping": row.mapping,
        "where": row.where,
        "origin": {"file": row.origin.file, "tab": row.origin.tab, "row": row.origin.row},
        "cells": row.cells,
        "fate": row.fate,
        "why": row.why or None,
        "columns": [asdict(trace_) for trace_ in row.columns],
        "fields": [asdict(trace_) for trace_ in row.fields],
    }


def _memory(explanation: Explanation) -> dict[str, Any] | None:
    known = explanation.remembered
    if known is None:
        return None
    checked = date.fromordinal(known.checked).isoformat() if known.checked else None
    return asdict(known) | {"checked": checked}


def _future(explanation: Explanation) -> dict[str, Any] | None:
    future = explanation.future
    if future is None:
        return None
    says, do = in_words(future, explanation.resource)
    return {
        "what": future.what,
        "rule": future.rule,
        "mappings": future.mappings,
        "files": future.files or None,
        "day": future.day,
        "hold": _hold(future.hold),
        "message": says,
        "hint": do,
    }


def _hold(hold: Hold | None) -> dict[str, str] | None:
    return None if hold is None else {"id": hold.id, "guard": hold.guard, "message": hold.message}


def _next(outlook: Outlook) -> dict[str, Any]:
    hold = _hold(outlook.hold)
    change = {"op": outlook.op, "before": outlook.before, "after": outlook.after} if outlook.op else None
    return {"what": outlook.what, "change": change, "plan": outlook.plan, "hold": hold}
