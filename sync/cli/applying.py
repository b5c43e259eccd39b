"""`apply`, `approve`, `run`, `resume`: what is planned becomes true."""

from __future__ import annotations

import getpass
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from sync.cli.common import Face, common, duration, load_config, opened_store, opened_world, show
from sync.cli.nightly import night, run_code, run_id, send
from sync.cli.planning import read_option
from sync.cli.telling import catch_up, refusal_told, tell_owed, tell_run
from sync.errors import Fault, PlanError

if TYPE_CHECKING:
    from sync.model import Plan, Store
    from sync.observe.context import Context


@click.command()
@click.argument("plan_id", metavar="[PLAN]", required=False)
@common
def apply(face: Face, plan_id: str | None) -> int:
    """Send a stored plan: the newest, if none is named. What is held stays.

    Those to whom it is news are told, as by `run`. Leaves with 0 if all is done, 3 if something is held, 4 if calls
    failed, 5 if it was cut off.
    """
    from sync.workflows.engine import refuse_stale

    with opened_world(face) as context:
        tell_owed(context.config, context.store)
        stored = context.store.plan(plan_id)
        refuse_stale(context, stored)
        _refuse_applied(context, stored)
        done, run = send(context, stored, run_id(context))
        show(face, context.config, done, run)
        tell_run(context, done, run)
    return run_code(done, run)


def _refuse_applied(context: Context, plan: Plan) -> None:
    """A plan is carried out once; what was approved since, even if it is nothing to send, makes another run."""
    runs = [run for run in context.store.runs() if run.plan == plan.id and run.state == "done"]
    if not runs or plan.changes["status"].isin(["planned", "sending"]).any():
        return
    if not any(hold.approved_at and hold.approved_at > runs[0].started for hold in plan.holds):
        hint = "What is still held goes after `nexsis-sync approve`."
        raise PlanError(Fault(f"plan {plan.id} was carried out by run {runs[0].id} already", hint=hint))


@click.command()
@read_option
@click.option(
    "--wait",
    callback=duration,
    metavar="TIME",
    help="How long to wait for exports that are not there yet, such as 30m. For a site with `drop:`.",
)
@common
def run(face: Face, read: str, wait: timedelta | None) -> int:
    """The nightly job: take the exports, plan, then send what is not held."""
    from sync.config.site import load
    from sync.workflows.sources import gather

    config = load(face.site)
    catch_up(config)
    if config.drop is not None:
        from sync.cli.taking import run_sets

        with refusal_told(config):
            return run_sets(face, config, read, wait or timedelta())
    if wait is not None:
        raise click.UsageError("--wait is for a site that takes exports out of the inbox: see `drop:` of the site file")
    with refusal_told(config), opened_world(face) as context:
        done, sent = night(context, gather(context.config), read, run_id(context))
        show(face, context.config, done, sent)
    return run_code(done, sent)


@click.command()
@common
def resume(face: Face) -> int:
    """Go on with the newest run, if it was cut off and what it was planned from still stands."""
    from sync.workflows.engine import refuse_stale

    with opened_world(face) as context:
        cut = context.store.run()
        tell_owed(context.config, context.store, going_on=cut.id)
        if cut.state == "done":
            raise PlanError(Fault(f"run {cut.id} is complete: there is nothing to go on with"))
        begun = context.store.plan(cut.plan)
        refuse_stale(context, begun)
        done, sent = send(context, begun, cut.id)
        show(face, context.config, done, sent)
        tell_run(context, done, sent)
        if context.config.drop is not None and sent.state == "done":
            from sync.cli.taking import close

            close(context.config, sent)
    return run_code(done, sent)


@click.command()
@click.argument("plan_id", metavar="PLAN")
@click.option("--hold", "holds", multiple=True, metavar="ID", help="A hold to release; may be given again.")
@click.option("--all", "every", is_flag=True, help="Release all holds of the plan.")
@click.option("--by", default=None, metavar="NAME", help="Who approves [the user logged in].")
@common
def approve(face: Face, plan_id: str, holds: tuple[str, ...], every: bool, by: str | None) -> int:
    """Release holds of a plan, so that the next `apply` sends what they stopped. Records who and when."""
    if every == bool(holds):
        raise click.UsageError("give --hold ID (as often as needed) or --all")
    config = load_config(face)
    with opened_store(config) as store, store.lock():
        stored = store.plan(plan_id)
        chosen = holds or tuple(hold.id for hold in stored.holds)
        _approve(store, stored, chosen, by or getpass.getuser(), config.guards.approval_days)
    if all(hold.count == 0 for hold in stored.holds if hold.id in chosen):
        face.say("accepted; there is nothing to send, and the next run is measured by this file")
    else:
        face.say(f"released; `nexsis-sync apply {stored.id}` sends it")
    return 0


def _approve(store: Store, plan: Plan, holds: tuple[str, ...], by: str, days: int) -> None:
    from sync.cli.common import SystemClock
    from sync.model import Approval

    now = SystemClock().now()
    store.approve(plan.id, [Approval(hold, by, now, now + timedelta(days=days)) for hold in holds])
