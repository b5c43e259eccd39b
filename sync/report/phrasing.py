"""The wording all formats share: resources, slices, counts, spans of time, and untrusted values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from sync.errors import legible, masked
from sync.model import Hold, Plan, Resource
from sync.model.findings import listed
from sync.model.records import signed

DONE: Final[Mapping[str, str]] = {"create": "added", "update": "changed", "delete": "removed"}
TO_DO: Final[Mapping[str, str]] = {"create": "to add", "update": "to change", "delete": "to remove"}
OPS: Final[Mapping[str, str]] = {"create": "add", "update": "change", "delete": "remove"}
"""What is done, in the words of a button or a column's title."""

COUNTS: Final[Mapping[str, str]] = {
    **OPS,
    "held": "of which on hold",
    "covered": "auto-removed",
    "unchanged": "unchanged",
    "rejected": "rows with errors",
}
"""What a plan counts, by its name in a summary."""

STATUSES: Final[Mapping[str, str]] = {
    "done": "done", "failed": "failed", "unknown": "unknown", "skipped": "skipped", "held": "on hold",
    "sending": "being sent", "planned": "to be sent", "covered": COUNTS["covered"],
}  # fmt: skip
"""The status of a change, as people read it; in the order in which a run is reported."""

WRONG: Final[Mapping[str, tuple[str, str]]] = {
    "failed": ("failed", "failed"),
    "unknown": ("with an unknown result", "with unknown results"),
    "skipped": ("skipped", "skipped"),
}
"""What went wrong, after the number of one change and of several: `1 enrolment with an unknown result`."""

RUN_STATES: Final[Mapping[str, str]] = {"done": "done", "cut": "interrupted", "running": "running"}
"""The state of a run, as people read it in a list of runs."""

CAUSES: Final[Mapping[str, str]] = {
    "sis": "change in the SIS export",
    "site": "change in Moodle",
    "both": "change in the SIS export and in Moodle",
    "mapping": "change to the mapping",
    "truncated": "missing from a file that looks truncated",
    "undone": "undoing an earlier run",
}
JOBS: Final[Mapping[str, str]] = {
    "SIS": "Fix in the SIS", "mapping": "Fix in the mapping", "Moodle": "Fix in Moodle", "network": "Check the network",
}  # fmt: skip
"""Whose job it is to put an issue right, as a label."""

PARTS: Final[Mapping[str, str]] = {"metalink_courseid": "linked course", "categorypath": "category"}
"""What fields in a slice are called, where their names do not say it."""

UNUSABLE: Final[Mapping[str, tuple[str, str]]] = {
    "nothing-usable": ("file with no usable rows", "files with no usable rows"),
    "scope-matches-nothing": ("scope that matches nothing", "scopes that match nothing"),
}
"""What the guards find whose holds stop no changes: one, and several."""

LITERAL: Final = re.compile("`([^`]+)`")
LONGEST: Final = 80
"""Number of characters of one value that are shown; a registrar finds the rest in the file."""


def safe(text: str, longest: int | None = None) -> str:
    """Text as one line that can do nothing to a terminal or to the order of reading.

    Control characters, direction overrides, odd blanks and whatever else cannot be seen are written as escapes, so
    that two values that look alike but are not can be distinguished. Known secrets are masked.
    """
    shown = masked(text)
    shown = shown if longest is None or len(shown) <= longest else shown[:longest] + "..."
    return legible(shown)


def printable(text: str, encoding: str) -> str:
    """`safe` text for a stream of that encoding: characters it does not have are written as escapes too."""
    return safe(text).encode(encoding, "backslashreplace").decode(encoding)


def quoted(value: str | None) -> str:
    """A field's value: in quotes if blanks, or an empty text, would be overlooked; None is `nothing`."""
    if value is None:
        return "nothing"
    bare = value and not any(c.isspace() for c in value)
    return safe(value, LONGEST) if bare else f'"{safe(value, LONGEST)}"'


def pieces(message: str) -> Iterator[tuple[str, bool]]:
    """A message in pieces, each with whether it is a literal: the text between grave accents."""
    for place, text in enumerate(re.split(LITERAL, message)):
        if text:
            yield text, place % 2 == 1


