"""Whom a row is about, by weak evidence: likeness that proves nothing alone, but a lot where it agrees.

A row that is new, or cannot be used, is compared with the objects that no row names any more, in three ways: by its
full name; by its identifier, of which one part may be another; and by its company: the courses of a person, the people
of a course. It counts if two of them agree, or if one change of identifiers explains several pairs, and if none speaks
against it. That one person drops a course and another one takes it is no evidence of anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from sync.diff import identity
from sync.diff.identity import COMPANY, NAME, PART
from sync.diff.removals import slice_parent
from sync.model import Desired, Field, Issue, Observed, Resource
from sync.model.columns import rows_where
from sync.model.findings import cell, key_of
from sync.model.index import Flags, Index, Numbers, Objects, among, parent_key, ranges
from sync.model.issue_texts import wording
from sync.model.resources import CATALOGUE, companion
from sync.model.values import TEXT, arrow, composed, series

SET: Final = 3
"""At least this many courses, or people, in common are no coincidence."""

PAIRS: Final = 5
"""A change of identifiers that explains this many pairs is no coincidence."""

NAMESAKES: Final = 8
"""A name that more objects have on either side says nothing."""

SHARED: Final = "shared"
"""Column of the names of fields in which a pair agrees, though others may have the same value."""

WORD, BREAK = r"[\p{L}\p{Nd}]+", r"[^\p{L}\p{Nd}]+"
RUN = r"(?:\p{L}+|\p{Nd}+)"
AT_AN_END: Final = (
    r"^(?P<before>)(?P<part>)(?P<after>.+)$",
    rf"^(?P<before>)(?P<part>{RUN}(?:{BREAK})?)(?P<after>.+)$",
    rf"^(?P<before>.+?)(?P<part>(?:{BREAK})?{RUN})(?P<after>)$",
    rf"^(?P<before>)(?P<part>{WORD}{BREAK})(?P<after>.+)$",
    rf"^(?P<before>.+)(?P<part>{BREAK}{WORD})(?P<after>)$",
)
"""An identifier as it is, or without a part at either end: letters, digits, or all that stands beyond a separator."""

WITHIN: Final = tuple(rf"^(?P<before>(?:{WORD}{BREAK}){{{n}}})(?P<part>{WORD})(?P<after>{BREAK}.+)$" for n in (1, 2, 3))
"""An identifier without a part between separators."""


# -- company ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ties:
    """Which objects are with which others: both in numbers, sorted, each pair once."""

    own: Numbers
    other: Numbers

    @classmethod
    def of(cls, own: Numbers, other: Numbers) -> Ties:
        """Of pairs in any order."""
        pairs = np.unique(_coded(own, other))
        return cls(pairs >> 32, pairs & 0xFFFFFFFF)

    def sizes(self, objects: Objects) -> Numbers:
        """How many others each of these objects is with."""
        first, last = self._ends(objects)
        sizes: Numbers = last - first
        return sizes

    def shared(self, objects: Objects, ties: Ties, beside: Objects) -> Numbers:
        """For each object, how many of its others are, by `ties`, also with the object at its position in `beside`."""
        first, last = self._ends(objects)
        sizes = last - first
        whose = np.repeat(np.arange(len(sizes)), sizes)
        others = self.other[ranges(first, sizes)]
        pairs, known = _coded(np.asarray(beside, dtype=np.int64)[whose], others), _coded(ties.own, ties.other)
        there = np.append(known, -1)[np.searchsorted(known, pairs)] == pairs
        return np.bincount(whose[there], minlength=len(sizes))

    def _ends(self, objects: Objects) -> tuple[Numbers, Numbers]:
        wanted = np.asarray(objects, dtype=np.int64)
        return np.searchsorted(self.own, wanted), np.searchsorted(self.own, wanted, side="right")


def _coded(own: Numbers, other: Numbers) -> Numbers:
    coded: Numbers = (own << 32) | other
    return coded


@dataclass(frozen=True, slots=True)
class Company:
    """The company of a resource's objects: it may show that an object that is gone has reappeared as a different one.

    named:  objects that the sheets list with any other
    lost:   what is remembered of those that are gone, and not listed, though the other one still is
    wanted: what the sheets list of people with any of these others
    gained: what the sheets list and the ledger does not know
    """

    named: Numbers
    lost: Ties
    wanted: Ties
    gained: Ties


def company(
    resource: Resource, index: Index, stated: Objects, remembered: Objects, gone: Objects, others: Objects | None
) -> Company:
    """The company of a resource's objects.

    stated, remembered: objects of `Resource.company`, the resource that ties them to the others; `index` is the index
        of that resource
    gone:   those that no row names any more
    others: those that the sheets list (None: unknown); a tie to one that has itself left does not count as lost
    """
    keys = {ref.resource: parent_key(ref.resource, ref.on) for ref in CATALOGUE[resource.company].refs}
    own, other = keys[resource.name], keys[companion(resource).name]

    def ties(objects: Numbers) -> Ties:
        return Ties.of(index.part(objects, own), index.part(objects, other))

    rows, known = (np.asarray(objects, dtype=np.int64) for objects in (stated, remembered))
    left = known[among(index.part(known, own), gone) & ~among(known, rows)]
    lost = ties(left if others is None else left[among(index.part(left, other), others)])
    beside = among(index.part(rows, other), lost.other) if resource.personal else np.zeros(len(rows), dtype=bool)
    return Company(
        named=index.part(rows, own),
        lost=lost,
        wanted=ties(rows[beside]),
        gained=ties(rows[~among(rows, known)]),
    )


# -- pairs -----------------------------------------------------------------------------------------------------


def resemblances(
    resource: Resource,
    desired: Desired,
    observed: Observed,
    ledger: pd.DataFrame,
    company: Company,
    strong: pd.DataFrame,
    *,
    shared: Sequence[Field] = (),
) -> pd.DataFrame:
    """What rows seem to mean by weak evidence: columns match, object and those of `identity.LIKENESS`.

    strong: what strong evidence says already, as `identity.likenesses` gives it
    shared: fields in which others may have the same value too, such as an email address of a family
    """
    olds = identity.unnamed(desired, observed)
    olds = rows_where(olds, ~among(olds["object"], company.named) & ~among(olds["object"], strong["old"]))
    news = _news(resource, desired, observed, company, shared)
    news = rows_where(news, ~among(news["object"], strong["object"]))
    if not len(olds) or not len(news):
        return identity.nothing_alike()
    by_change = by_part(news[resource.key[0]].mask(news["known"]), olds["match"])
    by_name = _by_name(full_names(resource, news), full_names(resource, olds))
    pairs = pd.concat([by_change, by_name], ignore_index=True).drop_duplicates(["at", "of"], ignore_index=True)
    if not len(pairs):
        return identity.nothing_alike()
    new, old = news.iloc[pairs["at"]], olds.iloc[pairs["of"]]
    pairs[NAME] = agreement(full_names(resource, new), full_names(resource, old))
    pairs[COMPANY] = _same_company(company, new["object"], old["object"], new["known"].to_numpy(dtype=bool))
    pairs[SHARED] = _same_shared(shared, new, old)
    pairs = _singled_out(pairs[_counts(pairs)])
    return identity.described(resource, news.iloc[pairs["at"]], olds.iloc[pairs["of"]], _evidence(pairs), ledger)


def _news(
    resource: Resource, desired: Desired, observed: Observed, company: Company, shared: Sequence[Field]
) -> pd.DataFrame:
    """Rows that are new or cannot be used, and those of `known` people who may have had a second record, now gone."""
    names = [*resource.name_fields, *(field.name for field in shared)]
    suspects = identity.suspects(resource, desired, observed, names)
    suspects = suspects[~among(suspects["object"], observed.rows["object"])]
    rows = desired.rows
    beside = (company.wanted.sizes(rows["object"]) >= SET) & among(rows["object"], observed.rows["object"])
    known = rows.loc[beside, [name for name in suspects if name in rows]]
    return pd.concat([suspects.assign(known=False), known.assign(known=True)], ignore_index=True)


def full_names(resource: Resource, rows: pd.DataFrame) -> pd.Series[Any]:
    """Full names as they are compared; NA where a part of one is unknown."""
    if not {*resource.name_fields} <= {*rows}:
        return pd.Series(pd.NA, index=rows.index, dtype="str")
    parts = [pc.utf8_trim_whitespace(pc.utf8_lower(composed(arrow(rows[name])))) for name in resource.name_fields]
    return series(pc.binary_join_element_wise(*parts, pa.scalar("\n", TEXT)), rows.index)


def _by_name(left: pd.Series[Any], right: pd.Series[Any]) -> pd.DataFrame:
    """Positions on both sides (`at`, `of`) with the same name, unless many have it."""
    sides = []
    for column, at in ((left, "at"), (right, "of")):
        name = column.dropna()
        side = pd.DataFrame({"name": name, at: name.index})
        sides.append(side[side.groupby("name")[at].transform("size") <= NAMESAKES])
    return sides[0].merge(sides[1], on="name")[["at", "of"]]


def by_part(left: pd.Series[Any], right: pd.Series[Any]) -> pd.DataFrame:
    """Positions on both sides (`at`, `of`) of identifiers that differ in one part, and the `change`: both parts.

    What they have in common must contain a digit, and be shared with no others.
    """
    found = _without_a_part(left, "at").merge(_without_a_part(right, "of"), on="rest", suffixes=("_at", "_of"))
    change = found["part_of"] + "\n" + found["part_at"]
    return found[["at", "of"]].assign(change=change).drop_duplicates(["at", "of"], ignore_index=True)


def _without_a_part(identifiers: pd.Series[Any], at: str) -> pd.DataFrame:
    """Identifiers (by their positions, `at`) without one `part`, in every way: what is left is the `rest`.

    Numbers have no zeros in front.
    """
    array = pc.replace_substring_regex(arrow(identity.all_normalised(identifiers)), r"(^|[^0-9])0+([0-9])", r"\1\2")
    frames = []
    for pattern, mark in (*((each, "") for each in AT_AN_END), *((each, "*") for each in WITHIN)):
        found = pc.extract_regex(array, pattern)
        before, part, after = (pc.struct_field(found, [name]) for name in ("before", "part", "after"))
        rest = pc.binary_join_element_wise(before, after, pa.scalar(mark, TEXT))
        usable = np.flatnonzero(pc.fill_null(pc.match_substring_regex(rest, r"\p{Nd}"), False))
        columns = {at: usable, "rest": series(rest.take(usable)), "part": series(part.take(usable))}
        frames.append(pd.DataFrame(columns))
    ways = pd.concat(frames).drop_duplicates([at, "rest"])
    return ways.drop_duplicates("rest", keep=False)


def agreement(left: pd.Series[Any], right: pd.Series[Any]) -> Numbers:
    """1 where two columns agree row by row, -1 where they do not, 0 where either is NA."""
    same = pc.equal(arrow(left), arrow(right))
    return np.asarray(pc.fill_null(pc.if_else(same, 1, -1), 0), dtype=np.int64)


def _same_company(company: Company, news: Objects, olds: Objects, known: Flags) -> Numbers:
    """1 where a new object has just the company that the old one beside it loses, or a known one has all of that.

    -1 where most of the company is different.
    """
    gained, lost = company.gained.sizes(news), company.lost.sizes(olds)
    taken = company.lost.shared(olds, company.gained, news)
    has_all = company.lost.shared(olds, company.wanted, news) == lost
    same = (lost >= SET) & np.where(known, has_all, (taken == lost) & (taken == gained))
    most = np.maximum(gained, lost)
    return np.select([same, ~known & (most >= SET) & (taken * 2 < most)], [1, -1], 0)


def _same_shared(fields: Sequence[Field], news: pd.DataFrame, olds: pd.DataFrame) -> pd.Series[Any]:
    """The names of those of these fields, all of them email addresses, that agree row by row, joined by a blank."""
    found = pd.Series("", index=pd.RangeIndex(len(news)), dtype="str")
    for field in fields:
        if field.name in news and field.name in olds:
            found = found.mask(agreement(news[field.name], olds[field.name]) > 0, found + f" {field.name}")
    return found.str.strip()


def _counts(pairs: pd.DataFrame) -> Flags:
    """Which pairs count: two kinds agree, or one change explains several pairs; and nothing speaks against it.

    A change of identifiers is one cause: if the company of more pairs speaks against it than for it, as in the courses
    of another term, it explains none of them.
    """
    possible = (pairs[NAME] >= 0) & (pairs[COMPANY] >= 0)
    by_change = pairs["change"]
    explained = possible.groupby(by_change).transform("sum") >= PAIRS
    refuted = pairs[COMPANY].groupby(by_change).transform("sum") < 0
    counted: Flags = (possible & ((_kinds(pairs) >= 2) | explained) & ~refuted).to_numpy(dtype=bool)
    return counted


def _kinds(pairs: pd.DataFrame) -> pd.Series[Any]:
    """How many kinds of evidence agree."""
    kinds = (pairs[NAME] > 0).astype("int64") + (pairs[COMPANY] > 0) + pairs["change"].notna()
    return kinds + (pairs[SHARED] != "")


def _singled_out(pairs: pd.DataFrame) -> pd.DataFrame:
    """Without those of which one side resembles several, unless more kinds agree for one of them."""
    kinds = _kinds(pairs)
    alone = np.ones(len(pairs), dtype=bool)
    for side in ("at", "of"):
        best = kinds == kinds.groupby(pairs[side]).transform("max")
        alone &= (best & (best.groupby(pairs[side]).transform("sum") == 1)).to_numpy(dtype=bool)
    return pairs[alone].reset_index(drop=True)


def _evidence(pairs: pd.DataFrame) -> pd.Series[Any]:
    """The kinds that agree, joined by a blank."""
    kinds = ((NAME, pairs[NAME] > 0), (COMPANY, pairs[COMPANY] > 0), (PART, pairs["change"].notna()))
    texts = [where.map({True: f"{kind} ", False: ""}) for kind, where in kinds]
    return (texts[0] + texts[1] + texts[2] + pairs[SHARED]).str.strip().astype("str")


def to_be_asked(resource: Resource, company: Company, pairs: pd.DataFrame, left: Callable[[], int | None]) -> Flags:
    """Which pairs a person must be asked about.

    These are all except those whose old object left the exports earlier and keeps everything that belongs to it.

    left: how many objects have left the exports since the last run, at most; None if that is unknown
    """
    over = slice_parent(CATALOGUE[resource.company])
    kept = over is not None and over.resource == resource.name  # what is in a course stays as the course has ended
    idle = np.full(len(pairs), kept) | (company.lost.sizes(pairs["old"]) == 0)
    count = left() if idle.any() else None
    asked: Flags = ~idle | (count is None or int(idle.sum()) <= count)
    return asked


def issues(resource: Resource, desired: Desired, observed: Observed, found: pd.DataFrame) -> Iterator[Issue]:
    """An issue for each resemblance, which names both; after the first, a count."""
    if not len(found):
        return
    shown = found.head(identity.MOST)
    merged = among(shown["object"], observed.rows["object"])
    for row, two in zip(shown.to_dict("records"), merged, strict=True):
        text = wording(
            "new-identifier",
            "two-records" if two else "likely" if isinstance(row["new"], str) else "likely-blank",
            object=resource.noun,
            objects=resource.title,
            same=identity.in_common(resource, row["evidence"]),
            old=row["called"],
            new=row["new"],
            alias=identity.alias_row(resource, row["called"], row["new"]),
        )
        yield text.issue(
            "warning",
            resource=resource.name,
            value=row["new"],
            key=key_of(resource, {resource.key[0]: row["new"]}),
            **cell(desired.columns, row, resource.key),
        )
    if len(found) > len(shown):
        rest = wording("new-identifier", "more", count=len(found) - len(shown))
        yield rest.issue("warning", resource=resource.name)
