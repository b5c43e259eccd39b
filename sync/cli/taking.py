"""What `run` and `watch` do where exports are taken out of the inbox: take the sets, carry them out in order."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass, replace
from datetime import timedelta
from threading import Event
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click
from click.exceptions import Exit

from sync.cli.common import Face, SystemClock, opened_store, opened_world, show
from sync.cli.nightly import night, run_code, run_id
from sync.cli.telling import tell_refusal
from sync.errors import ConfigError, Fault, SheetError

if TYPE_CHECKING:
    from pathlib import Path

    from sync.config.settings import Drop
    from sync.config.site import Config
    from sync.inbox import Arrival, Folders, Stability, TakenSet
    from sync.model import Issue, Plan, Run
    from sync.observe.context import Context

WORST_FIRST = (1, 5, 4, 3, 2, 0)


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of a set: `folder` is where it lies now. A refused one has `faults`, any other a plan and a run."""

    folder: Path
    code: int
    plan: Plan | None = None
    run: Run | None = None
    faults: tuple[Fault, ...] = ()


Tell = Callable[[Ended], None]


def worst(codes: Iterable[int]) -> int:
    """The exit code that counts where several hold."""
    return min(codes, key=WORST_FIRST.index)


def run_sets(face: Face, config: Config, read: str, wait: timedelta) -> int:
    """`run`: wait for a complete set, take it, and carry out all that are not done; the exit code.

    Raises SheetError with what is missing if no set is complete in time and none is waiting.
    """
    from sync.inbox import Stability, archive, await_set, folders, survey
    from sync.sheets import read as read_sheet

    drop = drop_of(config)
    settling = Stability()
    for fault in mend(config):
        click.echo(f"note: {fault}", err=True)
    with _waiting(config):
        arrival = await_set(
            lambda at: survey(config, drop, settling, at, read_sheet), wait.total_seconds(), SystemClock(), time.sleep
        )
    if not arrival.complete:
        mend(config)  # where another is just taking it, that one carries it out
        lacking = lacks(config, arrival, "`nexsis-sync run --wait 30m` waits for what is missing.")
        if not archive.waiting(folders(config, drop)):
            raise lacking
        for fault in lacking.faults:
            click.echo(f"note: {fault}", err=True)

    def tell(ended: Ended) -> None:
        if ended.plan is not None:
            face.say(f"taken: {ended.folder}")
            show(face, config, ended.plan, ended.run)
        for fault in ended.faults:
            click.echo(f"nexsis-sync: {fault}", err=True)
        if ended.faults:
            click.echo(f"nexsis-sync: refused, and moved to {ended.folder}", err=True)

    return worst(carried_out(face, settling, read, tell, None) or [0])


def carried_out(face: Face, settling: Stability, read: str, tell: Tell, stop: Event | None) -> list[int]:
    """Take what is complete, and carry out all sets that are not done, in the order they were taken; the exit codes.

    Ends with the first set whose run was cut off: it is gone on with another time.
    """
    from sync.inbox import archive, folders, survey
    from sync.sheets import read as read_sheet

    codes: list[int] = []
    with opened_world(face) as context:
        drop = drop_of(context.config)
        at = folders(context.config, drop)
        while (arrival := survey(context.config, drop, settling, SystemClock().monotonic(), read_sheet)).complete:
            _take(context, drop, at, arrival)
        for taken in archive.waiting(at):
            ended = _ended(context, at, taken) or _carry_out(context, drop, at, taken, read, stop)
            codes.append(ended.code)
            tell(ended)
            if taken.name in {each.name for each in archive.waiting(at)}:
                break
    return codes


@contextmanager
def _waiting(config: Config) -> Iterator[None]:
    """While a set is waited for, Ctrl-C and SIGTERM end the program with code 1: nothing was begun."""
    ended = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except KeyboardInterrupt:
        click.echo(f"nexsis-sync: stopped while waiting for exports in {config.inbox}; nothing was taken", err=True)
        raise Exit(1) from None
    finally:
        signal.signal(signal.SIGTERM, ended)


def close(config: Config, run: Run) -> None:
    """Note that nothing is left to do for the set that a run has carried out. The caller holds the store's lock."""
    from sync.inbox import archive, folders

    at = folders(config, drop_of(config))
    for taken in archive.waiting(at):
        if taken.run == run.id:
            archive.done(at, taken)


