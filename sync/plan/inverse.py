"""The inverse of a run, made from its journal: what should be as it was before, as if an export said so.

    update    the fields that the run changed get their old values
    delete    the object is created again from its before-image, and so is what was removed automatically with it
    create    the object is deleted, but only if that is asked for

An object that another run has changed since stays as it is, and so does one that was changed on the site since.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd

from sync.diff.field_diff import Alignment, field_of
from sync.model import Conventions, Desired, Issue, Resource
from sync.model.columns import filled, rows_where
from sync.model.findings import listed
from sync.model.frames import ORIGIN_COLUMNS
from sync.model.index import Flags, Objects, among, places
from sync.model.issue_texts import Wording, wording
from sync.model.resources import CATALOGUE
from sync.model.values import names_in, pick, same, unpack
from sync.plan.cascades import taking
from sync.plan.losses import loss_sentences

OBJECT: Final = ["resource", "match"]

LISTED: Final = 10
"""Number of records that one issue names."""


@dataclass(frozen=True, slots=True)
class Inverse:
    """What is to be undone of one resource.

    restored: match, key..., fields..., claims: as objects were before the run; NA in fields that stay as they are
    left:     in step with it, the same fields as the run left them
    updated:  in step with it, whether the run changed the object (otherwise it deleted it)
    created:  match, key..., claims of objects that the run created and that are to be deleted
    made:     in step with it, the fields as the run left them
    """

    resource: Resource
    restored: pd.DataFrame
    left: pd.DataFrame
    updated: pd.Series[bool]
    created: pd.DataFrame
    made: pd.DataFrame


def net_effects(journal: pd.DataFrame) -> pd.DataFrame:
    """What a run did to each object, from first to last: columns resource, match, key, op, before, after, claims.

    What a delete found gone already, without ever having been sent, is not among it, nor is what had gone with that.

    journal: columns of `CHANGES`, in sending order
    """
    gone = (journal["op"] == "delete") & (journal["status"] == "done") & (journal["attempts"] == 0)
    journal = journal[~gone & ~journal["covered_by"].isin(journal["n"][gone])]
    first = journal.drop_duplicates(OBJECT).set_index(OBJECT)
    last = journal.drop_duplicates(OBJECT, keep="last").set_index(OBJECT).reindex(first.index)
    came, went = first["op"] == "create", last["op"] == "delete"
    op = last["op"].mask(came, "create").mask(~came & ~went, "update")
    found = first[["key", "before", "claims"]].assign(op=op, after=last["after"])
    return found[~(came & went)].reset_index()


def inverses(effects: pd.DataFrame, *, created: bool) -> tuple[dict[str, Inverse], list[Issue]]:
    """What is to be undone, by resource, and what cannot be. With `created`, what the run created is to be deleted."""
    found, issues = {}, list[Issue]()
    for name, resource in CATALOGUE.items():
        rows = effects[effects["resource"] == name].reset_index(drop=True)
        if len(rows):
            fields = [field.name for field in resource.state if field.send == "state"]
            fields += _unlisted(resource, rows)
            made = _inverse(resource, rows, fields)
            found[name] = made if created else replace(made, created=made.created.iloc[:0], made=made.made.iloc[:0])
            issues += [*_lasting(resource, rows, created=created), *_unrestored(resource, rows, fields)]
    return found, issues


def _unlisted(resource: Resource, rows: pd.DataFrame) -> list[str]:
    """The fields of these rows that the catalogue does not list, whether or not a mapping still has them."""
    names = names_in(pd.concat([rows["before"], rows["after"]]))
    return [name for name in names if name not in resource.key and resource.field(name) is None]


def _inverse(resource: Resource, rows: pd.DataFrame, fields: list[str]) -> Inverse:
    again = rows[(rows["op"] == "update") | ((rows["op"] == "delete") & (not resource.opt_in))].reset_index(drop=True)
    made = rows[(rows["op"] == "create") & (resource.delete is not None)].reset_index(drop=True)
    before, after = unpack(again["before"], fields), unpack(again["after"], fields)
    changed = after.notna() & (before.isna() | (before != after))
    updated = again["op"] == "update"
    back = before.where(changed | ~updated.to_numpy()[:, None])
    needed = {field.name for field in resource.state if field.required} if updated.any() else set()
    used = [name for name in fields if name in needed or back[name].notna().any()]
    keys = unpack(again["key"], resource.key)
    restored = pd.concat([again["match"], keys, back[used], again["claims"]], axis="columns")
    gone = pd.concat([made["match"], unpack(made["key"], resource.key), made["claims"]], axis="columns")
    return Inverse(resource, restored, after[used], updated, gone, unpack(made["after"], fields))


def as_desired(inverse: Inverse, ledger: pd.DataFrame) -> Desired:
    """The inverse as if exports said it; all else that the ledger knows is guarded, as if it were in bad rows."""
    resource, rows, removals = inverse.resource, _from_nowhere(inverse.restored), _from_nowhere(inverse.created)
    first = ["match", *resource.key]
    rest = ledger.loc[~ledger["match"].isin([*rows["match"], *removals["match"]]), ["match", "claims"]]
    guarded = rest.reset_index(drop=True)
    guarded.insert(1, "slice", filled(None, guarded.index))
    fields = [name for name in rows if name not in (*first, *ORIGIN_COLUMNS)]
    return Desired(resource.name, rows[[*first, *fields, *ORIGIN_COLUMNS]], removals, guarded)


def _from_nowhere(rows: pd.DataFrame) -> pd.DataFrame:
    """Rows that are in no file."""
    nothing = filled(None, rows.index)
    return rows.assign(file=nothing, tab=nothing, row=nothing.astype("Int64"), also=nothing)


# -- what cannot come back, and what has moved on ----------------------------------------------------------------------


def _lasting(resource: Resource, rows: pd.DataFrame, *, created: bool) -> Iterator[Issue]:
    """What a run did that is not undone."""
    deleted, made = rows[rows["op"] == "delete"], rows[rows["op"] == "create"]
    lost = [*loss_sentences(deleted)]
    if lost:
        yield _text("undo-lost", resource, len(lost)).given(lost=listed(lost)).issue("warning", resource=resource.name)
    if len(deleted) and not resource.refs:
        yield _text("undo-empty", resource, len(deleted)).issue("warning", resource=resource.name)
    never = len(deleted) if resource.opt_in else len(made) if resource.delete is None else 0
    if never:
        yield _text("undo-never", resource, never).issue("warning", resource=resource.name)
    if len(made) and resource.delete is not None and not created:
        yield _text("undo-created", resource, len(made)).issue("notice", resource=resource.name)


def _unrestored(resource: Resource, rows: pd.DataFrame, fields: Sequence[str]) -> Iterator[Issue]:
    """Values of a run that stay: what was there before it is not known, as where Moodle does not show a field."""
    changed = rows[rows["op"] == "update"]
    stays = unpack(changed["after"], fields).notna() & unpack(changed["before"], fields).isna()
    count = int(stays.any(axis="columns").sum())
    if count:
        names = listed(resource.called(name) for name in fields if stays[name].any())
        yield _text("undo-not-known", resource, count).given(fields=names).issue("warning", resource=resource.name)


def _text(code: str, resource: Resource, count: int) -> Wording:
    return wording(code, "one" if count == 1 else "", objects=resource.counted(count))


def changed_again(effects: pd.DataFrame, later: pd.DataFrame) -> tuple[pd.DataFrame, list[Issue]]:
    """What a run did, without what later runs have changed again (`later`: their journals), and issues about that."""
    again = pd.MultiIndex.from_frame(effects[OBJECT]).isin(pd.MultiIndex.from_frame(later[OBJECT]))
    issues = [
        _moved_on("undo-changed-again", CATALOGUE[str(name)], rows)
        for name, rows in effects[again].groupby("resource", sort=False)
    ]
    return effects[~again].reset_index(drop=True), issues


def as_left(alignment: Alignment, inverse: Inverse, conventions: Conventions) -> tuple[Alignment, list[Issue]]:
    """The alignment without rows and removals of objects that are not as the run left them, and issues about these."""
    alignment, issues = _created_as_left(alignment, inverse, conventions)
    rows, there = alignment.desired.rows, alignment.observed.rows
    at = places(rows["object"], there["object"])
    own = places(rows["object"], alignment.index.numbers(inverse.restored["match"]))
    updated = inverse.updated.to_numpy()[own]
    as_it_was = np.where(updated, at >= 0, at < 0)
    left = {str(name): pick(inverse.left[name], own) for name in inverse.left}
    for name, as_sent in _as_sent(alignment, rows, left, conventions).items():
        now, back = pick(there[name], at), rows[name].reset_index(drop=True)
        unknown = (now.isna() | left[name].isna() | back.isna()).to_numpy()
        equal = same(now, back, field_of(inverse.resource, name), conventions).to_numpy()
        as_it_was &= ~updated | unknown | equal | as_sent
    as_it_was |= among(rows["object"], alignment.observed.failed)
    if as_it_was.all():
        return alignment, issues
    desired = replace(alignment.desired, rows=rows[as_it_was].reset_index(drop=True))
    moved_on = _moved_on("undo-changed-since", inverse.resource, rows[~as_it_was])
    return replace(alignment, desired=desired), [*issues, moved_on]


def _created_as_left(alignment: Alignment, inverse: Inverse, conventions: Conventions) -> tuple[Alignment, list[Issue]]:
    """The same for what the run created, and is to be deleted."""
    rows, there = alignment.desired.removals, alignment.observed.rows
    if not len(rows):
        return alignment, []
    at = places(rows["object"], there["object"])
    own = places(rows["object"], alignment.index.numbers(inverse.created["match"]))
    left = {str(name): pick(inverse.made[name], own) for name in inverse.made if name in there}
    other = np.zeros(len(rows), dtype=bool)
    for name, as_sent in _as_sent(alignment, rows, left, conventions).items():
        other |= (pick(there[name], at).notna() & left[name].notna()).to_numpy() & ~as_sent
    if not other.any():
        return alignment, []
    moved_on = _moved_on("undo-changed-since", inverse.resource, rows[other])
    return _keeping(alignment, rows["object"][other]), [moved_on]


def _keeping(alignment: Alignment, objects: Objects) -> Alignment:
    """The alignment without the removals of these objects."""
    rows, leaving = alignment.desired.removals, alignment.leaving
    desired = replace(alignment.desired, removals=rows_where(rows, ~among(rows["object"], objects)))
    return replace(alignment, desired=desired, leaving=rows_where(leaving, ~among(leaving["object"], objects)))


def keeping_parents(alignments: Mapping[str, Alignment]) -> tuple[dict[str, Alignment], list[Issue]]:
    """The alignments without removals that would take along what is not removed itself, and issues about these.

    That was added since the run, or has been changed since.
    """
    found, issues = {**alignments}, list[Issue]()
    for name in reversed([*alignments]):
        rows, above = found[name].desired.removals, np.zeros(len(found[name].desired.removals), dtype=bool)
        for takes in CATALOGUE[name].takes if len(rows) else ():
            child = found[takes.resource]
            for there in (child.observed.rows["object"], child.observed.foreign["object"]):
                kept = there[~among(there, child.desired.removals["object"])]
                above |= among(rows["object"], taking(child, found[name], takes, kept))
        if above.any():
            issues.append(_moved_on("undo-kept", CATALOGUE[name], rows[above]))
            found[name] = _keeping(found[name], rows["object"][above])
    return found, issues


def _as_sent(
    alignment: Alignment, rows: pd.DataFrame, left: Mapping[str, pd.Series[Any]], conventions: Conventions
) -> dict[str, Flags]:
    """Where the site has a value that the run left, or still has what it made of that value."""
    there, ledger = alignment.observed.rows, alignment.ledger
    at, known = places(rows["object"], there["object"]), places(rows["object"], ledger["object"])
    sent, seen = (unpack(pick(ledger[name], known), [*left]) for name in ("sent", "seen"))
    found = {}
    for name, value in left.items():
        field, now = field_of(alignment.resource, name), pick(there[name], at)
        kept = same(value, sent[name], field, conventions) & same(now, seen[name], field, conventions)
        found[name] = (same(now, value, field, conventions) | kept).to_numpy(dtype=bool)
    return found


def _moved_on(code: str, resource: Resource, rows: pd.DataFrame) -> Issue:
    keys = rows[[*resource.key]] if {*resource.key} <= {*rows} else unpack(rows["key"], resource.key)
    examples = listed(keys.head(LISTED).agg(" / ".join, axis="columns").tolist())
    return _text(code, resource, len(rows)).given(examples=examples).issue("warning", resource=resource.name)
