"""The titles of issues and whose job they are, by their codes: the texts of `issue_texts.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final, Literal

Job = Literal["SIS", "mapping", "Moodle", "network"]
ANY: Final = "*"


@dataclass(frozen=True, slots=True)
class IssueText:
    """An issue's title, as a heading, and whose job it is to put it right."""

    title: str
    job: Job


@cache
def issue_text(code: str) -> IssueText:
    """The texts of a code, or of the family it belongs to (`unknown-course`: those of `unknown-*`).

    A code that has none, as an older release may have stored one, is its own title.
    """
    texts = _texts()
    if code in texts:
        return texts[code]
    for family, text in texts.items():
        start, star, end = family.partition(ANY)
        if star and code.startswith(start) and code.endswith(end):
            rest = code[len(start) : len(code) - len(end)].replace("_", " ")
            title = text.title.format(rest=rest)
            return IssueText(title[:1].upper() + title[1:], text.job)
    return IssueText(code.replace("-", " ").capitalize(), "mapping")


@cache
def _texts() -> Mapping[str, IssueText]:
    read = tomllib.loads(files(__package__).joinpath("issue_texts.toml").read_text("utf-8"))
    return {code: IssueText(**text) for code, text in read.items()}
