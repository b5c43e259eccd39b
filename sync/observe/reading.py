"""Makes the reads that are planned, of several resources at once, so that none waits for another's last answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, compress
from typing import Any

import numpy as np
import pandas as pd

from sync.errors import Fault, SiteRefused
from sync.model import Conventions, Request, Resource, path_of
from sync.model.columns import framed, selected, stacked, with_columns
from sync.model.findings import listed
from sync.model.frames import records
from sync.model.index import Flags, Index, Slices
from sync.model.resources import CATALOGUE
from sync.model.values import match_of, no_rows
from sync.observe.context import Context
from sync.observe.read_plan import ReadPlan
from sync.site.dispatch import read_all
from sync.site.naming import unclear, unclear_lists
from sync.site.requests import nameless_of, read_request, rows_of

CHUNK = 50_000
"""Rows of lists that are kept as they are before they become columns."""


@dataclass(frozen=True, slots=True)
class Responses:
    """The result of a `ReadPlan`: per key, whether nothing was there or it could not be read.

    rows:   the contents of the others, as returned by `sync.site.requests.rows_of`, and `object`
    nameless: as in `Observed`
    faults: by the place of the key, why it could not be read
    """

    plan: ReadPlan
    rows: pd.DataFrame
    absent: Flags
    failed: Flags
    nameless: pd.DataFrame
    faults: Mapping[int, Fault] = field(default_factory=dict)


@dataclass(slots=True)
class Arriving:
    """The answers to a read plan, turned into columns as they arrive: lists can be long."""

    resource: Resource
    index: Index
    plan: ReadPlan
    conventions: Conventions
    keys: list[Mapping[str, str]] = field(init=False)
    absent: Flags = field(init=False)
    failed: Flags = field(init=False)
    faults: dict[int, Fault] = field(default_factory=dict)
    _frames: list[pd.DataFrame] = field(default_factory=list)
    _nameless: list[pd.DataFrame] = field(default_factory=list)
    _slices: Slices | None = None
    _places: list[int] = field(default_factory=list)
    _data: list[Any] = field(default_factory=list)
    _size: int = 0

    def __post_init__(self) -> None:
        self.keys = records(selected(self.plan.keys, self.plan.read.by))
        self.absent, self.failed = (np.zeros(len(self.keys), dtype=bool) for _ in range(2))

    @property
    def requests(self) -> list[Request]:
        """The GETs to make, one for each key."""
        return [read_request(self.plan.read, key, self.plan.extra) for key in self.keys]

    def take(self, place: int, data: Any) -> None:
        """What a good answer to the request at this place contains, unless it is not about what was asked for."""
        read = self.plan.read
        if not read.many and (why := unclear(self.resource, read, self.keys[place], data, self.conventions)):
            self._refuse(place, why)
            return
        self._places.append(place)
        self._data.append(data)
        self._size += len(data) if read.many else 1
        if self._size >= CHUNK:
            self._tabulate()

    def missing(self, place: int) -> None:
        """Nothing is there."""
        self.absent[place] = True

    def fail(self, place: int, fault: Fault) -> None:
        """It could not be read."""
        self.failed[place] = True
        self.faults[place] = fault

    def _refuse(self, place: int, why: str) -> None:
        """The answer cannot be used."""
        self.fail(place, Fault(why, where=f"GET /{path_of(self.plan.read.path, self.keys[place])}"))

    def _tabulate(self) -> None:
        read, extra = self.plan.read, self.plan.extra
        if read.many:
            self._leave_out_unclear()
        asked = [self.keys[place] for place in self._places]
        rows = rows_of(self.resource, read, asked, self._data, self.conventions, extra)
        self._slices = self._slices or Slices(self.index, read.by)
        slices = self.plan.keys["at"].to_numpy()[self._places]
        self._frames.append(with_columns(rows, object=self._slices.numbers(rows["match"], slices)))
        self._nameless.append(self._without_identifier(asked))
        self._places, self._data, self._size = [], [], 0

    def _leave_out_unclear(self) -> None:
        """Refuse the lists that have a row which cannot be understood."""
        for at, why in unclear_lists(self.resource, self.plan.read, self._data).items():
            self._refuse(self._places[at], why)
        clear = ~self.failed[self._places]
        self._places, self._data = [*compress(self._places, clear)], [*compress(self._data, clear)]

    def _without_identifier(self, asked: Sequence[Mapping[str, str]]) -> pd.DataFrame:
        """What these lists have that no sheet can refer to."""
        resource, read = self.resource, self.plan.read
        if not resource.known_by or not read.many:
            return nothing_nameless(resource)
        rows = nameless_of(resource, read, asked, self._data, self.conventions)
        within = self.index.space(read.by).numbers(match_of(rows, resource.named(read.by), self.conventions))
        return framed({"within": within, resource.known_by: rows[resource.known_by]}, rows.index)

    def responses(self) -> Responses:
        """All that has arrived."""
        self._tabulate()
        rows = stacked(*self._frames)
        new = (rows["object"] < 0).to_numpy()
        if new.any():
            rows.loc[new, "object"] = self.index.numbers(rows["match"][new])
        nameless = pd.concat(self._nameless, ignore_index=True)
        return Responses(self.plan, rows, self.absent, self.failed, nameless, self.faults)


def nothing_nameless(resource: Resource) -> pd.DataFrame:
    """Nothing without an identifier, as in `Observed`."""
    return no_rows(*filter(None, [resource.known_by])).assign(within=np.empty(0, np.int64))


def read(context: Context, indexes: Mapping[str, Index], plans: Mapping[str, ReadPlan]) -> dict[str, Responses]:
    """Make the GETs of these plans, by resource. Raises SiteRefused if too many of one resource fail."""
    conventions = context.config.conventions
    arriving = [Arriving(CATALOGUE[name], indexes[name], plan, conventions) for name, plan in plans.items()]
    requests = [each.requests for each in arriving]
    begins = [0, *accumulate(map(len, requests))]
    asked = [each for each in arriving if each.keys]
    if asked:
        context.reporter.begin(f"reading {listed(each.resource.title for each in asked)}", begins[-1])
    try:
        _receive(context, arriving, begins, [request for each in requests for request in each])
    finally:
        if asked:
            context.reporter.end()
    responses = {each.resource.name: each.responses() for each in arriving}
    for each in arriving:
        _refuse_many(context, each)
    return responses


def _receive(context: Context, arriving: list[Arriving], begins: list[int], requests: list[Request]) -> None:
    for n, response, classification in read_all(context.connection, requests):
        which = int(np.searchsorted(begins, n, side="right")) - 1
        of, place = arriving[which], n - begins[which]
        if classification.kind == "done":
            of.take(place, response.data)
        elif classification.kind == "absent":
            of.missing(place)
        else:
            of.fail(place, Fault(classification.message, where=f"GET /{requests[n].path}"))
        _refuse_many(context, of)


def _refuse_many(context: Context, of: Arriving) -> None:
    """Raises SiteRefused if too many reads of a resource have failed."""
    if len(of.faults) > context.config.sending.max_failures:
        raise SiteRefused(Fault("Moodle cannot be read; nothing was sent"), *[*of.faults.values()][:3])
