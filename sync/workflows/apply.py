"""`apply` and `resume`: a stored plan is sent, except for what is on hold, and people are notified of the run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Event

from sync.apply.run import apply, resumable
from sync.apply.verification import verify
from sync.errors import Fault, NexsisSyncError, PlanError, RunCut, RunEnded, RunUnread, StoreError
from sync.model import Certificate, Plan, Run, Store
from sync.model.issue_texts import wording
from sync.observe.context import Context, check_connection
from sync.workflows import sets
from sync.workflows.exit_codes import finishing, run_code
from sync.workflows.notifications import notify_owed, notify_run, owing
from sync.workflows.retention import retain
from sync.workflows.runtime import Runtime
from sync.workflows.staleness import refuse_stale
from sync.workflows.standstill import refuse_idle

Show = Callable[[Store, Plan, Run], None]
"""Shows a plan as it is now, and the run that was just made of it; what else it needs to know is in the store."""


def apply_stored(context: Context, plan_id: str | None, runtime: Runtime, show: Show) -> tuple[Plan, Run]:
    """Send a stored plan, the newest if no id is given; the plan as it is now, and the run.

    Raises PlanError if there is none, or it is stale or was applied already.
    """
    notify_owed(context.config, context.store, runtime)
    refuse_idle(context)
    plan = context.store.plan(plan_id)
    refuse_stale(context.config, context.store, context.clock, plan)
    _refuse_applied(context, plan)
    return _sent_and_shown(context, plan, runtime.new_run_id(), runtime, show)


def resume(context: Context, runtime: Runtime, show: Show) -> tuple[Plan, Run]:
    """Continue the newest run: send what it has not sent, and repeat what failed for technical reasons.

    Returns the plan as it is now, and the run. Raises PlanError if nothing of that kind is left, or its plan is stale.
    """
    refuse_idle(context)
    last = context.store.run()
    notify_owed(context.config, context.store, runtime, resumed=last.id)
    plan = context.store.plan(last.plan)
    if not resumable(last, plan):
        raise PlanError(Fault(f"run {last.id} is complete: there is nothing to resume"))
    refuse_stale(context.config, context.store, context.clock, plan)
    plan, run = _sent_and_shown(context, plan, last.id, runtime, show)
    if context.config.drop is not None and run.state == "done":
        sets.close(context.config, run)
    return plan, run


def _sent_and_shown(context: Context, plan: Plan, run_id: str, runtime: Runtime, show: Show) -> tuple[Plan, Run]:
    plan, run = send(context, plan, run_id, runtime)
    with finishing(plan, run, runtime.ended):
        show(context.store, plan, run)
        notify_run(context, plan, run, runtime)
        retain(context, runtime)
    return plan, run


def send(context: Context, plan: Plan, run_id: str, runtime: Runtime) -> tuple[Plan, Run]:
    """Apply a plan until it is done or the operator stops it; the plan as it is now, and the run.

    Raises Interrupted if the operator stops it before anything is sent; RunCut or, at its end, RunUnread if the store
    fails so that the plan cannot be read any more.
    """
    check_connection(context)  # nothing is sent yet, so a signal ends the program
    with runtime.stoppable() as stop:
        with owing(context.config, run_id, runtime), _as_it_ended(context, plan, run_id):
            run = _apply(context, plan, run_id, stop)
        try:
            plan = context.store.plan(plan.id)
        except StoreError as error:
            raise _unread(run, error) from error
        if context.config.verify and run.state == "done":
            with finishing(plan, run, runtime.ended):
                run = _verified(context, run, stop)
    return plan, run


@contextmanager
def _as_it_ended(context: Context, plan: Plan, run_id: str) -> Iterator[None]:
    """Whoever stops the program at once, just after the end of the run, does not change how it ended."""
    try:
        yield
    except KeyboardInterrupt:
        run = next((run for run in context.store.runs() if run.id == run_id), None)
        if run is None or run.state != "done":
            raise
        raise RunEnded(run.id, run_code(context.store.plan(plan.id), run)) from None


def _unread(run: Run, error: StoreError) -> NexsisSyncError:
    """What to raise for a run whose plan the store cannot show."""
    again = "once the state store can be used again."
    if run.state == "cut":
        hint = f"`nexsis-sync resume` continues it {again}"
        return RunCut(Fault(f"run {run.id} was interrupted: {run.reason}", hint=hint))
    hint = f"`nexsis-sync report {run.id}` shows it {again}"
    return RunUnread(Fault(f"run {run.id} has ended, but its result cannot be read: {error.briefly}", hint=hint))


def _verified(context: Context, run: Run, stop: Event) -> Run:
    """The run, with the certificate of all that it has written; a store that fails is an exception in it."""
    certificate = Certificate(context.clock.now(), 0, 0, 0, ())
    try:
        journal = context.store.journal(run.id)
        certificate = verify(journal, context.connection, context.config.conventions, stop)
        context.store.certify(run.id, certificate)
    except StoreError as error:
        issue = wording("not-verified", "store", reason=error.briefly).issue("warning")
        certificate = replace(certificate, exceptions=(*certificate.exceptions, issue))
    return replace(run, certificate=certificate)


# -- which plans may be sent -----------------------------------------------------------------------------------


def _refuse_applied(context: Context, plan: Plan) -> None:
    """A plan is carried out once; what was approved since, even if there is nothing to send, makes another run."""
    runs = [run for run in context.store.runs() if run.plan == plan.id and run.state == "done"]
    if not runs or plan.changes["status"].isin(["planned", "sending"]).any():
        return
    if not any(hold.approved_at and hold.approved_at > runs[0].started for hold in plan.holds):
        hint = (
            f"To send what is still on hold, approve it first: `nexsis-sync approve {plan.id} --hold ID`. "
            "For anything else, make a new plan: `nexsis-sync plan`."
        )
        raise PlanError(Fault(f"plan {plan.id} has already been carried out by run {runs[0].id}", hint=hint))


# -- sending ---------------------------------------------------------------------------------------------------


def apply_plan(context: Context, plan: Plan, run_id: str, stop: Event) -> Run:
    """Send what a plan contains and nothing holds; with the id of an interrupted run, continue it.

    The caller holds the store's lock and has made sure that the plan is not stale. `stop` ends the run early, after
    calls in progress. Raises Interrupted, SiteRefused or StoreError if nothing came of it.
    """
    check_connection(context)
    return _apply(context, plan, run_id, stop)


def _apply(context: Context, plan: Plan, run_id: str, stop: Event) -> Run:
    conventions = context.config.conventions
    result = apply(plan, context.connection, context.store, conventions, run_id=run_id, stop=stop)
    return result.run
