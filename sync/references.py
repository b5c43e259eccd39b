"""Whether what a row stands on is there: in today's sheets, in the ledger, or found on the site."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from sync.looking import parents_of
from sync.model import Desired, Issue, Observed, Resource
from sync.resources import ancestors
from sync.values import pick, position

MOST = 1_000
"""Issues of one kind told one by one; beyond that they are counted."""


def wanted(resource: Resource, sides: Mapping[str, Desired], children: Mapping[str, Resource]) -> pd.DataFrame:
    """Key columns of what other resources' rows refer to and no sheet speaks of."""
    here = sides[resource.name]
    frames = [pd.DataFrame({name: pd.Series(dtype="str") for name in (*resource.key, "match")})]
    for child in children.values():
        for ref in child.refs:
            if ref.resource == resource.name and child.name in sides:
                rows = sides[child.name].rows
                match = parents_of(child, ref.on, ref.resource, rows["match"])
                unknown = (position(match, here.rows["match"]) < 0) & ~match.duplicated().to_numpy()
                columns = {there: rows[name][unknown] for name, there in ref.on.items()}
                frames.append(pd.DataFrame({**columns, "match": match[unknown]}))
    return pd.concat(frames, ignore_index=True).drop_duplicates("match", ignore_index=True)


def check(
    resource: Resource,
    desired: Desired,
    parents: Mapping[str, Desired],
    observed: Mapping[str, Observed],
    leaving: Mapping[str, pd.Series[Any]],
) -> tuple[Desired, list[Issue]]:
    """The rows whose parents are good, and issues for the others, whose objects stay as they are.

    leaving: matches of what is to be deleted today, by resource

    A parent whose own row is bad makes its dependants wait only if it is not on the site yet.
    """
    issues: list[Issue] = []
    rows = desired.rows
    bad = np.zeros(len(rows), dtype=bool)
    for name, on in ancestors(resource):
        match = parents_of(resource, on, name, rows["match"])
        # What another plugin made under the same key stays, and can be stood on.
        going = (position(match, leaving[name]) >= 0) & (position(match, observed[name].foreign["match"]) < 0)
        issues += tell(resource, rows[going & ~bad], list(on), "leaves", name)
        bad |= going
    for ref in resource.refs:
        match = parents_of(resource, ref.on, ref.resource, rows["match"])
        side, there = parents[ref.resource], observed[ref.resource]
        good = position(match, side.rows["match"]) >= 0
        good |= position(match, there.rows["match"]) >= 0
        good |= position(match, there.foreign["match"]) >= 0
        waiting = ~good & (position(match, side.guarded["match"]) >= 0)
        unread = ~good & ~waiting & (position(match, there.failed.to_series()) >= 0)
        unknown = ~good & ~waiting & ~unread
        names = list(ref.on)
        strange = unknown & ~bad
        known = pd.concat([side.rows["match"], there.rows["match"]]) if strange.any() else side.rows["match"][:0]
        instead = _padded(match[strange], known) if len(ref.on) == 1 else None
        issues += tell(resource, rows[strange], names, "unknown", ref.resource, instead)
        issues += tell(resource, rows[(waiting | unread) & ~bad], names, "waits", ref.resource)
        bad |= ~good
    if not bad.any():
        return desired, issues
    return exclude(desired, resource, bad), issues


def exclude(desired: Desired, resource: Resource, bad: Any) -> Desired:
    """The same without some rows, whose objects are guarded instead."""
    out = desired.rows[bad]
    anywhere = pd.Series(pd.NA, index=out.index, dtype="str")
    guards = pd.DataFrame({"match": out["match"], "slice": anywhere, "claims": out["claims"]})
    return replace(
        desired,
        rows=desired.rows[~bad].reset_index(drop=True),
        guarded=pd.concat([desired.guarded, guards], ignore_index=True),
        rejected=desired.rejected + int(bad.sum()),
    )


_SAYS = {
    "unknown": (
        "error",
        "{parent} {key} is neither in the exports nor on the site, so this row is left out",
        "Add {parent} {key} to its export, or take this row out of the SIS.",
    ),
    "waits": (
        "warning",
        "{parent} {key} has a problem of its own and is not on the site yet, so this row waits for it",
        "Mend the row of {parent} {key}; nothing else is needed.",
    ),
    "leaves": (
        "warning",
        "{parent} {key} leaves the site today, so this row is left out",
        "Take this row out of the SIS, or put {parent} {key} back.",
    ),
}


_PAD = (
    "{parent} {instead} is known, which differs by zeros in front alone: write `then: {{pad: {length}}}` for the field "
    "in the mapping whose export has lost them."
)


def _padded(unknown: pd.Series[Any], known: pd.Series[Any]) -> pd.Series[Any]:
    """For each unknown number a known one that differs by zeros in front alone; NA where there is none."""
    numbers = known[known.str.fullmatch("[0-9]+").to_numpy(dtype=bool, na_value=False)].reset_index(drop=True)
    bare = unknown.where(unknown.str.fullmatch("[0-9]+")).str.lstrip("0")
    return pick(numbers, position(bare, numbers.str.lstrip("0")))


def tell(
    resource: Resource,
    rows: pd.DataFrame,
    names: list[str],
    code: str,
    parent: str,
    instead: pd.Series[Any] | None = None,
) -> list[Issue]:
    """Issues for rows whose parent of that resource is `unknown`, `waits` or `leaves`; after the first, a count.

    The rows have the columns `names`, file, tab and row; `instead` holds a known parent each may have meant.
    """
    severity, message, hint = _SAYS[code]
    told = rows.head(MOST)
    keys = told[names].agg(" / ".join, axis="columns").tolist() if len(told) else []
    called = parent.replace("_", " ")
    others = instead.head(MOST).tolist() if instead is not None else [None] * len(told)
    issues = [
        Issue(
            code=f"{code}-{parent}",
            severity="error" if severity == "error" else "warning",
            resource=resource.name,
            file=file,
            tab=None if pd.isna(tab) else tab,
            row=None if pd.isna(row) else int(row),
            column=", ".join(names),
            value=key,
            message=message.format(parent=called, key=key),
            hint=_PAD.format(parent=called, instead=other, length=max(len(other), len(key)))
            if isinstance(other, str)
            else hint.format(parent=called, key=key),
        )
        for key, file, tab, row, other in zip(keys, told["file"], told["tab"], told["row"], others, strict=True)
    ]
    if len(rows) > len(told):
        issues.append(
            Issue(
                code=f"{code}-{parent}",
                severity="error" if severity == "error" else "warning",
                resource=resource.name,
                message=f"... and {len(rows) - len(told)} more rows like these",
            )
        )
    return issues
