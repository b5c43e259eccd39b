"""`apply`, `approve`, `run`, `resume`: what is planned becomes true."""

from __future__ import annotations

import getpass
import secrets
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import click

from sync.cli.common import Face, common, duration, load_config, opened_store, opened_world, show
from sync.cli.planning import read_option
from sync.cli.telling import catch_up, refusal_told, tell_owed, tell_run, to_be_told
from sync.errors import Fault, PlanError

if TYPE_CHECKING:
    from sync.mapping.feed import Feed
    from sync.model import Plan, Run, Store
    from sync.observe.context import World


def run_code(plan: Plan, run: Run) -> int:
    """5 if the run was cut off, 4 if calls failed (reads too) or are unknown, 3 if something is held, else 0."""
    if run.state == "cut":
        return 5
    statuses = set(plan.changes["status"])
    if statuses & {"failed", "unknown"} or any(issue.code == "unread" for issue in plan.issues):
        return 4
    if plan.unapproved:
        return 3
    return 4 if "skipped" in statuses else 0


IN_FLIGHT: Final = "stopping: waiting for the calls in flight (again to leave at once; `resume` goes on)"


@contextmanager
def stoppable(says: str, stop: threading.Event | None = None) -> Iterator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set, once that is said; the second time they end the program at once."""
    asked = stop or threading.Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def ask(number: int, frame: object) -> None:
        if asked.is_set():
            raise KeyboardInterrupt
        click.echo(says, err=True)
        asked.set()

    for number in before:
        signal.signal(number, ask)
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run_id(world: World) -> str:
    """A new run's id: its second, and something of its own."""
    return f"r-{world.clock.now():%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"


def send(world: World, plan: Plan, run_id: str, stop: threading.Event | None = None) -> tuple[Plan, Run]:
    """Apply a plan until it is done, or `stop` or a signal stops it; the plan as it is now, and the run."""
    from sync.workflows.engine import apply_plan

    with to_be_told(world.config, run_id), stoppable(IN_FLIGHT, stop) as asked:
        run = apply_plan(world, plan, run_id, asked)
    return world.store.plan(plan.id), run


def night(
    world: World, feeds: Sequence[Feed], read: str, run_id: str, stop: threading.Event | None = None
) -> tuple[Plan, Run]:
    """Plan what the sheets ask for, send what is not held, and tell those to whom it is news."""
    from sync.workflows.engine import make_plan

    made = make_plan(world, feeds, read)  # type: ignore[arg-type]  # click checks the choice
    done, run = send(world, made, run_id, stop)
    tell_run(world, done, run, feeds)
    return done, run


@click.command()
@click.argument("plan_id", metavar="[PLAN]", required=False)
@common
def apply(face: Face, plan_id: str | None) -> int:
    """Send a stored plan: the newest, if none is named. What is held stays.

    Those to whom it is news are told, as by `run`. Leaves with 0 if all is done, 3 if something is held, 4 if calls
    failed, 5 if it was cut off.
    """
    from sync.workflows.engine import refuse_stale

    with opened_world(face) as world:
        tell_owed(world.config, world.store)
        stored = world.store.plan(plan_id)
        refuse_stale(world, stored)
        _refuse_applied(world, stored)
        done, run = send(world, stored, run_id(world))
        show(face, world.config, done, run)
        tell_run(world, done, run)
    return run_code(done, run)


def _refuse_applied(world: World, plan: Plan) -> None:
    """A plan is carried out once; what was approved since, even if it is nothing to send, makes another run."""
    runs = [run for run in world.store.runs() if run.plan == plan.id and run.state == "done"]
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
    from sync.sheets import gather

    config = load(face.site)
    catch_up(config)
    if config.drop is not None:
        from sync.cli.taking import run_sets

        with refusal_told(config):
            return run_sets(face, config, read, wait or timedelta())
    if wait is not None:
        raise click.UsageError("--wait is for a site that takes exports out of the inbox: see `drop:` of the site file")
    with refusal_told(config), opened_world(face) as world:
        done, sent = night(world, gather(world.config), read, run_id(world))
        show(face, world.config, done, sent)
    return run_code(done, sent)


@click.command()
@common
def resume(face: Face) -> int:
    """Go on with the newest run, if it was cut off and what it was planned from still stands."""
    from sync.workflows.engine import refuse_stale

    with opened_world(face) as world:
        cut = world.store.run()
        tell_owed(world.config, world.store, going_on=cut.id)
        if cut.state == "done":
            raise PlanError(Fault(f"run {cut.id} is complete: there is nothing to go on with"))
        begun = world.store.plan(cut.plan)
        refuse_stale(world, begun)
        done, sent = send(world, begun, cut.id)
        show(face, world.config, done, sent)
        tell_run(world, done, sent)
        if world.config.drop is not None and sent.state == "done":
            from sync.cli.taking import close

            close(world.config, sent)
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
