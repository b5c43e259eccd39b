"""How a Moodle treats texts: which ones it takes for equal, what it strips, how it reads dates."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from time import time
from typing import Literal
from zoneinfo import ZoneInfo

Identifiers = Literal["ignore_case", "exact"]
"""How the site's database compares: MariaDB's usual collation, or PostgreSQL."""

RoleChange = Literal["replace", "add"]
"""Whether a PUT with another role replaces somebody's role, or adds one, in which case the higher one remains."""

EnrolStatus = Literal["ignored", "kept", "reset"]
"""What becomes of `enrolstatus` in the PUT of an enrolment, which the reference does not list: it is ignored, or it is
applied; then a PUT without it keeps the status, or makes the enrolment active again."""

EPOCH = datetime.fromtimestamp(0, UTC)

STANDARD_ROLES = {
    "manager": "Manager",
    "coursecreator": "Course creator",
    "editingteacher": "Teacher",
    "teacher": "Non-editing teacher",
    "student": "Student",
    "guest": "Guest",
}
"""Moodle's archetypes, highest first: short name -> name shown."""


@dataclass(frozen=True)
class SiteConventions:
    """What one site does in its own way, as `SandboxSettings` say it; `clock` gives seconds since 1970."""

    identifiers: Identifiers
    zone: ZoneInfo
    role_change: RoleChange = "replace"
    enrol_status: EnrolStatus = "ignored"
    shared_emails: bool = False
    clock: Callable[[], float] = time

    def same(self, text: str) -> str:
        """The form in which two texts are the same exactly if the site's database holds them to be equal."""
        return folded(text) if self.identifiers == "ignore_case" else text

    def same_key(self, name: str, text: str) -> str:
        """The same for an identifier of that name: groups are compared in PHP, on any database."""
        return as_number(text) if name == "groupid" else self.same(text)

    def now(self) -> int:
        """Seconds since 1970."""
        return int(self.clock())

    def iso_time(self, epoch: int) -> str:
        """An instant as the API writes it: ISO 8601 in the site's time zone, no fraction."""
        return self._local(epoch).isoformat()

    def day_of(self, epoch: int) -> int:
        """The first second of that instant's day on the site."""
        return int(self._local(epoch).replace(hour=0, minute=0, second=0).timestamp())

    def _local(self, epoch: int) -> datetime:
        # Windows refuses seconds before 1970 if they are turned into an instant at once.
        return (EPOCH + timedelta(seconds=epoch)).astimezone(self.zone)


@lru_cache(maxsize=65536)
def folded(text: str) -> str:
    """`text` without case, accents and trailing spaces, as MariaDB's usual collation compares it."""
    if not text.isascii():
        spread = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
        text = "".join(c for c in spread if not unicodedata.combining(c))
    return text.lower().rstrip(" ")


_NUMBER = re.compile(r"[ \t\n\r\v\f]*([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)[ \t\n\r\v\f]*", re.ASCII | re.IGNORECASE)
_WHOLE = 2**63
"""Whole numbers beyond it are compared as texts."""


def as_number(text: str) -> str:
    """The form in which two texts are the same exactly if PHP's `==` holds them to be equal: numbers by their value."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        return text
    number = match[1]
    if re.fullmatch(r"[+-]?\d+", number):
        # Python reads no whole number of more than some thousand digits.
        value = int(number) if len(number.lstrip("+-0")) < 20 else _WHOLE
        return str(value) if -_WHOLE <= value < _WHOLE else text
    real = float(number)
    return text if math.isinf(real) else str(int(real) if real.is_integer() else real)


def zone_named(name: str) -> ZoneInfo:
    """The time zone of that name; ValueError if there is none."""
    try:
        return ZoneInfo(name)
    except (OSError, KeyError) as error:
        raise ValueError(f"no time zone is called {name!r}; expected a name such as Europe/London") from error


def without_nul(text: str) -> str:
    """Any text without NUL."""
    return text.replace("\0", "")


def plain(text: str) -> str:
    """A name without NUL and tags, not even unfinished ones. A `<` before a space is not a tag to PHP."""
    return re.sub(r"<(?![ \t-\r])[^>]*>?", "", without_nul(text))


EARLIEST, LATEST = -62_135_300_000, 253_402_200_000
"""The seconds since 1970 that have a year of four digits in every time zone."""

_TIME = r"(?:[T ](?P<h>\d{1,2}):(?P<i>\d{2})(?::(?P<s>\d{2})(?:[.,]\d+)?)?)?\s*(?P<offset>Z|UTC|[+-]\d{2}:?\d{2})?"
_DATES = [
    re.compile(date + _TIME)
    for date in (
        r"(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})",
        r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})",
        r"(?P<m>\d{1,2})/(?P<d>\d{1,2})/(?P<y>\d{4})",
        r"(?P<d>\d{1,2})[.-](?P<m>\d{1,2})[.-](?P<y>\d{4})",
    )
]


def epoch_of(text: str, zone: ZoneInfo) -> int | None:
    """Seconds since 1970, read as PHP's strtotime would; None if that gives up.

    Slashes mean month first, dots and dashes day first, the 30th of February is the 2nd of March, and a time without
    an offset is in the site's time zone.
    """
    match = next((m for m in (date.fullmatch(text.strip()) for date in _DATES) if m), None)
    if match is None:
        return None
    part = {name: int(match[name] or 0) for name in "ymdhis"}
    try:
        first = datetime(part["y"], part["m"], 1, part["h"], part["i"], part["s"])  # noqa: DTZ001 - the zone follows
        if part["d"] > 31:
            return None
        wall = first + timedelta(days=part["d"] - 1)
        offset = match["offset"]
        if offset is None:
            epoch = int(wall.replace(tzinfo=zone).timestamp())
        else:
            epoch = int(wall.replace(tzinfo=UTC).timestamp()) - _seconds(offset)
    except (ValueError, OverflowError):
        return None
    return epoch if EARLIEST <= epoch <= LATEST else None


def _seconds(offset: str) -> int:
    if offset in ("Z", "UTC"):
        return 0
    digits = offset[1:].replace(":", "")
    return (-1 if offset[0] == "-" else 1) * (int(digits[:2]) * 3600 + int(digits[2:]) * 60)
