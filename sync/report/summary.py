"""What every format shows of a plan, computed once and by columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

import orjson
import pandas as pd

from sync.model import Issue, Plan, Resource, Run, Severity
from sync.model.resources import CATALOGUE
from sync.model.values import unpack
from sync.plan.blocked import waiting
from sync.report.causes import with_shown_causes
from sync.report.estimate import Estimate, Throughput, estimate
from sync.report.rows_with_errors import NO_REASON, REFUSED, RowLocation, issues_of, with_errors

OPS: Final = ("create", "update", "delete")
TOTALS: Final = (*OPS, "covered", "unchanged", "held", "rejected")
"""What a plan's summary counts per resource."""

NOT_DONE: Final = ("failed", "unknown", "skipped")
"""Statuses of what went wrong in a run."""

SEVERITIES: Final[tuple[Severity, ...]] = ("error", "warning", "notice")


@dataclass(frozen=True, slots=True)
class IssueGroup:
    """Issues of one cause, in the order they were found."""

    code: str
    severity: Severity
    resource: Resource | None
    issues: tuple[Issue, ...]


@dataclass(frozen=True, slots=True)
class Summary:
    """A plan in numbers.

    counts:      resource, slice (packed), op, status, blocked, count; in order of the catalogue. `blocked` changes
                 are not sent: they wait for a hold, or would be removed automatically with what is not sent
    fields:      resource, field, count; how many updates change it, most first
    causes:      resource, cause, count; what is covered left out
    issues:      those of the plan, and the rows that Moodle refused
    with_errors: the rows with errors
    """

    plan: Plan
    run: Run | None
    counts: pd.DataFrame
    fields: pd.DataFrame
    causes: pd.DataFrame
    issues: tuple[IssueGroup, ...]
    with_errors: tuple[RowLocation, ...]
    estimate: Estimate

    @property
    def totals(self) -> Mapping[str, Mapping[str, int]]:
        """The summary by resource, in order of the catalogue, with every one of `TOTALS`.

        What is held is counted as it is now, and among the rows with errors are those that Moodle refused.
        """
        held = self.counts[self.counts["status"] == "held"].groupby("resource")["count"].sum()
        refused = {
            group.resource.name: len(group.issues) for group in self.issues if group.code == REFUSED and group.resource
        }
        totals = {}
        for name in CATALOGUE:
            if counted := self.plan.summary.get(name):
                now = {"held": int(held.get(name, 0)), "rejected": counted.get("rejected", 0) + refused.get(name, 0)}
                totals[name] = {of: counted.get(of, 0) for of in TOTALS} | now
        return totals

    @property
    def statuses(self) -> Mapping[str, int]:
        """How many changes have which status."""
        return {str(status): int(n) for status, n in self.counts.groupby("status")["count"].sum().items()}

    @property
    def ready(self) -> pd.DataFrame:
        """Those of the `counts` that are planned and not blocked."""
        return _ready(self.counts)

    @property
    def slices(self) -> pd.DataFrame:
        """resource, slice (packed), then a number of changes per op, of those covered and of those held."""
        counts = self.counts
        # Held ones count as calls too, covered ones never.
        as_calls = counts.assign(counted=counts["op"].mask(counts["status"] == "covered", "covered"))
        held = counts[counts["status"] == "held"].assign(counted="held")
        counted = pd.concat([as_calls, held]).groupby(["resource", "slice", "counted"], sort=False)["count"].sum()
        wide = counted.unstack("counted", fill_value=0, sort=False)
        wide = wide.reindex(columns=[*OPS, "covered", "held"], fill_value=0)
        return _in_order(wide.reset_index())


def as_known(plan: Plan, run: Run | None) -> Plan:
    """The plan as far as is known: what a run was sending when its process was killed may have been done or not."""
    if run is None or run.state != "cut":
        return plan
    status = plan.changes["status"].replace("sending", "unknown")
    return replace(plan, changes=plan.changes.assign(status=status))


