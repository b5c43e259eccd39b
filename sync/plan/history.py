"""The history with which a plan's files are compared: what was applied before without open holds.

What nobody has approved is not a measure for the next run: a file truncated twice must be noticed twice. Where nothing
waits for approval, it becomes one when people have been notified of it for a week. Nor is the last file alone one: a
file that lists two nights would make the next good one look truncated. What somebody has accepted is, at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise, takewhile
from statistics import median_high
from typing import Final

from sync.model import AppliedPlan, Hold, Input
from sync.sheets.dated_names import date_in

DOUBT: Final = timedelta(days=7)
"""How long a truncated file is not a measure, if nothing is on hold because of it."""

NIGHTS: Final = 7
"""So many of the last good snapshots show what is usual."""

ENOUGH: Final = 3
"""Of fewer snapshots than this, the last one is the measure."""

NEXT: Final = timedelta(hours=12)
"""After this time another export is expected; before, somebody plans once more with the same one."""

TRUSTING: Final = frozenset({"graded-removals", "rolled-back", "created-by-run", "same-name", "irreversible"})
"""Guards whose holds do not cast doubt on the files."""


@dataclass(frozen=True, slots=True)
class Past:
    """What the files of a mapping were in good plans.

    A plan is good for a mapping if it was applied completely and has no open hold that casts doubt on the mapping.

    last:    its inputs in the newest good plan; where these are deltas, the last good snapshot before them follows
    usual:   the last good snapshot, its files taken as one, with rows, filled columns and usable objects as usual
             (None: there is none)
    used:    by digest, when files that are not among the last ones were used
    written: when the newest file used was written
    dated:   the newest date in the name of a file that was used
    sent:    resources of which a good plan has sent something since the mapping was last changed, with no removal of
             the mapping put off
    additions: the values that stood for additions in all deltas, by column
    snapshots: of the good plans that had one, the newest first, when they were made and the digests of its files
    when:    when the newest good plan was made
    """

    last: tuple[Input, ...] = ()
    usual: Input | None = None
    used: Mapping[str, datetime] = field(default_factory=dict)
    written: datetime | None = None
    dated: datetime | None = None
    sent: frozenset[str] = frozenset()
    additions: Mapping[str, frozenset[str]] = field(default_factory=dict)
    snapshots: tuple[tuple[datetime, frozenset[str]], ...] = ()
    when: datetime | None = None

    @property
    def recent(self) -> tuple[frozenset[str], ...]:
        """The digests of the last of its snapshots, the newest first."""
        return tuple(digests for _, digests in self.snapshots[:NIGHTS])

    def repeats(self, digests: frozenset[str], now: datetime) -> bool:
        """Whether these snapshots are those of the last time, though they had changed more than two times in three."""
        if self.when is None or now - self.when < NEXT:
            return False
        again = len([*takewhile(lambda each: each == digests, self.recent)])
        before = self.recent[max(0, again - 1) :]
        changed = [new != old for new, old in pairwise(before)]
        return again > 0 and len(before) >= ENOUGH and sum(changed) * 3 > len(changed) * 2


@dataclass(frozen=True, slots=True)
class _GoodPlan:
    """The inputs of one mapping in a plan that is good for it; `accepted` if they had been in doubt.

    `sent` are the resources of which the plan sent anything.
    """

    mapping: str
    created: datetime
    inputs: tuple[Input, ...]
    accepted: bool
    sent: frozenset[str]

    @property
    def snapshot(self) -> Input | None:
        """Its snapshot, all files as one."""
        return together(snapshots(self.inputs))

    def digests(self, kind: str) -> set[str]:
        """Those of its sheets, or of its mapping."""
        return {each.digest for each in self.inputs if each.kind == kind}


def pasts(applied: Sequence[AppliedPlan], resources: Mapping[str, str]) -> dict[str, Past]:
    """By mapping name (`Input.mapping`), what its files were. `applied` is the newest first.

    resources: by mapping name, what the mapping is for
    """
    plans: dict[str, list[_GoodPlan]] = {}
    for plan in _good(applied, resources):
        plans.setdefault(plan.mapping, []).append(plan)
    return {mapping: _past(own) for mapping, own in plans.items()}


def _past(plans: Sequence[_GoodPlan]) -> Past:
    return Past(
        _last(plans),
        _usual(plans),
        _used(plans),
        _written(plans),
        _dated(plans),
        _sent(plans),
        _added(plans),
        _snapshots(plans),
        plans[0].created,
    )


def good_inputs(history: Mapping[str, Past]) -> dict[str, tuple[Input, ...]]:
    """By mapping name, its inputs in the last good plan that had it."""
    return {mapping: past.last for mapping, past in history.items()}


def snapshots(inputs: Sequence[Input]) -> tuple[Input, ...]:
    """The sheets that list everything, not just changes."""
    return tuple(entry for entry in inputs if entry.kind == "sheet" and not entry.delta)


def together(entries: Sequence[Input]) -> Input | None:
    """All files that a mapping reads as one: as new as the newest, and with a column filled as in the fullest."""
    sheets = [entry for entry in entries if entry.kind == "sheet"]
    if len(sheets) < 2:
        return sheets[0] if sheets else None
    newest = max(sheets, key=lambda sheet: sheet.modified or datetime.min.replace(tzinfo=UTC))
    filled = {name: max(each.filled.get(name, 0) for each in sheets) for each in sheets for name in each.filled}
    rows = sum(sheet.rows or 0 for sheet in sheets)
    return replace(newest, name=f"{newest.name} (and {len(sheets) - 1} more)", rows=rows, filled=filled)


def doubted_by(holds: Iterable[Hold], resources: Mapping[str, str]) -> set[str]:
    """The mappings on which open holds cast doubt: those they name, or all of a resource of which they name none."""
    waiting = [hold for hold in holds if hold.approved_by is None and hold.guard not in TRUSTING]
    whole = {hold.resource for hold in waiting if not hold.slice}
    named = {hold.slice["mapping"] for hold in waiting if "mapping" in hold.slice}
    return named | {mapping for mapping, resource in resources.items() if resource in whole}


def _good(applied: Sequence[AppliedPlan], resources: Mapping[str, str]) -> Iterator[_GoodPlan]:
    """Each plan for each mapping that it is good for, the newest first."""
    for plan in applied:
        doubted: set[str | None] = {*doubted_by(plan.holds, resources)}
        approved = {hold.slice.get("mapping") for hold in plan.holds} - doubted
        doubtful = {each.mapping for each in plan.inputs if each.doubtful}
        if applied[0].created - plan.created < DOUBT:
            doubted |= doubtful - approved
        for mapping in {each.mapping for each in plan.inputs if each.mapping is not None} - doubted:
            inputs = tuple(each for each in plan.inputs if each.mapping == mapping)
            yield _GoodPlan(mapping, plan.created, inputs, mapping in doubtful | approved, _of_what(plan))


def _of_what(plan: AppliedPlan) -> frozenset[str]:
    """The resources of which a plan sent anything: not everything was on hold, or some of that was approved."""
    approved = {hold.resource for hold in plan.holds if hold.approved_by is not None}
    return frozenset(
        name
        for name, counts in plan.summary.items()
        if name in approved or sum(counts[op] for op in ("create", "update", "delete")) > counts["held"]
    )


def _since_changed(plans: Iterable[_GoodPlan]) -> Iterator[_GoodPlan]:
    """The plans back to a change of the mapping."""
    read_by: set[str] = set()
    for plan in plans:
        read_by = read_by or plan.digests("mapping")
        if plan.digests("mapping") != read_by:
            return
        yield plan


def _since_accepted(plans: Iterable[_GoodPlan]) -> Iterator[_GoodPlan]:
    """The plans back to the last one in doubt, or to a change of the mapping: other things were usual before."""
    for plan in _since_changed(plans):
        yield plan
        if plan.accepted:
            return


def _last(plans: Sequence[_GoodPlan]) -> tuple[Input, ...]:
    last = plans[0].inputs
    if snapshots(last):
        return last
    return (*last, *next((whole for plan in plans if (whole := snapshots(plan.inputs))), ()))


def _usual(plans: Sequence[_GoodPlan]) -> Input | None:
    whole = islice(_since_accepted(plan for plan in plans if plan.snapshot), NIGHTS)
    recent = [snapshot for plan in whole if (snapshot := plan.snapshot)]
    if len(recent) < ENOUGH:
        return recent[0] if recent else None
    rows = median_high([each.rows or 0 for each in recent])
    filled = {name: median_high([each.filled.get(name, 0) for each in recent]) for name in recent[0].filled}
    usable = median_high([each.usable or 0 for each in recent])
    return replace(recent[0], rows=rows, filled=filled, usable=usable)


def _sent(plans: Sequence[_GoodPlan]) -> frozenset[str]:
    """Plans that only put off what the mapping removes don't count: nobody has seen a removal of it yet."""
    judged = (plan for plan in _since_changed(plans) if not any(each.postponed for each in plan.inputs))
    return frozenset().union(*(plan.sent for plan in judged))


