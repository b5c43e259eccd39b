"""Calls and their answers, as frames that arrive while reading continues.

Many calls are in progress, yet rows arrive in one order: keys sorted, then pages, then as answered. What arrived early
waits for what comes before it, and no more is requested while much is waiting, so that memory does not grow with rows.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

import orjson
import pandas as pd

from sync.errors import Fault, SiteRefused, SiteTrouble
from sync.model import Field, Issue, Request, Take, path_of
from sync.model.canonical import from_json
from sync.model.frames import records
from sync.model.issue_texts import Wording, wording
from sync.model.resources import CATALOGUE
from sync.observe.context import Context, check_connection
from sync.report.phrasing import pairs
from sync.site.capabilities import offered
from sync.site.dispatch import Settled, Task, exchange
from sync.site.session import open_session
from sync.workflows.pull.selection import Reading, columns_of

CHUNK: Final = 10_000
"""Rows that are passed on at once, and rows that may wait for those before them."""

WINDOW: Final = 8
"""Number of keys whose answers may be waited for at one time, for each call in progress."""

KEYS: Final = 5_000
"""Number of keys that are Python objects at one time."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A key that could not be read completely, and why."""

    key: Mapping[str, str]
    text: Wording

    @property
    def message(self) -> str:
        """Why."""
        return self.text.message

    @property
    def fault(self) -> Fault:
        """The same, for where it keeps something from being read at all."""
        return Fault(self.message, pairs(self.key))

    def issue(self, reading: Reading) -> Issue:
        """The same, for a person."""
        return self.text.issue("error", resource=reading.name, value=pairs(self.key) or None)


@dataclass(frozen=True, slots=True)
class Pulled:
    """The result of an export: rows, keys of which the site has nothing, keys that could not be read to the end."""

    rows: int
    absent: int
    failures: tuple[Failure, ...]


def pull(context: Context, reading: Reading, write: Callable[[pd.DataFrame], object], chunk: int = CHUNK) -> Pulled:
    """Read, and pass on every `chunk` rows or so with `write`, as frames of JSON's values.

    The columns are the identifiers of `by` that the answers do not give, then those of the Pull. Raises SiteRefused
    if the site refuses us, does not have such things at all, or fails too often.
    """
    lanes = _Lanes(reading, context, chunk)
    check_connection(context)
    _refuse_missing(context, reading)
    rows = 0
    context.reporter.begin(f"reading {reading.title}", len(reading.keys))
    try:
        with open_session(context.connection) as session:
            for settled in exchange(session, lanes.next_task, lambda: None):
                lanes.hear(settled)
                if lanes.size >= chunk:
                    rows += lanes.size
                    write(lanes.taken())
                    if len(reading.keys) == 1:  # a bar of one step shows nothing
                        context.reporter.say(f"{rows:,} rows so far")
        rows += lanes.size
        write(lanes.taken())
    except SiteTrouble as error:  # reads leave nothing to resume
        raise SiteRefused(*error.faults) from None
    finally:
        context.reporter.end()
    if not rows and lanes.refused == len(reading.keys):
        raise SiteRefused(*(failure.fault for failure in lanes.failures[:3]))
    return Pulled(rows, lanes.absent, tuple(lanes.failures))


def _refuse_missing(context: Context, reading: Reading) -> None:
    """A site without a family of endpoints would deny the object of each key."""
    resource = CATALOGUE.get(reading.name)
    if resource is None or not resource.optional:
        return
    if offered(context.site, [resource], context.timeout).get(resource.name) is False:
        hint = "They are part of Moodle Workplace."
        raise SiteRefused(Fault(f"the site has no {resource.title}: its API has no endpoints for them", hint=hint))


@dataclass(slots=True, eq=False)
class _Lane:
    """One key in progress. `place` is that of the next page; `page` are the rows of the last one, to recognise them."""

    key: Mapping[str, str]
    place: int = 0
    page: frozenset[bytes] = frozenset()
    rows: list[Mapping[str, Any]] = field(default_factory=list)
    flying: bool = False
    done: bool = False


