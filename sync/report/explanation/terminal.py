"""Explanations for a person at a terminal, in the order of the story."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import partial
from typing import Final

from rich.console import Console

from sync.mapping.tracing import FieldTrace, TracedRow
from sync.model import Conventions, Hold, Resource
from sync.model.findings import mappings_text
from sync.report import phrasing
from sync.report.explanation.contents import Dependents, Explanation, Key, Next, Outlook, SentChange
from sync.report.explanation.futures import in_words
from sync.report.issue_lines import show_issues
from sync.report.labels import field_label, labelled, labelled_changes
from sync.report.printing import arrow, line, more, title
from sync.report.summary import changed_fields

BRIEF, FULL = 6, 1_000
"""Number of rows and changes that are shown."""

BARE: Final = "no values beyond the identifiers"
"""Shown in place of values for a resource that has none, such as a group member."""

FATES: Final[dict[str, str]] = {
    "counts": "",
    "left out": ": left out, because {why}",
    "gone": ": deletes the record, because {why}",
    "bad": ": has errors, listed below; until they are fixed, the record it refers to is left unchanged",
}
"""What becomes of a row, after its place."""

OUTLOOKS: Final[dict[Next, str]] = {
    "differs": "A plan made now would {do} it: ",
    "planned": "Plan {plan} would {do} it: ",
    "held": "Plan {plan} would {do} it, but this is on hold: ",
    "agrees": "Nothing: Moodle already matches the SIS export.",
    "protected": "Nothing: a row that refers to it cannot be used, so it is left unchanged until the row is fixed.",
    "leaves": "No usable row refers to it now. The next plan removes it, unless a guard puts that on hold.",
    "set": "No usable row refers to it now. It is not deleted: it has, or will get, the values of `missing: set`.",
    "waits": "No usable row refers to it now. It is removed once it has been missing for long enough.",
    "kept": "No usable row refers to it any more, but it is kept.",
    "not ours": "Nothing: it is not managed by nexsis-sync, so it is left alone.",
    "nothing": "Nothing: no usable row refers to it, and it is not in Moodle.",
}


def show(
    explanations: Sequence[Explanation], conventions: Conventions, console: Console, *, verbose: bool = False
) -> None:
    """Print the story of each object: exports, mapping, what was sent, what Moodle has, what comes next."""
    for place, each in enumerate(explanations):
        if place:
            console.print()
        _show(each, conventions, console, verbose=verbose)


def _show(explanation: Explanation, conventions: Conventions, console: Console, *, verbose: bool) -> None:
    resource, most = explanation.resource, FULL if verbose else BRIEF
    say = partial(labelled, resource, conventions=conventions)
    line(console, f"{resource.noun.capitalize()} {_identifiers(explanation)}", style="bold")
    title(console, "What the SIS export says")
    if not explanation.rows:
        line(console, "No row in the exports refers to it.", 2)
    for row in explanation.rows[:most]:
        _row(resource, row, console)
    more(len(explanation.rows) - most, 2, console, "row")
    if explanation.wanted is not None and len(explanation.rows) > 1:
        line(console, f"Taken together: {say(explanation.wanted) or BARE}", 2, "bold")
    show_issues(explanation.issues, console, verbose=verbose)
    _sent(explanation, conventions, console, most)
    _remembered(explanation, say, console)
    _now(explanation, say, console)
    title(console, "What would happen next")
    for text in _outlook(resource, explanation.outlook, conventions, console):
        line(console, text, 2)
    if explanation.future is not None:
        title(console, "If no row listed it any more")
        for text in filter(None, in_words(explanation.future, resource)):
            line(console, phrasing.plain(text), 2)
    if explanation.below:
        title(console, "What depends on it")
    for below in explanation.below:
        line(console, f"{_counted(below)}: nexsis-sync explain {below.command}", 2)


def _identifiers(explanation: Explanation) -> str:
    """`S1042`, or `user S1042, course C1` where it takes several to name the object."""
    key = explanation.key
    each = [f"{phrasing.part(field)} {phrasing.quoted(value)}" for field, value in key.items()]
    return ", ".join(each) if len(key) > 1 else phrasing.quoted(*key.values())


def _row(resource: Resource, row: TracedRow, console: Console) -> None:
    why = phrasing.plain(row.why)
    line(console, f"{row.origin}{FATES[row.fate].format(why=why)}", 2, "bold")
    cells = ", ".join(f"{name} {phrasing.quoted(cell)}" for name, cell in row.cells.items())
    line(console, cells, 4)
    line(console, f"by the mapping {row.mapping} ({row.where}):", 4, "dim")
    for trace_ in (*row.columns, *row.fields):
        line(console, _trace(resource, trace_, console), 6)
        for why in trace_.refused:
            line(console, phrasing.plain(why), 8, "red")


def _trace(resource: Resource, trace_: FieldTrace, console: Console) -> str:
    """`Username = ALee (column LOGIN) → alee (then lower)`."""
    steps = [
        f"{phrasing.quoted(stage.value)} ({stage.key} {phrasing.safe(stage.says, phrasing.LONGEST)})"
        for stage in trace_.stages
    ]
    return f"{phrasing.safe(field_label(resource, trace_.name))} = {arrow(console).join(steps)}"


def _sent(explanation: Explanation, conventions: Conventions, console: Console, most: int) -> None:
    title(console, "What was sent")
    if not explanation.sent:
        line(console, "Nothing.", 2)
    earlier = len(explanation.sent) - most
    if earlier > 0:
        line(console, f"{phrasing.count(earlier, 'earlier change')}, not shown", 2, "dim")
    for each in explanation.sent[-most:]:
        did = f"{phrasing.OPS[each.op]} ({phrasing.STATUSES[each.status]})"
        values = _values(explanation.resource, each, conventions, console)
        line(
            console,
            f"{each.at:%Y-%m-%d %H:%M %Z}  {did}: {values}".removesuffix(": "),
            2,
        )
        asked = f"; {each.origin}" if each.origin else ""
        approved = f"; approved by {phrasing.safe(each.approved_by)}" if each.approved_by else ""
        when = f", {each.approved_at:%Y-%m-%d %H:%M %Z}" if each.approved_at else ""
        why = phrasing.CAUSES.get(each.cause, each.cause)
        line(console, f"run {each.run} of plan {each.plan}; {why}{asked}{approved}{when}", 4, "dim")
        if each.error:
            line(console, each.error, 4, "red")


def _values(resource: Resource, change: SentChange | Outlook, conventions: Conventions, console: Console) -> str:
    if change.op == "update":
        names = changed_fields(change.before, change.after, resource)
        differs = {name: (change.before.get(name), change.after[name]) for name in names}
        return labelled_changes(resource, differs, conventions, arrow(console))
    return labelled(resource, change.before if change.op == "delete" else change.after, conventions)


def _remembered(explanation: Explanation, say: Callable[[Key], str], console: Console) -> None:
    title(console, "What nexsis-sync remembers")
    known = explanation.remembered
    if known is None:
        line(console, "Nothing.", 2)
        return
    for label, values in (("last sent", known.sent), ("last seen", known.seen)):
        line(console, f"{label}: {'never' if values is None else say(values) or BARE}", 2)
    holder = "managed by nexsis-sync" if known.owned else "not managed by nexsis-sync"
    claims = f"last listed by {mappings_text(known.claims)}" if known.claims else "listed by no mapping"
    checked = f"; last read {date.fromordinal(known.checked)}" if known.checked else "; not read since it was sent"
    line(console, f"{holder}, {claims}{checked}", 2)


def _now(explanation: Explanation, say: Callable[[Key], str], console: Console) -> None:
    title(console, "What Moodle says")
    now = explanation.now
    sentences = {
        "not there": "It is not in Moodle.",
        "not told": f"Moodle could not be read: {now.why}",
        "not asked": "Moodle was not asked.",
        "not readable": "The API cannot read it back; it is assumed to be as it was last sent.",
    }
    if now.state in sentences:
        line(console, sentences[now.state], 2)
    for holder, values in now.holds:
        through = f" (through the plugin {phrasing.safe(holder)})" if holder else ""
        line(console, f"{say(values) or 'It is in Moodle.'}{through}", 2)


def _outlook(resource: Resource, outlook: Outlook, conventions: Conventions, console: Console) -> Iterator[str]:
    sentence = OUTLOOKS[outlook.what].format(do=phrasing.OPS.get(outlook.op, ""), plan=outlook.plan)
    values = _values(resource, outlook, conventions, console) if outlook.op else ""
    yield f"{sentence}{values}".removesuffix(": ")
    if outlook.hold is not None:
        yield from _hold(outlook.plan or "", outlook.hold)
    elif outlook.what == "planned":
        yield f"nexsis-sync apply {outlook.plan}"


def _hold(plan: str, hold: Hold) -> Iterator[str]:
    yield f"{phrasing.plain(hold.message)} ({hold.limit})"
    yield phrasing.release(plan, hold)


def _counted(below: Dependents) -> str:
    rows = f"{phrasing.count(below.rows, 'row')} in the exports"
    return f"{below.resource.title}: {rows}, {below.remembered:,} remembered"