def mend(config: Config) -> list[Fault]:
    """Bring to an end what a program that was ended in the middle had begun to move; what cannot be."""
    from sync.inbox import archive, folders

    at = folders(config, drop_of(config))
    if archive.unfinished(at):
        with opened_store(config) as store, store.lock():
            return archive.mend(at)
    return []


def drop_of(config: Config) -> Drop:
    """How exports are taken out of the inbox. Raises ConfigError if the site file does not say so."""
    if config.drop is None:
        hint = "Write `drop: {settle: 10s}` into it, if that is meant."
        raise ConfigError(Fault("the site file does not say that exports are taken", str(config.file), hint))
    return config.drop


def lacks(config: Config, arrival: Arrival, way_out: str) -> SheetError:
    """What keeps a set from being taken; `way_out` is a sentence for a person."""
    where = str(config.inbox)
    if arrival.growing:
        return SheetError(Fault("files are still being written", where, "Nothing was taken."))
    *missing, last = arrival.missing or ("nothing is there yet",)
    hint = f"Nothing was moved. {way_out}"
    return SheetError(*(Fault(each, where) for each in missing), Fault(last, where, hint))


def _take(context: Context, drop: Drop, at: Folders, arrival: Arrival) -> TakenSet:
    from sync.inbox import archive, look, movable
    from sync.sheets.patterns import matching

    kept = matching(drop.keep, movable(at, drop, look(at.entries)).files.keys()) - arrival.files.keys()
    day = context.clock.now().astimezone(ZoneInfo(context.config.site.timezone))
    return archive.take(at, arrival.files, sorted(kept), run_id(context), f"{day:%Y-%m-%d}")


def _ended(context: Context, at: Folders, taken: TakenSet) -> Ended | None:
    """What became of a set whose run came to its end just before the program was ended: nobody knows of it yet."""
    from sync.inbox import archive

    run = next((run for run in context.store.runs() if run.id == taken.run and run.state == "done"), None)
    if run is None:
        return None
    plan = context.store.plan(run.plan)
    archive.done(at, taken)
    return Ended(at.archive / taken.name, run_code(plan, run), plan, run)


def _carry_out(context: Context, drop: Drop, at: Folders, taken: TakenSet, read: str, stop: Event | None) -> Ended:
    """Plan a set and send it, or refuse it. If its run was begun before, this is another one."""
    from sync.inbox import archive, at_set, checked
    from sync.mapping.source import with_issues
    from sync.sheets import read as read_sheet
    from sync.workflows.sources import gather

    folder = at.archive / taken.name
    here = replace(context, config=at_set(context.config, folder))
    if any(run.id == taken.run for run in context.store.runs()):
        taken = archive.carried_by(at, taken, run_id(context))
    try:
        feeds = checked(folder, drop, gather(here.config), read_sheet)
        feeds = with_issues(feeds, _left(at, drop))
        plan, run = night(here, feeds, read, taken.run, stop)
    except SheetError as error:
        now = archive.refuse(at, taken, str(error))
        refused = _moved(error, str(folder), str(now))
        tell_refusal(here.config, refused)
        return Ended(now, error.exit_code, faults=refused.faults)
    if run.state == "done":
        archive.done(at, taken)
    elif stop is None or not stop.is_set():
        _was_cut(at, taken)
    return Ended(folder, run_code(plan, run), plan, run)


def _left(at: Folders, drop: Drop) -> list[Issue]:
    """The files that stay in the inbox because they cannot be moved, as issues; those that cannot be read are told."""
    from sync.inbox import look, movable

    try:
        there = look(at.entries)
    except SheetError:
        return []
    return [each.issue for each in movable(at, drop, replace(there, unusable=())).unusable]


def _moved(error: SheetError, folder: str, now: str) -> SheetError:
    """The same, said of where the files lie now."""
    return SheetError(*(Fault(*(said.replace(folder, now) for said in astuple(fault))) for fault in error.faults))


def _was_cut(at: Folders, taken: TakenSet) -> None:
    """A set whose run is cut off is tried again; but not for ever while a newer one waits behind it."""
    from sync.inbox import archive

    if taken.state == "cut" and len(archive.waiting(at)) > 1:
        archive.done(at, taken)
        click.echo(f"note: {taken.name} was cut off twice; the next set is gone on with", err=True)
    else:
        archive.cut(at, taken)