def _used(plans: Sequence[_GoodPlan]) -> dict[str, datetime]:
    newest = plans[0].digests("sheet")
    used: dict[str, datetime] = {}
    for plan in plans:
        used |= dict.fromkeys(plan.digests("sheet") - newest - used.keys(), plan.created)
    return used


def _added(plans: Sequence[_GoodPlan]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for plan in plans:
        for each in plan.inputs:
            for column, texts in each.additions.items():
                found[column] = found.get(column, frozenset()).union(texts)
    return found


def _snapshots(plans: Sequence[_GoodPlan]) -> tuple[tuple[datetime, frozenset[str]], ...]:
    whole = ((plan.created, frozenset(each.digest for each in snapshots(plan.inputs))) for plan in plans)
    return tuple((created, digests) for created, digests in whole if digests)


def _written(plans: Sequence[_GoodPlan]) -> datetime | None:
    """When the newest file was written; one from the future was written when it was used."""
    return max(
        (
            min(each.modified, plan.created)
            for plan in _since_accepted(plans)
            for each in plan.inputs
            if each.modified is not None
        ),
        default=None,
    )


def _dated(plans: Sequence[_GoodPlan]) -> datetime | None:
    """The newest date in a name; one that lies more than a day ahead is not the day of the export."""
    ahead = timedelta(days=1)
    dates = (
        date
        for plan in _since_accepted(plans)
        for each in plan.inputs
        if each.kind == "sheet" and (date := date_in(each.name)) and date <= plan.created.replace(tzinfo=None) + ahead
    )
    return max(dates, default=None)
