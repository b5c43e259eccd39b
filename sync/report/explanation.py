"""Explanations for a person at a terminal, in the order of the story, and as JSON for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date
from typing import IO, Any, Final

import orjson
from rich.console import Console

from sync.errors import masked_json
from sync.mapping.tracing import Traced, Way
from sync.model import Hold, Op, Resource
from sync.report import phrasing
from sync.report.explained import Dependents, Explanation, Key, Next, Outlook, Sent
from sync.report.printing import arrow, line, more, title
from sync.report.summary import changed_fields
from sync.report.terminal import show_issues

FORMAT: Final = 1
BRIEF, FULL = 6, 1_000
"""Rows and changes that are shown."""

OUTLOOKS: Final[dict[Next, str]] = {
    "differs": "A plan made now would {do} it: ",
    "planned": "Plan {plan} would {do} it: ",
    "held": "Plan {plan} would {do} it, but that is held: ",
    "agrees": "Nothing: it is as the sheets say.",
    "protected": "Nothing: a row that speaks of it cannot be used, so it stays as it is until the row is mended.",
    "leaves": "No row counts for it any more. The next plan removes it, unless a guard holds that.",
    "kept": "No row counts for it any more, and it is kept.",
    "not ours": "Nothing: it was not made by nexsis-sync, and is left alone.",
    "nothing": "Nothing: no row counts for it, and it is not on the site.",
}
DO: Final[dict[str, str]] = {"create": "add", "update": "change", "delete": "remove"}


def show(told: Sequence[Explanation], console: Console, *, verbose: bool = False) -> None:
    """Print the story of each object: sheets, mapping, what was sent, what the site says, what comes next."""
    for place, each in enumerate(told):
        if place:
            console.print()
        _show(each, console, FULL if verbose else BRIEF, verbose=verbose)


def _show(told: Explanation, console: Console, most: int, *, verbose: bool) -> None:
    line(console, f"{told.resource.noun.capitalize()} {phrasing.pairs(told.key)}", style="bold")
    title(console, "What the sheets say")
    if not told.rows:
        line(console, "No row of the exports speaks of it.", 2)
    for row in told.rows[:most]:
        _row(row, console)
    more(len(told.rows) - most, 2, console, "rows")
    if told.wanted is not None and len(told.rows) > 1:
        line(console, f"Altogether: {phrasing.pairs(told.wanted) or 'that it is there'}", 2, "bold")
    show_issues(told.issues, console, verbose=verbose)
    _sent(told, console, most)
    _remembered(told, console)
    _now(told, console)
    title(console, "What would happen next")
    for text in _outlook(told.resource, told.outlook, console):
        line(console, text, 2)
    if told.below:
        title(console, "What hangs on it")
    for below in told.below:
        line(console, f"{_counted(below)}: nexsis-sync explain {command(below)}", 2)


def _row(row: Traced, console: Console) -> None:
    fate = f": {row.fate}" if row.fate != "counts" else ""
    line(console, f"{row.origin}{fate}{f', since {row.why}' if row.why and fate else ''}", 2, "bold")
    cells = ", ".join(f"{name} {phrasing.quoted(cell)}" for name, cell in row.cells.items())
    line(console, cells, 4)
    line(console, f"by the mapping {row.mapping} ({row.where}):", 4, "dim")
    for way in (*row.columns, *row.fields):
        line(console, _trace(way, console), 6)
        for why in way.refused:
            line(console, why, 8, "red")


def _trace(way: Way, console: Console) -> str:
    """`username = ALee (column LOGIN) → alee (then lower)`."""
    steps = [
        f"{phrasing.quoted(stage.value)} ({stage.key} {phrasing.safe(stage.says, phrasing.LONGEST)})"
        for stage in way.stages
    ]
    return f"{way.name} = {arrow(console).join(steps)}"


def _sent(told: Explanation, console: Console, most: int) -> None:
    title(console, "What was sent")
    if not told.sent:
        line(console, "Nothing.", 2)
    more(len(told.sent) - most, 2, console, "before these")
    for each in told.sent[-most:]:
        said = f"{each.at:%Y-%m-%d %H:%M %Z}  {each.op} {each.status}: {_values(told.resource, each, console)}"
        line(console, said.rstrip(": "), 2)
        asked = f"; {each.origin}" if each.origin else ""
        approved = f"; approved by {phrasing.safe(each.approved_by)}" if each.approved_by else ""
        when = f", {each.approved_at:%Y-%m-%d %H:%M %Z}" if each.approved_at else ""
        why = phrasing.CAUSES.get(each.cause, each.cause)
        line(console, f"run {each.run} of plan {each.plan}; {why}{asked}{approved}{when}", 4, "dim")
        if each.error:
            line(console, each.error, 4, "red")


def _values(resource: Resource, change: Sent | Outlook, console: Console) -> str:
    op: Op | str = change.op
    if op == "update":
        names = changed_fields(change.before, change.after, resource)
        return ", ".join(
            f"{name} {phrasing.quoted(change.before.get(name))}{arrow(console)}{phrasing.quoted(change.after[name])}"
            for name in names
        )
    return phrasing.pairs(change.before if op == "delete" else change.after)


def _remembered(told: Explanation, console: Console) -> None:
    title(console, "What is remembered")
    known = told.remembered
    if known is None:
        line(console, "Nothing.", 2)
        return
    for says, values in (("last sent", known.sent), ("last seen", known.seen)):
        line(console, f"{says}: {_values_text(values)}", 2)
    holder = "made or taken over by nexsis-sync" if known.owned else "not made by nexsis-sync"
    claims = f", claimed by {phrasing.listed(known.claims)}" if known.claims else ", claimed by no mapping"
    checked = f"; last read {date.fromordinal(known.checked)}" if known.checked else "; not read since it was sent"
    line(console, f"{holder}{claims}{checked}", 2)


def _values_text(values: Key | None) -> str:
    if values is None:
        return "never"
    return phrasing.pairs(values) or "that it is there"


def _now(told: Explanation, console: Console) -> None:
    title(console, "What the site says")
    now = told.now
    says = {
        "not there": "It is not there.",
        "not told": f"It did not tell: {now.why}",
        "not asked": "It was not asked.",
        "not readable": "No call reads it back; what was last sent is taken to be there.",
    }
    if now.state in says:
        line(console, says[now.state], 2)
    for holder, values in now.holds:
        line(
            console,
            f"{phrasing.pairs(values) or 'It is there.'}{f' (through {phrasing.safe(holder)})' if holder else ''}",
            2,
        )


def _outlook(resource: Resource, outlook: Outlook, console: Console) -> Iterator[str]:
    says = OUTLOOKS[outlook.what].format(do=DO.get(outlook.op, ""), plan=outlook.plan)
    yield f"{says}{_values(resource, outlook, console)}".rstrip(": ") if outlook.op else says
    if outlook.hold is not None:
        yield from _hold(outlook.plan or "", outlook.hold)
    elif outlook.what == "planned":
        yield f"nexsis-sync apply {outlook.plan}"


def _hold(plan: str, hold: Hold) -> Iterator[str]:
    yield f"{phrasing.plain(hold.message)} ({hold.limit})"
    yield phrasing.release(plan, hold)


def _counted(below: Dependents) -> str:
    rows = f"{phrasing.count(below.rows, 'row')} in the sheets"
    return f"{below.resource.title}: {rows}, {below.remembered:,} remembered"


def command(below: Dependents) -> str:
    """What to type to have one of them explained."""
    parts = (f"{name}={below.on.get(name, '...')}" for name in below.resource.key)
    return f"{below.resource.name} {' '.join(parts)}"


# -- for programs ----------------------------------------------------------------------------------------------


def write_json(told: Sequence[Explanation], stream: IO[bytes]) -> None:
    """Write one JSON document to a binary stream."""
    document = orjson.dumps({"format": FORMAT, "objects": [_object(each) for each in told]})
    stream.write(masked_json(document) + b"\n")


def _object(told: Explanation) -> dict[str, Any]:
    return {
        "resource": told.resource.name,
        "key": told.key,
        "rows": [_traced(row) for row in told.rows],
        "wanted": told.wanted,
        "issues": [asdict(issue) for issue in told.issues],
        "sent": [asdict(each) for each in told.sent],
        "remembered": _memory(told),
        "now": {
            "state": told.now.state,
            "path": told.now.path or None,
            "why": told.now.why or None,
            "holds": [{"by": holder or None, "fields": values} for holder, values in told.now.holds],
        },
        "next": _next(told.outlook),
        "below": [
            {
                "resource": each.resource.name,
                "on": each.on,
                "rows": each.rows,
                "remembered": each.remembered,
                "explain": command(each),
            }
            for each in told.below
        ],
    }


def _traced(row: Traced) -> dict[str, Any]:
    return {
        "mapping": row.mapping,
        "where": row.where,
        "origin": {"file": row.origin.file, "tab": row.origin.tab, "row": row.origin.row},
        "cells": row.cells,
        "fate": row.fate,
        "why": row.why or None,
        "columns": [asdict(way) for way in row.columns],
        "fields": [asdict(way) for way in row.fields],
    }


def _memory(told: Explanation) -> dict[str, Any] | None:
    known = told.remembered
    if known is None:
        return None
    checked = date.fromordinal(known.checked).isoformat() if known.checked else None
    return asdict(known) | {"checked": checked}


def _next(outlook: Outlook) -> dict[str, Any]:
    hold = None
    if outlook.hold is not None:
        hold = {"id": outlook.hold.id, "guard": outlook.hold.guard, "message": outlook.hold.message}
    change = {"op": outlook.op, "before": outlook.before, "after": outlook.after} if outlook.op else None
    return {"what": outlook.what, "change": change, "plan": outlook.plan, "hold": hold}
