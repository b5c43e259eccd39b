"""What a plan changes in the ledger, whether or not anything is sent.

Differences are not stored here: otherwise an edit made on the site would be forgotten before it is corrected.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from sync.diff.field_diff import Alignment, Compared
from sync.model import LEDGER
from sync.model.columns import framed, rows_where, selected, stacked
from sync.model.frames import seen_text
from sync.model.index import among, places
from sync.model.values import by_distinct, equal_at, equals, pack, pick, unpack


def learned(alignment: Alignment, compared: Compared, day: int) -> pd.DataFrame:
    """Ledger rows (columns `LEDGER`) to write: of objects that are as they should be, were also found, or vanished."""
    parts = [
        _agreeing(alignment, compared, day) if compared.exact.any() else no_memories(),
        _found(alignment, day) if len(alignment.wanted) else no_memories(),
        _vanished(alignment, day) if len(alignment.observed.absent) else no_memories(),
    ]
    return stacked(*parts)


@cache
def no_memories() -> pd.DataFrame:
    """Nothing to be written."""
    texts = pd.DataFrame({name: pd.Series(dtype="str") for name in LEDGER})
    return texts.astype({"owned": "int64", "checked": "int64"})


def forgotten(alignment: Alignment) -> pd.Series[Any]:
    """Ledger rows that no sheet asks for, of objects that are not on the site or were only ever seen.

    The latter were found by an earlier plan that was not applied: a later one must not adopt them.
    """
    ledger = alignment.ledger
    gone = among(ledger["object"], alignment.observed.absent)
    stranger = (ledger["owned"] == 0).to_numpy() & ~equals(ledger["claims"], "")
    return ledger["match"][(gone | stranger) & ~among(ledger["object"], alignment.desired.rows["object"])]


def _agreeing(alignment: Alignment, compared: Compared, day: int) -> pd.DataFrame:
    """Ledger rows for objects that are as they should be: who claims them, and what the site holds now."""
    rows, seen, ledger, names = compared.rows, compared.seen, alignment.ledger, compared.names
    at = places(rows["object"], ledger["object"])
    owned = np.append(ledger["owned"].to_numpy(dtype="int64"), 0)[at]
    text = seen_text(alignment.resource, seen.frame)
    read = equals(seen.frame["source"], "read")[seen.at]
    news = ~equal_at(rows.frame["claims"], rows.at, ledger["claims"], at)
    news |= read & ~equal_at(text, seen.at, ledger["seen"], at)
    news |= (owned == 1) & ~equal_at(pack(rows.frame, names), rows.at, ledger["sent"], at)
    news &= compared.exact
    if not news.any():
        return no_memories()
    some, at, owned = rows.only(news), at[news], owned[news]
    was = {name: pick(ledger[name], at) for name in ("sent", "seen", "claims")}
    frame = framed(
        {
            "match": some["match"],
            "key": pick(ledger["key"], at).fillna(pack(some, alignment.resource.key)),
            "sent": _agreed(was["sent"], selected(some, names), owned),
            "seen": pick(text, seen.at[news]).where(pd.Series(read[news]), was["seen"]),
            "claims": _merged_claims(some["claims"], was["claims"], alignment.mappings - alignment.desired.complete),
            "owned": owned,
            "checked": day,
        },
        some.index,
    )
    as_before = at >= 0
    for name, earlier in was.items():
        as_before &= (frame[name].fillna("") == earlier.fillna("")).to_numpy()
    return rows_where(frame, ~as_before)


def _found(alignment: Alignment, day: int) -> pd.DataFrame:
    """Ledger rows for objects that were found on the site because others refer to them: not ours, but known."""
    rows = alignment.wanted[~among(alignment.wanted["object"], alignment.ledger["object"])]
    at = places(rows["object"], alignment.observed.rows["object"])
    rows, seen = rows_where(rows, at >= 0), alignment.observed.rows.iloc[at[at >= 0]].reset_index(drop=True)
    return pd.DataFrame(
        {
            "match": rows["match"],
            "key": pack(rows, alignment.resource.key),
            "sent": pd.Series(pd.NA, index=rows.index, dtype="str"),
            "seen": seen_text(alignment.resource, seen),
            "claims": pd.Series("", index=rows.index, dtype="str"),
            "owned": np.int64(0),
            "checked": day,
        }
    )


def _vanished(alignment: Alignment, day: int) -> pd.DataFrame:
    """Ledger rows of objects that are wanted but no longer on the site: still ours, but what was sent no longer counts.

    Otherwise an object nothing reads would be remembered again with its parent, though it was never sent again.
    """
    ledger = alignment.ledger
    believed = (ledger["sent"].notna() | ledger["seen"].notna()).to_numpy()
    gone = believed & among(ledger["object"], alignment.observed.absent)
    rows = rows_where(selected(ledger, LEDGER), gone & among(ledger["object"], alignment.desired.rows["object"]))
    nothing = pd.Series(pd.NA, index=rows.index, dtype="str")
    return rows.assign(sent=nothing, seen=nothing, checked=day)


def all_claims(alignment: Alignment, changes: pd.DataFrame) -> pd.Series[Any]:
    """The claims of changes, including those of earlier runs that were not withdrawn."""
    before = pick(alignment.ledger["claims"], places(changes["object"], alignment.ledger["object"]))
    merged = _merged_claims(changes["claims"], before, alignment.mappings - alignment.desired.complete)
    return merged.where(changes["op"] != "delete", changes["claims"])


def _agreed(sent: pd.Series[Any], wanted: pd.DataFrame, owned: np.ndarray[Any, Any]) -> pd.Series[Any]:
    """What was sent, updated to what the sheets say and the site has without our doing."""
    names = list(wanted.columns)
    other = (pack(wanted, names) != sent).to_numpy(dtype=bool) & (owned == 1)
    if not other.any():
        return sent
    before = unpack(sent[other], names)
    agreed = pd.DataFrame({name: wanted[name][other].fillna(before[name]) for name in names})
    sent = sent.copy()
    sent[other] = pack(agreed, names)
    return sent


def _merged_claims(now: pd.Series[Any], before: pd.Series[Any], unheard: frozenset[str]) -> pd.Series[Any]:
    """Who claims an object: the mappings that list it now, and those that did and were not read in full this time."""
    pairs = (now + "\n" + before.fillna("")).astype("str")

    def merge(pair: str) -> str:
        names, _, earlier = pair.partition("\n")
        others = [name for name in earlier.split() if name in unheard and name not in names.split()]
        return " ".join([*names.split(), *others])

    return by_distinct(pairs, merge)
