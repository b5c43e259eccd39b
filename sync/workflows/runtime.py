"""What the program around a workflow passes to it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from threading import Event

from sync.config.site import Config
from sync.model import Clock, Store
from sync.observe.context import Context


@dataclass(frozen=True, slots=True)
class Runtime:
    """Time, randomness, the operator, and how site and store are opened.

    pause:        lets seconds pass
    token:        a few random characters, for ids
    note:         says a sentence to the operator
    stoppable:    while it is entered, the operator may ask to stop; its event says whether that has happened
    open_store:   a site's store
    open_context: the site file as it is now, with site and store; the store is locked
    """

    clock: Clock
    pause: Callable[[float], None]
    token: Callable[[], str]
    note: Callable[[str], None]
    stoppable: Callable[[], AbstractContextManager[Event]]
    open_store: Callable[[Config], AbstractContextManager[Store]]
    open_context: Callable[[], AbstractContextManager[Context]]

    def new_run_id(self) -> str:
        """A new run's id: its second, and a random part."""
        return f"r-{self.clock.now():%Y%m%dT%H%M%S}-{self.token()}"
