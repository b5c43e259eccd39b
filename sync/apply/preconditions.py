"""Deletes are checked by a read just before they are sent: newer changes on the site must not be undone.

The same is done after a create whose answer was lost, and after a write that the site answers as if something were
missing: a read shows whether the object is there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

from sync.apply.schedule import Change
from sync.model import SEPARATOR, Conventions, Field, Read, Request, Resource, Response
from sync.model.values import position, same
from sync.site.naming import other_key, unclear
from sync.site.requests import read_request, rows_of
from sync.site.responses import Classification

CHANGED: Final = "changed in Moodle since the plan was made; plan again"
NOT_OURS: Final = "no longer managed by nexsis-sync: another plugin created what is in Moodle now"
UNREAD: Final = "could not be read again just before its deletion, so it was not deleted"

Fate = Literal["go", "gone", "spared", "unread"]


@dataclass(slots=True)
class PreconditionReads:
    """Some changes of one resource, and the reads that show their objects: whether deletes may still be sent.

    asked: the keys to read; `whose`, per change, which of them concerns it
    data:  per key asked, the answer (None: nothing there); `failed`, why a key could not be read
    """

    resource: Resource
    read: Read
    changes: list[Change]
    asked: list[Mapping[str, str]]
    whose: list[int]
    data: dict[int, Any] = field(default_factory=dict)
    failed: dict[int, str] = field(default_factory=dict)

    @property
    def requests(self) -> list[Request]:
        """The reads to be made, in the order of `asked`."""
        return [read_request(self.read, key, _extra(self.resource, self.changes)) for key in self.asked]

    @property
    def complete(self) -> bool:
        """Whether all reads have been answered."""
        return len(self.data) + len(self.failed) == len(self.asked)

    def note(self, place: int, response: Response, meaning: Classification, conventions: Conventions) -> None:
        """The answer to a read, and what it means."""
        match meaning.kind:
            case "done" if why := unclear(self.resource, self.read, self.asked[place], response.data, conventions):
                self.failed[place] = why
            case "done":
                self.data[place] = response.data
            case "absent":
                self.data[place] = None
            case _:
                self.failed[place] = meaning.message

    def found(self, conventions: Conventions) -> tuple[pd.DataFrame, np.ndarray[Any, np.dtype[np.int64]]]:
        """What is on the site, one row for each object, and per change the position of its row (-1: there is none)."""
        rows = _found(self.resource, self.read, self.asked, self.data, _extra(self.resource, self.changes), conventions)
        return rows, position(pd.Series([change.match for change in self.changes], dtype="str"), rows["match"])

    def fates(self, conventions: Conventions) -> list[tuple[Change, Fate, str]]:
        """What to do with each delete, and why."""
        rows, at = self.found(conventions)
        differs = _differs(self.resource, [change.before for change in self.changes], rows, at, conventions)
        ours = rows["ours"].to_numpy()
        fates: list[tuple[Change, Fate, str]] = []
        for change, key, row, other in zip(self.changes, self.whose, at, differs, strict=True):
            if key in self.failed:
                fates.append((change, "unread", f"{UNREAD}: {self.failed[key]}"))
            elif row < 0:
                fates.append((change, "gone", ""))
            elif not ours[row]:
                fates.append((change, "spared", NOT_OURS))
            else:
                fates.append((change, "spared", CHANGED) if other else (change, "go", ""))
        return fates


def precondition_reads(resource: Resource, changes: Sequence[Change]) -> PreconditionReads:
    """How to read objects again with the fewest calls; the resource must have reads.

    Fields that the catalogue does not list are looked for where plans look for them: in the first of the reads.
    """
    unnamed = any(_sent_unnamed(change) for change in changes)
    ways = [(read, *_distinct(resource, read, changes)) for read in resource.reads[: 1 if unnamed else None]]
    read, asked, whose = min(ways, key=lambda way: len(way[1]))
    return PreconditionReads(resource, read, list(changes), asked, whose)


def _distinct(resource: Resource, read: Read, changes: Sequence[Change]) -> tuple[list[Mapping[str, str]], list[int]]:
    places = [resource.key.index(name) for name in read.by]
    asked: dict[str, int] = {}
    keys: list[Mapping[str, str]] = []
    whose: list[int] = []
    for change in changes:
        parts = change.match.split(SEPARATOR)
        folded = SEPARATOR.join(parts[place] for place in places)
        if folded not in asked:
            asked[folded] = len(keys)
            keys.append({name: change.key[name] for name in read.by})
        whose.append(asked[folded])
    return keys, whose


def _extra(resource: Resource, changes: Sequence[Change]) -> list[str]:
    images = (image for change in changes for image in (change.before, change.after) if image)
    named = dict.fromkeys(name for image in images for name in image)
    return [name for name in named if resource.field(name) is None]


def _found(
    resource: Resource,
    read: Read,
    asked: Sequence[Mapping[str, str]],
    data: Mapping[int, Any],
    extra: Sequence[str],
    conventions: Conventions,
) -> pd.DataFrame:
    """One row for each object, ours before others'."""
    there = [place for place in sorted(data) if data[place] is not None]
    rows = rows_of(resource, read, [asked[i] for i in there], [data[i] for i in there], conventions, extra)
    rows = rows.sort_values("ours", ascending=False, kind="stable")
    return rows.drop_duplicates("match", ignore_index=True)


