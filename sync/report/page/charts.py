"""The drawings of the page, as shares of its width: bars for what changes where, columns for the runs before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sync.model import Plan, Run
from sync.report.facts import OPS, Facts, unpacked
from sync.report.names import Names, name_of
from sync.resources import CATALOGUE

MOST: Final = 20
"""Bars of one chart of slices."""

RUNS: Final = 30
SLOTS: Final = 8
"""Columns there is room for at least: a few runs are not drawn as walls."""

LEAST: Final = 0.6
"""Percent that the smallest number still gets, so that it can be seen."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a bar or column, in percent: where it begins, and how long it is."""

    op: str
    start: float
    size: float


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a chart: what it is of, the changes by op, and how these are drawn."""

    name: str
    id: str
    slice: str
    counts: Mapping[str, int]
    pieces: tuple[Piece, ...]

    @property
    def total(self) -> int:
        """All its changes."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Column:
    """One run: when, how it ended, what its plan had to send, and how that is drawn."""

    at: datetime
    state: str
    plan: str
    counts: Mapping[str, int]
    held: int
    pieces: tuple[Piece, ...]
    start: float
    size: float


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars under one title; `left` says how many had no room."""

    title: str
    bars: tuple[Bar, ...]
    left: int = 0


def by_resource(facts: Facts) -> Mapping[str, Bar]:
    """A bar for every resource of the plan, by name."""
    counts = {name: {op: total[op] for op in OPS} for name, total in facts.totals.items()}
    longest = max((sum(each.values()) for each in counts.values()), default=0)
    return {name: Bar(CATALOGUE[name].title, "", "", each, _pieces(each, longest)) for name, each in counts.items()}


def by_slice(facts: Facts, names: Names) -> Iterator[Chart]:
    """A chart for each kind of slice: how much changes in which courses, the most first."""
    rows = facts.slices
    rows = rows[(rows["slice"] != "{}") & (rows[list(OPS)].sum(axis=1) > 0)]
    kinds = rows["slice"].map({text: (*unpacked(text),) for text in rows["slice"].unique()})
    for fields, of_kind in rows.groupby(kinds, sort=False):
        sums = of_kind.groupby("slice", sort=False)[list(OPS)].sum()
        order = sums.sum(axis=1).sort_values(ascending=False, kind="stable").index
        owner = next((each for each in CATALOGUE.values() if each.key == fields), None)
        title = owner.noun if owner else ", ".join(fields)
        top = sums.loc[order].head(MOST)
        longest = int(top.iloc[0].sum())
        bars = []
        for text, row in zip(top.index, top.to_dict("records"), strict=True):
            key = unpacked(str(text))
            name = name_of(names, owner, key) if owner else ""
            counts = {op: int(row[op]) for op in OPS}
            bars.append(Bar(name, " / ".join(key.values()), str(text), counts, _pieces(counts, longest)))
        yield Chart(f"By {title}", tuple(bars), len(sums) - len(bars))


def past(runs: Sequence[Run], plans: Sequence[Plan]) -> tuple[Column, ...]:
    """The last runs, the oldest first; a plan that was sent in two goes is there once, at its first."""
    known = {plan.id: plan for plan in plans}
    first = {run.plan: run for run in runs if run.plan in known}
    last = [*first.values()][:RUNS][::-1]
    counts = [{op: _summed(known[run.plan], op) for op in OPS} for run in last]
    longest, slot = max((sum(each.values()) for each in counts), default=0), 100 / max(len(last), SLOTS)
    return tuple(
        Column(
            at=run.started,
            state=run.state,
            plan=run.plan,
            counts=each,
            held=_summed(known[run.plan], "held"),
            pieces=_pieces(each, longest),
            start=round((at + 0.15) * slot, 2),
            size=round(0.7 * slot, 2),
        )
        for at, (run, each) in enumerate(zip(last, counts, strict=True))
    )


def _summed(plan: Plan, of: str) -> int:
    return sum(counts.get(of, 0) for counts in plan.summary.values())


def _pieces(counts: Mapping[str, int], longest: int) -> tuple[Piece, ...]:
    pieces, start = [], 0.0
    for op in OPS:
        if counts[op]:
            size = max(LEAST, 100 * counts[op] / longest)
            pieces.append(Piece(op, round(start, 2), round(size, 2)))
            start += size
    return tuple(pieces)
