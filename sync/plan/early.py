"""What guards say of removals that wait, as if they were due.

A guard that does not trust a file judges at once: the removals that this file asks for wait no longer, so that they are
on hold as if nothing waited, and the file does not count. All other guards judge a removal when it is due. What they
would stop is reported early, so that somebody can look at the export in time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final

import pandas as pd

from sync.diff.compare import Difference, with_removals
from sync.diff.countdown import day_of
from sync.diff.field_diff import Alignment
from sync.diff.removals import claimed_by
from sync.model import Hold, Input, Issue, Resource
from sync.model.columns import rows_where, stacked
from sync.model.findings import listed
from sync.model.index import among
from sync.model.issue_texts import wording
from sync.model.resources import CATALOGUE
from sync.model.values import equals, unpack
from sync.plan.assemble import Terms, draft, guard_context
from sync.plan.guards import hold
from sync.plan.working_frame import removals

OF_FILES: Final = frozenset({
    "old-file", "used-before", "overtaken", "fewer-rows", "ends-early", "blank-column", "shifted-values",
    "single-value", "swapped-values", "shifted-keys", "rejected-rows",
})  # fmt: skip
"""The guards that do not trust a file."""

MOST: Final = 1_000
"""Number of records of a kind that are reported one by one; more are counted."""


@dataclass(frozen=True, slots=True)
class EarlyJudgement:
    """What would become of the removals that wait if they were due.

    waiting: by resource, of the ledger rows that wait, those that nothing protects, and that no doubted file asks for
    doubted: the mappings whose files look wrong
    holds:   those that would stop some of the rows that wait
    sets:    by id of these holds, the variant of the text where they stop values that are set instead of a removal
    """

    waiting: Mapping[str, pd.DataFrame]
    doubted: frozenset[str] = frozenset()
    holds: tuple[Hold, ...] = ()
    sets: Mapping[str, str] = field(default_factory=dict)


def judge_early(
    alignments: Mapping[str, Alignment], differences: Mapping[str, Difference], terms: Terms
) -> EarlyJudgement:
    """Draft the plan as if nothing waited, and ask the guards. Where nothing waits, nothing is done."""
    waiting = {name: each.countdown.waiting for name, each in alignments.items() if len(each.countdown.waiting)}
    if not waiting:
        return EarlyJudgement({})
    more = {name: _removed(alignments[name], differences[name], rows, terms) for name, rows in waiting.items()}
    drafted = draft(alignments, {**differences, **more}, replace(terms, withheld=frozenset()))
    changes = drafted.changes
    stopped, holds = hold(guard_context(alignments, drafted, terms), {})
    gone = removals(changes)
    removed = {name: gone & equals(changes["resource"], name) for name in waiting}
    own = {name: where & among(changes["object"], waiting[name]["object"]) for name, where in removed.items()}
    ids = {hold for where in own.values() for hold in stopped[where].dropna()}
    stops = ids | {each.part_of for each in holds if each.id in ids}
    found = tuple(each for each in holds if each.id in stops)
    doubted = frozenset(each.slice["mapping"] for each in found if each.guard in OF_FILES)
    return EarlyJudgement(
        {
            name: rows_where(
                rows,
                among(rows["object"], changes["object"][removed[name]])
                & ~claimed_by(rows["claims"], doubted).to_numpy(dtype=bool),
            )
            for name, rows in waiting.items()
        },
        doubted,
        found,
        _sets(found, stopped, changes["set"]),
    )


def _sets(holds: Sequence[Hold], stopped: pd.Series[str], sets: pd.Series[int]) -> dict[str, str]:
    """By id of each hold that stands for itself, `set` if all it stops are sets, `mixed` if some are."""
    whole = {each.id: each.part_of or each.id for each in holds}
    shares = (sets > 0).groupby(stopped.map(whole)).mean()
    return {str(id_): "set" if share == 1 else "mixed" for id_, share in shares.items() if share}


def _removed(alignment: Alignment, difference: Difference, rows: pd.DataFrame, terms: Terms) -> Difference:
    """The difference of a resource if these of its ledger rows were due."""
    return with_removals(difference, alignment, rows, terms.conventions)


def without_doubted(
    alignments: Mapping[str, Alignment], differences: Mapping[str, Difference], doubted: frozenset[str], terms: Terms
) -> tuple[dict[str, Alignment], dict[str, Difference]]:
    """The same, but removals that files that look wrong ask for do not wait any more."""
    now, changed = dict(alignments), dict(differences)
    for name, alignment in alignments.items() if doubted else ():
        waiting = alignment.countdown.waiting
        asked = claimed_by(waiting["claims"], doubted).to_numpy(dtype=bool)
        if asked.any():
            rows = waiting[asked].reset_index(drop=True)
            leaving = stacked(alignment.leaving, rows[[*alignment.leaving]])
            countdown = replace(alignment.countdown, waiting=rows_where(waiting, ~asked))
            now[name] = replace(alignment, leaving=leaving, countdown=countdown)
            changed[name] = _removed(alignment, differences[name], rows, terms)
    return now, changed


# -- in words --------------------------------------------------------------------------------------------------


def countdown_issues(early: EarlyJudgement, terms: Terms) -> Iterator[Issue]:
    """Every removal that waits, the next one due first, and what guards will say of them."""
    today = day_of(terms.now, terms.conventions.timezone) if early.waiting else 0
    for name, rows in early.waiting.items():
        yield from _waiting(CATALOGUE[name], rows.sort_values(["files", "day"], kind="stable"), terms.inputs, today)
    for each in early.holds:
        if each.part_of is None and each.slice.get("mapping") not in early.doubted:
            resource, where = CATALOGUE[each.resource], listed(v for k, v in each.slice.items() if k != "mapping")
            removals = resource.counted(each.count) + (f" in {where}" if where else "")
            text = wording("counting-down-held", early.sets.get(each.id, ""), removals=removals, limit=each.limit)
            yield text.issue("warning", resource=each.resource)


def _waiting(resource: Resource, rows: pd.DataFrame, inputs: Sequence[Input], today: int) -> Iterator[Issue]:
    files = {each.mapping: each.name for each in reversed(inputs) if each.kind == "sheet"}
    shown = rows.head(MOST)
    keys = unpack(shown["key"], resource.key).agg(" / ".join, axis="columns").tolist() if len(shown) else []
    for row, key in zip(shown.to_dict("records"), keys, strict=True):
        code = "counting-down-set" if isinstance(row.get("to_set"), str) else "counting-down"
        text = wording(code, _variant(row, today), key=key)
        values = {"files": _files(row), "day": day_text(row["day"])}
        file = next((files[name] for name in row["claims"].split() if name in files), None)
        yield text.given(**values).issue("notice", resource=resource.name, file=file, value=key, key=row["key"])
    if len(rows) > MOST:
        text = wording("counting-down", "more", count=len(rows) - MOST)
        yield text.issue("notice", resource=resource.name)


def _variant(row: Mapping[Any, Any], today: int) -> str:
    if row["day"] <= today:
        return "files"
    return "" if row["files"] else "day"


def _files(row: Mapping[Any, Any]) -> str:
    return f"{row['files']:,} more file{'s' * (row['files'] != 1)}"


def day_text(day: int) -> str:
    """`3 December 2026`."""
    return f"{date.fromordinal(day).day} {date.fromordinal(day):%B %Y}"
