"""Parameters of a query besides texts: counts, words, lists as PHP reads them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sync.sandbox.rules import Arguments, bad
from sync.sandbox.shapes import Shape, listed

_MOST = 10**9


@dataclass(frozen=True)
class CountParameter:
    """A parameter with a whole number of at least `least`."""

    name: str
    default: int
    least: int = 0
    always: bool = False

    @property
    def shape(self) -> Shape:
        return {"type": "integer", "minimum": self.least, "maximum": _MOST, "default": self.default}

    def read(self, args: Arguments) -> int:
        """The number asked for; Refused (400) if it is invalid."""
        text = args.asked(self.name)
        if text is None:
            return self.default
        if not re.fullmatch(r"[0-9]{1,10}", text) or not self.least <= int(text) <= _MOST:
            raise bad(f"{self.name} must be a whole number from {self.least} on, not {text}.")
        return int(text)


@dataclass(frozen=True)
class ChoiceParameter:
    """A parameter with one of the words `known`, or several separated by commas."""

    name: str
    known: tuple[str, ...]
    always: bool = False

    @property
    def shape(self) -> Shape:
        word = f"({'|'.join(self.known)})"
        return {"type": "string", "pattern": f"^({word}(,{word})*)?$"}

    def read(self, args: Arguments) -> list[str]:
        """The words asked for, none by default; Refused (400) if one is not known."""
        words = [word.strip() for word in (args.asked(self.name) or "").split(",") if word.strip()]
        unknown = [word for word in words if word not in self.known]
        if unknown:
            raise bad(f"{self.name} may be {', '.join(self.known)}, not {', '.join(unknown)}.")
        return words


@dataclass(frozen=True)
class ListParameter:
    """A parameter that may be given several times, as `name[]=..` or `name[0]=..`; a single one as `name=..`."""

    plain_name: str
    always: bool = False

    @property
    def name(self) -> str:
        return f"{self.plain_name}[]"

    @property
    def shape(self) -> Shape:
        return listed({"type": "string"})

    def read(self, args: Arguments) -> list[str]:
        spelt = re.compile(rf"{self.plain_name}(\[\w*\])?")
        return [value for name, values in args.query.items() if spelt.fullmatch(name) for value in values]
