"""Whether what a row depends on is there: in today's sheets, in the ledger, or found on the site."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd

from sync.diff import identity
from sync.mapping.source import Source
from sync.model import Conventions, Desired, Issue, Observed, Ref, Resource, Severity
from sync.model.columns import framed, rows_where, selected, stacked
from sync.model.findings import cell, key_of, listed
from sync.model.index import (
    Flags,
    Index,
    Numbers,
    Objects,
    among,
    firsts,
    guarding,
    indexed,
    indexes,
    no_objects,
    parent_key,
)
from sync.model.issue_texts import Wording, wording
from sync.model.resources import CATALOGUE, ancestors
from sync.model.values import pick, position, tallied

MOST = 1_000
"""Number of issues of one kind that are reported one by one; more are counted."""

EXAMPLES = 3
"""Number of objects that are named when issues are only counted."""


def wanted(resource: Resource, desired: Mapping[str, Desired], known: Mapping[str, Index]) -> pd.DataFrame:
    """What other resources' rows refer to and no sheet lists: key columns, match, object."""
    here = desired[resource.name].rows["object"]
    frames = [no_objects(*resource.key, "match")]
    for name, child in CATALOGUE.items():
        rows = desired[name].rows
        for ref in child.refs:
            if ref.resource == resource.name and len(rows):
                up = known[name].part(rows["object"], parent_key(ref.resource, ref.on))
                unknown = firsts(up) & ~among(up, here)
                columns = {there: rows[on][unknown] for on, there in ref.on.items()}
                match = known[resource.name].texts(up[unknown])
                frames.append(framed({**columns, "match": match, "object": up[unknown]}, match.index))
    found = stacked(*frames)
    return rows_where(found, firsts(found["object"]))


@dataclass(frozen=True, slots=True)
class Parents:
    """What is known of the resources above one, by name.

    index:   that of the resource itself, which knows the numbers of parents
    leaving: objects that this plan will delete
    """

    index: Index
    desired: Mapping[str, Desired]
    observed: Mapping[str, Observed]
    leaving: Mapping[str, Objects]

    def of(self, objects: Objects, name: str, on: Mapping[str, str]) -> Numbers:
        """The parents of some objects, in the index of that resource."""
        return self.index.part(objects, parent_key(name, on))


def check(
    resource: Resource, desired: Desired, alike: pd.DataFrame, parents: Parents, conventions: Conventions
) -> tuple[Desired, list[Issue]]:
    """The rows whose parents are good, and issues for the others, whose objects stay as they are.

    alike: what rows seem to mean under another identifier, as `identity.likenesses` gives it

    A parent whose own row is bad makes its dependants wait only if it is not on the site yet. A row that refers to
    something unknown may be a damaged row of a known object: everything that it may have meant stays too.
    """
    rows = desired.rows
    issues = list(identity.issues(resource, desired, alike))
    bad, astray = among(rows["object"], alike["object"]), np.zeros(len(rows), dtype=bool)
    for name, on in ancestors(resource):
        up = parents.of(rows["object"], name, on)
        # What another plugin made under the same key stays, and can be depended on.
        going = among(up, parents.leaving[name]) & ~among(up, parents.observed[name].foreign["object"])
        if going.any():
            issues += tell(desired, rows[going & ~bad], list(on), "leaves", name)
        bad |= going
    for ref in resource.refs:
        footing = _footing(ref, rows["object"], parents)
        if not footing.good.all():
            names, strange = list(ref.on), footing.unknown & ~bad
            instead = _instead(ref, footing.parents[strange], parents) if len(names) == 1 and strange.any() else None
            issues += tell(desired, rows[strange], names, "unknown", ref.resource, instead)
            issues += tell(desired, rows[(footing.waiting | footing.unread) & ~bad], names, "waits", ref.resource)
            astray |= footing.astray
            bad |= ~footing.good
    checked = _checked(resource, desired, _Left(bad, astray, alike), parents)
    if not resource.refs:
        checked = replace(checked, anyone=_unvouched(resource, desired, alike, conventions))
    return checked, issues


def _instead(ref: Ref, unknown: Numbers, parents: Parents) -> pd.Series[Any]:
    """Known parents that these unknown ones may mean."""
    name, own = ref.resource, parents.index.space(parent_key(ref.resource, ref.on))
    known = pd.concat([parents.desired[name].rows["match"], parents.observed[name].rows["match"]])
    return near(own.texts(unknown), known)


