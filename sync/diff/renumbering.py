"""The ledger follows objects that have another identifier on the site, with everything that it remembers below them.

Either an alias says so, or it is plain to see: somebody has changed the identifier in Moodle to the one in the sheets.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
import pandas as pd

from sync.diff.identity import compared, same_values
from sync.diff.weak_evidence import agreement, by_part, full_names
from sync.model import LEDGER, Conventions, Desired, Issue, Observed, Resource
from sync.model.columns import framed, rows_where, selected, stacked
from sync.model.findings import listed
from sync.model.frames import fields_of
from sync.model.index import Flags, among, places
from sync.model.issue_texts import wording
from sync.model.resources import ancestors
from sync.model.values import joined, no_rows, pack, part_of, pick, position, unpack

EXAMPLES: Final = 3
"""Number of records that are named."""


@dataclass(frozen=True, slots=True)
class MovedRows:
    """Ledger rows that have moved (columns `LEDGER`), and the matches under which they were before."""

    rows: pd.DataFrame
    gone: pd.Series[Any]

    def followed_by(self, later: MovedRows) -> MovedRows:
        """Both, one after the other."""
        return MovedRows(stacked(later.rows, self.rows), pd.concat([self.gone, later.gone], ignore_index=True))


@cache
def nothing_moved() -> MovedRows:
    """No ledger row has moved."""
    return MovedRows(no_rows(*LEDGER), no_rows("match")["match"])


def renumbered(resource: Resource, ledger: pd.DataFrame, moved: pd.DataFrame) -> tuple[pd.DataFrame, MovedRows]:
    """A resource's ledger once objects have moved (columns resource, was, now and new, as aliases), and what moved.

    What the ledger has under the new identifier already stays as it is.
    """
    hits, rows = np.zeros(len(ledger), dtype=bool), ledger
    for name, field in _identifying(resource) if len(moved) and len(ledger) else ():
        own = moved[(moved["resource"] == name).to_numpy()]
        if len(own):
            rows, at = _renamed(resource, rows, field, own)
            hits |= at
    if not hits.any():
        return ledger, nothing_moved()
    kept, changed = ledger[~hits], selected(rows, LEDGER)[hits]
    new = changed[position(changed["match"], kept["match"]) < 0].drop_duplicates("match", ignore_index=True)
    return stacked(kept, new), MovedRows(new, ledger["match"][hits])


def _identifying(resource: Resource) -> list[tuple[str, str]]:
    """The resources whose objects a field of the key identifies, with that field."""
    own = [(resource.name, resource.key[0])] if len(resource.key) == 1 else []
    return own + [(name, next(iter(on))) for name, on in ancestors(resource) if len(on) == 1]


def _renamed(resource: Resource, rows: pd.DataFrame, field: str, moved: pd.DataFrame) -> tuple[pd.DataFrame, Flags]:
    """The rows with another value of a field of their key, where that has moved; and which those are."""
    parts = [part_of(rows["match"], [at]) for at in range(len(resource.key))]
    place = resource.key.index(field)
    at = position(parts[place], moved["was"])
    hit = at >= 0
    if not hit.any():
        return rows, hit
    parts[place] = pick(moved["now"], at).set_axis(rows.index).fillna(parts[place])
    keys = unpack(rows["key"][hit], resource.key)
    keys[field] = pick(moved["new"], at[hit]).set_axis(keys.index)
    key = rows["key"].copy()
    key[hit] = pack(keys, resource.key)
    return rows.assign(match=joined(parts), key=key), hit


# -- without an alias ------------------------------------------------------------------------------------------------


def perhaps_renumbered(
    resource: Resource, desired: Desired, observed: Observed, ledger: pd.DataFrame, conventions: Conventions
) -> pd.DataFrame:
    """Objects whose identifier somebody may have changed on the site: columns resource, object, was, now, new, old.

    The sheets list them under an identifier (`now`; `new` as it is spelled) that was found on the site, though it was
    never sent. Under another one (`was`, `old`) they are ours, and in no sheet any more. What is known of both has the
    same unique value, or the same name and most of the identifier. They have been renumbered if `object`, the old
    one, is no longer on the site.
    """
    if resource.refs or len(resource.key) > 1:
        return _PAIRS.copy()
    rows = desired.rows
    sent = ledger["owned"].to_numpy() == 1
    strange = rows_where(rows, ~among(rows["object"], ledger["object"]) & among(rows["object"], _read(observed)))
    known = rows_where(ledger, sent & ~among(ledger["object"], rows["object"]))
    known = rows_where(known, ~among(known["object"], desired.guarded["object"]))
    if not len(strange) or not len(known):
        return _PAIRS.copy()
    seen = observed.rows.iloc[places(strange["object"], observed.rows["object"])].reset_index(drop=True)
    was = unpack(known["seen"].fillna(known["sent"]), fields_of(resource, seen))
    found = _alike(resource, seen, was.assign(match=known["match"].array), conventions)
    key = resource.key[0]
    old, new = known.iloc[found["of"]].reset_index(drop=True), strange.iloc[found["at"]].reset_index(drop=True)
    names = {"was": old["match"], "now": new["match"], "new": new[key], "old": unpack(old["key"], [key])[key]}
    return framed({"resource": resource.name, "object": old["object"], **names}, found.index)


_PAIRS = no_rows("resource", "was", "now", "new", "old").assign(object=np.empty(0, np.int64))


def _read(observed: Observed) -> pd.Series[Any]:
    return observed.rows["object"][(observed.rows["source"] == "read").to_numpy(dtype=bool)]


def _alike(resource: Resource, seen: pd.DataFrame, was: pd.DataFrame, conventions: Conventions) -> pd.DataFrame:
    """Positions on both sides (`at`, `of`) of what is the same, to all appearances, and resembles nothing else."""
    pairs = []
    for field in conventions.unique(resource):
        if field.name in was:
            now, before = (compared(side[field.name], field, conventions) for side in (seen, was))
            pairs.append(same_values(now, before, field.name))
    names, others = (full_names(resource, side) for side in (seen, was))
    parts = by_part(seen["match"], was["match"].where(position(others, names.dropna()) >= 0))
    pairs.append(parts[agreement(names.iloc[parts["at"]], others.iloc[parts["of"]]) > 0])
    both = pd.concat([each[["at", "of"]] for each in pairs], ignore_index=True).drop_duplicates()
    return both[~both["at"].duplicated(keep=False) & ~both["of"].duplicated(keep=False)].reset_index(drop=True)


def issues(resource: Resource, pairs: pd.DataFrame) -> Iterator[Issue]:
    """A notice of what somebody has renumbered on the site; `pairs` as `perhaps_renumbered` gives them."""
    if len(pairs):
        examples = [f"{pair['old']} (now {pair['new']})" for pair in pairs.head(EXAMPLES).to_dict("records")]
        examples += [f"{len(pairs) - EXAMPLES:,} more"] * (len(pairs) > EXAMPLES)
        one = "one" if len(pairs) == 1 else ""
        text = wording("renumbered", one, objects=resource.counted(len(pairs)), pairs=listed(examples))
        yield text.issue("notice", resource=resource.name)
