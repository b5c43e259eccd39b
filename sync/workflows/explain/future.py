"""What would happen to an object if no row listed it: a plan is made without its rows, and not stored.

Where a rule alone decides, no plan is made. A plan is made from what is remembered, without asking the site.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from sync.config.mappings import Mapping as MappingFile
from sync.config.settings import Window
from sync.diff.field_diff import Alignment
from sync.diff.missing_set import not_deleted, set_before, unsettled
from sync.diff.removals import slice_parent
from sync.diff.scope import within
from sync.errors import NexsisSyncError
from sync.mapping.source import Source, replace_sheets
from sync.model import Clock, Conventions, Resource, Store
from sync.model.columns import rows_where
from sync.model.index import among
from sync.model.values import no_rows, unpack
from sync.observe.context import Context
from sync.report.explanation.contents import Fate, Future, Key, RememberedState
from sync.report.progress import silent
from sync.site.nowhere import Nowhere
from sync.workflows.explain.meaning import Files, match_text
from sync.workflows.plan import ComposedPlan, PlanRequest, compose
from sync.workflows.sources import as_read
from sync.workflows.terms import day_of, in_terms


@dataclass(frozen=True, slots=True)
class Premises:
    """What the future depends on: the exports as they are (`sources` are without aliases), and what is remembered."""

    files: Files
    sources: Sequence[Source]
    store: Store
    clock: Clock


def future(premises: Premises, resource: Resource, key: Key, known: RememberedState | None) -> Future | None:
    """What would become of an object; None if there is nothing that could be removed."""
    if known is None:
        return None
    try:
        return _by_rule(premises.files, resource, known) or _by_plan(premises, resource, key, known)
    except NexsisSyncError as error:
        return Future("unknown", "no-plan", why=str(error.faults[0]))


def _by_rule(files: Files, resource: Resource, known: RememberedState) -> Future | None:
    """The rule that keeps it, whatever guards say; None if there is none."""
    if not known.owned:
        return Future("stays", "not-ours")
    if resource.delete is None:
        return Future("stays", "not-deletable")
    read = {source.mapping.name: source.mapping for source in files.sources}
    mappings = {each.name: read.get(each.name, each) for each in files.config.mappings}
    claimants = [mappings[name] for name in known.claims if name in mappings]
    if len(claimants) < len(known.claims) or not claimants:
        return Future("stays", "mapping-gone", tuple(name for name in known.claims if name not in mappings))
    for rule, keeping in (
        ("changes-only", [each for each in claimants if each.mode == "delta"]),
        ("keeps", [each for each in claimants if not each.deletes]),
    ):
        if keeping:
            return _of("stays", rule, keeping)
    return None


def _of(what: Fate, rule: str, mappings: Sequence[MappingFile]) -> Future:
    """What becomes of it because of these mappings."""
    return Future(what, rule, tuple(each.name for each in mappings), mappings[0].where if mappings else "")


# -- a plan without it ---------------------------------------------------------------------------------------------


def _by_plan(premises: Premises, resource: Resource, key: Key, known: RememberedState) -> Future:
    config, store, clock = premises.files.config, premises.store, premises.clock
    now, sources = clock.now(), _without(premises, resource, key)
    # A delete that is withheld for now is planned all the same: what is asked is what becomes of it.
    free = replace(config, no_deletes=False, calendar=tuple(_usual(window) for window in config.calendar))
    context = Context(free, Nowhere(), store, clock, silent(), lambda: 0.5, lambda seconds: None)
    composed = compose(context, sources, PlanRequest("ledger"))
    match = match_text(resource, key, config.conventions)
    setting = [each for each in config.mappings if each.name in known.claims and each.sets]
    waiting = composed.waiting.get(resource.name, no_rows("match"))
    for row in waiting[(waiting["match"] == match).to_numpy(dtype=bool)].to_dict("records"):
        rule = "set-wait" if isinstance(row.get("to_set"), str) else "wait"
        later = _of("waits", rule, setting)
        return replace(later, files=int(row["files"]), day=date.fromordinal(row["day"]))
    changes = composed.plan.changes
    own = (changes["resource"] == resource.name) & (changes["match"] == match)
    for row in changes[own.to_numpy(dtype=bool)].to_dict("records"):
        hold = next((each for each in composed.plan.unapproved if each.id == row["hold"]), None)
        if hold is not None:
            return Future("held", hold.guard, hold=hold)
        withheld = "delete" in config.withheld_at(now)
        if row["op"] == "update":  # Without a row, an object can only be deleted, or get values instead.
            return _of("set", "set-withheld" if withheld else "set", setting)
        return Future("removed", "withheld" if withheld else "missing")
    dated = as_read(config.mappings, in_terms(config, sources, day_of(config, now)))
    claimants = [each for each in dated if each.name in known.claims]
    return _kept(composed, resource, match, claimants, config.conventions)


def _usual(window: Window) -> Window:
    """A window of the calendar in which everything is sent."""
    return window.model_copy(update={"mode": "normal"})


def _without(premises: Premises, resource: Resource, key: Key) -> list[Source]:
    """The sources as the next exports would be, without the rows of an object."""
    rows: dict[tuple[str, str | None], set[int]] = {}
    for each in premises.files.keyed(resource):
        hits = each.with_key(key, premises.files.conventions)
        for part, sheet in enumerate(each.source.sheets):
            here = each.table.row[hits & (each.table.part == part)]
            rows.setdefault((sheet.file, sheet.tab), set()).update(np.unique(here).tolist())
    sheets = {}
    for sheet in {id(sheet): sheet for source in premises.sources for sheet in source.sheets}.values():
        gone = sheet.frame.index.isin(list(rows.get((sheet.file, sheet.tab), ())))
        # The next export is a new file: it counts as one, and is not old.
        sheets[id(sheet)] = replace(
            sheet, frame=sheet.frame[~gone], digest=f"{sheet.digest}, the next one", modified=premises.clock.now()
        )
    return replace_sheets(premises.sources, sheets)


def _kept(
    composed: ComposedPlan,
    resource: Resource,
    match: str,
    claimants: Sequence[MappingFile],
    conventions: Conventions,
) -> Future:
    """Why a plan would not remove it, though all mappings that list it delete."""
    alignment = composed.alignments[resource.name]
    ledger, desired = alignment.ledger, alignment.desired
    own = ledger[(ledger["match"] == match).to_numpy(dtype=bool)].reset_index(drop=True)
    if any(among(own["object"], rows["object"]).any() for rows in (alignment.leaving, alignment.countdown.waiting)):
        refused = {issue.key for issue in composed.plan.issues if issue.code == "refused-before"}
        setting = [each for each in claimants if each.sets]
        if setting and not refused & {*own["key"]} and (rule := _not_set(composed, alignment, own)):
            return _of("stays", rule, setting)
        return Future("stays", "refused" if refused & {*own["key"]} else "protect")
    unread = [each for each in claimants if each.name not in desired.complete]
    if unread:
        return _of("stays", "not-whole", unread)
    keys = unpack(own["key"], resource.key)
    for each in claimants:
        if each.scope and not all(at.all() for at in within(resource, keys, each.scope, conventions).values()):
            return _of("stays", "scope", [each])
    parent = slice_parent(resource)
    ended = (
        parent is not None
        and not among(
            alignment.index.part(own["object"], resource.slice),
            composed.alignments[parent.resource].desired.rows["object"],
        ).any()
    )
    return Future("stays", "ended" if ended else "errors")


def _not_set(composed: ComposedPlan, alignment: Alignment, own: pd.DataFrame) -> str:
    """Why nothing is set though the object may be changed instead of being deleted; blank if that is not the reason."""
    rows = not_deleted(alignment.leaving)
    rows = rows_where(rows, among(rows["object"], own["object"]))
    if not len(rows):
        return ""
    if len(set_before(rows, alignment.observed.rows)):
        return "set-done"
    if not unsettled(rows, "sent").any():
        return "set-sent"
    codes = {issue.code for issue in composed.plan.issues if issue.resource == alignment.resource.name}
    return next((code for code in ("set-unproven", "set-refused") if code in codes), "")
