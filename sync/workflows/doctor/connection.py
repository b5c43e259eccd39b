"""The way to the site, and what the site answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Final, Protocol

from sync.config.site import Config
from sync.errors import NexsisSyncError, SiteError, StoreError
from sync.model import Clock, Site, Store
from sync.model.findings import listed
from sync.model.resources import CATALOGUE
from sync.site.handshake import Handshake
from sync.state import inspect_store
from sync.workflows.doctor.checks import Diagnosis, age_text, warned
from sync.workflows.ping import Probe, contradictions, probe

APART: Final = 60.0
"""Seconds by which two clocks may differ: logs of both sides can still be compared."""

SOON: Final = 14
"""Days before a certificate expires at which somebody should renew it."""

SLOW: Final = 3_000.0
"""Milliseconds for a ping from which something is wrong with the site or the network."""


class Reachable(Site, Protocol):
    """A site that can say how it is reached."""

    def handshake(self, timeout: float) -> Handshake:
        """One answered call. Raises SiteRefused."""
        ...


def connection(
    config: Config,
    connected: Callable[[], AbstractContextManager[Reachable]],
    open_store: Callable[[Config], AbstractContextManager[Store]],
    clock: Clock,
) -> Iterator[Diagnosis]:
    """Whether the site can be reached, and how; then what it offers, as `ping` finds it out."""
    try:
        there = open_store if _usable(config) else None
        with connected() as site:
            yield from _way(config, site.handshake(config.sending.timeout.total_seconds()), clock.now())
            yield from _answers(config, probe(config, site, there, clock))
    except NexsisSyncError as error:
        fault = error.faults[0]
        name = "api" if isinstance(error, SiteError) else "connection"
        yield Diagnosis(name, "fail", fault.message, fault.hint)


def _usable(config: Config) -> bool:
    """Whether the store can be asked; what is wrong with it is said where it is examined itself."""
    try:
        return inspect_store(config.state, config.state_file).current
    except StoreError:
        return False


def _way(config: Config, found: Handshake, now: datetime) -> Iterator[Diagnosis]:
    route = f" through the proxy {found.proxy}" if found.proxy else ""
    yield Diagnosis("connection", "ok", f"{config.site.url} answers{route}")
    if not found.tls:
        yield Diagnosis("tls", "ok", "not used: the site is on this machine")
    else:
        days = (found.expires - now).days if found.expires else SOON
        says = f"{found.tls}; certificate issued by {found.issuer}, valid for {days:,} more day{'s' * (days != 1)}"
        hint = "Have the certificate of the site renewed."
        yield warned("tls", says, hint, good=days >= SOON)
    if found.date is not None:
        apart = abs((found.date - now).total_seconds())
        says = f"the site's clock differs from this machine's by {age_text(apart)}"
        hint = "Synchronise both clocks with a time server (NTP)."
        yield warned("clock", says, hint, good=apart <= APART)


def _answers(config: Config, found: Probe) -> Iterator[Diagnosis]:
    says = f"the NexSIS API answers and accepts the token ({found.ms:,.0f} ms)"
    hint = "Ask the people who run the network and Moodle why answers take so long."
    yield warned("api", says, hint, good=found.ms <= SLOW)
    there = listed(CATALOGUE[name].title for name, answer in found.resources.items() if answer)
    lacking = listed(CATALOGUE[name].title for name, answer in found.resources.items() if answer is False)
    says = "; ".join(text for text in (there and f"the site has {there}", lacking and f"it has no {lacking}") if text)
    yield Diagnosis("capabilities", "ok", says or "the site does not say what it has")
    wrong = contradictions(config, found)
    yield from (Diagnosis("agreement", "fail", each) for each in wrong)
    if found.identifiers is None:
        says = "not known yet; the check needs a user or course with a letter in its identifier"
        yield Diagnosis("identifiers", "ok", says)
    elif found.identifiers == config.site.identifiers:
        yield Diagnosis("identifiers", "ok", f"the site compares them as the site file says ({found.identifiers})")
