"""The certificate of a run: all that it wrote is read back, where a GET exists, and compared with what was sent."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event
from typing import Any, Final

import numpy as np
import orjson
import pandas as pd

from sync.apply.preconditions import PreconditionReads, precondition_reads
from sync.apply.schedule import batches
from sync.errors import SiteError
from sync.model import Certificate, Conventions, Field, Issue
from sync.model.findings import shown
from sync.model.issue_texts import Wording, wording
from sync.model.resources import CATALOGUE
from sync.model.values import pick, same
from sync.site.dispatch import read_all
from sync.site.session import Connection

BATCH: Final = 1_000
"""Changes that share their reads: what one list shows of several of them is read once."""


def verify(journal: pd.DataFrame, connection: Connection, conventions: Conventions, stop: Event) -> Certificate:
    """Read back what a run has done (its journal: columns of `CHANGES`), each object as it was left.

    Raises nothing because of the site: what cannot be read, or is not because of `stop`, is an exception in the
    certificate.
    """
    done = journal[journal["status"] == "done"].drop_duplicates(["resource", "match"], keep="last")
    reads = [*_reads(done)]
    _read(reads, connection, conventions, stop)
    exceptions = [issue for each in reads for issue in _exceptions(each, conventions)]
    asked = sum(len(each.changes) for each in reads)
    now = connection.clock.now()
    return Certificate(now, len(done), asked - len(exceptions), len(done) - asked, tuple(exceptions))


def _reads(done: pd.DataFrame) -> Iterator[PreconditionReads]:
    """The reads that show the objects of all changes, except of resources that nothing reads."""
    for name, rows in done.groupby("resource", sort=False):
        if CATALOGUE[str(name)].reads:
            for some in batches(rows.assign(sent=pd.Series(pd.NA, index=rows.index, dtype="str")), BATCH):
                yield precondition_reads(CATALOGUE[str(name)], some)


def _read(reads: list[PreconditionReads], connection: Connection, conventions: Conventions, stop: Event) -> None:
    """Make all these reads until `stop` is set, and note their answers."""
    wanted = [(each, place) for each in reads for place in range(len(each.asked))]
    connection.reporter.begin("verify", len(wanted))
    try:
        requests = [request for each in reads for request in each.requests]
        for number, response, classification in read_all(connection, requests, stop):
            each, place = wanted[number]
            each.note(place, response, classification, conventions)
    except SiteError as error:
        for each, place in wanted:
            if place not in each.data:
                each.failed.setdefault(place, error.briefly)
    finally:
        connection.reporter.end()


def _exceptions(reads: PreconditionReads, conventions: Conventions) -> Iterator[Issue]:
    """An issue for each change whose object could not be read, or is not as it was sent."""
    rows, at = reads.found(conventions)
    differs = _differences(reads, rows, at, conventions)
    ours = rows["ours"].to_numpy()
    for change, asked, row, unlike in zip(reads.changes, reads.whose, at, differs, strict=True):
        there = row >= 0 and bool(ours[row])
        if asked in reads.failed:
            text = wording("not-verified", "unread", reason=reads.failed[asked])
        elif there == (change.op == "delete"):
            text = wording("not-verified", "there" if there else "missing")
        elif unlike and there:
            text = unlike[0]
        else:
            continue
        key = orjson.dumps(change.key).decode()
        yield text.given(name=change.name).issue("warning", resource=change.resource.name, key=key)


def _differences(
    reads: PreconditionReads, rows: pd.DataFrame, at: np.ndarray[Any, np.dtype[np.int64]], conventions: Conventions
) -> list[list[Wording]]:
    """For each change, the fields that the site has and that are not as they were sent."""
    found: list[list[Wording]] = [[] for _ in reads.changes]
    for name in rows.columns.difference(["match", "ours", *reads.resource.key]):
        field = reads.resource.field(name) or Field(name)
        sent = pd.Series([(change.after or {}).get(name) for change in reads.changes], dtype="str")
        now = pick(rows[name], at)
        unlike = sent.notna() & now.notna() & ~same(sent, now, field, conventions)
        for place in unlike[unlike].index:
            text = wording("not-verified", field=field.called, now=shown(now[place]), sent=shown(sent[place]))
            found[place].append(text)
    return found