def _differs(
    resource: Resource,
    images: Sequence[Mapping[str, str] | None],
    rows: pd.DataFrame,
    at: np.ndarray[Any, np.dtype[np.int64]],
    conventions: Conventions,
) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which images differ from the row at their place in a field that both have."""
    differs = np.zeros(len(images), dtype=bool)
    for name in rows.columns.difference(["match", "ours", *resource.key]):
        before = pd.Series([(image or {}).get(name) for image in images], dtype="str")
        now = rows[name].reindex(at).reset_index(drop=True)
        field = resource.field(name) or Field(name)
        differs |= (before.notna() & now.notna() & ~same(before, now, field, conventions)).to_numpy()
    return differs


# -- after a write of unknown outcome --------------------------------------------------------------------------------


def look_request(change: Change) -> Request | None:
    """The read that shows whether a create or update was done; None if nothing reads the resource."""
    reads = change.resource.reads
    return read_request(reads[-1], change.key, _sent_unnamed(change)) if reads else None


def there(change: Change, data: object, conventions: Conventions) -> bool:
    """Whether the read's data show that the object is there and ours, with any values."""
    return len(_object(change, data, conventions)) > 0


def as_sent(change: Change, data: object, conventions: Conventions) -> Mapping[str, str] | None:
    """The fields of the object in the read's data.

    None if it is not there, not ours, or not as it was sent and can be sent again. After an update, the data must show
    all changed fields: the mere existence of the object proves nothing.
    """
    resource, before, after = change.resource, change.before or {}, change.after or {}
    rows = _object(change, data, conventions)
    if not len(rows):
        return None
    names = rows.columns.difference(["match", "ours", *resource.key])
    fields = {name: value for name in names if isinstance(value := rows[name].iloc[0], str)}
    if resource.put.method == "POST":
        return fields
    changed = {name for name, value in after.items() if before.get(name) != value} if change.op == "update" else set()
    if changed - fields.keys() or _differs(resource, [after], rows, np.zeros(1, dtype=np.int64), conventions)[0]:
        return None
    return fields


def _sent_unnamed(change: Change) -> list[str]:
    return [name for name in change.after or {} if change.resource.field(name) is None]


def _object(change: Change, data: object, conventions: Conventions) -> pd.DataFrame:
    """One row, or none if the data show no such object, or a different one from that asked for."""
    resource = change.resource
    found = None if other_key(resource, change.key, data, conventions) else data
    rows = _found(resource, resource.reads[-1], [change.key], {0: found}, _sent_unnamed(change), conventions)
    return rows[(rows["match"] == change.match) & rows["ours"]].reset_index(drop=True)
