"""Sets of exports between the inbox and the archive, for sites whose exports are taken.

How files are moved safely is the job of `sync.inbox`; this is what a run does with them, and what a person is shown
about one that cannot be taken.
"""

from __future__ import annotations

from dataclasses import astuple, replace
from pathlib import Path
from zoneinfo import ZoneInfo

from sync.config.drop import Drop
from sync.config.site import Config
from sync.errors import ConfigError, Fault, SheetError
from sync.inbox import Arrival, Folders, Stability, TakenSet, archive, folders, look, movable, next_arrival
from sync.model import Issue, Run
from sync.observe.context import Context
from sync.sheets import read
from sync.sheets.patterns import matching
from sync.workflows.runtime import Runtime


def drop_of(config: Config) -> Drop:
    """How exports are taken out of the inbox. Raises ConfigError if the site file does not say so."""
    if config.drop is None:
        hint = "To take exports out of the inbox, add `drop: {settle: 10s}` to it."
        raise ConfigError(Fault("the site file has no `drop:`, so exports are not taken", str(config.file), hint))
    return config.drop


def folders_of(config: Config) -> Folders:
    """Where exports are delivered, and where they are moved to. Raises ConfigError as `drop_of`."""
    return folders(config, drop_of(config))


def observe_inbox(config: Config, stability: Stability, at: float) -> Arrival:
    """The next set in the inbox at the time `at`, in seconds that never go back.

    Raises SheetError if the inbox cannot be listed.
    """
    return next_arrival(config, drop_of(config), stability, at, read)


def incomplete(config: Config, arrival: Arrival, way_out: str) -> SheetError:
    """What keeps a set from being taken; `way_out` is a sentence for a person."""
    where = str(config.inbox)
    if arrival.growing:
        return SheetError(Fault("files are still being written", where, "Nothing was taken."))
    *missing, last = arrival.missing or ("nothing is there yet",)
    hint = f"Nothing was moved. {way_out}"
    return SheetError(*(Fault(each, where) for each in missing), Fault(last, where, hint))


def recover(config: Config, runtime: Runtime) -> list[Fault]:
    """Finish the moves of a program that was killed in the middle of them; returns what cannot be finished."""
    at = folders_of(config)
    if archive.needs_recovery(at):
        with runtime.open_store(config) as store, store.lock():
            return archive.recover(at)
    return []


def pending(config: Config) -> list[TakenSet]:
    """The sets that were taken and are not done, in the order they were taken."""
    return archive.pending(folders_of(config))


def take(context: Context, arrival: Arrival, run_id: str) -> None:
    """Move a complete set into the archive, for a run of this id. Raises SheetError if that cannot be done."""
    drop, at = drop_of(context.config), folders_of(context.config)
    kept = matching(drop.keep, movable(at, drop, look(at.entries)).files.keys()) - arrival.files.keys()
    day = context.clock.now().astimezone(ZoneInfo(context.config.site.timezone))
    archive.take(at, arrival.files, sorted(kept), run_id, f"{day:%Y-%m-%d}")


def left_behind(config: Config) -> list[Issue]:
    """Files that stay in the inbox because they cannot be moved; those that cannot be read are reported elsewhere."""
    drop, at = drop_of(config), folders_of(config)
    try:
        there = look(at.entries)
    except SheetError:
        return []
    return [each.issue for each in movable(at, drop, replace(there, unusable=())).unusable]


def refuse(config: Config, taken: TakenSet, error: SheetError) -> tuple[Path, SheetError]:
    """Move a set that cannot be used to the refused folder; that folder, and the error with the files' new place."""
    at = folders_of(config)
    folder = str(at.archive / taken.name)
    now = archive.refuse(at, taken, str(error))
    return now, SheetError(
        *(Fault(*(text.replace(folder, str(now)) for text in astuple(each))) for each in error.faults)
    )


def cut_off(config: Config, taken: TakenSet, runtime: Runtime) -> None:
    """A set whose run is interrupted is tried again, but not forever while a newer one waits behind it."""
    at = folders_of(config)
    if taken.state == "cut" and len(archive.pending(at)) > 1:
        archive.done(at, taken)
        runtime.note(f"{taken.name} was interrupted twice; continuing with the next set")
    else:
        archive.cut(at, taken)


def close(config: Config, run: Run) -> None:
    """Record that nothing is left to do for the set that a run has carried out. The caller holds the store's lock."""
    at = folders_of(config)
    for taken in archive.pending(at):
        if taken.run == run.id:
            archive.done(at, taken)
