"""One installation on disk and its site, night after night.

    with Office.opened(folder, MIDTERM) as office:
        outcome = office.night(files_of(day.feeds))
        office.approve_all()

Everything is real except two things: time, of which every night takes a day, and the network, since the site is the
sandbox's own application, called in this process.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from pathlib import Path
from string import Template
from threading import Event

from sync.config.site import Config, load
from sync.errors import Fault, NexsisSyncError
from sync.model import Hold, Issue, Plan, Run, Signature, Store
from sync.observe.context import Context
from sync.report.progress import silent
from sync.sandbox import Moodle, SandboxSettings
from sync.state import open_store
from sync.workflows.apply import apply_stored
from sync.workflows.approve import approve
from sync.workflows.exit_codes import run_code
from sync.workflows.nightly import run_in_place
from sync.workflows.runtime import Runtime
from tests.clock import NOON, Clock
from tests.engine.engine_world import InProcess
from tests.proof.feeds import Files
from tests.proof.objects import Held, held

MAPPINGS = Path(__file__).parent / "mappings"
SITE = """\
site: {url: "https://moodle.northmoor.example", token: {env: NEXSIS_TOKEN}, timezone: Europe/London}
"""
SMALL_HOURS = time(2)
"""When the exports are there and the night's run begins."""


@dataclass(frozen=True)
class Outcome:
    """What became of one night, and of the site.

    faults: why the run was refused; then there are no holds and issues
    """

    code: int
    holds: Sequence[Hold]
    issues: Sequence[Issue]
    faults: Sequence[Fault]
    before: Held
    after: Held


@dataclass(frozen=True)
class Kept:
    """All that a run changes, as it was at one moment: the state store and the site."""

    store: bytes
    site: bytes


@dataclass
class Office:
    """A site file, mappings, an inbox and a state store in a folder, the site, and how often an operator had to type.

    Every night is the next day.
    """

    folder: Path
    clock: Clock
    moodle: Moodle
    commands: int = 0
    _tokens: Iterator[int] = field(default_factory=count)

    @classmethod
    @contextmanager
    def opened(cls, folder: Path, first: date, scope: Sequence[str] = ("2026AU",)) -> Iterator[Office]:
        """A new installation and an empty site; its first night is that day. The scope is terms."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "inbox").mkdir()
        (folder / "site.yaml").write_text(SITE)
        clock = Clock()
        office = cls(folder, clock, _site(clock))
        office._wake(first - timedelta(days=1))
        office.map(scope)
        with office._closing():
            with office._store(office._config):
                pass  # creates it
            yield office

    @property
    def kept(self) -> Kept:
        """What is on this side and on the site now, to be put back."""
        return Kept((self.folder / "state.db").read_bytes(), self.moodle.snapshot())

    def put_back(self, kept: Kept) -> None:
        """Undo all runs since then. Time goes on."""
        (self.folder / "state.db").write_bytes(kept.store)
        self.moodle.restore(kept.site)

    @contextmanager
    def copied(self, folder: Path) -> Iterator[Office]:
        """The same installation and site as they are now, once more, in another folder."""
        shutil.copytree(self.folder, folder)
        clock = Clock()
        clock.time = self.clock.time
        office = Office(folder, clock, _site(clock), self.commands)
        office.moodle.restore(self.moodle.snapshot())
        with office._closing():
            yield office

    def map(self, terms: Sequence[str]) -> None:
        """Write the mapping files, for these current terms."""
        (self.folder / "mappings").mkdir(exist_ok=True)
        current = str([f"*-{term}" for term in terms])
        for path in MAPPINGS.glob("*.yaml"):
            text = Template(path.read_text()).substitute(current=current)
            (self.folder / "mappings" / path.name).write_text(text)

    def night(self, files: Files) -> Outcome:
        """The next night: these files are all that lies in the inbox, and the nightly job runs."""
        self._wake(self.clock.now().date() + timedelta(days=1))
        self._deliver(files)
        return self._outcome(lambda show: run_in_place(self._config, "share", self._runtime, show))

    def approve_all(self) -> Outcome:
        """An operator approves all that is on hold, and has it sent: two commands."""
        self.commands += 2
        config = self._config
        with self._store(config) as store, store.lock():
            approve(config, store, self.clock, store.newest_plan() or "", (), Signature("operator", "operator"))
        self.clock.pause(3600)

        def applied(show: Show) -> tuple[Plan, Run]:
            with self._context() as context:
                return apply_stored(context, None, self._runtime, show)

        return self._outcome(applied)

    # -- parts ----------------------------------------------------------------------------------------------------

    @property
    def held(self) -> Held:
        """What is on the site now."""
        return held(self.moodle)

    @property
    def _config(self) -> Config:
        return load(self.folder / "site.yaml")

    def _wake(self, day: date) -> None:
        self.clock.time = (datetime.combine(day, SMALL_HOURS, UTC) - NOON).total_seconds()

    def _deliver(self, files: Files) -> None:
        inbox, at = self.folder / "inbox", (self.clock.now() - timedelta(hours=1)).timestamp()
        shutil.rmtree(inbox)
        for name, content in files.items():
            path = inbox / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            os.utime(path, (at, at))
        inbox.mkdir(exist_ok=True)

    def _outcome(self, carry_out: Callable[[Show], tuple[Plan, Run]]) -> Outcome:
        before = self.held
        try:
            plan, run = carry_out(lambda store, plan, run: None)
        except NexsisSyncError as error:
            return Outcome(error.exit_code, (), (), error.faults, before, self.held)
        return Outcome(run_code(plan, run), plan.holds, plan.issues, (), before, self.held)

    @property
    def _runtime(self) -> Runtime:
        return Runtime(
            clock=self.clock,
            pause=self.clock.pause,
            token=lambda: f"{next(self._tokens):06x}",
            note=lambda text: None,
            stoppable=lambda: nullcontext(Event()),
            ended=lambda: False,
            open_store=self._store,
            open_context=self._context,
        )

    @contextmanager
    def _store(self, config: Config) -> Iterator[Store]:
        with open_store(config.state, self.clock) as store:
            yield store

    @contextmanager
    def _context(self) -> Iterator[Context]:
        config, site = self._config, InProcess(self.moodle, SandboxSettings())
        with self._store(config) as store, store.lock():
            yield Context(config, site, store, self.clock, silent(), lambda: 0.5, self.clock.pause)

    @contextmanager
    def _closing(self) -> Iterator[None]:
        try:
            yield
        finally:
            self.moodle.close()


Show = Callable[[Store, Plan, Run], None]


def _site(clock: Clock) -> Moodle:
    return Moodle(SandboxSettings(db=":memory:", clock=lambda: clock.now().timestamp()))
