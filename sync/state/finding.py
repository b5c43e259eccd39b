"""Plans and runs by what a person types: a whole id, the beginning of one, or nothing for the newest."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from sqlalchemy import Connection, Table, select

from sync.errors import Fault, PlanError
from sync.model.findings import listed

_SHOWN = 5
"""Number of ids shown to a person who gave none."""


def find(connection: Connection, table: Table, id: str | None, none_yet: str) -> str:
    """The whole id that `id` begins, in `plans` or `runs`; the newest for None.

    Raises PlanError: `none_yet` if there is nothing, else what the id could have meant.
    """
    ids: list[str] = list(connection.scalars(select(table.c.id).order_by(table.c.seq.desc())))
    if not ids:
        raise PlanError(none_yet)
    if id is None or id in ids:
        return id or ids[0]
    begun = [each for each in ids if each.startswith(id)]
    if len(begun) == 1:
        return begun[0]
    noun = table.name.removesuffix("s")
    if begun:
        raise PlanError(Fault(f"several {table.name} begin with {id}", hint=f"Give more of the ID: {_some(begun)}."))
    raise PlanError(Fault(f"there is no {noun} {id}", hint=f"Did you mean {listed(_near(id, ids), 'or')}?"))


def _near(id: str, ids: Sequence[str]) -> Sequence[str]:
    return get_close_matches(id, ids, n=_SHOWN) or ids[:_SHOWN]


def _some(ids: Sequence[str]) -> str:
    shown, more = ids[:_SHOWN], len(ids) - _SHOWN
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")
