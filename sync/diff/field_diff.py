"""Objects present on both sides, compared field by field and column by column.

A field is equal if the site holds what the sheets say, or if nothing happened since our last write: the sheets say
what we sent, and the site holds what it then made of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from sync.diff.countdown import Countdown
from sync.diff.damaged_text import Kinds, damages, is_text
from sync.diff.renumbering import MovedRows
from sync.model import Conventions, Desired, Field, Observed, Resource
from sync.model.columns import rows_where
from sync.model.frames import fields_of
from sync.model.index import Flags, Index, Selection, among, places
from sync.model.turns import Turns
from sync.model.values import pick, same, unpack


@dataclass(frozen=True, slots=True)
class Alignment:
    """The three sides of one resource, and related facts.

    index:    the numbers of its objects: the column `object` of all frames
    leaving:  ledger rows that may be deleted
    countdown: those that may be, once they have been missing for long enough
    wanted:   match, object and key columns of objects that only other resources' rows refer to
    alike:    what rows seem to mean under another identifier, as `identity.likenesses` gives it
    resembling: the same by weak evidence, as `weak_evidence.resemblances` gives it
    mappings: names of all mappings of the site; other names in a ledger row are mappings that are gone
    guessed:  names of files whose encoding is not certain
    moved:    ledger rows that now have another identifier, as the site does
    """

    resource: Resource
    index: Index
    desired: Desired
    observed: Observed
    ledger: pd.DataFrame
    leaving: pd.DataFrame
    countdown: Countdown
    wanted: pd.DataFrame
    alike: pd.DataFrame
    resembling: pd.DataFrame
    mappings: frozenset[str]
    guessed: frozenset[str]
    moved: MovedRows


@dataclass(frozen=True, slots=True)
class Retries:
    """What is sent again though neither the sheets nor the site have changed: values that the site did not apply.

    Roles are tried again in `turns`, since a change to the plugin's settings in Moodle would let them through; other
    values only if `all`.
    """

    turns: Turns
    all: bool = False

    def of(self, field: Field, match: pd.Series[Any]) -> Flags:
        """Which objects' values of a field are tried again today."""
        if self.all or field.kind != "role":
            return np.full(len(match), self.all)
        return self.turns.of(match)


@dataclass(frozen=True, slots=True)
class Compared:
    """Present objects on both sides, row by row, and what the comparison says.

    exact: the site holds what the sheets say; differs: there is something to write. For those that differ: what was
    sent and seen, and whose doing it is. By field, unless all are exact, and for all rows: `unlike` where it must be
    written, `edited` where that is so because somebody changed it on the site, `kept` where the site has another value
    that stays, `damaged` where it stays because of what the sheets' value seems to have suffered.
    """

    rows: Selection
    seen: Selection
    names: list[str]
    exact: Flags
    differs: Flags
    sent: pd.DataFrame
    remembered: pd.DataFrame
    by_sis: Flags
    by_site: Flags
    events: dict[str, Flags]
    unlike: dict[str, Flags]
    edited: dict[str, Flags]
    kept: dict[str, Flags]
    damaged: dict[str, Kinds]


def field_of(resource: Resource, name: str) -> Field:
    """A field by name; one that the catalogue does not list is plain text."""
    return resource.field(name) or Field(name)


def present(alignment: Alignment) -> tuple[Selection, Selection]:
    """The objects that both sides have, and that could be read if they were to be: rows of desired and of observed."""
    desired, observed = alignment.desired.rows, alignment.observed
    at = places(desired["object"], observed.rows["object"])
    here = np.flatnonzero((at >= 0) & ~among(desired["object"], observed.failed))
    return Selection(desired, here), Selection(observed.rows, at[here])


