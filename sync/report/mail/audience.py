"""What an audience may see of a plan or a reconciliation: a slice of it, and of that what it asked for. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sync.diff.scope import named_by
from sync.model import Conventions, Field, Hold, Issue, Plan, Resource
from sync.model.resources import CATALOGUE, lineage
from sync.model.values import match_of, pick, position, unpack
from sync.report.causes import TRUNCATED
from sync.report.state import EVERYTHING, HELD, PROBLEMS
from sync.report.summary import NOT_DONE, TOTALS

Only = Mapping[str, Mapping[str, Sequence[str]]]
"""By resource and field: patterns, of which one must match."""

NEEDS_FIXING: Final = ("error", "warning")


def sliced(plan: Plan, only: Only, ledger: Callable[[str], pd.DataFrame], conventions: Conventions) -> Plan:
    """The part of a plan that is of, or below, objects whose fields match `only`; all of it if that is empty.

    A field counts as it was and as it becomes: a course that changes its category is shown to both sides. `ledger`
    gives what is remembered of a resource. Issues are those of `issues_within`.
    """
    if not only:
        return plan
    changes = plan.changes[belonging(plan.changes, plan.changes, only, ledger, conventions)].reset_index(drop=True)
    issues = issues_within(plan.issues, changes, plan.changes, only, ledger, conventions)
    holds = [hold for hold in plan.holds if hold.count or _may_contain(hold.resource, only)]
    return _reduced(plan, changes, holds, issues, _rejected(issues))


def narrowed(plan: Plan, what: Collection[str]) -> Plan:
    """The part of a plan that an audience asked for: `everything`, or `problems` and what is `held`."""
    if EVERYTHING in what:
        return plan
    wanted = [*(NOT_DONE if PROBLEMS in what else ()), *((HELD,) if HELD in what else ())]
    changes = plan.changes[plan.changes["status"].isin(wanted)].reset_index(drop=True)
    holds = plan.unapproved if HELD in what else ()
    issues = [issue for issue in plan.issues if PROBLEMS in what and issue.severity in NEEDS_FIXING]
    rejected = {name: counts.get("rejected", 0) for name, counts in plan.summary.items()} if PROBLEMS in what else {}
    return _reduced(plan, changes, holds, issues, rejected)


def matters(plan: Plan, what: Collection[str]) -> bool:
    """Whether there is anything to report in what was narrowed down to `what`."""
    return EVERYTHING in what or bool(len(plan.changes) or plan.issues or plan.holds)


# -- the slice -------------------------------------------------------------------------------------------------


def belonging(
    rows: pd.DataFrame,
    changes: pd.DataFrame,
    only: Only,
    ledger: Callable[[str], pd.DataFrame],
    conventions: Conventions,
) -> NDArray[np.bool_]:
    """Which rows (columns resource and key) are of, or below, objects whose fields match.

    The fields of an object come from `changes` (columns resource, match, before and after) and the ledger.
    """
    inside = np.zeros(len(rows), dtype=bool)
    for name in rows["resource"].dropna().unique():
        mine = (rows["resource"] == name).to_numpy(dtype=bool)
        resource = CATALOGUE[str(name)]
        keys = unpack(rows["key"][mine], resource.key).reset_index(drop=True)
        for ancestor, on in lineage(resource):
            if ancestor.name in only and {*on.values()} == {*ancestor.key}:
                own = changes[changes["resource"] == ancestor.name]
                theirs = keys[[*on]].rename(columns=dict(on))
                inside[mine] |= _matching(
                    ancestor, theirs, only[ancestor.name], own, ledger(ancestor.name), conventions
                )
    return inside


def _matching(
    resource: Resource,
    keys: pd.DataFrame,
    patterns: Mapping[str, Sequence[str]],
    own: pd.DataFrame,
    ledger: pd.DataFrame,
    conventions: Conventions,
) -> NDArray[np.bool_]:
    """Which of the objects with these keys match the patterns of all fields named."""
    match = match_of(keys, resource.keys, conventions)
    first = ~match.duplicated()
    distinct, each = match[first].reset_index(drop=True), keys[first].reset_index(drop=True)
    fits = np.ones(len(distinct), dtype=bool)
    for name, wanted in patterns.items():
        field = resource.field(name)
        assert field is not None  # the site file is checked
        alternatives = [each[name]] if name in resource.key else [*_field_values(name, distinct, own, ledger)]
        fits &= np.any([_fitting(values, field, wanted, conventions) for values in alternatives], axis=0)
    at: NDArray[np.bool_] = fits[position(match, distinct)] & match.notna().to_numpy()
    return at


def _field_values(
    name: str, match: pd.Series[Any], own: pd.DataFrame, ledger: pd.DataFrame
) -> Iterator[pd.Series[Any]]:
    """A field's new and old values, and those that were sent and seen."""
    for source, column in ((own, "after"), (own, "before"), (ledger, "sent"), (ledger, "seen")):
        yield unpack(pick(source[column], position(match, source["match"])), [name])[name]


