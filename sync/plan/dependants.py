"""What depends on objects that are to be created and will not be."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from sync.diff.dependencies import tell
from sync.diff.field_diff import Alignment
from sync.model import Issue
from sync.model.index import among, parent_key
from sync.model.resources import CATALOGUE, ancestors
from sync.model.values import unpack


def dependants(
    alignments: Mapping[str, Alignment], changes: pd.DataFrame, refused: pd.DataFrame
) -> tuple[list[int], list[Issue]]:
    """What depends on objects that were to be created and are not: which changes, and issues for them."""
    unmade = refused[refused["op"] == "create"]
    stuck: list[int] = []
    issues: list[Issue] = []
    for name, resource in CATALOGUE.items() if len(unmade) else ():
        rows = changes[(changes["resource"] == name) & (changes["op"] != "delete")].drop(index=stuck, errors="ignore")
        for above, on in ancestors(resource):
            up = alignments[name].index.part(rows["object"], parent_key(above, on))
            below = rows[among(up, unmade["object"][unmade["resource"] == above])]
            stuck += below.index.tolist()
            rows = rows.drop(index=below.index)
            below = below.assign(**unpack(below["key"], resource.key))
            issues += tell(alignments[name].desired, below, list(on), "waits", above)
    return stuck, issues