def plain(message: str) -> str:
    """A message with its literals in quotes, as plain text shows them."""
    return "".join(f'"{text}"' if literal else text for text, literal in pieces(message))


def rough(n: int) -> str:
    """A number in the few characters that a drawing has room for: `850`, `12.4k`, `1.2M`."""
    for unit, size in (("M", 1_000_000), ("k", 1_000)):
        if n >= size:
            return f"{n / size:.{0 if n >= 100 * size else 1}f}".removesuffix(".0") + unit
    return str(n)


def count(n: int, singular: str, plural: str = "") -> str:
    """`1 row`, `12,000 rows`."""
    return f"{n:,} {singular if n == 1 else plural or singular + 's'}"


def went_wrong(n: int, resource: Resource, status: str) -> str:
    """`1 user failed`, `3 enrolments with unknown results`."""
    return f"{resource.counted(n)} {WRONG[status][n != 1]}"


def to_do(counts: Mapping[str, int]) -> str:
    """`44 to add and 254 to remove (12 on hold)`, of what is counted under the names of a summary."""
    ops = {op: counts[op] for op in TO_DO if counts[op]}
    moves = listed(f"{n:,} {TO_DO[op]}" for op, n in ops.items())
    held, whole = counts["held"], sum(ops.values())
    share = f"{held:,} " if held < whole else "all " if whole > 1 else ""
    return f"{moves} ({share}on hold)" if held else moves


def columns(names: str, noun: str = "column") -> str:
    """`column E-mail`, `columns CODE and TERM`, of the columns of an issue."""
    each = names.split(", ")
    return f"{noun if len(each) == 1 else noun + 's'} {listed(each)}"


def with_id(name: str, id: str) -> str:
    """`Ada van Dyk (S1)`; `Algebra (2027), MATH-101`, as two brackets in a row are hard to read.

    Where both are the same, it is said once.
    """
    if not name or not id or name == id:
        return name or id
    return f"{name}, {id}" if name.endswith(")") else f"{name} ({id})"


def part(field: str) -> str:
    """What a key field identifies: `course` for courseid, `parent course` for parent_courseid."""
    return PARTS.get(field) or field.removesuffix("id").replace("_", " ")


def slices(n: int, resource: Resource) -> str:
    """`in 6 courses`; nothing for a resource that is not counted in slices."""
    noun = slice_noun(n, resource)
    return f"in {n:,} {noun}" if noun else ""


def slice_noun(n: int, resource: Resource) -> str:
    """`courses`, the word for this many slices; nothing for a resource that is not counted in slices."""
    noun = part(resource.slice[-1]) if resource.slice else ""
    if n == 1 or not noun:
        return noun
    return f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"


def place(resource: Resource, slice: Mapping[str, str]) -> str:
    """`enrolments in course C7`; the title alone for a resource as a whole."""
    named = ", ".join(f"{part(name)} {quoted(value)}" for name, value in slice.items())
    return f"{resource.title} in {named}" if named else resource.title


def pairs(values: Mapping[str, str]) -> str:
    """`userid S1, roleid student`."""
    return ", ".join(f"{name} {quoted(value)}" for name, value in values.items())


def unusable(plan: Plan) -> Iterator[tuple[str, int]]:
    """The guards in `UNUSABLE` whose holds need approval, each with the number of files or scopes it found."""
    for guard in UNUSABLE:
        mappings = {hold.slice.get("mapping") for hold in plan.unapproved if hold.guard == guard}
        files = {each.path for each in plan.inputs if each.kind == "sheet" and each.mapping in mappings}
        if mappings:
            yield guard, len(files if guard == "nothing-usable" else mappings)


def release(plan: str, hold: Hold) -> str:
    """The command that releases a hold of that plan, or who has released it."""
    if hold.approved_by is None:
        return f"nexsis-sync approve {plan} --hold {hold.id}"
    at = f" on {hold.approved_at:%Y-%m-%d %H:%M %Z}" if hold.approved_at else ""
    return f"approved by {signed(hold.approved_by, hold.approved_account)}{at}"


def span(seconds: float) -> str:
    """About how long, in the unit a person would choose."""
    for unit, size in (("hour", 3600), ("minute", 60)):
        if seconds >= 1.5 * size:
            return count(round(seconds / size), unit)
    return count(max(1, round(seconds)), "second")
