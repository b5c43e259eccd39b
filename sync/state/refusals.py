"""What the site refused when it was last tried, as the changes of stored plans show it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import pandas as pd
from sqlalchemy import Connection, select

from sync.model import SEPARATOR
from sync.model.resources import CATALOGUE, ancestors
from sync.site.responses import refuses
from sync.state import frames, packing
from sync.state.schema import changes, plans, runs

MISSING: Final = 404
"""A write below something that is not there: it is not refused for what it says."""

PLAN: Final = 2**40
"""More than any plan has changes."""

_SHOWN: Final = ("resource", "op", "match", "before", "after", "error")
_COLUMNS: Final = [changes.c[name] for name in ("plan", "n", *_SHOWN, "http_status")]


def standing(connection: Connection, since: datetime) -> pd.DataFrame:
    """As in `Store`."""
    tried = select(runs.c.plan).where(runs.c.started >= packing.instant_text(since)).distinct()
    recent = changes.c.plan.in_(list(connection.scalars(tried)))
    failed = recent & (changes.c.status == "failed") & changes.c.http_status.is_not(None)
    found = frames.read(connection, _COLUMNS, failed)
    if not len(found):
        return found[[*_SHOWN]]
    order = {plan: place for place, plan in enumerate(connection.scalars(select(plans.c.id).order_by(plans.c.seq)))}
    written = recent & (changes.c.status == "done") & (changes.c.op != "delete")
    done = frames.read(connection, _COLUMNS, written & changes.c.match.in_(sorted(_matches(found))))
    last = _last(done, order)
    found = found.assign(at=_places(found, order)).sort_values("at").drop_duplicates(["resource", "match"], keep="last")
    stands = [
        _refused(row) and all(last.get(each, -1) < row["at"] for each in _concerned(row))
        for row in found.to_dict("records")
    ]
    return found[stands][[*_SHOWN]].reset_index(drop=True)


def _refused(row: dict[Any, Any]) -> bool:
    return row["http_status"] != MISSING and refuses(int(row["http_status"]))


def _places(rows: pd.DataFrame, order: dict[str, int]) -> pd.Series[Any]:
    """The place of each change in the history of the store, as a number."""
    return rows["plan"].map(order).astype("int64") * PLAN + rows["n"]


def _last(rows: pd.DataFrame, order: dict[str, int]) -> dict[tuple[str, str], int]:
    """When each object was last written."""
    last: dict[tuple[str, str], int] = {}
    for resource, match, at in zip(rows["resource"], rows["match"], _places(rows, order), strict=True):
        last[resource, match] = max(at, last.get((resource, match), at))
    return last


def _concerned(row: dict[Any, Any]) -> Iterator[tuple[str, str]]:
    """The object of a change, and all it depends on."""
    resource, parts = CATALOGUE[row["resource"]], row["match"].split(SEPARATOR)
    yield resource.name, row["match"]
    for above, on in ancestors(resource):
        here = {there: name for name, there in on.items()}
        yield above, SEPARATOR.join(parts[resource.key.index(here[name])] for name in CATALOGUE[above].key)


def _matches(rows: pd.DataFrame) -> set[str]:
    return {match for row in rows.to_dict("records") for _, match in _concerned(row)}
