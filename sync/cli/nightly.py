"""A plan carried out while somebody may stop it: what `apply`, `run`, `resume` and `watch` share."""

from __future__ import annotations

import secrets
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import click

from sync.cli.telling import tell_run, to_be_told

if TYPE_CHECKING:
    from sync.mapping.source import Source
    from sync.model import Plan, Run
    from sync.observe.context import Context


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


def run_id(context: Context) -> str:
    """A new run's id: its second, and something of its own."""
    return f"r-{context.clock.now():%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"


def send(context: Context, plan: Plan, run_id: str, stop: threading.Event | None = None) -> tuple[Plan, Run]:
    """Apply a plan until it is done, or `stop` or a signal stops it; the plan as it is now, and the run."""
    from sync.workflows.engine import apply_plan

    with to_be_told(context.config, run_id), stoppable(IN_FLIGHT, stop) as asked:
        run = apply_plan(context, plan, run_id, asked)
    return context.store.plan(plan.id), run


def night(
    context: Context, sources: Sequence[Source], read: str, run_id: str, stop: threading.Event | None = None
) -> tuple[Plan, Run]:
    """Plan what the sheets ask for, send what is not held, and tell those to whom it is news."""
    from sync.workflows.engine import make_plan

    made = make_plan(context, sources, read)  # type: ignore[arg-type]  # click checks the choice
    done, run = send(context, made, run_id, stop)
    tell_run(context, done, run, sources)
    return done, run