def _fitting(
    values: pd.Series[Any], field: Field, patterns: Sequence[str], conventions: Conventions
) -> NDArray[np.bool_]:
    """Where a value matches a pattern, as the site compares. What is directly in a category is in `CATEGORY/*` too."""
    found = named_by(values, patterns, field, conventions)
    if field.kind == "path":
        found |= named_by(values + "/", patterns, field, conventions)
    return found.to_numpy(dtype=bool, na_value=False)


def issues_within(
    issues: Sequence[Issue],
    rows: pd.DataFrame,
    changes: pd.DataFrame,
    only: Only,
    ledger: Callable[[str], pd.DataFrame],
    conventions: Conventions,
) -> list[Issue]:
    """The issues about rows of sheets from which `rows` come (columns file, tab and row), or whose object matches.

    That is known as far as the row's key can be read: any other row belongs to no part of the site. A file that is
    truncated concerns everybody whose objects it may have held.
    """
    origins = set(_origins(rows))
    named = [each if each.key and each.resource else Issue("", "notice", "") for each in issues]
    objects = {name: pd.array([getattr(each, name) for each in named], dtype="str") for name in ("resource", "key")}
    inside = belonging(pd.DataFrame(objects), changes, only, ledger, conventions)
    pairs = zip(issues, inside, strict=True)
    return [
        each for each, within in pairs if within or _truncated(each, only) or (each.file, each.tab, each.row) in origins
    ]


def _truncated(issue: Issue, only: Only) -> bool:
    """Whether a file is truncated that may have listed such objects, or what is below one."""
    return issue.code in TRUNCATED and (issue.resource is None or _may_contain(issue.resource, only))


def _may_contain(resource: str, only: Only) -> bool:
    """Whether a sheet of that resource may list such objects, or what is below one."""
    return any(ancestor.name in only for ancestor, _ in lineage(CATALOGUE[resource]))


def _rejected(issues: Iterable[Issue]) -> Counter[str]:
    """How many rows errors are about, by resource."""
    rows = {(e.resource, e.file, e.tab, e.row) for e in issues if e.severity == "error" and e.row is not None}
    return Counter(resource for resource, *_ in rows if resource)


def _origins(changes: pd.DataFrame) -> Iterator[tuple[str | None, str | None, int | None]]:
    """File, tab and row that changes come from."""
    columns = changes[["file", "tab", "row"]].astype(object)
    for file, tab, row in zip(*(columns[name].where(columns[name].notna(), None) for name in columns), strict=True):
        yield file, tab, None if row is None else int(row)


# -- the rest --------------------------------------------------------------------------------------------------


def _reduced(
    plan: Plan, changes: pd.DataFrame, holds: Iterable[Hold], issues: Sequence[Issue], rejected: Mapping[str, int]
) -> Plan:
    """The plan with these changes, the holds that stop some of them or nothing, and counts of what is left."""
    holds = [*holds]
    held = Counter({str(hold): int(count) for hold, count in changes["hold"].value_counts().items()})
    held += Counter({hold.part_of: held[hold.id] for hold in holds if hold.part_of})
    counts: dict[str, Counter[str]] = {}
    sizes = changes.groupby(["resource", "op", "status"], observed=True).size().reset_index(name="count")
    for row in sizes.to_dict("records"):
        counted = counts.setdefault(row["resource"], Counter())
        counted["covered" if row["status"] == "covered" else row["op"]] += row["count"]
        counted["held"] += row["count"] if row["status"] == "held" else 0
    for name, number in rejected.items():
        counts.setdefault(name, Counter())["rejected"] += number
    return replace(
        plan,
        changes=changes,
        holds=tuple(replace(hold, count=held[hold.id]) for hold in holds if hold.id in held or not hold.count),
        issues=tuple(issues),
        summary={name: {of: counts[name][of] for of in TOTALS} for name in CATALOGUE if counts.get(name)},
    )
