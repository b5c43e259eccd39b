"""Proposals, answers and recognised mappings -> drafts of mapping documents. All keep what is missing."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from sync.config.document import Document
from sync.config.drafts import DraftLine, DraftMapping, on_one_line
from sync.config.mappings import Mapping as SheetMapping
from sync.mapping.candidates import Candidate
from sync.mapping.choices import NONE, Answers, called, role_of, status_of, value_counts
from sync.mapping.proposal import Proposal
from sync.mapping.recognition import Recognised
from sync.model.findings import listed
from sync.model.resources import CATALOGUE

KEEP: Final = DraftLine("missing", "keep", "A record that is no longer in the export stays in Moodle.")
EVERYWHERE: Final = DraftLine(
    "scope",
    {},
    "No scope: with `missing: delete`, records that are not in the export would be removed everywhere in Moodle. "
    'Before you write that, say here which ones may be removed, such as {courseid: "*-2026AU"}.',
)
MARKED: Final = (
    "Rows that are marked as deleted are left out, so they remove nothing. To let them remove records, delete these "
    "lines from `rows` on: those of the shipped mapping then apply."
)
REFUSED: Final = "Rows with any other value are reported, and the records they refer to are left unchanged."
STAND_IN: Final = "student"
"""The role that values may name themselves if no value has a role yet."""

PLACEHOLDER: Final = re.compile(r"@[\w.-]+\.example\b")
"""The domain in a shipped mapping that everybody has to replace."""


def proposed(proposal: Proposal, answers: Answers, sheet: Any, name: str) -> list[DraftMapping]:
    """The mappings of a proposal; `sheet` is how they say which sheet they read, `name` that of their file."""
    several = len(proposal.candidates) > 1
    rows = [*_rows(proposal, answers)]
    return [
        DraftMapping(
            comment=f"{each.resource.title.capitalize()}, from {proposal.sheet.file}. Proposed from its columns.",
            head=[
                DraftLine("resource", each.resource.name),
                *([DraftLine("name", f"{name}-{each.resource.name}")] if several else []),
                DraftLine("sheet", sheet),
            ],
            rows=rows,
            fields=[*_fields(each, proposal, answers)],
            tail=[KEEP],
        )
        for each in proposal.candidates
    ]


def _rows(proposal: Proposal, answers: Answers) -> Iterator[DraftLine]:
    """Which rows count. A role for which rows are left out is among those of `drop`."""
    keep: dict[str, Any] = {}
    drop: dict[str, Any] = {}
    choices: list[str] = []
    if proposal.status is not None:
        counts = value_counts(proposal, proposal.status)
        keep[proposal.status], drop[proposal.status], open_ = status_of(proposal.status, counts, answers)
        choices = [f"{_undecided(value, counts)}: add it to keep or to drop" for value in open_]
    if proposal.role is not None:
        roles = value_counts(proposal, proposal.role)
        if left_out := [value for value in roles if role_of(value, answers) == NONE]:
            drop.setdefault(proposal.role, left_out)
    if keep:
        yield DraftLine("keep", keep, REFUSED)
    if drop:
        yield DraftLine("drop", drop, choices=choices)


def _fields(each: Candidate, proposal: Proposal, answers: Answers) -> Iterator[DraftLine]:
    for field in each.resource.named(each.guesses):
        guess = each.guesses[field.name]
        if field.kind == "role" and guess.columns:
            yield _role(field.name, guess.columns[0], proposal, answers)
        else:
            yield DraftLine(field.name, guess.rule, guess.doubt)


def _role(name: str, column: str, proposal: Proposal, answers: Answers) -> DraftLine:
    """The field with the role: the values that have one, and those to choose a role for."""
    counts = value_counts(proposal, column)
    roles = {value: role_of(value, answers) for value in counts}
    foreseen = {value: role for value, role in answers.roles.items() if value not in map(called, counts)}
    values = {value: role for value, role in {**roles, **foreseen}.items() if role is not None and role != NONE}
    choices = [
        f"{on_one_line(value)}: ROLE  # {_rows_with(counts[value])}, not decided"
        for value, role in roles.items()
        if role is None
    ]
    comment = "The short name of the Moodle role for each value. " + REFUSED
    return DraftLine(name, {"column": column, "values": values or {STAND_IN: STAND_IN}}, comment, choices)


def _undecided(value: str, counts: Mapping[str, int]) -> str:
    """A value within a comment, and how many rows have it."""
    plain = "".join(character if character.isprintable() else " " for character in called(value))
    return f"{plain} ({_rows_with(counts[value])}, not decided)"


def _rows_with(count: int) -> str:
    return f"{count:,} row{'s' * (count != 1)}"


# -- recognised --------------------------------------------------------------------------------------------------


def included(
    recognised: Recognised, documents: Mapping[str, Document], domain: str, sheets: Mapping[str, Any]
) -> list[DraftMapping]:
    """Mappings that include the shipped ones; `documents` are these, by name.

    `sheets` says, by mapping, which sheet it reads where the file has another name than the shipped mapping expects.
    A domain that everybody has to replace is replaced by `domain`, if one is given.
    """
    return [
        DraftMapping(
            comment=f"{CATALOGUE[mapping.resource].title.capitalize()}, from {_file(mapping, sheets)}.",
            head=[DraftLine("include", mapping.name), *_own_sheet(mapping.name, documents, sheets)],
            rows=[*_without_marked(documents[mapping.name])],
            fields=[*_addresses(documents[mapping.name], domain)],
            tail=[KEEP, *([EVERYWHERE] if mapping.scope else [])],
        )
        for mapping in recognised.mappings
    ]


def _file(mapping: SheetMapping, sheets: Mapping[str, Any]) -> str:
    sheet = sheets.get(mapping.name, mapping.sheet.file)
    return str(sheet["file"] if isinstance(sheet, dict) else sheet)


def _own_sheet(name: str, documents: Mapping[str, Document], sheets: Mapping[str, Any]) -> Iterator[DraftLine]:
    """The sheet of a mapping whose file has another name, read as the shipped mapping says."""
    if name in sheets:
        shipped, own = (
            {"file": each} if isinstance(each, str) else each for each in (documents[name].data["sheet"], sheets[name])
        )
        yield DraftLine("sheet", {**shipped, **own}, "Your file has another name than the shipped mapping expects.")


def _without_marked(document: Document) -> Iterator[DraftLine]:
    """The `rows` of a shipped mapping, without those that delete their record; nothing if there are none."""
    marked: Mapping[str, Any] = document.data.get("delete_when", {})
    if marked:
        rows: Mapping[str, Any] = document.data.get("rows", {})
        drop = dict(rows.get("drop", {}))
        for column, values in marked.items():
            drop[column] = [*_several(drop.get(column, [])), *_several(values)]
        if "keep" in rows:
            yield DraftLine("keep", rows["keep"])
        yield DraftLine("drop", drop, MARKED)


def _several(values: Any) -> list[Any]:
    return list(values) if isinstance(values, list | tuple) else [values]


def placeholders(recognised: Recognised, documents: Mapping[str, Document]) -> Sequence[str]:
    """The mappings with a domain that everybody has to replace."""
    return [each.name for each in recognised.mappings if [*_placeholders(documents[each.name])]]


def _addresses(document: Document, domain: str) -> Iterator[DraftLine]:
    for field, rule in _placeholders(document):
        if domain:
            yield DraftLine(field, {**rule, "text": PLACEHOLDER.sub(f"@{domain}", rule["text"])})


def _placeholders(document: Document) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for field, rule in document.data["fields"].items():
        if isinstance(rule, dict) and PLACEHOLDER.search(str(rule.get("text", ""))):
            yield field, rule


def heading(recognised: Recognised, title: str) -> str:
    """The comment at the top of a mapping file of recognised exports."""
    instead: Collection[str] = recognised.instead
    others = f" These files could also be read with {listed(instead, 'or')}." if instead else ""
    copied = (
        "To read what is included here, copy it to a folder of its own, outside this one: "
        f"`nexsis-sync mappings copy {recognised.name} --to shipped`."
    )
    return f"{title}. {copied}{others}"
