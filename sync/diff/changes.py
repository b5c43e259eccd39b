"""What differs, as changes: objects to be created, updated or deleted, with the columns `COLUMNS`."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from sync.diff.field_diff import Alignment, Compared, field_of
from sync.model.columns import filled, framed, rows_where
from sync.model.frames import fields_of, seen_text
from sync.model.index import among, places
from sync.model.values import pack

SET, UNPROVEN = 1, 2
"""In the column `set`: what is missing gets some values instead of being deleted; and nothing shows yet that the site
applies them. Anything else has 0."""

COLUMNS = (
    "resource",
    "op",
    "match",
    "object",
    "key",
    "before",
    "after",
    "cause",
    "claims",
    "file",
    "tab",
    "row",
    "also",
    "set",
)


@cache
def no_changes() -> pd.DataFrame:
    """Nothing differs."""
    frame = pd.DataFrame({name: pd.Series(dtype="str") for name in COLUMNS})
    return frame.astype({"object": "int64", "row": "Int64", "set": "int64"})


def _change(alignment: Alignment, rows: pd.DataFrame, op: str, columns: dict[str, Any]) -> pd.DataFrame:
    origin = {name: rows[name] for name in ("match", "object", "claims", "file", "tab", "row", "also")}
    key = pack(rows, alignment.resource.key)
    return framed(
        {"resource": alignment.resource.name, "op": op, "key": key, **origin, **columns, "set": 0}, rows.index
    )


def creates(alignment: Alignment, rows: pd.DataFrame) -> pd.DataFrame:
    """Desired rows of objects that are not on the site."""
    names = fields_of(alignment.resource, rows)
    ledger = alignment.ledger
    held = ledger["object"][ledger["sent"].notna() | (ledger["checked"] > 0)]  # sent, or found to have vanished
    cause = np.where(among(rows["object"], held), "site", "sis")
    after = pack(rows, names)
    empty = filled(None, rows.index)
    return _change(alignment, rows, "create", {"before": empty, "after": after, "cause": pd.Series(cause, dtype="str")})


def updates(alignment: Alignment, compared: Compared) -> pd.DataFrame:
    """A write contains all mapped fields of the object; others are sent as the site has them.

    A field that no mapping feeds is only sent where it is to change.
    """
    rows, seen = compared.rows.only(compared.differs), compared.seen.only(compared.differs)
    after: dict[str, pd.Series[Any]] = {}
    before: dict[str, pd.Series[Any]] = {}
    for name in compared.names:
        send = field_of(alignment.resource, name).send
        if send == "event":
            after[name] = rows[name].where(compared.events[name])
        elif send == "with":
            after[name] = rows[name]
        elif send == "state":
            wanted = rows[name] if name not in alignment.desired.on_create else filled(None, rows.index)
            if name in compared.damaged:
                wanted = wanted.mask(compared.damaged[name][compared.differs] > 0)
            unfed = name in alignment.desired.unfed
            after[name] = wanted if unfed else wanted.fillna(seen[name]).fillna(compared.sent[name])
            before[name] = seen[name].fillna(compared.remembered[name]).fillna(compared.sent[name])
    # Where the sheets say what was sent, the site has changed, even if nobody has read it since.
    cause = np.select([compared.by_sis & compared.by_site, compared.by_sis], ["both", "sis"], "site")
    return _change(
        alignment,
        rows,
        "update",
        {
            "before": pack(pd.DataFrame(before, index=rows.index), list(before)),
            "after": pack(pd.DataFrame(after, index=rows.index), list(after)),
            "cause": pd.Series(cause, dtype="str"),
        },
    )


def deletes(alignment: Alignment, leaving: pd.DataFrame) -> pd.DataFrame:
    """Those of some ledger rows that are on the site."""
    at = places(leaving["object"], alignment.observed.rows["object"])
    rows = rows_where(leaving, at >= 0)
    before = seen_text(alignment.resource, alignment.observed.rows.iloc[at[at >= 0]].reset_index(drop=True))
    stated = places(rows["object"], alignment.desired.removals["object"])
    origin = {name: _origin(alignment.desired.removals[name], stated) for name in ("file", "tab", "row")}
    empty = filled(None, rows.index)
    return framed(
        {
            "resource": alignment.resource.name,
            "op": "delete",
            "match": rows["match"],
            "object": rows["object"],
            "key": rows["key"],
            "before": before,
            "after": empty,
            "cause": "sis",
            "claims": rows["claims"],
            **origin,
            "also": empty,
            "set": 0,
        },
        rows.index,
    )


def _origin(column: pd.Series[Any], at: np.ndarray[Any, Any]) -> pd.Series[Any]:
    column = column.astype("Int64" if pd.api.types.is_numeric_dtype(column) else "str")
    if not len(column):
        return pd.Series(pd.NA, index=range(len(at)), dtype=column.dtype)
    found: pd.Series[Any] = column.iloc[np.maximum(at, 0)].reset_index(drop=True)
    return found.mask(pd.Series(at < 0))
