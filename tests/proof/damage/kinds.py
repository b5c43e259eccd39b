"""What a kind of damage is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from tests.proof.feeds import Feeds, Files


class Wanted(StrEnum):
    """What a careful registrar wants of a night; that nothing wrong is sent goes without saying."""

    UNNOTICED = "unnoticed"  # nobody could tell the files from good ones
    SENT = "sent"  # the damage is harmless: the site equals the truth, and nothing is on hold
    REPORTED = "reported"  # an issue names the file; what is sound may be sent
    HELD = "held"  # what the damage asks for is on hold or refused
    REFUSED = "refused"  # nothing at all is sent


@dataclass(frozen=True)
class Past:
    """The good exports of all nights so far, the last of which is tonight's: what it would be without the damage."""

    nights: Sequence[Feeds]

    @property
    def tonight(self) -> Feeds:
        return self.nights[-1]

    def ago(self, nights: int) -> Feeds:
        """The exports of so many nights before tonight."""
        return self.nights[-1 - nights]


Make = Callable[[Past, Random], Files]


@dataclass(frozen=True)
class Damage:
    """One kind of damage: `make` gives the files that lie in the inbox instead of tonight's good ones.

    `before` gives those of the nights that led up to it. They look harmless, each by itself: only the last night, that
    of `make`, is judged.
    """

    name: str
    what: str
    wanted: Wanted
    make: Make
    before: tuple[Make, ...] = ()
