"""What the engine works on, and whether it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sync.config.site import Config
from sync.model import Clock, Reporter, Site, Store
from sync.site.dispatch import CURABLE
from sync.site.responses import PING, classify, require_pong
from sync.site.session import Connection, SendLimits


@dataclass(frozen=True, slots=True)
class Context:
    """What the engine works on: one site, its store, and a reporter."""

    config: Config
    site: Site
    store: Store
    clock: Clock
    reporter: Reporter
    random: Callable[[], float]
    pause: Callable[[float], None]

    @property
    def connection(self) -> Connection:
        """The site, and how many calls it may get."""
        limits = SendLimits.of(self.config.sending)
        limits = replace(limits, deadline=min(limits.deadline, self._time_left))
        return Connection(self.site, limits, self.clock, self.reporter, self.random, self.pause)

    @property
    def _time_left(self) -> float:
        """Seconds until the time of day at which a run is stopped."""
        until = self.config.sending.until
        if until is None:
            return float("inf")
        now = self.clock.now().astimezone(ZoneInfo(self.config.site.timezone))
        at = datetime.combine(now.date(), until, now.tzinfo)
        # Subtracted in UTC: there may be a change of summer time in between.
        return ((at if at > now else at + timedelta(days=1)).astimezone(UTC) - now.astimezone(UTC)).total_seconds()

    @property
    def timeout(self) -> float:
        """Seconds that one call may take in total."""
        return self.config.sending.timeout.total_seconds()


PATIENCE = (1.0, 4.0)
"""Seconds to wait for a site that has a problem just as a run begins."""


def check_connection(context: Context) -> None:
    """Make sure that the API is there and accepts our token; short problems are waited out. Raises SiteRefused."""
    for patience in (*PATIENCE, None):
        response = context.site.send(PING, context.timeout)
        classification = classify(PING, response)
        if patience is None or classification.kind not in CURABLE:
            break
        context.reporter.say(f"{classification.message}; trying again")
        context.pause(patience)
    require_pong(response)
