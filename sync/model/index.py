"""The index: every object that any side knows has a number, and nothing compares texts after that.

Frames have the numbers in the column `object`, beside `match`; -1 stands for NA. Whether and where an object of one
frame is in another is then looked up in an array as long as the index.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa

from sync.model.catalogue import Resource
from sync.model.columns import with_columns
from sync.model.records import Desired
from sync.model.resources import CATALOGUE, ancestors
from sync.model.values import NO_TEXT, TEXT, arrow, beside, no_rows, part_of, position, series

Numbers = np.ndarray[Any, np.dtype[np.int64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]
Objects: TypeAlias = "Numbers | pd.Series[Any]"


class Index:
    """The matches of some key fields, each with a number that never changes; new ones come after the others.

    Parts of a key have numbers as well: where they are the key of a parent, those of the parent's index.
    """

    def __init__(self, key: Sequence[str], spaces: Mapping[tuple[str, ...], Index]) -> None:
        """`spaces` are the indexes of parents, each by the fields of this key that make the parent's key."""
        self.key = tuple(key)
        self._spaces = dict(spaces)
        self._texts: pa.Array = pa.array([], TEXT)
        self._parts: dict[tuple[str, ...], Numbers] = {}

    def __len__(self) -> int:
        return len(self._texts)

    def numbers(self, match: pd.Series[Any]) -> Numbers:
        """The number of each match. Those that the index does not know yet are added."""
        found = position(match, series(self._texts))
        new = found < 0
        if new.any():
            texts = arrow(match)
            encoded = (texts if new.all() else texts.filter(pa.array(new))).dictionary_encode()
            added = np.asarray(encoded.indices.fill_null(-1 - len(self)), dtype=np.int64) + len(self)
            found = added if new.all() else _replaced(found, new, added)
            self._texts = pa.concat_arrays([self._texts, encoded.dictionary])
        return found

    def texts(self, objects: Objects) -> pd.Series[Any]:
        """The match of each number, NA for -1."""
        at = np.asarray(objects, dtype=np.int64)
        index = objects.index if isinstance(objects, pd.Series) else None
        return series(self._texts.take(pa.array(at, mask=at < 0)), index)

    def part(self, objects: Objects, names: Sequence[str]) -> Numbers:
        """The numbers of these fields of the key, in `space(names)`."""
        at, wanted = np.asarray(objects, dtype=np.int64), tuple(names)
        if wanted == self.key:
            return at
        table = self._parts.get(wanted, np.empty(0, np.int64))
        if len(table) < len(self):
            rest = part_of(series(self._texts[len(table) :]), [self.key.index(name) for name in wanted])
            table = np.concatenate([table, self.space(wanted).numbers(rest)])
            self._parts[wanted] = table
        # The last of the table would answer for -1.
        return np.append(table, -1)[at] if (at < 0).any() else table[at]

    def space(self, names: Sequence[str]) -> Index:
        """The index in which these fields of the key have their numbers."""
        wanted = tuple(names)
        if wanted == self.key:
            return self
        if wanted not in self._spaces:
            inner = {key: space for key, space in self._spaces.items() if {*key} <= {*wanted}}
            self._spaces[wanted] = Index(wanted, inner)
        return self._spaces[wanted]


class Slices:
    """The objects of an index by some fields of their key: the objects of a few slices are found without the rest.

    What a list contains is sought among the objects of that list: a hash table that a processor's cache can hold is
    asked in a sixth of the time.
    """

    def __init__(self, index: Index, names: Sequence[str]) -> None:
        """`names` are the key fields that make a slice, numbered as in `index.space(names)`."""
        objects = np.arange(len(index), dtype=np.int64)
        slices = index.part(objects, names)
        self._objects = np.argsort(slices, kind="stable")
        self._begins = np.searchsorted(slices[self._objects], np.arange(len(index.space(names)) + 1))
        self._texts = arrow(index.texts(self._objects))

    def numbers(self, match: pd.Series[Any], slices: Numbers) -> Numbers:
        """The number of each match, all of which lie in these slices; -1 for those that the index does not know."""
        begins = self._begins[slices]
        sizes = self._begins[slices + 1] - begins
        at = ranges(begins, sizes)
        found = position(match, series(self._texts.take(pa.array(at))))
        numbers: Numbers = np.append(self._objects[at], -1)[found]
        return numbers


def ranges(begins: Numbers, sizes: Numbers) -> Numbers:
    """The positions of several ranges, one range after another."""
    positions: Numbers = np.repeat(begins - np.cumsum(sizes) + sizes, sizes) + np.arange(sizes.sum())
    return positions


def _replaced(numbers: Numbers, where: Flags, others: Numbers) -> Numbers:
    changed = numbers.copy()
    changed[where] = others
    return changed


