"""The state store, without changing anything in it: its version, and what runs have left."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Final

from sync.config.site import Config
from sync.errors import NexsisSyncError
from sync.model import Store
from sync.state import StoreFacts, inspect_store
from sync.workflows.doctor.checks import Diagnosis, age_text, size_text, warned

SILENT: Final = 3 * 86_400
"""Seconds without a complete run after which somebody should look why."""


def store(
    config: Config, open_store: Callable[[Config], AbstractContextManager[Store]], now: datetime
) -> Iterator[Diagnosis]:
    """Version, size and lock of the store; the last run that was completed, and what needs approval."""
    try:
        facts = inspect_store(config.state, config.state_file)
        yield from _facts(facts)
        if facts.current:
            with open_store(config) as there:
                yield from _runs(there, now)
    except NexsisSyncError as error:
        fault = error.faults[0]
        yield Diagnosis("state", "fail", fault.message, fault.hint)


def _facts(facts: StoreFacts) -> Iterator[Diagnosis]:
    if facts.version is None:
        yield Diagnosis("state", "ok", f"{facts.name} is not there yet; the first plan creates it")
        return
    says = f"{facts.name}, version {facts.version}, {size_text(facts.size)}"
    hint = "The next run upgrades it, and keeps a backup. To do that now: `nexsis-sync state upgrade`."
    age = "" if facts.current else ", from an older release"
    yield warned("state", f"{says}{age}", hint, good=facts.current)
    if facts.holder:
        hint = "If that process hangs, end it, then continue with `nexsis-sync resume`."
        yield Diagnosis("lock", "warn", f"in use by another nexsis-sync: {facts.holder}", hint)
    else:
        yield Diagnosis("lock", "ok", "not in use")


def _runs(there: Store, now: datetime) -> Iterator[Diagnosis]:
    last = next((run for run in there.runs() if run.state == "done"), None)
    if last is None:
        yield Diagnosis("last-run", "ok", "no run has been completed yet")
    else:
        age = (now - last.started).total_seconds()
        says = f"the last complete run, {last.id}, began {age_text(age)} ago"
        hint = "Check the schedule; `nexsis-sync runs` lists plans and runs."
        yield warned("last-run", says, hint, good=age <= SILENT)
    if paused := there.paused():
        reason = f": {paused.reason}" if paused.reason else ""
        hint = "To let runs send changes again: `nexsis-sync unpause`."
        yield Diagnosis("pause", "warn", f"runs have been paused by {paused.by}{reason}", hint)
    newest = next(iter(there.plans()), None)
    held = newest.unapproved if newest else ()
    if newest and held:
        says = "1 hold needs" if len(held) == 1 else f"{len(held):,} holds need"
        hint = f"To see what is on hold: `nexsis-sync report {newest.id}`."
        yield Diagnosis("approvals", "warn", f"{says} approval in plan {newest.id}", hint)
    else:
        yield Diagnosis("approvals", "ok", "nothing needs approval")
