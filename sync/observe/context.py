"""What the engine works on, and whether it answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sync.config.site import Config
from sync.model import Clock, Reporter, Site, Store
from sync.site.dispatch import CURABLE
from sync.site.not_found import Absences
from sync.site.responses import PING, classify, require_pong
from sync.site.session import Connection, SendLimits


@dataclass(frozen=True, slots=True)
class Context:
    """What the engine works on: one site, its store, and a reporter.

    `until`: when everything is stopped, if ever; `absences`: how the site says that something is not there.
    """

    config: Config
    site: Site
    store: Store
    clock: Clock
    reporter: Reporter
    random: Callable[[], float]
    pause: Callable[[float], None]
    until: datetime | None = None
    absences: Absences = field(default_factory=Absences)

    @property
    def connection(self) -> Connection:
        """The site, and how many calls it may get."""
        limits = SendLimits.of(self.config.sending)
        if self.until is not None:
            left = (self.until - self.clock.now()).total_seconds()
            limits = replace(limits, deadline=min(limits.deadline, left))
        return Connection(self.site, limits, self.clock, self.reporter, self.random, self.pause, self.absences)

    @property
    def timeout(self) -> float:
        """Seconds that one call may take in total."""
        return self.config.sending.timeout.total_seconds()


def stop_time(config: Config, now: datetime) -> datetime | None:
    """When the site file stops what begins now: the next such time of day; None if it does not."""
    until = config.sending.until
    return None if until is None else next_time(config, now, until)


def next_time(config: Config, now: datetime, of_day: time) -> datetime:
    """The next moment at which it is this time of day on the site, in UTC: clocks may be changed before it."""
    here = now.astimezone(ZoneInfo(config.site.timezone))
    at = datetime.combine(here.date(), of_day, here.tzinfo)
    return (at if at > here else at + timedelta(days=1)).astimezone(UTC)


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
