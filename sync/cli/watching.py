"""`watch`: for each set of exports what `run` does, as it arrives."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from datetime import timedelta
from threading import Event
from typing import TYPE_CHECKING, Any, Final

import click

from sync.cli.common import Face, SystemClock, common, duration, stdout
from sync.cli.nightly import stoppable
from sync.cli.planning import read_option
from sync.cli.taking import Ended, carried_out, drop_of, lacks, mend, worst
from sync.cli.telling import catch_up, tell_relief, tell_trouble
from sync.errors import ConfigError, Fault, NexsisSyncError, StoreError

if TYPE_CHECKING:
    from sync.config.site import Config
    from sync.inbox import Stability

NOTICE: Final = 0.2
"""Seconds after which a signal is noticed."""

LONGEST: Final = 3600.0
"""Seconds between two tries of the same set at the most."""


@click.command()
@read_option
@click.option(
    "--every",
    callback=duration,
    default="5s",
    show_default=True,
    metavar="TIME",
    help="How often to look at the inbox.",
)
@click.option(
    "--wait",
    callback=duration,
    default="1h",
    show_default=True,
    metavar="TIME",
    help="How long a set may be incomplete, or wait for what mostly ends by itself, before people are told.",
)
@click.option("--once", is_flag=True, help="End after the first set, with the exit code `run` would have.")
@common
def watch(face: Face, read: str, every: timedelta, wait: timedelta, once: bool) -> int:
    """Take exports as they arrive, and do for each set what `run` does; one line a set.

    Ends with Ctrl-C or SIGTERM. A run in hand is stopped as `run` is, and gone on with by the next `watch` or `run`.
    """
    from sync.inbox import Stability

    teller, settling = _Teller(face, wait.total_seconds(), _config(face)), Stability()
    drop_of(teller.config)
    catch_up(teller.config)
    if not once:
        face.say(f"watching {teller.config.inbox}, every {every.total_seconds():g} seconds; Ctrl-C ends it")
    failures, again, code = 0, 0.0, 0
    with stoppable("stopping (again to leave at once)") as stop:
        while not stop.is_set():
            try:
                codes = _look(face, settling, read, stop, teller, retry=SystemClock().monotonic() >= again)
                trouble = 5 in codes
                if codes and not trouble:
                    teller.relieved()
            except NexsisSyncError as error:
                codes, trouble = [error.exit_code], True
                teller.trouble(error, at_once=once)
            if codes:
                code, failures = worst(codes), failures + 1 if trouble else 0
                again = SystemClock().monotonic() + min(every.total_seconds() * 2 ** min(failures, 12), LONGEST)
                if once:
                    return code
            _pause(every.total_seconds(), stop)
    return code if code == 5 else 0


def _look(face: Face, settling: Stability, read: str, stop: Event, teller: _Teller, *, retry: bool) -> list[int]:
    """Look once, and carry out what is there; the exit codes of the sets.

    With `retry`, what was taken before is tried again even if nothing new has come.
    """
    from sync.inbox import archive, folders, survey
    from sync.sheets import read as read_sheet

    config = _config(face)
    teller.config = config
    teller.stuck(mend(config))
    arrival = survey(config, drop_of(config), settling, SystemClock().monotonic(), read_sheet)
    waits = archive.waiting(folders(config, drop_of(config)))
    if arrival.complete or (waits and retry):
        return carried_out(replace(face, quiet=True), settling, read, teller.ended, stop)
    if not arrival.empty and not arrival.growing:
        teller.lacking(lacks(config, arrival, "The set is taken as soon as it is complete."))
    elif arrival.empty and not waits:
        teller.relieved()
    return []


def _config(face: Face) -> Config:
    """The site file as it is now: it may change while this goes on."""
    from sync.config.site import load

    return load(face.site)


def _pause(seconds: float, stop: Event) -> None:
    """Let seconds pass, in pieces: an Event that a signal sets must not be waited for in the same thread."""
    end = time.monotonic() + seconds
    while not stop.is_set() and (left := end - time.monotonic()) > 0:
        time.sleep(min(left, NOTICE))


@dataclass(slots=True)
class _Teller:
    """Tells one line a set; of a trouble that stays the same, one line in all, and a mail to those concerned.

    wait:   seconds for which what mostly ends by itself may last before it is mailed
    config: the last one that could be read
    since:  the troubles that are not over, and since when each of them is
    mailed: those of them that were mailed
    relief: whether somebody may have been told of troubles, and not yet that they are over
    left:   the refused sets that could not be moved at the last look
    """

    face: Face
    wait: float
    config: Config
    told: str = ""
    since: dict[str, float] = field(default_factory=dict)
    mailed: set[str] = field(default_factory=set)
    relief: bool = True
    left: list[Fault] = field(default_factory=list)

    def stuck(self, faults: list[Fault]) -> None:
        """Refused sets that cannot be moved; others are gone on with, so each is said once."""
        for fault in faults:
            if fault not in self.left:
                self._tell(f"note: {fault.where}: {fault.message}", {"note": str(fault)})
        self.left = faults

    def ended(self, ended: Ended) -> None:
        """A set was carried out or refused."""
        self.told = ""
        self._tell(_line(ended), _facts(ended))

    def trouble(self, error: NexsisSyncError, *, at_once: bool) -> None:
        """Something keeps sets from being taken. A store that another uses, or a site file being edited, may pass."""
        passing = isinstance(error, StoreError | ConfigError) and not at_once
        self._lasts(error.briefly, error, self.wait if passing else 0.0)

    def lacking(self, error: NexsisSyncError) -> None:
        """A set is not complete yet. However many files come meanwhile, that is one trouble."""
        self._lasts("incomplete", error, self.wait)

    def relieved(self) -> None:
        """Nothing keeps sets from being taken. What was mailed by a `watch` that was ended may be over too."""
        self.told = ""
        self.since.clear()
        self.mailed.clear()
        if self.relief:
            self.relief = False
            tell_relief(self.config)

    def _lasts(self, kind: str, error: NexsisSyncError, patience: float) -> None:
        said, now = error.briefly, SystemClock().monotonic()
        if said != self.told:
            self.told = said
            self._tell(f"waiting: {said}", {"waiting": said})
        if now - self.since.setdefault(kind, now) >= patience and kind not in self.mailed:
            self.mailed.add(kind)
            self.relief = True
            tell_trouble(self.config, kind, error)

    def _tell(self, line: str, facts: dict[str, Any]) -> None:
        now = SystemClock().now()
        if self.face.json:
            import orjson

            stdout().write(orjson.dumps({"at": now, **facts}) + b"\n")
            stdout().flush()
        self.face.say(f"{now:%Y-%m-%d %H:%M:%S}  {line}")


def _said(error: NexsisSyncError) -> str:
    return "; ".join(f"{fault.where}: {fault.message}" if fault.where else fault.message for fault in error.faults)


def _line(ended: Ended) -> str:
    if ended.plan is None or ended.run is None:
        return f"refused: {'; '.join(fault.message for fault in ended.faults)}; see {ended.folder}"
    counts = ended.plan.changes["status"].value_counts()
    shown = ", ".join(f"{count:,} {status}" for status, count in counts.items()) or "nothing to do"
    reason = f" ({ended.run.reason})" if ended.run.reason else ""
    return f"{ended.run.id}  {ended.run.state}{reason}: {shown}"


def _facts(ended: Ended) -> dict[str, Any]:
    """The same for machines."""
    facts: dict[str, Any] = {"folder": str(ended.folder), "code": ended.code}
    if ended.plan is None or ended.run is None:
        return {**facts, "refused": [fault.message for fault in ended.faults]}
    counts = {str(status): int(count) for status, count in ended.plan.changes["status"].value_counts().items()}
    return {**facts, "plan": ended.plan.id, "run": ended.run.id, "state": ended.run.state, "changes": counts}
