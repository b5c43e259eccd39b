"""The journal that runs keep in the changes of plans: what is being sent, and the outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import pandas as pd
from sqlalchemy import Column, ColumnElement, Connection, Update, bindparam, func, select, update

from sync.errors import PlanError
from sync.model import CHANGES, Outcome
from sync.state import frames, packing
from sync.state.schema import changes, ledger, plans, runs

_COLUMNS: Final = [changes.c.plan, changes.c.run, *(changes.c[name] for name in CHANGES)]
_THE_CHANGE = update(changes).where(changes.c.plan == bindparam("p"), changes.c.n == bindparam("c"))
_INTENT = _THE_CHANGE.where(*(changes.c.status != status for status in ("held", "covered", "done"))).values(
    status="sending", run=bindparam("run")
)
_AT_ONCE: Final = 500
"""Number of objects that one query asks for."""

UPDATES: Final = ("match", "before", "after", "file", "status")
"""What is known of an update of an object."""

_OUTCOME_COLUMNS = ("status", "attempts", "http_status", "error")
_OUTCOME = _THE_CHANGE.values({name: bindparam(name) for name in _OUTCOME_COLUMNS})


def intend(connection: Connection, plan: str, run: str, ns: Sequence[int]) -> None:
    """Mark changes as being sent. Raises PlanError if one is held, covered, done or not in the plan."""
    _forget_sent(connection, plan, ns)
    marked = _move(connection, _INTENT, [{"p": plan, "c": n, "run": run} for n in ns])
    if marked != len(ns):
        left = len(ns) - marked
        counted = f"{left:,} change{'s' * (left != 1)}"
        raise PlanError(f"{counted} of plan {plan} may not be sent: held, covered, done or unknown")


def settle(connection: Connection, plan: str, outcomes: Sequence[Outcome]) -> None:
    """Write down the outcomes of changes. Raises PlanError if one is not in the plan."""
    settled = _move(
        connection,
        _OUTCOME,
        [{"p": plan, "c": each.n} | {name: getattr(each, name) for name in _OUTCOME_COLUMNS} for each in outcomes],
    )
    if settled != len(outcomes):
        raise PlanError(f"{len(outcomes) - settled} outcomes refer to changes that plan {plan} does not have")


def _move(connection: Connection, statement: Update, parameters: list[dict[str, object]]) -> int:
    return connection.execute(statement, parameters).rowcount if parameters else 0


def _forget_sent(connection: Connection, plan: str, ns: Sequence[int]) -> None:
    """What is known of objects about to be changed is no longer certain: the next plan reads them again."""
    sent = select(changes.c.resource, changes.c.match).where(
        changes.c.plan == plan, changes.c.n.in_(ns), changes.c.op == "update"
    )
    for resource, match in connection.execute(sent).all():
        row = (ledger.c.resource == resource) & (ledger.c.match == match)
        connection.execute(update(ledger).where(row).values(sent=None))


# -- looking back -----------------------------------------------------------------------------------------------


def history(connection: Connection, resource: str, match: str) -> pd.DataFrame:
    """Every change of an object in any plan: plan, run, then the columns `CHANGES`; in order of the plans."""
    found = frames.read(connection, _COLUMNS, (changes.c.resource == resource) & (changes.c.match == match))
    return _in_order(connection, found)


def _in_order(connection: Connection, found: pd.DataFrame) -> pd.DataFrame:
    """Changes in the order of their plans, and within one in sending order."""
    order = {plan: place for place, plan in enumerate(connection.scalars(select(plans.c.id).order_by(plans.c.seq)))}
    place = found["plan"].map(order).astype("int64")
    return found.assign(place=place).sort_values(["place", "n"], ignore_index=True).drop(columns="place")


def of_run(connection: Connection, run: str) -> pd.DataFrame:
    """What a run has done, and what its deletes removed automatically: columns `CHANGES`, in order."""
    plan = connection.scalar(select(runs.c.plan).where(runs.c.id == run))
    done = (changes.c.plan == plan) & (changes.c.run == run) & (changes.c.status == "done")
    takers = select(changes.c.n).where(done, changes.c.op == "delete")
    taken = (changes.c.plan == plan) & (changes.c.status == "covered") & changes.c.covered_by.in_(takers)
    columns = [changes.c[name] for name in CHANGES]
    return frames.read(connection, columns, done | taken).sort_values("n", ignore_index=True)


def written(connection: Connection, resource: str) -> pd.DataFrame:
    """The last change done to each object of a resource: match, op, at (when its run began, ISO 8601)."""
    mine = (changes.c.resource == resource) & changes.c.run.is_not(None)
    return _last_done(connection, ["match"], mine)


def written_since(connection: Connection, moment: datetime) -> pd.DataFrame:
    """The last change that runs begun after that moment have done to an object: resource, match, op, at."""
    later = select(runs.c.id, runs.c.plan).where(runs.c.started > packing.instant_text(moment))
    begun = connection.execute(later).all()
    theirs = changes.c.plan.in_({run.plan for run in begun}) & changes.c.run.in_({run.id for run in begun})
    return _last_done(connection, ["resource", "match"], theirs)


def _last_done(connection: Connection, names: list[str], where: ColumnElement[bool]) -> pd.DataFrame:
    """The last of these changes of runs that was done to each object: names, op, at."""
    columns = [*(changes.c[name] for name in names), changes.c.op, changes.c.run]
    found = frames.read(connection, columns, where & (changes.c.status == "done"))
    begun = {row.id: row.started for row in connection.execute(select(runs.c.id, runs.c.started))}
    frame = found[[*names, "op"]].assign(at=found["run"].map(begun).astype("str"))
    return frame.sort_values("at", kind="stable").drop_duplicates(names, keep="last", ignore_index=True)


def updates(connection: Connection, resource: str, matches: Sequence[str]) -> pd.DataFrame:
    """What runs have changed, or may have, in some objects: columns `UPDATES`, in order of the plans."""
    columns = [changes.c[name] for name in ("plan", "n", *UPDATES)]
    sent = (changes.c.resource == resource) & (changes.c.op == "update")
    sent &= changes.c.status.in_(("done", "unknown", "sending"))
    parts = [
        frames.read(connection, columns, sent & changes.c.match.in_(matches[first : first + _AT_ONCE]))
        for first in range(0, len(matches), _AT_ONCE)
    ]
    return _in_order(connection, pd.concat(parts, ignore_index=True))[[*UPDATES]]


def turnover(connection: Connection, of: Sequence[str]) -> pd.DataFrame:
    """How many objects some plans created, deleted and changed for no row, without a hold.

    Columns plan, resource, op, claims, count; what was changed for no row has the op `set`.
    """
    by = (changes.c.plan, changes.c.resource, changes.c.op, changes.c.claims)
    done = changes.c.plan.in_(of) & (changes.c.status == "done") & changes.c.hold.is_(None)
    changed = done & (changes.c.op == "update") & changes.c.file.is_(None) & (changes.c.cause != "site")
    moved = _counted(connection, by, done & changes.c.op.in_(("create", "delete")))
    return pd.concat([moved, _counted(connection, by, changed).assign(op="set")], ignore_index=True)


def corrections(connection: Connection, of: Sequence[str]) -> pd.DataFrame:
    """What some plans have sent because the site had changed: plan, resource, op, match, after."""
    columns = [changes.c[name] for name in ("plan", "resource", "op", "match", "after")]
    done = (changes.c.cause == "site") & (changes.c.status == "done") & changes.c.op.in_(("create", "update"))
    return frames.read(connection, columns, changes.c.plan.in_(of) & done)


def tally(connection: Connection, of: Sequence[str]) -> pd.DataFrame:
    """How many changes of some plans have which status: plan, run (NA if none tried them), op, status, count."""
    return _counted(connection, (changes.c.plan, changes.c.run, changes.c.op, changes.c.status), changes.c.plan.in_(of))


def _counted(connection: Connection, by: Sequence[Column[Any]], where: ColumnElement[bool]) -> pd.DataFrame:
    """The columns `by` of changes, and how many there are of each kind (count)."""
    found = connection.execute(select(*by, func.count()).where(where).group_by(*by)).all()
    frame = pd.DataFrame([tuple(row) for row in found], columns=[*(column.name for column in by), "count"])
    return frame.astype({name: "int64" if name == "count" else "str" for name in frame.columns})