def summarise(plan: Plan, run: Run | None = None, throughput: Throughput | None = None) -> Summary:
    """Work out what there is to report of a plan, or of a run of it (its changes then bear the outcomes).

    The plan of the summary has causes as people are to read them.
    """
    plan = with_shown_causes(plan)
    changes = plan.changes.assign(blocked=waiting(plan.changes))
    keys = ["resource", "slice", "op", "status", "blocked"]
    counts = _in_order(changes.groupby(keys, sort=False, observed=True).size().reset_index(name="count"))
    sent = changes[changes["status"] != "covered"]
    causes = sent.groupby(["resource", "cause"], sort=False, observed=True).size().reset_index(name="count")
    issues = issues_of(plan)
    calls = _ready(counts).groupby(["resource", "op"])["count"].sum()
    return Summary(
        plan=plan,
        run=run,
        counts=counts,
        fields=_fields(changes),
        causes=_in_order(causes),
        issues=grouped(issues),
        with_errors=with_errors(issues),
        estimate=estimate(calls, throughput or Throughput()),
    )


def _ready(counts: pd.DataFrame) -> pd.DataFrame:
    return counts[(counts["status"] == "planned") & ~counts["blocked"]]


def changed_fields(before: Mapping[str, str], after: Mapping[str, str], resource: Resource) -> list[str]:
    """The fields an update changes. Fields that are only sent with others do not count."""
    compared = {field.name for field in resource.state if field.send != "with"}
    return [name for name, value in after.items() if name in compared and before.get(name) != value]


def changed_flags(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Which fields updates change, row by row: `changed_fields`, a column at a time. Both frames have a column each."""
    return after.notna() & (before.isna() | (before != after))


def examples(changes: pd.DataFrame, chosen: pd.DataFrame, each: int) -> dict[tuple[str, str], pd.DataFrame]:
    """The first `each` calls of every chosen slice (columns resource, slice), by resource and slice."""
    keys = ["resource", "slice"]
    calls = changes[changes["status"] != "covered"]
    first = calls[calls.groupby(keys, sort=False).cumcount() < each]
    wanted = first.merge(chosen[keys], on=keys)
    return {(str(r), str(s)): rows for (r, s), rows in wanted.groupby(keys, sort=False)}


def failures_by_reason(changes: pd.DataFrame) -> pd.DataFrame:
    """status, resource, error, count: what went wrong, by reason, most first."""
    rows = changes.loc[changes["status"].isin(NOT_DONE), ["status", "resource", "error"]]
    rows = rows.assign(error=rows["error"].fillna(NO_REASON))
    sizes = rows.groupby([*rows.columns], sort=False).size().reset_index(name="count")
    return sizes.sort_values("count", ascending=False, kind="stable", ignore_index=True)


def unpacked(packed: str | None) -> dict[str, str]:
    """One packed value; nothing for NA."""
    return orjson.loads(packed) if isinstance(packed, str) else {}


def _fields(changes: pd.DataFrame) -> pd.DataFrame:
    """resource, field, count of updates that change it."""
    found = []
    updates = changes.loc[changes["op"] == "update", ["resource", "before", "after"]]
    for name, rows in updates.groupby("resource", sort=False):
        resource = CATALOGUE[str(name)]
        names = [field.name for field in resource.state if field.send != "with"]
        before, after = unpack(rows["before"], names), unpack(rows["after"], names)
        found += [(resource.name, field, int(n)) for field, n in changed_flags(before, after).sum().items() if n]
    frame = pd.DataFrame(found, columns=["resource", "field", "count"])
    return _in_order(frame.sort_values("count", ascending=False, kind="stable"))


def grouped(issues: tuple[Issue, ...]) -> tuple[IssueGroup, ...]:
    """Issues by cause, the worst first."""

    def cause(issue: Issue) -> tuple[int, str, str]:
        return SEVERITIES.index(issue.severity), issue.code, issue.resource or ""

    return tuple(
        IssueGroup(code, SEVERITIES[rank], CATALOGUE.get(resource), tuple(group))
        for (rank, code, resource), group in groupby(sorted(issues, key=cause), key=cause)
    )


def _in_order(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows in order of the catalogue, otherwise in their original order."""
    place = frame["resource"].map({name: i for i, name in enumerate(CATALOGUE)})
    return frame.iloc[place.argsort(kind="stable")].reset_index(drop=True)
