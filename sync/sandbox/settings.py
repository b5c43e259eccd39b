"""How a sandbox is set up, what can fail on purpose, and what is logged of each request."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from time import time
from typing import Literal, get_args

from sync.sandbox.conventions import EnrolStatus, Identifiers, RoleChange, SiteConventions, zone_named

BASE = "/enrol/nexsis/api/index.php"
"""The path below the site's address under which the API answers."""

Fault = Literal["cut_before", "cut_after", "error", "db_down", "slow_down", "maintenance", "login", "notice"]
"""What happens to a request instead of its answer.

- `cut_before`, `cut_after`: the connection is closed without an answer, before or after the work is done
- `error`: 500 with Moodle's JSON of a failed query, nothing done
- `db_down`: **200** with Moodle's JSON of a database that can't be reached, nothing done
- `slow_down`: 429 with `Retry-After`
- `maintenance`: 503, an HTML page, `Retry-After: 300`
- `login`: 303 to the login page, HTML
- `notice`: the work is done, but PHP notices in HTML come before the JSON
"""

FAULTS: tuple[Fault, ...] = get_args(Fault)

Faults = Callable[[str, str, int], Fault | None]
"""Decides a request's fault from its method, its path as logged, and how often this same request has come (from 1)."""


@dataclass(frozen=True)
class SandboxSettings:
    """One sandbox.

    `db` is a file, created if missing and served again as it was left, or `:memory:`. `port` 0 takes a free one. `log`
    is a file that gets one JSON line for each request. `identifiers` is how the site's database compares identifiers,
    `timezone` the one in which it gives times, `roles` are roles beyond the standard ones or other names for those, by
    short name. `workplace` says whether it is a Moodle Workplace, `institution` is a YAML file of what no call creates
    (see `sync.sandbox.institution`). `stale_groups` says whether a group that is put while another write of groups in
    its course is in progress is answered with 404 although it was put. `role_change` says whether a PUT with another
    role replaces somebody's role or adds one, `enrol_status` what becomes of `enrolstatus` in the PUT of an enrolment,
    `shared_emails` whether several accounts may have the same email address. `latency_ms` is the delay before every
    request's work. Rates are shares of requests from 0 to 1, drawn only from `seed`, the request and its repetition:
    the same requests meet the same faults in any order. `faults`, if given, decides instead of the rates. `clock` gives
    the site's time, in seconds since 1970.

    Raises ValueError for an impossible rate or an unknown time zone.
    """

    db: str | Path = ":memory:"
    port: int = 0
    token: str = "sandbox"  # noqa: S105 - opens nothing but a toy on loopback
    log: str | Path | None = None
    seed: int = 0
    identifiers: Identifiers = "ignore_case"
    timezone: str = "Europe/London"
    roles: Mapping[str, str] = field(default_factory=dict)
    workplace: bool = True
    institution: Path | None = None
    stale_groups: bool = True
    role_change: RoleChange = "replace"
    enrol_status: EnrolStatus = "ignored"
    shared_emails: bool = False
    latency_ms: float = 0
    error_rate: float = 0
    db_down_rate: float = 0
    slow_down_rate: float = 0
    cut_before_rate: float = 0
    cut_after_rate: float = 0
    maintenance: bool = False
    retry_after: int = 1
    faults: Faults | None = None
    clock: Callable[[], float] = time

    def __post_init__(self) -> None:
        zone_named(self.timezone)
        rates = {f.name: getattr(self, f.name) for f in fields(self) if f.name.endswith("_rate")}
        wrong = [f"{name} is {rate}" for name, rate in rates.items() if not 0 <= rate <= 1]
        if wrong or sum(rates.values()) > 1:
            raise ValueError(f"rates must be between 0 and 1, and so must their sum: {', '.join(wrong) or rates}")

    @property
    def conventions(self) -> SiteConventions:
        """What the rules of the API have to know of the site."""
        zone = zone_named(self.timezone)
        return SiteConventions(
            self.identifiers, zone, self.role_change, self.enrol_status, self.shared_emails, self.clock
        )


@dataclass(frozen=True)
class LoggedRequest:
    """One request as it was received; a line of the log. `status` is None if the connection was cut.

    `path` is decoded, below the API's base, with the query but never the token. `race` says which other request in
    progress at the same time would have made this one write duplicates on a real Moodle.
    """

    time: str
    method: str
    path: str
    status: int | None
    ms: float
    fault: Fault | None = None
    race: str | None = None


def faults_of(settings: SandboxSettings) -> Callable[[str, str], Fault | None]:
    """The fault of each request, by method and path: from the script in `settings`, or else from its switches."""
    script = settings.faults or _script(settings)
    if script is None:
        return lambda method, path: "maintenance" if settings.maintenance else None
    met: Counter[tuple[str, str]] = Counter()

    def counted(method: str, path: str) -> Fault | None:
        met[method, path] += 1
        return script(method, path, met[method, path])

    return counted


def _script(settings: SandboxSettings) -> Faults | None:
    rates: dict[Fault, float] = {
        "error": settings.error_rate,
        "db_down": settings.db_down_rate,
        "slow_down": settings.slow_down_rate,
        "cut_before": settings.cut_before_rate,
        "cut_after": settings.cut_after_rate,
    }
    if settings.maintenance or not any(rates.values()):
        return None

    def drawn(method: str, path: str, count: int) -> Fault | None:
        left = random.Random(f"{settings.seed} {method} {path} {count}").random()
        for fault, rate in rates.items():
            left -= rate
            if left < 0:
                return fault
        return None

    return drawn
