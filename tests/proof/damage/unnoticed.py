"""Damage that nobody can tell from a good export on that night, so that a careful registrar could not ask about it."""

from __future__ import annotations

from itertools import pairwise

from tests.proof.damage.kinds import Past
from tests.proof.damage.making import LISTED
from tests.proof.feeds import Files, files_of, written

WEEK = 7
"""So many last nights show how often a file stays the same."""

OFTEN = 2
"""A file that was the same on two nights running this often may be the same once more."""


def unnoticed(past: Past, files: Files) -> bool:
    """Whether each damaged file could be a good one."""
    good = files_of(past.tonight)
    damaged = {name for name in good if files.get(name) != good[name]}
    return files.keys() == good.keys() and all(
        _is_as_often(past, name, files[name]) or _lacks_only_new_rows(past, name, files[name]) for name in damaged
    )


def _is_as_often(past: Past, name: str, data: bytes) -> bool:
    """It is yesterday's, and the file stays the same so often that this says nothing."""
    week = [night[name] for night in past.nights[-1 - WEEK : -1]]
    return data == written(past.ago(1)[name]) and sum(one == other for one, other in pairwise(week)) >= OFTEN


def _lacks_only_new_rows(past: Past, name: str, data: bytes) -> bool:
    """All that is lost are rows that came tonight: to whoever does not know them, nothing is missing.

    A list of people or courses is another matter: what came with such a row is still in the other files.
    """
    lines, known = written(past.tonight[name]).splitlines(), {*written(past.ago(1)[name]).splitlines()}
    left = {*data.splitlines()}
    lost = [line for line in lines if line not in left]
    whole = data.splitlines() == [line for line in lines if line in left]
    return name not in LISTED and whole and bool(lost) and known.isdisjoint(lost)
