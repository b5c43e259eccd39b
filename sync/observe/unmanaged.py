"""What deletes would remove though nexsis-sync does not manage it, and though no list it reads otherwise shows it.

Enrolments are read course by course. Those of an account in courses that no export lists, or that have no ID number,
are only in the list of the account itself, which is read if the account is to be deleted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Sized
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd

from sync.errors import Fault
from sync.model import Observed, Read, Resource, Takes
from sync.model.frames import records
from sync.model.index import Flags, Index, Numbers, among, parent_key, places
from sync.model.resources import CATALOGUE
from sync.model.values import unpack
from sync.observe.context import Context
from sync.site.dispatch import read_all
from sync.site.requests import read_request, rows_of


@dataclass(frozen=True, slots=True)
class Unmanaged:
    """What the deletes of one resource would remove of another one.

    at, counts: the positions of these deletes among the changes, and how many each would remove that nexsis-sync does
                not manage, without those that were seen already
    unread:     which of their lists could not be read
    faults:     why some lists could not be read
    """

    at: Numbers
    counts: Numbers
    unread: Flags
    faults: tuple[Fault, ...]


def look_beyond(
    context: Context, resource: Resource, takes: Takes, child: tuple[Observed, Index], changes: pd.DataFrame
) -> Unmanaged | None:
    """What the deletes of a resource among these changes would remove by `takes`; None if there is nothing to read.

    child:   what was seen of the resource that is taken, and its index
    changes: with the columns resource, op, key, object and cascaded_by

    Raises SiteRefused if something other than the API answers.
    """
    mine = (changes["resource"] == resource.name) & (changes["op"] == "delete") & (changes["cascaded_by"] < 0)
    at = np.flatnonzero(mine)
    if takes.listed is None or not len(at):
        return None
    keys = records(unpack(changes["key"].iloc[at], resource.key))
    context.reporter.begin(f"reading the {CATALOGUE[takes.resource].title} of {resource.title} to be deleted", len(at))
    try:
        lists, absent, faults = _receive(context, takes.listed, keys)
    finally:
        context.reporter.end()
    unread = np.ones(len(at), dtype=bool)
    unread[[*lists, *absent]] = False
    if not lists:
        return Unmanaged(at, np.zeros(len(at), dtype=np.int64), unread, faults)
    observed, index = child
    asked = [keys[place] for place in lists]
    rows = rows_of(CATALOGUE[takes.resource], takes.listed, asked, [*lists.values()], context.config.conventions)
    objects = index.numbers(rows["match"])
    seen = among(objects, observed.rows["object"]) | among(objects, observed.foreign["object"])
    on = {here: there for there, here in takes.on.items()}
    whose = places(index.part(objects[seen], parent_key(resource.name, on)), changes["object"].to_numpy()[at])
    counts = -np.bincount(whose[whose >= 0], minlength=len(at))
    counts[[*lists]] += [len(cast("Sized", each)) for each in lists.values()]
    return Unmanaged(at, counts, unread, faults)


def _receive(
    context: Context, read: Read, keys: Sequence[Mapping[str, str]]
) -> tuple[dict[int, Any], list[int], tuple[Fault, ...]]:
    """The lists of these keys, by their place; of which there is none; and why others could not be read."""
    requests = [read_request(read, key) for key in keys]
    lists, absent, faults = dict[int, Any](), list[int](), list[Fault]()
    for place, response, classification in read_all(context.connection, requests):
        if classification.kind == "done":
            lists[place] = response.data
        elif classification.kind == "absent":
            absent.append(place)
        else:
            faults.append(Fault(classification.message, where=f"GET /{requests[place].path}"))
            if len(faults) > context.config.sending.max_failures:
                break
    return lists, absent, (*faults,)
