"""desired x observed x ledger -> changes. Pure.

The cause of a change says where it comes from: `sis` if the sheets differ from what we sent, `site` if the site differs
from what we saw, `both` if both do; `mapping` if the mapping itself has changed since the last plan that was applied.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from sync.diff.changes import COLUMNS, creates, deletes, no_changes, updates
from sync.diff.damaged_text import damage_text
from sync.diff.field_diff import Alignment, Compared, Retries, compare
from sync.diff.ledger_updates import all_claims, learned, no_memories
from sync.diff.missing_set import deleted, not_deleted
from sync.diff.removals import claimed_by
from sync.diff.sets import sets
from sync.model import Conventions, Issue
from sync.model.columns import rows_where, selected, stacked
from sync.model.findings import cell, key_of
from sync.model.index import among
from sync.model.issue_texts import wording


@dataclass(frozen=True, slots=True)
class ChangedMappings:
    """The names of mappings that changed since they were last applied, and which of them read a new export too."""

    names: frozenset[str] = frozenset()
    new_exports: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Difference:
    """What the comparison of one resource found.

    changes:   columns `COLUMNS`
    unchanged: how many objects are as they should be
    learned:   ledger rows (columns `LEDGER`) to write because of what was seen, whether or not anything is sent
    """

    changes: pd.DataFrame
    unchanged: int
    learned: pd.DataFrame
    issues: tuple[Issue, ...]


MOST = 100
"""Number of values of a field, stored by the site in another form, that are reported one by one; more are counted."""


def diff(
    alignment: Alignment,
    changed: ChangedMappings,
    day: int,
    conventions: Conventions,
    retries: Retries | None = None,
) -> Difference:
    """Compare one resource."""
    resource, observed = alignment.resource, alignment.observed
    rows = alignment.desired.rows
    if not len(rows) and not len(alignment.leaving) and not len(alignment.wanted):
        return Difference(no_changes(), 0, no_memories(), ())
    known = among(rows["object"], observed.rows["object"]) | among(rows["object"], observed.failed)
    new, lacking = _whole(alignment, rows_where(rows, ~known))
    compared = compare(alignment, conventions, retries)
    gone, instead = deleted(alignment.leaving), sets(alignment, not_deleted(alignment.leaving), conventions, retries)
    parts = [
        creates(alignment, new) if len(new) else no_changes(),
        updates(alignment, compared) if resource.updatable and compared.differs.any() else no_changes(),
        deletes(alignment, gone) if len(gone) else no_changes(),
        instead.changes,
    ]
    changes = stacked(*parts)
    changes["claims"] = all_claims(alignment, changes)
    if changed.names:
        ours = claimed_by(changes["claims"], changed.names)
        # What a new export lists for the first time comes from the SIS, whatever else was changed.
        ours &= (changes["op"] != "create") | claimed_by(changes["claims"], changed.names - changed.new_exports)
        changes["cause"] = changes["cause"].mask(ours & changes["cause"].isin(["sis"]), "mapping")
    unchanged = len(compared.rows) - len(parts[1])
    return Difference(
        selected(changes, COLUMNS),
        unchanged,
        stacked(learned(alignment, compared, day), instead.learned.assign(checked=day)),
        (
            *lacking,
            *_left_to_site(alignment, new),
            *_kept_values(alignment, compared),
            *_damaged_values(alignment, compared),
            *_unchangeable(alignment, compared),
            *instead.issues,
        ),
    )


def with_removals(
    difference: Difference, alignment: Alignment, rows: pd.DataFrame, conventions: Conventions
) -> Difference:
    """The same, and more objects removed (deleted, or given values instead): ledger rows."""
    parts = [deletes(alignment, deleted(rows)), sets(alignment, not_deleted(rows), conventions).changes]
    return replace(difference, changes=stacked(difference.changes, *(selected(part, COLUMNS) for part in parts)))


def _whole(alignment: Alignment, rows: pd.DataFrame) -> tuple[pd.DataFrame, list[Issue]]:
    """Only those new objects that have every value the site needs; what is `never_blank` may be missing."""
    needed = [f.name for f in alignment.resource.state if f.required and f.name in rows]
    lacking = np.zeros(len(rows), dtype=bool)
    for name in needed:
        lacking |= rows[name].isna().to_numpy()
    if not lacking.any():
        return rows, []
    incomplete = rows[lacking]
    issues = [
        wording("missing-value", "new-record").issue(
            "error",
            resource=alignment.resource.name,
            key=key_of(alignment.resource, row),
            **cell(alignment.desired.columns, row, [name for name in needed if pd.isna(row[name])]),
        )
        for row in incomplete.to_dict("records")
    ]
    return rows[~lacking].reset_index(drop=True), issues


def _left_to_site(alignment: Alignment, new: pd.DataFrame) -> Iterator[Issue]:
    """Values that new objects lack and that the site puts there itself: reported once, when they are created."""
    for field in alignment.resource.state:
        count = int(new[field.name].isna().sum()) if field.fills and field.name in new else 0
        if count:
            objects = alignment.resource.counted(count)
            text = wording("filled-by-site", "one" if count == 1 else "", objects=objects, field=field.called)
            yield text.issue("notice", resource=alignment.resource.name)


def _kept_values(alignment: Alignment, compared: Compared) -> Iterator[Issue]:
    """Values that the site stores in another form than was sent: reported, not sent in every run."""
    for name, where in compared.kept.items():
        count = int(where.sum())
        rows, seen = compared.rows.only(where).head(MOST), compared.seen.only(where).head(MOST)
        for row, kept in zip(rows.to_dict("records"), seen[name], strict=True):
            yield wording(
                "site-keeps-own-value", kept=kept, field=alignment.resource.called(name), sent=row[name]
            ).issue(
                "warning",
                resource=alignment.resource.name,
                value=row[name],
                key=key_of(alignment.resource, row),
                **cell(alignment.desired.columns, row, [name]),
            )
        if count > MOST:
            resource, left = alignment.resource, count - MOST
            objects = resource.noun if left == 1 else resource.title
            text = wording("site-keeps-own-value", "more", field=resource.called(name), count=left, objects=objects)
            yield text.issue("warning", resource=resource.name)


def _damaged_values(alignment: Alignment, compared: Compared) -> Iterator[Issue]:
    """Values that seem to be damaged forms of those known, which stay as they are."""
    resource = alignment.resource
    for name, kinds in compared.damaged.items():
        for kind in np.unique(kinds[kinds > 0]).tolist():
            where = kinds == kind
            rows, seen = compared.rows.only(where).head(MOST), compared.seen.only(where).head(MOST)
            for row, kept in zip(rows.to_dict("records"), seen[name], strict=True):
                text = damage_text(kind).given(field=resource.called(name), given=row[name], kept=kept)
                place = cell(alignment.desired.columns, row, [name])
                key = key_of(resource, row)
                yield text.issue("warning", resource=resource.name, value=row[name], key=key, **place)
            left = int(where.sum()) - MOST
            if left > 0:
                objects = resource.noun if left == 1 else resource.title
                text = wording("damaged-text", "more", count=left, field=resource.called(name), objects=objects)
                yield text.issue("warning", resource=resource.name)


def _unchangeable(alignment: Alignment, compared: Compared) -> Iterator[Issue]:
    """Differences in fields that cannot be changed once they are set: reported, never sent."""
    if alignment.resource.updatable or not compared.differs.any():
        return
    row = compared.rows.only(compared.differs).iloc[0].to_dict()
    at = int(np.flatnonzero(compared.differs)[0])
    count = int(compared.differs.sum())
    text = wording("cannot-change", "one" if count == 1 else "", objects=alignment.resource.counted(count))
    yield text.issue(
        "notice",
        resource=alignment.resource.name,
        value=" ".join(row[name] for name in alignment.resource.key),
        key=key_of(alignment.resource, row),
        **cell(alignment.desired.columns, row, [name for name, where in compared.unlike.items() if where[at]]),
    )
