"""Losses too small to be seen in one night."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random
from zlib import crc32

from tests.proof.damage.kinds import Damage, Make, Wanted
from tests.proof.damage.making import ENROLMENTS, MEMBERS, Edit, edited, rewritten, short
from tests.proof.damage.truncated import at_line_end
from tests.proof.feeds import Table

NIGHTS = (3, 6, 9, 12)
"""Per cent of the rows that are lost by the end of each night."""


def scattered(share: int) -> Edit:
    """This share of the rows lost, here and there; those of a smaller share are among them."""

    def edit(table: Table, _: Random) -> Table:
        return replace(table, rows=tuple(row for row in table.rows if crc32(",".join(row).encode()) % 100 >= share))

    return edit


def night_by_night(name: str, what: str, makes: Sequence[Make]) -> Damage:
    """A loss that grows: the last night, by which more than a tenth is gone, has to be held."""
    *before, last = makes
    return Damage(name, what, Wanted.HELD, last, tuple(before))


SLOW = (
    *(
        night_by_night(
            f"{short(feed)}-erode",
            f"{feed} loses 3% of its rows a night, here and there, four nights in a row",
            [edited({feed: scattered(share)}) for share in NIGHTS],
        )
        for feed in (ENROLMENTS, MEMBERS)
    ),
    night_by_night(
        "enrolments-erode-at-end",
        "enrolments.csv ends 3% earlier each night, four nights in a row",
        [rewritten(at_line_end(share), ENROLMENTS) for share in NIGHTS],
    ),
)
