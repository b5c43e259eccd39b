"""What the site holds that nexsis-sync has not made: what would be taken over, and what no export lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from sync.config.mappings import Mapping as MappingFile
from sync.diff.field_diff import Alignment
from sync.model import Issue
from sync.model.columns import framed, rows_where
from sync.model.findings import listed
from sync.model.frames import seen_text
from sync.model.index import Flags, Numbers, Objects, among, places
from sync.model.issue_texts import wording
from sync.model.values import pack, pick

EXAMPLES: Final = 5
"""Number of records that are named."""


@dataclass(frozen=True, slots=True)
class Adoption:
    """What a site holds of one resource that is not ours.

    ours:     what the exports list: the ledger rows (columns `LEDGER`) that would make it ours
    unlisted: the keys of what could be ours by its owner, and is in no export
    """

    ours: pd.DataFrame
    unlisted: pd.DataFrame


def adoption(alignment: Alignment, mappings: Sequence[MappingFile], day: int) -> Adoption:
    """What there is to adopt of a resource; `mappings` are those of the whole site."""
    return Adoption(_adoptable(alignment, day), _unlisted(alignment, mappings))


def _adoptable(alignment: Alignment, day: int) -> pd.DataFrame:
    """What was read just now, is listed, and is not ours: what the site holds counts as sent."""
    resource, ledger = alignment.resource, alignment.ledger
    read = rows_where(alignment.observed.rows, (alignment.observed.rows["source"] == "read").to_numpy(dtype=bool))
    ours = ledger["object"][(ledger["owned"] == 1).to_numpy()]
    rows = alignment.desired.rows
    rows = rows_where(rows, among(rows["object"], read["object"]) & ~among(rows["object"], ours))
    seen = seen_text(resource, read.iloc[places(rows["object"], read["object"])].reset_index(drop=True))
    known = pick(ledger["key"], places(rows["object"], ledger["object"]))
    key = known.fillna(pack(rows, resource.key))
    texts = {"match": rows["match"], "key": key, "sent": seen, "seen": seen, "claims": rows["claims"]}
    return framed(texts, rows.index).assign(owned=np.int64(1), checked=day)


def _unlisted(alignment: Alignment, mappings: Sequence[MappingFile]) -> pd.DataFrame:
    """Nothing, where the resource has no mapping, or its exports do not show everything."""
    own = frozenset(mapping.name for mapping in mappings if mapping.resource == alignment.resource.name)
    unknown = alignment.observed.unknown
    where = judged(alignment, unknown["object"], own) if own else np.zeros(len(unknown), dtype=bool)
    return rows_where(unknown[[*alignment.resource.key]], where)


def unlisted_issues(alignments: Mapping[str, Alignment], mappings: Sequence[MappingFile]) -> Iterator[Issue]:
    """For each resource an issue about what is on the site, could be ours, and is in no export."""
    for name, alignment in alignments.items():
        rows, resource = _unlisted(alignment, mappings), alignment.resource
        if not len(rows):
            continue
        examples = rows.head(EXAMPLES).agg(" / ".join, axis="columns").tolist()
        examples += [f"{len(rows) - EXAMPLES:,} more"] * (len(rows) > EXAMPLES)
        one = "one" if len(rows) == 1 else ""
        text = wording("in-no-export", one, objects=resource.counted(len(rows)), examples=listed(examples))
        yield text.issue("notice", resource=name)


# -- what the exports list -----------------------------------------------------------------------------------------


def named(alignment: Alignment) -> Numbers:
    """Everything that rows refer to: their own objects, those of bad rows, and those that other resources refer to."""
    frames = (alignment.desired.rows, alignment.desired.guarded, alignment.wanted)
    named = np.concatenate([frame["object"].to_numpy() for frame in frames])
    return named[named >= 0]


def judged(alignment: Alignment, objects: Objects, own: frozenset[str]) -> Flags:
    """Where absence from the sheets means something: all of them are whole, or a delta says that the object is gone.

    Where a row of the slice does not say which object it is about, it may be any of them.
    """
    slices = alignment.resource.slice
    silent = ~among(objects, named(alignment))
    stated = among(objects, alignment.desired.removals["object"])
    shut = (
        among(alignment.index.part(objects, slices), alignment.desired.guarded["within"])
        if slices
        else np.zeros(len(objects), dtype=bool)
    )
    return silent & (stated | ((own <= alignment.desired.complete) & ~shut))