def parent_key(parent: str, on: Mapping[str, str]) -> tuple[str, ...]:
    """The fields of a child's key that make its parent's, in the parent's order; `on` as in a Ref."""
    here = {there: name for name, there in on.items()}
    return tuple(here[name] for name in CATALOGUE[parent].key)


def indexes() -> dict[str, Index]:
    """An empty index for each resource."""
    made: dict[str, Index] = {}
    for name, resource in CATALOGUE.items():
        made[name] = Index(resource.key, {parent_key(above, on): made[above] for above, on in ancestors(resource)})
    return made


@dataclass(frozen=True, slots=True)
class Selection:
    """Some rows of a frame, by position: of a million that are equal on both sides, few columns are ever taken."""

    frame: pd.DataFrame
    at: Numbers

    def __len__(self) -> int:
        return len(self.at)

    def __getitem__(self, name: str) -> pd.Series[Any]:
        """A column of these rows."""
        column = self.frame[name]
        if len(self.at) == len(column) and (self.at == np.arange(len(column))).all():
            return column.reset_index(drop=True)
        return pd.Series(column.array.take(self.at))

    def only(self, where: Flags) -> pd.DataFrame:
        """Those of the rows where the flag is set, as a frame of their own."""
        at = self.at[where]
        return (self.frame.iloc[at] if len(at) else self.frame.iloc[:0]).reset_index(drop=True)


# -- frames ----------------------------------------------------------------------------------------------------


def numbered(index: Index, *frames: pd.DataFrame) -> list[pd.DataFrame]:
    """The frames (with the column `match`) with their numbers: all of them are looked up at once."""
    numbers = index.numbers(series(pa.concat_arrays([arrow(frame["match"]) for frame in frames])))
    ends = np.cumsum([len(frame) for frame in frames])
    return [with_columns(frame, object=own) for frame, own in zip(frames, np.split(numbers, ends[:-1]), strict=True)]


def indexed(resource: Resource, index: Index, desired: Desired, ledger: pd.DataFrame) -> tuple[Desired, pd.DataFrame]:
    """What is desired and what is remembered of a resource, with their numbers."""
    refused = no_rows("match") if desired.refused is None else desired.refused
    given = (desired.rows, ledger, desired.removals, desired.guarded, refused)
    rows, ledger, removals, guarded, refused = numbered(index, *given)
    within = index.space(resource.slice).numbers(guarded["slice"]) if resource.slice else -1
    guarded = with_columns(guarded, within=np.full(len(guarded), within, dtype=np.int64))
    refused_ones = None if desired.refused is None else refused
    return replace(desired, rows=rows, removals=removals, guarded=guarded, refused=refused_ones), ledger


def no_objects(*columns: str) -> pd.DataFrame:
    """An empty frame of text columns, and the column of numbers."""
    return _no_objects(columns).copy(deep=False)


@cache
def _no_objects(columns: tuple[str, ...]) -> pd.DataFrame:
    return beside({**dict.fromkeys(columns, NO_TEXT), "object": np.empty(0, np.int64)}, pd.RangeIndex(0))


def guarding(index: Index, guarded: pd.DataFrame, more: pd.DataFrame) -> pd.DataFrame:
    """What bad rows refer to (as `Desired.guarded`), and these objects with their claims as well; each once."""
    shut = more[["object", "claims"]].assign(
        match=index.texts(more["object"]), slice=pd.Series(pd.NA, index=more.index, dtype="str"), within=-1
    )
    return pd.concat([guarded, shut[list(guarded)]], ignore_index=True).drop_duplicates(ignore_index=True)


def places(needles: Objects, haystack: Objects) -> Numbers:
    """The first position of each object in the haystack; -1 where it is not there, or is NA."""
    sought, among_these = np.asarray(needles, dtype=np.int64), np.asarray(haystack, dtype=np.int64)
    if not len(sought) or not len(among_these):
        return np.full(len(sought), -1, dtype=np.int64)
    first = np.full(max(sought.max(), among_these.max()) + 2, -1, dtype=np.int64)
    first[among_these[::-1]] = np.arange(len(among_these) - 1, -1, -1)  # from the end, so that the first one stays
    first[-1] = -1
    return first[sought]


def among(needles: Objects, haystack: Objects) -> Flags:
    """Which objects are in the haystack."""
    sought, these = np.asarray(needles, dtype=np.int64), np.asarray(haystack, dtype=np.int64)
    if not len(sought) or not len(these):
        return np.zeros(len(sought), dtype=bool)
    there = np.zeros(max(sought.max(), these.max()) + 2, dtype=bool)
    there[these] = True
    there[-1] = False
    return there[sought]


def firsts(objects: Objects) -> Flags:
    """Which objects have not occurred earlier in the same column."""
    first: Flags = places(objects, objects) == np.arange(len(objects))
    return first
