"""What planned deletes would lose for good (grades, completions): shown with each, reported, and held on request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from sync.model import Issue, Resource
from sync.model.findings import listed
from sync.model.issue_texts import wording
from sync.model.resources import CATALOGUE
from sync.model.values import TEXT, arrow, pack, series, unpack
from sync.observe.losses import SKIPPED, UNREAD, Losses
from sync.plan.guard_context import Mask


def with_losses(changes: pd.DataFrame, losses: Sequence[Losses]) -> pd.DataFrame:
    """The changes; the before-images of deletes have what they would lose as well."""
    before = changes["before"].copy()
    for each in losses:
        lost = pack(each.values, [field.name for field in each.resource.lost])
        before.iloc[each.at] = _joined(before.iloc[each.at], lost).array
    return changes.assign(before=before) if losses else changes


def _joined(one: pd.Series[Any], other: pd.Series[Any]) -> pd.Series[Any]:
    """The members of two packed objects, row by row, as one object."""
    first, second = arrow(one.fillna("{}")), arrow(other)
    comma = pc.if_else(pc.or_(pc.equal(first, "{}"), pc.equal(second, "{}")), "", ",")
    members = [pc.utf8_slice_codeunits(each, 1, -1) for each in (first, second)]
    parts = [pa.scalar("{", TEXT), members[0], comma.cast(TEXT), members[1], pa.scalar("}", TEXT)]
    return series(pc.binary_join_element_wise(*parts, pa.scalar("", TEXT)))


def losing(changes: pd.DataFrame) -> Mask:
    """Which changes (columns of `CHANGES`) are deletes that lose something for certain."""
    found = np.zeros(len(changes), dtype=bool)
    for _, mine, lost in _lost(changes):
        found[mine] = lost.apply(_known).any(axis="columns").to_numpy()
    return found


def perhaps_losing(changes: pd.DataFrame) -> Mask:
    """Which of the other deletes may lose something: that was not looked up, or could not be read."""
    found = np.zeros(len(changes), dtype=bool)
    for _, mine, lost in _lost(changes):
        found[mine] = lost.apply(not_known).any(axis="columns").to_numpy()
    return found & ~losing(changes)


def _lost(changes: pd.DataFrame) -> Iterator[tuple[Resource, Mask, pd.DataFrame]]:
    """The deletes of each resource that can lose something, and what each loses."""
    deletes = (changes["op"] == "delete").to_numpy()
    for resource in (each for each in CATALOGUE.values() if each.losses):
        mine = deletes & (changes["resource"] == resource.name).to_numpy()
        if mine.any():
            yield resource, mine, unpack(changes["before"][mine], [field.name for field in resource.lost])


def loss_sentences(changes: pd.DataFrame) -> Iterator[str]:
    """What is lost, one by one: `S1 has 77 in HIS210`."""
    for resource, mine, lost in _lost(changes):
        keys = unpack(changes["key"][mine], resource.key)
        for loss in resource.losses:
            there = _known(lost[loss.field.name])
            for key, value in zip(keys[there].to_dict("records"), lost[loss.field.name][there], strict=True):
                yield loss.says.format(**{str(part): text for part, text in key.items()}, value=value)


def _known(lost: pd.Series[Any]) -> pd.Series[Any]:
    """Where something would be lost for certain."""
    return lost.notna() & ~not_known(lost)


def not_known(lost: pd.Series[Any]) -> pd.Series[Any]:
    """Where a field of `Resource.lost` has no value, but says why that is not known."""
    return lost.isin([UNREAD, SKIPPED])


def loss_issues(losses: Sequence[Losses], changes: pd.DataFrame) -> Iterator[Issue]:
    """What would be lost, what is not known of it, and what the site's API cannot tell: each is reported once."""
    for each in losses:
        name, noun = each.resource.name, each.resource.counted
        known = int(each.values.apply(_known).any(axis="columns").sum())
        unread, skipped = (int((each.values == text).any(axis="columns").sum()) for text in (UNREAD, SKIPPED))
        if known:
            text = wording("lost-with", "one" if known == 1 else "", removals=noun(known))
            yield text.given(lost=listed(loss_sentences(changes))).issue("notice", resource=name)
        if unread:
            why = each.faults[0].message if each.faults else "Moodle was not asked"
            text = wording("lost-unread", "one" if unread == 1 else "", removals=noun(unread), reason=why)
            yield text.issue("warning", resource=name)
        if skipped:
            text = wording("lost-skipped", "one" if skipped == 1 else "", removals=noun(skipped))
            yield text.issue("notice", resource=name)
        if each.absent:
            text = wording("lost-unknown", fields=listed(f"`{field.called}`" for field in each.absent))
            yield text.issue("notice", resource=name)
