"""What a delete removes automatically on the server: not sent, but in the plan with its before-image."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from sync.diff.field_diff import Alignment
from sync.model import SEPARATOR, Takes
from sync.model.columns import framed, rows_where
from sync.model.frames import seen_text
from sync.model.index import Numbers, Objects, among, parent_key, places
from sync.model.values import equals, pack, pick
from sync.plan.working_frame import completed


def cascade(alignments: Mapping[str, Alignment], changes: pd.DataFrame) -> pd.DataFrame:
    """A working frame with everything that its deletes remove automatically, with `by_resource` and `by_object`.

    A separate delete, or what is set instead of one, becomes an automatic removal if another delete removes its object
    anyway. `alignments` are in the catalogue's order, parents first, so that what is removed with something greater
    removes nothing itself.
    """
    takers = {name: alignment for name, alignment in alignments.items() if alignment.resource.takes}
    for name, alignment in takers.items() if (changes["op"] == "delete").any() else ():
        mine = equals(changes["resource"], name) & equals(changes["op"], "delete")
        mine &= changes["by_resource"].isna().to_numpy()
        gone = changes["object"][mine].to_numpy()
        for takes in alignment.resource.takes if len(gone) else ():
            changes = _with(changes, _taken(alignment, alignments[takes.resource], takes, gone))
    return changes


def _with(changes: pd.DataFrame, taken: pd.DataFrame) -> pd.DataFrame:
    """The changes and what is removed automatically; what another delete removes already stays with that."""
    if taken.empty:
        return changes
    mine = changes[changes["resource"] == taken["resource"].iloc[0]]
    cascaded = mine["object"][mine["by_resource"].notna()]
    new = completed(taken[~among(taken["object"], cascaded)])
    own = ((mine["op"] == "delete") | (mine["set"] > 0)) & among(mine["object"], new["object"])
    whole: pd.DataFrame = pd.concat([changes.drop(index=mine.index[own]), new], ignore_index=True)
    return whole


def _taken(parent: Alignment, child: Alignment, takes: Takes, gone: Numbers) -> pd.DataFrame:
    """Objects of the child resource that are removed with the deleted parents `gone`."""
    if takes.only_if_last:
        gone = gone[~among(gone, parent.observed.foreign["object"])]
    there = child.observed.rows
    at = places(taking(child, parent, takes, there["object"]), gone)
    rows = rows_where(there, at >= 0)
    known = places(rows["object"], child.ledger["object"])
    key = pick(child.ledger["key"], known)
    return framed(
        {
            "resource": child.resource.name,
            "op": "delete",
            "match": rows["match"],
            "object": rows["object"],
            "key": key if (known >= 0).all() else key.fillna(_key_of(child, rows["match"])),
            "before": seen_text(child.resource, rows),
            "cause": "sis",
            "claims": pick(child.ledger["claims"], known).fillna(""),
            "by_resource": parent.resource.name,
            "by_object": gone[at[at >= 0]],
        },
        rows.index,
    )


def taking(child: Alignment, parent: Alignment, takes: Takes, objects: Objects) -> Numbers:
    """The parents with which these objects of the child resource would be removed."""
    return child.index.part(
        objects, parent_key(parent.resource.name, {here: there for there, here in takes.on.items()})
    )


def _key_of(alignment: Alignment, match: pd.Series[Any]) -> pd.Series[Any]:
    """The key as the site compares it, for objects that were seen but never ours."""
    parts = match.str.split(SEPARATOR, expand=True, regex=False)
    return pack(parts.set_axis(list(alignment.resource.key), axis="columns").astype("str"), alignment.resource.key)
