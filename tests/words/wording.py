"""Which texts use words that people should not have to read: those of `forbidden.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
AROUND = 40


class Slip(NamedTuple):
    """A forbidden phrase: what was found, with the words around it, and what to write."""

    found: str
    around: str
    write: str

    def __str__(self) -> str:
        return f"`{self.found}` in `...{self.around}...`: write {self.write}"


def slips(text: str) -> Iterator[Slip]:
    """All forbidden phrases in a text, wherever its lines are broken."""
    joined = " ".join(text.split())
    if _any().search(joined) is None:
        return
    for pattern, write in _phrases():
        for found in pattern.finditer(joined):
            yield Slip(found[0], joined[max(found.start() - AROUND, 0) : found.end() + AROUND], write)


@cache
def _phrases() -> list[tuple[re.Pattern[str], str]]:
    phrases = tomllib.loads((HERE / "forbidden.toml").read_text("utf-8"))["phrases"]
    return [(re.compile(each["find"], re.IGNORECASE), each["write"]) for each in phrases]


@cache
def _any() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern.pattern})" for pattern, _ in _phrases()), re.IGNORECASE)


def allowed(slip: Slip) -> bool:
    """Whether a phrase is meant where it stands: by the few words around it in `allowed.txt`."""
    return any(words in slip.around for words in _allowed())


@cache
def _allowed() -> list[str]:
    lines = (HERE / "allowed.txt").read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]
