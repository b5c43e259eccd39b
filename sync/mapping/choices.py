"""What only a person can decide about an export: which status counts, and which role a code means.

Nothing is decided here by likelihood. Only a value that says so itself (`active`, `student`) needs no answer; every
other one without an answer stays undecided: the mapping rejects it, and lists it in a comment.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from sync.mapping.header_words import folded, role_meanings, status_words
from sync.mapping.proposal import Proposal
from sync.model.findings import listed

NONE: Final = "none"
"""The answer that rows with a role are left out."""

BLANK: Final = "blank"
"""How a blank cell is called in questions and answers."""

WILD: Final = frozenset("*?")
"""Characters that stand for others in a list of values."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What a person has decided: by column, the values whose rows count; by value, the short name of a role or `NONE`.

    A column or value may have an answer without being asked about.
    """

    keep: Mapping[str, Sequence[str]] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)

    def with_more(self, other: Answers) -> Answers:
        """Together with others."""
        return Answers({**self.keep, **other.keep}, {**self.roles, **other.roles})


@dataclass(frozen=True, slots=True)
class Question:
    """A column whose values need an answer: which files have it, and how many rows have each value.

    `likely` has the values that are likely to count, or by value the role that it is likely to mean.
    """

    about: Literal["status", "role"]
    column: str
    files: tuple[str, ...]
    counts: Mapping[str, int]
    likely: Mapping[str, str]

    def open(self, answers: Answers) -> tuple[str, ...]:
        """The values without an answer, which do not say themselves what they mean."""
        if self.about == "status":
            return () if self.column in answers.keep else tuple(each for each in self.counts if _own(each) is None)
        return tuple(each for each in self.counts if role_of(each, answers) is None)


def questions(proposals: Sequence[Proposal], roles: Collection[str]) -> list[Question]:
    """Every column whose values a person has to judge; one in several files is asked about once."""
    found: dict[tuple[Literal["status", "role"], str], list[Proposal]] = {}
    for each in proposals:
        if each.status is not None:
            found.setdefault(("status", each.status), []).append(each)
        if each.role is not None:
            found.setdefault(("role", each.role), []).append(each)
    return [_question(about, column, some, roles) for (about, column), some in found.items()]


def _question(
    about: Literal["status", "role"], column: str, proposals: Sequence[Proposal], roles: Collection[str]
) -> Question:
    counts: dict[str, int] = {}
    for proposal in proposals:
        for value, count in value_counts(proposal, column).items():
            counts[value] = counts.get(value, 0) + count
    if about == "status":
        likely = {value: value for value in counts if value and folded(value) in status_words().likely}
    else:
        meanings = role_meanings()
        known = {value: meanings[folded(value)] for value in counts if folded(value) in meanings}
        likely = {value: role for value, role in known.items() if role in roles}
    files = tuple(dict.fromkeys(proposal.sheet.file for proposal in proposals))
    return Question(about, column, files, counts, likely)


def value_counts(proposal: Proposal, column: str) -> Mapping[str, int]:
    """How many rows have each value of a column, blank cells included, the most frequent value first."""
    profile = proposal.sheet.columns[column]
    counts = {str(value): int(count) for value, count in profile.counts.items()}
    blank = profile.rows - profile.filled
    return {**counts, "": blank} if blank else counts


def called(value: str) -> str:
    """A value as people see it in questions."""
    return value or BLANK


def meant(text: str, counts: Mapping[str, int]) -> str:
    """The value that a person means by a text."""
    return "" if text.casefold() == BLANK and text not in counts else text


def status_of(column: str, counts: Mapping[str, int], answers: Answers) -> tuple[list[str], list[str], list[str]]:
    """The values whose rows count, those whose rows are left out, and those that are not decided.

    The first two are never empty, so that a mapping with both rejects every other value.
    """
    plain = [value for value in counts if not WILD & {*value}]
    if column in answers.keep:
        keep = [meant(value, counts) for value in answers.keep[column]]
        drop = [value for value in plain if value not in keep]
        open_ = [value for value in counts if value not in plain and value not in keep]
    else:
        keep, drop = ([value for value in plain if _own(value) is own] for own in (True, False))
        open_ = [value for value in counts if _own(value) is None]
    words = status_words()
    keep = keep or sorted(words.counts)
    return keep, drop or [value for value in sorted(words.left_out) if value not in keep][-1:], open_


def _own(value: str) -> bool | None:
    """Whether rows with a value count, by what it says itself; None if it does not say so."""
    words = status_words()
    return True if folded(value) in words.counts else False if folded(value) in words.left_out else None


def role_of(value: str, answers: Answers) -> str | None:
    """The role that a value means; None if that is not decided."""
    own = role_meanings().get(folded(value))
    return answers.roles.get(called(value), own if own is not None and folded(value) == own else None)


def undecided(asked: Sequence[Question], answers: Answers) -> Iterator[str]:
    """A sentence for each column with values that are not decided."""
    for each in asked:
        if values := each.open(answers):
            what = "whether these rows count" if each.about == "status" else "which role these values mean"
            shown = listed(f"{called(value)} ({each.counts[value]:,})" for value in values)
            yield f"{listed(each.files)}, column {each.column}: not decided {what}: {shown}"
