"""What issues are called, what they say, and whose job they are, by their codes: the texts of `issue_texts.toml`.

`wording("same-file", other=name).issue("warning", file=file)` makes an issue.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal, TypedDict, Unpack

from sync.model.catalogue import Severity
from sync.model.records import Issue

Job = Literal["SIS", "mapping", "Moodle", "network"]
ANY: Final = "*"

SENTENCES: Final = "sentences"
"""The section of the file that belongs to no code."""


class Place(TypedDict, total=False):
    """Where an issue is, and what it is about: the fields of an Issue that are not texts."""

    resource: str | None
    file: str | None
    tab: str | None
    row: int | None
    column: str | None
    value: str | None
    key: str | None


@dataclass(frozen=True, slots=True)
class IssueText:
    """All that is said of one way in which something can be wrong; `wrong` and `fix` are templates."""

    title: str
    job: Job
    wrong: str = ""
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Wording:
    """The texts of a code, or of a variant of it, with what they are filled in with.

    The file is read, and a text made, only when one is asked for. `advice` is the variant that says what to do, where
    that is another one.
    """

    code: str
    variant: str = ""
    advice: str = ""
    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """What is wrong. Raises KeyError if the text needs a value that was not given."""
        return issue_text(self.code, self.variant).wrong.format(**self.values)

    @property
    def hint(self) -> str:
        """What to do. Raises KeyError if the text needs a value that was not given."""
        return issue_text(self.code, self.advice or self.variant).fix.format(**self.values)

    def given(self, **values: object) -> Wording:
        """The same with more values."""
        return replace(self, values={**self.values, **values})

    def advised(self, advice: str, **values: object) -> Wording:
        """The same with what another variant says is to be done."""
        return replace(self.given(**values), advice=advice)

    def issue(self, severity: Severity, **place: Unpack[Place]) -> Issue:
        """An issue that says so."""
        return Issue(self.code, severity, self.message, self.hint, **place)

    def like(self, severity: Severity, **place: Unpack[Place]) -> Issue:
        """What several such issues have in common: all but the message, whose values differ."""
        return Issue(self.code, severity, "", self.hint, **place)


def wording(code: str, variant: str = "", *, advice: str = "", **values: object) -> Wording:
    """The texts of a code with the values that their placeholders name."""
    return Wording(code, variant, advice, values)


def sentence(name: str, **values: object) -> str:
    """A sentence that follows the texts of any code."""
    return str(_read()[SENTENCES][name]).format(**values)


@cache
def issue_text(code: str, variant: str = "") -> IssueText:
    """The texts of a code, or of the family it belongs to (`unknown-course`: those of `unknown-*`).

    What a variant leaves out is as in its code, and what a code leaves out as in its family. A code that has no texts,
    as an older release may have stored one, is its own title.
    """
    family = _family(code)
    entry = {**_read().get(family, {}), **_read().get(code, {})}
    if not entry:
        return IssueText(code.replace("-", " ").capitalize(), "mapping")
    own = {name: text for name, text in entry.items() if isinstance(text, str)}
    title = own["title"].format(rest=_rest(code, family))
    return IssueText(**(own | (entry[variant] if variant else {}) | {"title": title[:1].upper() + title[1:]}))


def _family(code: str) -> str:
    return next((each for each in _read() if ANY in each and _rest(code, each)), "")


def _rest(code: str, family: str) -> str:
    """What a code has in place of its family's star, in words; blank if it is of another family, or is one."""
    if code == family:
        return "…"
    start, _, end = family.partition(ANY)
    fits = code.startswith(start) and code.endswith(end)
    return code[len(start) : len(code) - len(end)].replace("_", " ") if fits else ""


@cache
def _read() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(files(__package__).joinpath("issue_texts.toml").read_text("utf-8"))
