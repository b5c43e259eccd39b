"""Whether the site as a whole is down: then nothing is sent but probes, until it answers again.

One call may fail again and again while others are answered: that is about the call. Trouble is about the site if it
says so (maintenance), if it can't be reached, if many answers in a row are trouble, or if nothing else was answered
while a call was tried as often as it may be.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from sync.model import Request
from sync.site.capabilities import NOBODY
from sync.site.responses import PING

STREAK: Final = 8
"""Number of bad answers in a row after which the site is asked whether it is there at all."""

FIRST_WAIT: Final = 1.0
LONGEST_WAIT: Final = 5.0
"""Seconds before the first probe and, after doubling, between two; `Retry-After` of a maintenance is often far longer
than the maintenance."""

PROBES: Final = (PING, Request("GET", f"user/{NOBODY}"))
"""What must be answered, one after the other, before calls are sent again: the second one needs the database."""


@dataclass(slots=True)
class Outage:
    """What is known of the site's health; times in seconds on the monotonic scale.

    patience: how long an outage may last before the run is given up
    streak:   how many answers in a row were trouble
    answered: when the last call was sent whose answer was none
    since:    when the present outage began; None if there is none
    due:      when the next probe is to be sent; `step` is its place in `PROBES`, `asking` whether it is on its way
    failed:   how many probes have failed
    message:  the last trouble, in words
    """

    patience: float
    streak: int = 0
    answered: float = float("-inf")
    since: float | None = None
    due: float = 0.0
    step: int = 0
    asking: bool = False
    failed: int = 0
    message: str = ""

    @property
    def lasts(self) -> bool:
        """Whether nothing but probes may be sent."""
        return self.since is not None

    def exhausted(self, now: float) -> bool:
        """Whether the outage has lasted longer than the patience."""
        return self.since is not None and now - self.since >= self.patience

    def well(self, sent: float) -> None:
        """A call sent at that time was answered, and the answer was not trouble."""
        self.streak, self.answered = 0, max(self.answered, sent)

    def trouble(self, now: float, message: str, *, certain: bool) -> None:
        """An answer was trouble; `certain`: it is about the site."""
        self.streak += 1
        if certain or self.streak >= STREAK:
            self.begin(now, message)

    def begin(self, now: float, message: str) -> None:
        """Ask whether the site is there before anything else is sent."""
        if self.since is None:
            self.since, self.due, self.step, self.failed = now, now + FIRST_WAIT, 0, 0
        self.message = message

    def probe(self, now: float) -> Request | None:
        """The probe that is to be sent now, if any."""
        if self.asking or now < self.due:
            return None
        self.asking = True
        return PROBES[self.step]

    def still_down(self, now: float, message: str) -> bool:
        """A probe has failed; whether it is the first one."""
        self.asking, self.step, self.message = False, 0, message
        self.failed += 1
        self.due = now + min(LONGEST_WAIT, FIRST_WAIT * 2.0**self.failed)
        return self.failed == 1

    def answers(self, now: float) -> bool:
        """A probe was answered; whether that was the last one, and the outage is over."""
        self.asking, self.due = False, now
        self.step += 1
        if self.step < len(PROBES):
            return False
        self.since = None
        self.well(now)  # the probe was sent after all trouble that is known
        return True