@dataclass(frozen=True, slots=True)
class _Footing:
    """What the `parents` of some rows are, row by row; `unknown` says that they are unknown.

    Rows are `waiting` for parents whose own rows are bad, and `astray` if it is unclear whom they mean.
    """

    parents: Numbers
    good: Flags
    waiting: Flags
    unread: Flags
    unknown: Flags
    astray: Flags


def _footing(ref: Ref, objects: Objects, parents: Parents) -> _Footing:
    up, here, there = (
        parents.of(objects, ref.resource, ref.on),
        parents.desired[ref.resource],
        parents.observed[ref.resource],
    )
    good = among(up, here.rows["object"]) | among(up, there.rows["object"]) | among(up, there.foreign["object"])
    waiting = ~good & among(up, here.guarded["object"])
    unread = ~good & ~waiting & among(up, there.failed)
    unknown = ~good & ~waiting & ~unread
    astray = unknown if here.anyone is None else unknown | (waiting & among(up, here.anyone))
    return _Footing(up, good, waiting, unread, unknown, astray)


@dataclass(frozen=True, slots=True)
class _Left:
    """Which rows of a resource are left out, which of those may mean anyone, and what they seem to mean instead."""

    bad: Flags
    astray: Flags
    alike: pd.DataFrame


def _checked(resource: Resource, desired: Desired, left: _Left, parents: Parents) -> Desired:
    """The same without the rows left out: what they refer to is guarded instead, and everything they may mean."""
    claimed = selected(desired.rows, ["object", "claims"])
    lost = stacked(rows_where(claimed, left.astray), _refused_astray(resource, desired, parents))
    shut = desired.guarded
    if left.bad.any() or len(left.alike):
        certain = left.alike[identity.damaged(left.alike).to_numpy(dtype=bool)]
        named = pd.concat([claimed[left.bad], certain[["old", "claims"]].rename(columns={"old": "object"})])
        shut = guarding(parents.index, shut, named)
    return replace(
        desired,
        rows=rows_where(desired.rows, ~left.bad),
        guarded=shut,
        rejected_by=tallied(desired.rejected_by, claimed["claims"][left.bad]),
        unsure=_unsure(resource, lost, parents) if len(lost) else None,
        anyone=lost["object"].to_numpy(),
    )


def _refused_astray(resource: Resource, desired: Desired, parents: Parents) -> pd.DataFrame:
    """Rows that cannot be used anyway and whose parents are unknown too: object and claims."""
    if desired.refused is None or not resource.refs:
        return no_objects("claims")
    rows = selected(desired.refused, ["object", "claims"])[desired.refused["match"].notna()]
    astray = np.zeros(len(rows), dtype=bool)
    for ref in resource.refs:
        astray |= _footing(ref, rows["object"], parents).astray
    return rows[astray]


def _unvouched(resource: Resource, desired: Desired, alike: pd.DataFrame, conventions: Conventions) -> Numbers:
    """Bad rows without a valid value of their own (email, username, ...) that would distinguish them."""
    rows = desired.refused
    if rows is None or not len(rows):
        return np.empty(0, np.int64)
    unique = [field.name for field in conventions.unique(resource) if field.name in rows]
    sound = (rows[unique].fillna("") != "").any(axis="columns") | among(rows["object"], alike["object"])
    objects = rows["object"][~sound].to_numpy()
    return objects[objects >= 0]


def _unsure(resource: Resource, astray: pd.DataFrame, parents: Parents) -> pd.DataFrame:
    """What rows that refer to something unknown protect, as `Desired.unsure`.

    A key field is relied on if it refers to something known, or to nothing.
    """
    above = list(ancestors(resource))
    needing = {field for _, on in above for field in on}
    relied = {name: np.full(len(astray), name not in needing) for name in resource.key}
    for name, on in above if len(astray) else ():
        up, here, there = parents.of(astray["object"], name, on), parents.desired[name], parents.observed[name]
        sources = (here.rows["object"], _sure(here), there.rows["object"], there.foreign["object"])
        known = np.logical_or.reduce([among(up, source) for source in sources])
        for field in on:
            relied[field] |= known
    places = pd.DataFrame(relied, index=astray.index)
    found = [
        pd.DataFrame({"parts": [], "at": [], "claims": []}).astype({"parts": "str", "at": "int64", "claims": "str"})
    ]
    for which, rows in astray.groupby([places[name] for name in resource.key]) if len(astray) else ():
        parts = [name for name, good in zip(resource.key, which, strict=True) if good]
        at = parents.index.part(rows["object"], parts) if parts else -1
        found.append(pd.DataFrame({"parts": " ".join(parts), "at": at, "claims": rows["claims"]}))
    return stacked(*found).drop_duplicates()