def compare(alignment: Alignment, conventions: Conventions, retries: Retries | None = None) -> Compared:
    """Compare the objects that both sides have: `rows` of desired and `seen` of observed, row by row."""
    resource, (rows, seen) = alignment.resource, present(alignment)
    names = fields_of(resource, rows.frame)
    fields = {name: field_of(resource, name) for name in names}
    state = [n for n in names if fields[n].send == "state" and n not in alignment.desired.on_create]
    events = [name for name in names if fields[name].send == "event"]
    exact = np.ones(len(rows), dtype=bool)
    for name in state:
        wanted = rows[name]
        exact &= (same(wanted, seen[name], fields[name], conventions) | wanted.isna()).to_numpy()
    look = ~exact
    for name in events:
        look |= rows[name].notna().to_numpy()
    some, actual = rows.only(look), seen.only(look)
    at = places(some["object"], alignment.ledger["object"])
    sent = unpack(pick(alignment.ledger["sent"], at), names)
    remembered = unpack(pick(alignment.ledger["seen"], at), names)
    found = dict[str, _Judged]()
    for name in state if look.any() else ():
        known = _Known(fields[name], some[name], actual[name], sent[name], remembered[name])
        found[name] = _judged(known, some, alignment.guessed, conventions, retries)
    happened = {name: _happened(some[name], sent[name]) for name in events}
    nowhere, changed = np.zeros(len(some), dtype=bool), [*happened.values()]
    differs = np.logical_or.reduce([nowhere, *(each.unlike for each in found.values()), *changed])
    by_sis = np.logical_or.reduce([nowhere, *(each.unlike & ~each.as_sent for each in found.values()), *changed])
    by_site = np.logical_or.reduce([nowhere, *(each.edited for each in found.values())])
    return Compared(
        rows, seen, names, exact, _spread(look, differs), rows_where(sent, differs), rows_where(remembered, differs),
        by_sis[differs], by_site[differs],
        {name: where[differs] for name, where in happened.items()},
        {name: _spread(look, each.unlike) for name, each in found.items()},
        {name: _spread(look, each.edited) for name, each in found.items()},
        {name: _spread(look, each.kept) for name, each in found.items()},
        {name: _spread(look, each.damaged) for name, each in found.items() if each.damaged is not None},
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Known:
    """A field of some objects: what the sheets want, what is there now, and what was sent last and seen after that."""

    field: Field
    wanted: pd.Series[Any]
    is_now: pd.Series[Any]
    sent: pd.Series[Any]
    remembered: pd.Series[Any]


@dataclass(frozen=True, slots=True)
class _Judged:
    """What that comes to: as in `Compared`, and where the sheets want what was sent; `damaged` is None if unlooked."""

    unlike: Flags
    edited: Flags
    kept: Flags
    as_sent: Flags
    damaged: Kinds | None


def _judged(
    known: _Known, rows: pd.DataFrame, guessed: frozenset[str], conventions: Conventions, retries: Retries | None
) -> _Judged:
    """Compare one field of these rows (match, file); `guessed` as in `Alignment`."""
    field, wanted, is_now = known.field, known.wanted, known.is_now
    unsaid, blind = wanted.isna().to_numpy(), is_now.isna().to_numpy()
    holds = same(wanted, is_now, field, conventions).to_numpy()
    as_sent = same(wanted, known.sent, field, conventions).to_numpy()
    as_seen = same(is_now, known.remembered, field, conventions).to_numpy()
    equal = unsaid | holds | (as_sent & (as_seen | blind))
    retried = equal & ~unsaid & ~holds & ~blind
    kept = retried & ~retries.of(field, rows["match"]) if retries and retried.any() else retried
    equal &= ~retried | kept
    damaged = None
    if is_text(field) and not equal.all():
        before = is_now.fillna(known.remembered).fillna(known.sent)
        damaged = damages(wanted.mask(equal), before, rows["file"], guessed)
        equal |= damaged > 0
    edited = ~equal & ~as_seen & ~blind & known.remembered.notna().to_numpy()
    return _Judged(~equal, edited, kept, as_sent, damaged)


def _happened(wanted: pd.Series[Any], sent: pd.Series[Any]) -> Flags:
    """Where the sheets have another value for an event than was sent."""
    happened: Flags = (wanted.notna() & sent.notna() & (wanted != sent)).to_numpy(dtype=bool)
    return happened


def _spread(where: np.ndarray[Any, Any], values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    whole = np.zeros(len(where), dtype=values.dtype)
    whole[where] = values
    return whole
