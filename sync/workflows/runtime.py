"""What the program around a workflow passes to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from threading import Event

from sync.config.site import Config
from sync.model import Clock, Store
from sync.observe.context import Context


@dataclass(slots=True)
class Afterwards:
    """What is done once the store's lock is released: others outside may take their time, and a run must not wait."""

    _waiting: list[Callable[[], object]] = field(default_factory=list)
    _holding: int = 0

    def do(self, act: Callable[[], object]) -> None:
        """Do this once nothing is held any more, or at once if nothing is."""
        self._waiting.append(act)
        self._act()

    def held(self) -> AbstractContextManager[None]:
        """While it is entered, everything waits; enter it before the lock. An interruption leaves out what waits."""
        return self._held(self._act)

    def held_by_run(self) -> AbstractContextManager[None]:
        """The same around a run: once that has ended, an interruption does not change its result."""
        return self._held(self._act_unless_interrupted)

    @contextmanager
    def _held(self, release: Callable[[], None]) -> Iterator[None]:
        self._holding += 1
        try:
            yield
        except KeyboardInterrupt:
            self._waiting.clear()
            raise
        finally:
            self._holding -= 1
            release()

    def _act(self) -> None:
        try:
            while self._waiting and not self._holding:
                self._waiting.pop(0)()
        except KeyboardInterrupt:  # what was not delivered is in the outbox
            self._waiting.clear()
            raise

    def _act_unless_interrupted(self) -> None:
        with suppress(KeyboardInterrupt):
            self._act()


@dataclass(frozen=True, slots=True)
class Runtime:
    """Time, randomness, the operator, and how site and store are opened.

    pause:        lets seconds pass
    token:        a few random characters, for ids
    note:         says a sentence to the operator
    stoppable:    while it is entered, the operator may ask to stop; its event says whether that has happened
    ended:        whether a signal has ended the program; a library may have made an error of its own of that
    open_store:   a site's store
    open_context: the site file as it is now, with site and store; the store is locked
    afterwards:   what is done once it no longer is
    """

    clock: Clock
    pause: Callable[[float], None]
    token: Callable[[], str]
    note: Callable[[str], None]
    stoppable: Callable[[], AbstractContextManager[Event]]
    ended: Callable[[], bool]
    open_store: Callable[[Config], AbstractContextManager[Store]]
    open_context: Callable[[], AbstractContextManager[Context]]
    afterwards: Afterwards = field(default_factory=Afterwards)

    def new_run_id(self) -> str:
        """A new run's id: its second, and a random part."""
        return f"r-{self.clock.now():%Y%m%dT%H%M%S}-{self.token()}"
