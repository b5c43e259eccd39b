"""What became of changes, over all plans and runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pandas as pd
from sqlalchemy import Connection, func, select

from sync.model import CHANGES
from sync.state import frames
from sync.state.schema import changes, plans, runs

_COLUMNS: Final = [changes.c.plan, changes.c.run, *(changes.c[name] for name in CHANGES)]


def history(connection: Connection, resource: str, match: str) -> pd.DataFrame:
    """Every change of an object in whatever plan: plan, run, then the columns `CHANGES`; in order of the plans."""
    found = frames.read(connection, _COLUMNS, (changes.c.resource == resource) & (changes.c.match == match))
    order = {plan: place for place, plan in enumerate(connection.scalars(select(plans.c.id).order_by(plans.c.seq)))}
    place = found["plan"].map(order).astype("int64")
    return found.assign(place=place).sort_values(["place", "n"], ignore_index=True).drop(columns="place")


def written(connection: Connection, resource: str) -> pd.DataFrame:
    """The last change done to each object of a resource: match, op, at (when its run began, ISO 8601)."""
    done = (changes.c.resource == resource) & (changes.c.status == "done") & changes.c.run.is_not(None)
    found = frames.read(connection, [changes.c.match, changes.c.op, changes.c.run], done)
    begun = {row.id: row.started for row in connection.execute(select(runs.c.id, runs.c.started))}
    frame = pd.DataFrame({"match": found["match"], "op": found["op"], "at": found["run"].map(begun).astype("str")})
    return frame.sort_values("at", kind="stable").drop_duplicates("match", keep="last", ignore_index=True)


def tally(connection: Connection, of: Sequence[str]) -> pd.DataFrame:
    """How many changes of some plans stand where: plan, run (NA if none tried them), op, status, count."""
    by = (changes.c.plan, changes.c.run, changes.c.op, changes.c.status)
    found = connection.execute(select(*by, func.count()).where(changes.c.plan.in_(of)).group_by(*by)).all()
    frame = pd.DataFrame([tuple(row) for row in found], columns=["plan", "run", "op", "status", "count"])
    return frame.astype({name: "int64" if name == "count" else "str" for name in frame.columns})