def _sure(desired: Desired) -> Numbers:
    """The objects that bad rows name with certainty."""
    guarded = desired.guarded["object"].to_numpy()
    return guarded if desired.anyone is None else guarded[~among(guarded, desired.anyone)]


_SEVERITY: Final[Mapping[str, Severity]] = {"unknown": "error", "waits": "warning", "leaves": "warning"}


def _said(code: str, parent: str, key: str, instead: object) -> Wording:
    """What is said of a row, which may have meant a known parent `instead`."""
    text = wording(code, parent=parent, key=key)
    if not isinstance(instead, str):
        return text
    zeros = key.isdecimal() and instead.isdecimal() and key.lstrip("0") == instead.lstrip("0")
    return text.advised("zeros" if zeros else "damaged", instead=instead, length=max(len(instead), len(key)))


def near(unknown: pd.Series[Any], known: pd.Series[Any]) -> pd.Series[Any]:
    """For each unknown identifier a known one that is equal once both are normalised; NA if there is none."""
    known = known.reset_index(drop=True)
    return pick(known, position(identity.all_normalised(unknown), identity.all_normalised(known)))


def tell(
    desired: Desired,
    rows: pd.DataFrame,
    names: list[str],
    code: str,
    parent: str,
    instead: pd.Series[Any] | None = None,
) -> list[Issue]:
    """Issues for rows whose parent of that resource is `unknown`, `waits` or `leaves`; after the first, a count.

    The rows are of `desired`, with the fields `names`; `instead` holds a known parent each may have meant.
    """
    if not len(rows):
        return []
    severity, code = _SEVERITY[code], f"{code}-{parent}"
    shown = rows.head(MOST)
    keys = shown[names].agg(" / ".join, axis="columns").tolist()
    called = parent.replace("_", " ")
    others = instead.head(MOST).tolist() if instead is not None else [None] * len(shown)
    issues = [
        _said(code, called, key, other).issue(
            severity,
            resource=desired.resource,
            value=key,
            key=key_of(CATALOGUE[desired.resource], row),
            **cell(desired.columns, row, names),
        )
        for key, row, other in zip(keys, shown.to_dict("records"), others, strict=True)
    ]
    if len(rows) > len(shown):
        more = wording(code, "more", count=len(rows) - len(shown))
        issues.append(more.issue(severity, resource=desired.resource))
    return issues


def apart(desired: Mapping[str, Desired], sources: Sequence[Source]) -> Iterator[Issue]:
    """What rows name that the sheets of its own resource do not list; only the site knows whether it is there.

    Only resources whose sheets are all complete are checked.
    """
    numbers, numbered = indexes(), dict[str, Desired]()
    for name, resource in CATALOGUE.items():
        numbered[name], _ = indexed(resource, numbers[name], desired[name], no_objects("match"))
    for name, resource in CATALOGUE.items():
        yield from _apart(resource, numbers[name], numbered, sources)


def _apart(
    resource: Resource, index: Index, desired: Mapping[str, Desired], sources: Sequence[Source]
) -> Iterator[Issue]:
    rows = desired[resource.name].rows
    for ref in resource.refs:
        own = [source for source in sources if source.mapping.resource == ref.resource]
        if not len(rows) or not own or any(source.mapping.mode != "snapshot" for source in own):
            continue
        listed_ones = desired[ref.resource]
        up = index.part(rows["object"], parent_key(ref.resource, ref.on))
        lacking = ~among(up, listed_ones.rows["object"]) & ~among(up, listed_ones.guarded["object"])
        count = int(lacking.sum())
        if count:
            each = rows[lacking][firsts(up[lacking])]
            parent, first = CATALOGUE[ref.resource], each.iloc[0].to_dict()
            files = listed(dict.fromkeys(sheet.file for source in own for sheet in source.sheets))
            examples = each[list(ref.on)].head(EXAMPLES).agg(" / ".join, axis="columns").tolist()
            examples += [f"{len(each) - EXAMPLES:,} more"] * (len(each) > EXAMPLES)
            text = wording(
                f"unlisted-{ref.resource}",
                "one" if count == 1 else "",
                rows=resource.counted(count),
                parents=parent.counted(len(each)),
                parent=parent.noun,
                files=files,
                examples=listed(examples),
            )
            where = cell(desired[resource.name].columns, first, ref.on)
            yield text.issue("warning", resource=resource.name, **where)
