"""What would happen to an object if no row listed it, in words, and what to do to have it removed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sync.model import Resource
from sync.model.findings import mappings_text
from sync.report import phrasing
from sync.report.explanation.contents import Future

FUTURES: Final[Mapping[str, tuple[str, str]]] = {
    "missing": ("It would be removed in the next run.", ""),
    "withheld": (
        "It would be removed in the next run that sends deletes; at present they are withheld.",
        "To have it removed sooner, change `no_deletes:` or `calendar:` in the site file.",
    ),
    "wait": ("It would be removed {later}.", "To have it removed sooner, change `missing:` in the mapping."),
    "set": (
        "It would stay, with the values that `missing: set` in {mappings} gives it in the next run.",
        "To have it removed, set `missing: delete` ({where}).",
    ),
    "set-withheld": (
        "It would stay, with the values of `missing: set` in {mappings} once deletes are no longer withheld.",
        "To have them set sooner, change `no_deletes:` or `calendar:` in the site file.",
    ),
    "set-wait": (
        "It would stay, with the values that `missing: set` in {mappings} gives it {later}.",
        "To have them set sooner, change `missing:` in the mapping ({where}).",
    ),
    "set-done": (
        "It would stay as it is: it has the values of `missing: set` in {mappings}.",
        "To have it removed, set `missing: delete` ({where}).",
    ),
    "set-unproven": (
        "It would stay, with the values of `missing: set` in {mappings} once a run has seen them in another record.",
        "To have it removed, set `missing: delete` ({where}).",
    ),
    "set-refused": (
        "It would stay as it is: Moodle has refused the values of `missing: set` in {mappings} for other records.",
        "To have it removed, set `missing: delete` ({where}).",
    ),
    "set-sent": (
        "It would stay as it is: the values of `missing: set` in {mappings} were sent, and the next run checks them.",
        "To have it removed, set `missing: delete` ({where}).",
    ),
    "not-ours": (
        "It would stay, because it is not managed by nexsis-sync.",
        "Remove it in Moodle, or take it over first: `nexsis-sync adopt`.",
    ),
    "not-deletable": ("It would stay, because Moodle's API cannot delete {title}.", "Remove it in Moodle."),
    "mapping-gone": (
        "It would stay, because it was listed by {mappings}, which the site file no longer contains.",
        "Add the mapping again, or remove it in Moodle.",
    ),
    "keeps": (
        "It would stay, because of `missing: keep` in {mappings}.",
        "Set `missing: delete` ({where}), or remove it in Moodle.",
    ),
    "changes-only": (
        "It would stay, because the file of {mappings} contains changes only, so a missing row means nothing.",
        "Export a row that matches `delete_when` ({where}).",
    ),
    "not-whole": (
        "It would stay, because an export of {mappings} is incomplete or cannot be used.",
        "Export the file again.",
    ),
    "scope": (
        "It would stay, because it is outside the `scope` of {mappings}.",
        "Extend `scope` ({where}), or remove it in Moodle.",
    ),
    "protect": (
        "It would stay, because `protect` in the site file covers it, or something that would be removed with it.",
        "Change `protect`, or remove it in Moodle.",
    ),
    "refused": (
        "It would stay, because Moodle has refused to remove it.",
        "Look at the reason above. To try again: `nexsis-sync plan --retry-kept`.",
    ),
    "ended": (
        "It would stay, because its {slice} is no longer in its own export and counts as ended.",
        "Put the {slice} back into its export, or remove it in Moodle.",
    ),
    "no-plan": ("That is unknown, because no plan can be made: {why}", ""),
    "errors": (
        "It would stay, because a row with errors may be about it.",
        "Fix the rows with errors: `nexsis-sync check` lists them.",
    ),
}
"""By rule: what would become of it, and what to do."""

HELD: Final = (
    "Its removal would be on hold: {message} ({limit})",
    "Approve the hold when a plan has it: `nexsis-sync approve PLAN --hold ID`.",
)
"""The same, where a guard decides."""


def in_words(future: Future, resource: Resource) -> tuple[str, str]:
    """What would become of it, and what to do to have it removed (blank: nothing)."""
    if future.hold is not None:
        says, do = HELD
        return says.format(message=future.hold.message, limit=future.hold.limit), do
    values = {
        "later": _later(future),
        "title": resource.title,
        "mappings": mappings_text(future.mappings) if future.mappings else "a mapping",
        "where": future.where,
        "why": future.why,
        "slice": " and ".join(phrasing.part(name) for name in resource.slice),
    }
    says, do = FUTURES[future.rule]
    return says.format(**values), do.format(**values)


def _later(future: Future) -> str:
    """`after 1 more file, but not before 3 December 2026`."""
    day = f"{future.day.day} {future.day:%B %Y}" if future.day else ""
    if not future.files:
        return f"by the first run on or after {day}"
    files = f"after {phrasing.count(future.files, 'more file')}"
    return f"{files}, but not before {day}" if day else files
