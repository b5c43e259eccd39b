"""How the adapters are put together: the site file, the site, its state store, the clock."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from sync.cli.output import Output, note
from sync.cli.signals import IN_FLIGHT, ended, stoppable

if TYPE_CHECKING:
    from threading import Event

    from sync.config.site import Config
    from sync.errors import Fault
    from sync.model import Reporter, Store
    from sync.model.forgetting import Tombstones
    from sync.observe.context import Context
    from sync.workflows.replay import OpenStore
    from sync.workflows.runtime import Runtime


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """The present instant in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()


def load_config(output: Output) -> Config:
    """The site file and its mappings; notes about likely mistakes go to standard error."""
    from sync.config.site import load

    config = load(output.site)
    for slip in config.notes:
        note(str(slip))
    return config


def load_site(output: Output) -> tuple[Config, list[Fault]]:
    """The site file with the mappings that are good, and the faults of mapping files; notes as for `load_config`."""
    from sync.config.site import load_apart

    config, faults = load_apart(output.site)
    for slip in config.notes:
        note(str(slip))
    return config, faults


def with_current_exports(config: Config) -> Config:
    """The config with the current exports: if they are taken out of the inbox, those of the newest set.

    Raises SheetError if the inbox cannot be listed.
    """
    from sync.inbox import current_exports, last_is_erased
    from sync.sheets import read

    current = current_exports(config, read)
    if current.inbox != config.inbox:
        note(f"no new exports in the inbox; using the last ones, in {current.inbox}")
    elif last_is_erased(config):
        note("a person has been erased from the last exports, so they are not used again")
    return current


def reporter_of(output: Output) -> Reporter:
    """The reporter of long work."""
    from sync.report.progress import silent, watching

    return silent() if output.quiet else watching(output.console(err=True), SystemClock())


@contextmanager
def opened_store(config: Config) -> Iterator[Store]:
    """The site's state store."""
    from sync.state import open_store

    with open_store(config.state, SystemClock(), lambda upgrade: note(str(upgrade))) as store:
        yield store


def known_tombstones(config: Config) -> Tombstones | None:
    """Those of forgotten people in the site's store, which is neither made nor upgraded; none if it cannot be used."""
    if config.state_file is not None and not config.state_file.exists():
        return None
    from sync.errors import StoreError
    from sync.state import inspect_store

    try:
        if not inspect_store(config.state, config.state_file).current:
            return None
        with opened_store(config) as store:
            return store.tombstones()
    except StoreError as error:
        note(f"rows about forgotten people are not recognised: {error.briefly}")
        return None


@contextmanager
def temporary_store(config: Config, *, copied: bool) -> Iterator[OpenStore]:
    """How to open a store that is thrown away in the end: a copy of the site's, or an empty one."""
    from sync.state import back_up_store, open_store

    with TemporaryDirectory() as temporary:
        file = Path(temporary) / "state.db"
        if copied:
            back_up_store(config.state, file)
        yield lambda clock: open_store(f"sqlite:///{file.as_posix()}", clock)


@contextmanager
def connected(output: Output, config: Config, store: Store) -> Iterator[Context]:
    """The site, with its store, and a reporter."""
    import random

    from sync.config.site import token
    from sync.observe.context import Context, stop_time
    from sync.site import connect

    clock = SystemClock()
    address, ca_file = config.site.api, config.ca_file
    with connect(address, token(config), permits=config.sending.permits, ca_file=ca_file) as site:
        until = stop_time(config, clock.now())
        yield Context(config, site, store, clock, reporter_of(output), random.random, time.sleep, until)


@contextmanager
def opened_context(output: Output, *, no_deletes: bool = False, verify: bool = False) -> Iterator[Context]:
    """The site, its store, locked, and a reporter. Options can ask for the same as the site file."""
    config = load_config(output)
    config = replace(config, no_deletes=config.no_deletes or no_deletes, verify=config.verify or verify)
    with opened_store(config) as store, store.lock(), connected(output, config, store) as context:
        yield context


@contextmanager
def opened_copy(output: Output, *, no_deletes: bool = False) -> Iterator[Context]:
    """The same with a copy of the store, which is thrown away in the end."""
    config = load_config(output)
    config = replace(config, no_deletes=config.no_deletes or no_deletes)
    with opened_store(config):  # it is made, or brought up to this release
        pass
    with (
        temporary_store(config, copied=True) as open_store,
        open_store(SystemClock()) as store,
        store.lock(),
        connected(output, config, store) as context,
    ):
        yield context


def runtime_of(output: Output, stop: Event | None = None, *, no_deletes: bool = False) -> Runtime:
    """What a workflow is given; `stop` is set when a signal arrives while changes are sent."""
    import secrets

    from sync.workflows.runtime import Runtime

    return Runtime(
        clock=SystemClock(),
        pause=time.sleep,
        token=partial(secrets.token_hex, 3),
        note=note,
        stoppable=partial(stoppable, IN_FLIGHT, stop),
        ended=ended,
        open_store=opened_store,
        open_context=partial(opened_context, output, no_deletes=no_deletes),
    )
