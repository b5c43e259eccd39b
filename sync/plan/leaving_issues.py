"""Issues about rows whose parent (enrolment, group, ...) is to be removed in the same run, where that is on hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import orjson
import pandas as pd

from sync.model import Conventions, Issue
from sync.model.index import Flags
from sync.model.issue_texts import wording
from sync.model.resources import CATALOGUE, ancestors
from sync.model.values import match_of, position

LEAVES: Final = "leaves-"
"""How the codes of these issues begin; the parent's resource follows."""


def with_holds(issues: Sequence[Issue], changes: pd.DataFrame, waits: Flags, conventions: Conventions) -> list[Issue]:
    """The issues; those about a row whose parent stays until a hold is approved say that, and are notices.

    `waits` says which of the changes are on hold.
    """
    held = changes[waits & (changes["op"] == "delete").to_numpy()]
    leaving = [issue for issue in issues if issue.code.startswith(LEAVES)] if len(held) else []
    others = dict[int, Issue]()
    for code, resource in dict.fromkeys((issue.code, issue.resource) for issue in leaving):
        own = [each for each in leaving if (each.code, each.resource) == (code, resource)]
        named = [each for each in own if each.key is not None]
        stay = [each for each, waiting in zip(named, _waiting(named, held, conventions), strict=True) if waiting]
        others |= {id(each): _on_hold(each) for each in stay}
        if len(stay) == len(named):
            # The issue that counts further rows names none of them.
            others |= {id(each): replace(each, severity="notice") for each in own if each.key is None}
    return [others.get(id(issue), issue) for issue in issues]


def _waiting(issues: Sequence[Issue], held: pd.DataFrame, conventions: Conventions) -> Iterator[bool]:
    """Whether the parents of the objects of these issues, all of one code and resource, are among the deletes held."""
    parent, resource = CATALOGUE[issues[0].code.removeprefix(LEAVES)], CATALOGUE[str(issues[0].resource)]
    on = next(on for name, on in ancestors(resource) if name == parent.name)
    keys = [orjson.loads(str(issue.key)) for issue in issues]
    parts = pd.DataFrame(keys, columns=[*on], dtype="str").rename(columns=dict(on))
    gone = held["match"][held["resource"] == parent.name].drop_duplicates()
    yield from position(match_of(parts, parent.keys, conventions), gone) >= 0


def _on_hold(issue: Issue) -> Issue:
    parent = issue.code.removeprefix(LEAVES).replace("_", " ")
    text = wording(issue.code, "held", parent=parent, key=issue.value)
    return replace(issue, severity="notice", message=text.message, hint=text.hint)