class _Lanes:
    """The keys that are being read, in order, and the rows that may be passed on.

    `failures` are of keys not read to the end; `refused` counts those that were refused, `absent` those without data.
    """

    def __init__(self, reading: Reading, context: Context, most: int) -> None:
        self.failures: list[Failure] = []
        self.absent = self.refused = self.size = 0
        self._reading, self._context, self._most = reading, context, most
        self._coming = _each(reading.keys)
        self._lanes: deque[_Lane] = deque()
        self._out: list[tuple[Mapping[str, str], list[Mapping[str, Any]]]] = []

    def next_task(self) -> Task | None:
        """The next call; None while nothing more may be requested."""
        lane = self._free()
        if lane is None:
            return None
        lane.flying = True
        return Task(lane, self._call(lane))

    def _free(self) -> _Lane | None:
        """A key whose next page may be requested: only the first one's while much is waiting."""
        waiting = sum(len(lane.rows) for lane in self._lanes) >= self._most
        for lane in list(self._lanes)[: 1 if waiting else None]:
            if not lane.flying and not lane.done:
                return lane
        if waiting or len(self._lanes) >= WINDOW * self._context.config.sending.permits:
            return None
        key = next(self._coming, None)
        if key is None:
            return None
        self._lanes.append(_Lane(key))
        return self._lanes[-1]

    def _call(self, lane: _Lane) -> Request:
        pull, reads = self._reading.pull, self._context.config.reads
        query = dict(self._reading.query)
        if pull.paging:
            query |= reads.part(pull.paging, lane.place)
        return Request("GET", path_of(pull.path, lane.key), query=query, many=pull.many)

    def hear(self, settled: Settled) -> None:
        """Handle an answer. Raises SiteRefused if too many keys could not be read."""
        lane = cast("_Lane", settled.task.tag)
        lane.flying = False
        match settled.classification.kind:
            case "done":
                self._take(lane, settled.response.data)
            case "absent":
                self.absent += lane.place == 0
                lane.done = True
            case _:
                self._refuse(lane, wording("unread", "export", reason=settled.classification.message))
        self._hand_on()

    def _take(self, lane: _Lane, data: Any) -> None:
        rows = data if self._reading.pull.many else [data]
        if not all(isinstance(row, dict) for row in rows):
            self._refuse(lane, wording("unread", "not-objects"))
        elif self._reading.pull.paging is None:
            lane.rows += self._recent(rows)
            lane.done = True
        else:
            self._turn(lane, rows)

    def _turn(self, lane: _Lane, rows: list[Mapping[str, Any]]) -> None:
        """Handle a page. A server may return fewer rows than requested, so only an empty page is the last one."""
        paging = self._reading.pull.paging
        marks = [orjson.dumps(row) for row in rows]
        # A list that grows at its beginning while it is read shows some rows twice.
        fresh = [row for row, mark in zip(rows, marks, strict=True) if mark not in lane.page]
        recent = self._recent(fresh)
        again = bool(rows) and lane.page == frozenset(marks)
        lane.page = frozenset(marks)
        lane.place += len(rows) if paging and paging.counts == "rows" else 1
        lane.rows += recent
        lane.done = again or not rows or (bool(fresh) and not recent)
        if again:
            self.failures.append(Failure(lane.key, wording("repeated-page")))

    def _recent(self, rows: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        pull, since = self._reading.pull, self._reading.since
        if since is None or pull.since is None or not rows:
            return rows
        at = pull.columns[pull.since]
        said = from_json(
            [row.get(at) for row in rows], Field(at, kind="instant"), Take(at), self._context.config.conventions
        )
        old = pd.to_datetime(said, format="ISO8601", utc=True, errors="coerce") < since
        return [row for row, left in zip(rows, old, strict=True) if not left]

    def _refuse(self, lane: _Lane, text: Wording) -> None:
        lane.done = True
        self.refused += 1
        self.failures.append(Failure(lane.key, text))
        if self.refused > self._context.config.sending.max_failures:
            faults = (failure.fault for failure in self.failures[:3])
            raise SiteRefused(Fault("Moodle cannot be read: too many requests fail"), *faults)

    def _hand_on(self) -> None:
        """Pass on the rows before which no others can arrive any more."""
        while self._lanes:
            first = self._lanes[0]
            if first.rows:
                self._out.append((first.key, first.rows))
                self.size += len(first.rows)
                first.rows = []
            if not first.done:
                break
            self._lanes.popleft()
            self._context.reporter.step()

    def taken(self) -> pd.DataFrame:
        """The rows that may be passed on, which are forgotten here."""
        pull, out = self._reading.pull, self._out
        self._out, self.size = [], 0
        bare = columns_of(pull)[: -len(pull.columns)]
        columns = {name: [key[name] for key, rows in out for _ in rows] for name in bare}
        columns |= {
            name: [row.get(at, key.get(name)) for key, rows in out for row in rows] for name, at in pull.columns.items()
        }
        return pd.DataFrame(columns, dtype=object)


def _each(keys: pd.DataFrame) -> Iterator[Mapping[str, str]]:
    for start in range(0, len(keys), KEYS):
        yield from records(keys.iloc[start : start + KEYS])
