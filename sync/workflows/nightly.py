"""`run`, the nightly job: take the sets of exports, plan, send what is not on hold, notify.

Exports that are not taken out of the inbox are planned where they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from threading import Event

from sync.config.site import Config
from sync.errors import Fault, SheetError, Standstill, StoreError
from sync.inbox import Stability, TakenSet, archive, await_set, checked, with_set
from sync.mapping.source import Source, with_issues
from sync.model import Plan, Run, Store
from sync.observe.context import Context
from sync.observe.read_plan import ReadPolicy
from sync.sheets import read as read_sheet
from sync.workflows import sets
from sync.workflows.apply import Show, send
from sync.workflows.exit_codes import finishing, run_code
from sync.workflows.notifications import heartbeat, notify_refusal, notify_run, notifying_of_refusals
from sync.workflows.plan import PlanRequest, make_plan
from sync.workflows.retention import retain
from sync.workflows.runtime import Runtime
from sync.workflows.sources import gather, known_to
from sync.workflows.standstill import refuse_idle


def nightly_run(
    context: Context, sources: Sequence[Source], policy: ReadPolicy, run_id: str, runtime: Runtime
) -> tuple[Plan, Run]:
    """Plan what the sheets ask for, send what is not on hold, and notify those to whom it is new.

    Raises Standstill if runs have been paused in the meantime.
    """
    plan = make_plan(context, sources, PlanRequest(policy))
    refuse_idle(context)
    plan, run = send(context, plan, run_id, runtime)
    with finishing(plan, run, runtime.ended):
        notify_run(context, plan, run, runtime, sources)
        heartbeat(context.config, runtime)
        retain(context, runtime)
    return plan, run


def run_in_place(config: Config, policy: ReadPolicy, runtime: Runtime, show: Show) -> tuple[Plan, Run]:
    """Run with the exports in the inbox, which stay there; the plan as it is now, and the run."""
    with notifying_of_refusals(config, runtime), runtime.afterwards.held_by_run(), runtime.open_context() as context:
        run_id = runtime.new_run_id()
        plan, run = nightly_run(context, gather(context.config, known_to(context.store)), policy, run_id, runtime)
        with finishing(plan, run, runtime.ended):
            show(context.store, plan, run)
    return plan, run


# -- set by set ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SetResult:
    """The result of a set: `folder` is where it is now. A refused one has `faults`, any other a plan and a run.

    `code` is the exit code that this set alone would have.
    """

    folder: Path
    code: int
    plan: Plan | None = None
    run: Run | None = None
    faults: tuple[Fault, ...] = ()


ShowSet = Callable[[Store, SetResult], None]


def run_sets(
    config: Config,
    policy: ReadPolicy,
    wait: timedelta,
    waiting: AbstractContextManager[None],
    runtime: Runtime,
    show: ShowSet,
) -> list[int]:
    """Wait for a complete set, take it, and carry out all that are not done; their exit codes.

    `waiting` is entered while waiting for the set. Raises SheetError with what is missing if no set is complete in time
    and none is left from before.
    """
    with notifying_of_refusals(config, runtime):
        stability = Stability()
        for fault in sets.recover(config, runtime):
            runtime.note(str(fault))
        with waiting:
            arrival = await_set(
                lambda at: sets.observe_inbox(config, stability, at), wait.total_seconds(), runtime.clock, runtime.pause
            )
        if not arrival.complete:
            sets.recover(config, runtime)  # if another process is taking it at this moment, that process carries it out
            lacking = sets.incomplete(config, arrival, "`nexsis-sync run --wait 30m` waits for what is missing.")
            if not sets.pending(config):
                raise lacking
            for fault in lacking.faults:
                runtime.note(str(fault))
        return carry_out_sets(stability, policy, runtime, show)


def carry_out_sets(
    stability: Stability, policy: ReadPolicy, runtime: Runtime, show: ShowSet, stop: Event | None = None
) -> list[int]:
    """Take what is complete, and carry out all sets that are not done, in the order they were taken; the exit codes.

    Ends with the first set whose run was interrupted: it is resumed another time. A set that is interrupted because
    `stop` is set does not count as tried. Raises Standstill if nothing may be sent any more, unless some have been
    carried out: the others stay as they are.
    """
    codes: list[int] = []
    with runtime.afterwards.held_by_run(), runtime.open_context() as context:
        config = context.config
        refuse_idle(context)
        while (arrival := sets.observe_inbox(config, stability, runtime.clock.monotonic())).complete:
            sets.take(context, arrival, runtime.new_run_id())
            refuse_idle(context)
        for taken in sets.pending(config):
            try:
                result = _ended_before(context, taken) or _carry_out(context, taken, policy, runtime, stop)
            except Standstill as why:
                if not codes:
                    raise
                runtime.note(str(why))
                break
            codes.append(result.code)
            _show(context, result, runtime, show)
            if taken.name in {each.name for each in sets.pending(config)}:
                break
    return codes


def _show(context: Context, result: SetResult, runtime: Runtime, show: ShowSet) -> None:
    if result.plan is None or result.run is None:
        return show(context.store, result)
    with finishing(result.plan, result.run, runtime.ended):
        return show(context.store, result)


def _ended_before(context: Context, taken: TakenSet) -> SetResult | None:
    """The result of a set whose run had ended when the program was killed: nobody has been notified of it yet."""
    run = next((run for run in context.store.runs() if run.id == taken.run and run.state == "done"), None)
    if run is None:
        return None
    at = sets.folders_of(context.config)
    plan = context.store.plan(run.plan)
    archive.done(at, taken)
    return SetResult(at.archive / taken.name, run_code(plan, run), plan, run)


def _carry_out(
    context: Context, taken: TakenSet, policy: ReadPolicy, runtime: Runtime, stop: Event | None
) -> SetResult:
    """Plan a set and send it, or refuse it. If its run was begun before, this is a new one."""
    refuse_idle(context)
    config, at = context.config, sets.folders_of(context.config)
    folder = at.archive / taken.name
    here = replace(context, config=with_set(config, folder))
    if any(run.id == taken.run for run in context.store.runs()):
        taken = archive.assign_run(at, taken, runtime.new_run_id())
    try:
        gathered = gather(here.config, known_to(context.store))
        sources = checked(folder, sets.drop_of(config), gathered, read_sheet)
        sources = with_issues(sources, sets.left_behind(config))
        plan, run = nightly_run(here, sources, policy, taken.run, runtime)
    except SheetError as error:
        refused_folder, refused = sets.refuse(config, taken, error)
        notify_refusal(here.config, refused, runtime)
        return SetResult(refused_folder, error.exit_code, faults=refused.faults)
    try:
        if run.state == "done":
            archive.done(at, taken)
        elif stop is None or not stop.is_set():
            sets.cut_off(config, taken, runtime)
    except StoreError as error:  # the run has ended all the same; the next one starts with the set
        runtime.note(str(error))
    return SetResult(folder, run_code(plan, run), plan, run)
