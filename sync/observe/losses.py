"""What would be lost with planned deletes: grades and completions of people who are about to be unenrolled.

Only what is about to be deleted is looked at. What cannot be read is never taken for nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Sized
from dataclasses import dataclass, replace
from typing import Any, Final, cast

import numpy as np
import pandas as pd

from sync.errors import Fault
from sync.model import Field, Loss, Observed, Read, Request, Resource
from sync.model.columns import filled
from sync.model.frames import records
from sync.model.index import Index, Numbers, among, firsts, places
from sync.model.resources import CATALOGUE
from sync.model.values import no_rows, pick, unpack
from sync.observe.context import Context
from sync.observe.read_plan import ReadPolicy
from sync.site.capabilities import answered
from sync.site.dispatch import read_all
from sync.site.naming import unclear
from sync.site.requests import read_request, rows_of

UNREAD: Final = "could not be read"
"""What stands for a value that could not be read."""

SKIPPED: Final = "was not looked up"
"""What stands for a value that was not asked for, since that would have taken too many requests."""

MANY: Final = 3
"""From this number of deletes on, the list that has all of them is read, and not one answer for each."""


@dataclass(frozen=True, slots=True)
class Losses:
    """What the deletes of one resource would lose.

    at:     the positions of these deletes among the changes
    values: a column for each field of `Resource.lost`, in step with `at`; NA where nothing would be lost, UNREAD or
            SKIPPED where that is not known
    faults: why something could not be read
    absent: fields that the site's API does not offer
    """

    resource: Resource
    at: Numbers
    values: pd.DataFrame
    faults: tuple[Fault, ...] = ()
    absent: tuple[Field, ...] = ()


def look(
    context: Context, observed: Observed, index: Index, changes: pd.DataFrame, policy: ReadPolicy
) -> Losses | None:
    """What the deletes of a resource among these changes would lose; None if there is nothing to look at.

    changes: with the columns resource, op, key and object; `index` is that of the resource

    Raises SiteRefused if something other than the API answers.
    """
    resource = CATALOGUE[observed.resource]
    if not resource.losses:
        return None
    mine = ((changes["resource"] == resource.name) & (changes["op"] == "delete")).to_numpy()
    at = np.flatnonzero(mine & ~among(changes["object"], observed.foreign["object"]))
    if not len(at):
        return None
    keys = unpack(changes["key"].iloc[at], resource.key).reset_index(drop=True)
    deletes = _Deletes(resource, index, changes["object"].to_numpy()[at], keys)
    if policy == "ledger":
        return Losses(resource, at, pd.DataFrame({field.name: deletes.unread for field in resource.lost}))
    there = answered(context.site, {loss.field.name: loss.reads[-1] for loss in resource.losses}, context.timeout)
    offered = [loss for loss in resource.losses if there[loss.field.name] is not False]
    context.reporter.begin("reading what would be lost with removals", len(at) * len(offered))
    try:
        found = {loss.field.name: deletes.losing(context, loss) for loss in offered}
    finally:
        context.reporter.end()
    values = pd.DataFrame({field.name: deletes.nothing for field in resource.lost})
    faults = dict.fromkeys(fault for _, own in found.values() for fault in own)
    absent = tuple(loss.field for loss in resource.losses if loss not in offered)
    return Losses(resource, at, values.assign(**{name: lost for name, (lost, _) in found.items()}), (*faults,), absent)


@dataclass(frozen=True, slots=True)
class _Deletes:
    """Deletes of one resource: the objects and, in step with them, their keys."""

    resource: Resource
    index: Index
    objects: Numbers
    keys: pd.DataFrame

    @property
    def nothing(self) -> pd.Series[Any]:
        """A column for them without a value."""
        return filled(None, pd.RangeIndex(len(self.objects)))

    @property
    def unread(self) -> pd.Series[Any]:
        """A column for them of which nothing could be read."""
        return filled(UNREAD, pd.RangeIndex(len(self.objects)))

    def losing(self, context: Context, loss: Loss) -> tuple[pd.Series[Any], list[Fault]]:
        """The value that each would lose, by as few calls as answer for all, and why some could not be read."""
        values, left, faults = self.nothing, np.ones(len(self.objects), dtype=bool), list[Fault]()
        skipped = ~left
        for read in loss.reads:
            lists, last = self.index.part(self.objects, read.by), read is loss.reads[-1]
            chosen = left if last else left & (np.bincount(lists, weights=left)[lists] >= MANY)
            if not chosen.any():
                continue
            first = np.flatnonzero(chosen)[firsts(lists[chosen])]
            if last:
                first = first[: context.config.reads.losses]
                skipped = chosen & ~among(lists, lists[first])
            answers = _receive(context, self.resource, read, records(self.keys.iloc[first]))
            faults, complete = answers.faults, chosen & among(lists, lists[first][answers.complete])
            rows = answers.rows(self.resource, context)
            found = pick(rows[loss.field.name], places(self.objects, self.index.numbers(rows["match"])))
            values, left = values.mask(pd.Series(complete), found), left & ~complete
        return values.mask(pd.Series(left), UNREAD).mask(pd.Series(skipped), SKIPPED), faults


@dataclass(slots=True)
class _Answers:
    """The answers to a read, for each key asked by; `complete` says for which of them that is all there is."""

    read: Read
    asked: Sequence[Mapping[str, str]]
    complete: np.ndarray[Any, np.dtype[np.bool_]]
    pages: list[tuple[int, Any]]
    faults: list[Fault]

    def rows(self, resource: Resource, context: Context) -> pd.DataFrame:
        """All that was answered, with the columns match and those that are taken."""
        if not self.pages:
            return no_rows("match", *self.read.take)
        keys = [self.asked[place] for place, _ in self.pages]
        return rows_of(resource, self.read, keys, [data for _, data in self.pages], context.config.conventions)


def _receive(context: Context, resource: Resource, read: Read, asked: Sequence[Mapping[str, str]]) -> _Answers:
    """Read for each of these keys, page by page where the list has pages.

    A list whose next page is the same again is not complete: the site does not support paging.
    """
    answers = _Answers(read, asked, np.zeros(len(asked), dtype=bool), [], [])
    last: dict[int, Any] = dict.fromkeys(range(len(asked)))
    page = 0
    while last:
        turn, more = [*last], dict[int, Any]()
        requests = [_request(context, read, asked[place], page) for place in turn]
        for n, response, classification in read_all(context.connection, requests):
            place, data = turn[n], cast("Sized", response.data)
            why = "" if classification.kind in ("done", "absent") else classification.message
            if classification.kind == "done":
                why = unclear(resource, read, asked[place], data, context.config.conventions)
            if why:
                answers.faults.append(Fault(why, where=f"GET /{requests[n].path}"))
                if len(answers.faults) > context.config.sending.max_failures:
                    return answers
            elif classification.kind == "absent":
                answers.complete[place] = True
            elif not page or data != last[place]:
                answers.pages.append((place, data))
                if read.paging and len(data):
                    more[place] = data
                else:
                    answers.complete[place] = True
        last, page = more, page + 1
    return answers


def _request(context: Context, read: Read, key: Mapping[str, str], page: int) -> Request:
    request = read_request(read, key)
    if read.paging is None:
        return request
    return replace(request, query={**request.query, **context.config.reads.part(read.paging, page)})
