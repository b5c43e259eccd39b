"""The drawings of the page, as shares of its width: bars for what changes where, columns for what runs did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from math import ceil
from typing import Final, Protocol, runtime_checkable

import pandas as pd

from sync.model import Run
from sync.model.findings import listed
from sync.model.resources import CATALOGUE
from sync.report import phrasing
from sync.report.display_names import Names, name_of
from sync.report.summary import NOT_DONE, OPS, Summary, unpacked

MOST: Final = 20
"""Number of bars of one chart of slices."""

RUNS: Final = 30
SLOTS: Final = 8
"""Minimum number of columns there is room for: a few runs are not drawn as walls."""

FAR: Final = 5
"""How many times as many changes as the next one a run must have to be drawn broken."""

ABOVE: Final = 1.3
"""How far broken columns reach above the highest whole one."""

LEAST: Final = 0.6
LEAST_HIGH: Final = 2.5
"""Minimum share, in percent, of the smallest number, so that it can be seen: of a bar's length, of a column's height.
"""

BECAME: Final[Mapping[str, str]] = {**phrasing.DONE, "failed": "failed", "held": "on hold", "left": "not sent"}
"""Outcomes of the changes of a run: those it made by op, then those it did not make."""

UNDONE: Final = {**dict.fromkeys(NOT_DONE, "failed"), "held": "held", "planned": "left", "sending": "left"}
"""By status, the outcome of a change that was not made. A covered change is not a call, and is not counted."""


@runtime_checkable
class History(Protocol):
    """Previous runs; a store that keeps none has nothing to draw."""

    def runs(self) -> Sequence[Run]:
        """All runs, newest first."""
        ...

    def tally(self, plans: Sequence[str]) -> pd.DataFrame:
        """Counts of changes by status: columns plan, run (the last one to try them), op, status, count."""
        ...


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a bar or column, in percent: where it begins, and how long it is. `what` is an op, or of `BECAME`."""

    what: str
    start: float
    size: float


@dataclass(frozen=True, slots=True)
class ChartBar:
    """One row of a chart: what it is of, the changes by op, and how these are drawn."""

    name: str
    id: str
    slice: str
    counts: Mapping[str, int]
    segments: tuple[Segment, ...]

    @property
    def total(self) -> int:
        """All its changes."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class ChartColumn:
    """One run: when, how it ended, and how many changes it made and left undone, by `BECAME`; how that is drawn.

    `broken` if it is so much higher than others that only its foot is drawn.
    """

    at: datetime
    state: str
    plan: str
    counts: Mapping[str, int]
    segments: tuple[Segment, ...]
    start: float
    size: float
    broken: bool

    @property
    def total(self) -> int:
        """All its changes."""
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Runs:
    """The last runs, the oldest first, and the most changes of one that is not broken."""

    columns: tuple[ChartColumn, ...] = ()
    height: int = 0


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars under one title; `left` says how many had no room."""

    title: str
    bars: tuple[ChartBar, ...]
    left: int = 0


def by_resource(totals: Mapping[str, Mapping[str, int]], whats: Sequence[str] = OPS) -> Mapping[str, ChartBar]:
    """A bar for every resource, by name: how many there are of each of `whats`."""
    counts = {name: {what: total[what] for what in whats} for name, total in totals.items()}
    longest = max((sum(each.values()) for each in counts.values()), default=0)
    return {
        name: ChartBar(CATALOGUE[name].title, "", "", each, _segments(each, longest)) for name, each in counts.items()
    }


def by_slice(summary: Summary, names: Names) -> Iterator[Chart]:
    """A chart for each kind of slice: how much changes in which courses, the most first."""
    rows = summary.slices
    rows = rows[(rows["slice"] != "{}") & (rows[list(OPS)].sum(axis=1) > 0)]
    kinds = rows["slice"].map({text: (*unpacked(text),) for text in rows["slice"].unique()})
    for fields, of_kind in rows.groupby(kinds, sort=False):
        sums = of_kind.groupby("slice", sort=False)[list(OPS)].sum()
        order = sums.sum(axis=1).sort_values(ascending=False, kind="stable").index
        owner = next((each for each in CATALOGUE.values() if each.key == fields), None)
        title = owner.noun if owner else listed(map(phrasing.part, fields))
        top = sums.loc[order].head(MOST)
        longest = int(top.iloc[0].sum())
        bars = []
        for text, row in zip(top.index, top.to_dict("records"), strict=True):
            key = unpacked(str(text))
            name = name_of(names, owner, key) if owner else ""
            counts = {op: int(row[op]) for op in OPS}
            bars.append(ChartBar(name, " / ".join(key.values()), str(text), counts, _segments(counts, longest)))
        yield Chart(f"By {title}", tuple(bars), len(sums) - len(bars))


def recent_runs(journal: History) -> Runs:
    """The last runs, each with what it did. What no run has tried counts for the plan's last one."""
    runs = [*journal.runs()][:RUNS]
    if not runs:
        return Runs()
    last: dict[str, str] = {}
    for run in runs:
        last.setdefault(run.plan, run.id)
    by_run = _counts_by_run(journal.tally([*last]), last).reindex([run.id for run in runs], fill_value=0)
    counts = [{became: int(row[became]) for became in BECAME} for row in by_run.to_dict("records")]
    sums = [sum(each.values()) for each in counts]
    height, slot = _height(sums), 100 / max(len(runs), SLOTS)
    top = height if height == max(sums) else round(height * ABOVE)
    columns = tuple(
        ChartColumn(
            at=run.started,
            state=run.state,
            plan=run.plan,
            counts=each,
            segments=_segments(each, total if total > height else top, LEAST_HIGH),
            start=round((at + 0.15) * slot, 2),
            size=round(0.7 * slot, 2),
            broken=total > height,
        )
        for at, (run, each, total) in enumerate(zip(runs[::-1], counts[::-1], sums[::-1], strict=True))
    )
    return Runs(columns, height)


def _height(sums: Sequence[int]) -> int:
    """The most changes of a run that is drawn whole: a tenth of them, or one, may be broken if they are far higher."""
    ranked = sorted(sums, reverse=True)
    height = ranked[0]
    for most, following in pairwise(ranked[: ceil(len(ranked) / 10) + 1]):
        if following and most > FAR * following:
            height = following
    return height


def _counts_by_run(tally: pd.DataFrame, last: Mapping[str, str]) -> pd.DataFrame:
    """A row a run, a column for each of `BECAME`, from what `History.tally` says; `last` is each plan's last run."""
    by = tally["run"].fillna(tally["plan"].map(last)).rename("run")
    became = tally["op"].where(tally["status"] == "done", tally["status"].map(UNDONE)).rename("became")
    wide = tally["count"].groupby([by, became]).sum().unstack(fill_value=0)
    return wide.reindex(columns=[*BECAME], fill_value=0)


def _segments(counts: Mapping[str, int], longest: int, least: float = LEAST) -> tuple[Segment, ...]:
    segments, start = [], 0.0
    for what, count in counts.items():
        if count:
            size = max(least, 100 * count / longest)
            segments.append(Segment(what, round(start, 2), round(size, 2)))
            start += size
    return tuple(segments)
