"""Changes that Moodle has refused before: they are not sent again until the row or the site has changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import orjson
import pandas as pd

from sync.diff.field_diff import Alignment
from sync.diff.identity import compared
from sync.model import Conventions, Issue
from sync.model.findings import cell, key_text
from sync.model.index import Flags, Numbers, among, parent_key, places
from sync.model.issue_texts import wording
from sync.model.resources import ancestors
from sync.model.values import pick, position, unpack
from sync.plan.dependants import dependants

VERBS: Final = {"create": "add", "update": "change", "delete": "remove"}


@dataclass(frozen=True, slots=True)
class Sendable:
    """The changes that are left, why others are left out, and how many of them, by resource."""

    changes: pd.DataFrame
    issues: tuple[Issue, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)


def without_refused(
    alignments: Mapping[str, Alignment], changes: pd.DataFrame, refusals: pd.DataFrame, conventions: Conventions
) -> Sendable:
    """The changes without those that were refused before, and without what depends on these.

    refusals: as `Store.refusals` gives them
    """
    if not len(refusals):
        return Sendable(changes)
    known, answers = np.zeros(len(changes), dtype=bool), pd.Series("", index=changes.index, dtype="str")
    for name, alignment in alignments.items():
        mine = np.flatnonzero(changes["resource"] == name)
        at = _same(alignment, changes.iloc[mine], refusals[refusals["resource"] == name].reset_index(drop=True))
        found = (at >= 0) & ~_below_changed(alignment, changes, mine, known)
        found &= ~_freed(alignment, changes.iloc[mine].reset_index(drop=True), found, conventions)
        known[mine[found]] = True
        answers.iloc[mine[found]] = pick(refusals["error"][refusals["resource"] == name], at[found]).fillna("").array
    if not known.any():
        return Sendable(changes)
    refused = changes[known]
    below, astray = dependants(alignments, changes, refused)
    left_out = Counter(changes["resource"][[*refused.index, *below]].tolist())
    answered = zip(refused.to_dict("records"), answers[known], strict=True)
    issues = [_issue(alignments[str(row["resource"])], row, answer) for row, answer in answered]
    left = changes.drop(index=[*refused.index, *below]).reset_index(drop=True)
    return Sendable(left, (*issues, *astray), left_out)


def _same(alignment: Alignment, changes: pd.DataFrame, refusals: pd.DataFrame) -> Numbers:
    """For each change of a resource the position of its refusal; -1 where there is none, or it is another change."""
    if not len(refusals) or not len(changes):
        return np.full(len(changes), -1, dtype=np.int64)
    at = places(changes["object"], alignment.index.numbers(refusals["match"]))
    same = at >= 0
    for name in ("op", "before", "after"):
        one, other = changes[name].fillna("").reset_index(drop=True), pick(refusals[name], at).fillna("")
        # A delete's image has also what would be lost with it.
        same &= ((one == other) | ((changes["op"] == "delete").reset_index(drop=True) & (name == "before"))).to_numpy()
    return np.where(same, at, -1)


def _below_changed(alignment: Alignment, changes: pd.DataFrame, mine: Numbers, known: Flags) -> Flags:
    """Which changes are below something that this plan creates or changes: the site may accept them then."""
    written = (changes["op"] != "delete").to_numpy() & ~known
    below = np.zeros(len(mine), dtype=bool)
    for above, on in ancestors(alignment.resource):
        theirs = changes["object"][written & (changes["resource"] == above).to_numpy()]
        up = alignment.index.part(changes["object"].iloc[mine], parent_key(above, on))
        below |= among(up, theirs)
    return below


def _freed(alignment: Alignment, changes: pd.DataFrame, refused: Flags, conventions: Conventions) -> Flags:
    """Which of a resource's changes take a unique value that another object gives up today.

    A refused change does not give anything up.
    """
    freed, there = np.zeros(len(changes), dtype=bool), alignment.observed.rows
    for spec in alignment.resource.fields if refused.any() else ():
        if not spec.unique or spec.name not in there:
            continue
        after = compared(unpack(changes["after"], [spec.name])[spec.name], spec, conventions)
        held = position(after, compared(there[spec.name], spec, conventions))
        owner = np.append(there["object"].to_numpy(dtype=np.int64), -1)[held]
        holder = places(owner, changes["object"])
        gone = pick(changes["op"], holder) == "delete"
        other = pick(after, holder).notna() & (pick(after, holder) != after)
        gives = (gone | other).fillna(False).to_numpy(dtype=bool) & ~refused[holder]
        freed |= after.notna().to_numpy() & (after != "").to_numpy(dtype=bool) & (holder >= 0) & gives
    return freed


def _issue(alignment: Alignment, row: Mapping[Any, Any], answer: str) -> Issue:
    resource, key = alignment.resource, str(row["key"])
    what = f"{VERBS[str(row['op'])]} the {resource.noun} with {key_text(resource, orjson.loads(key))}"
    text = wording("refused-before", to=what, reason=answer.removesuffix("."))
    return text.issue("error", resource=resource.name, key=key, **cell(alignment.desired.columns, row, ()))
