"""Where a site file does not say which time zone it means: what is used then, and what may be meant."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from sync.config.settings import SiteSettings

LOCAL: Final = Path("/etc/localtime")
"""On most systems, a link to the data of the machine's zone."""

_NAMELESS: Final = frozenset({"UTC", "Etc/UTC", "GMT", "Etc/GMT", "UCT", "Zulu", "localtime"})
"""Names that say nothing about where a machine is."""


def machine_zone() -> str | None:
    """The time zone that this machine is set to; None if that cannot be found out, or is no more than UTC."""
    path = os.path.realpath(LOCAL)
    name = os.environ.get("TZ", "").lstrip(":") or path.partition("zoneinfo/")[2].removeprefix("posix/")
    try:
        ZoneInfo(name)
    except (ValueError, OSError):
        return None
    return None if name in _NAMELESS else name


def zone_advice(site: SiteSettings) -> str:
    """What to say about a site file without a time zone; blank if it has one."""
    if "timezone" in site.model_fields_set:
        return ""
    here = machine_zone()
    example = f"this machine's is `timezone: {here}`" if here else "for example `timezone: Europe/London`"
    return f"the site file has no `timezone`, so dates and times are read as UTC; add the site's time zone ({example})"
