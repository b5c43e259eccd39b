"""The time zone of this machine, by its name in the IANA database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

LINK = Path("/etc/localtime")
FILE = Path("/etc/timezone")
FOLDER = "zoneinfo/"


def machine_zone() -> str | None:
    """The machine's time zone; None if it has no name that can be found out, as on Windows."""
    from sync.config.scalars import time_zone

    for name in _names():
        with suppress(ValueError):
            return time_zone(name)
    return None


def _names() -> Iterator[str]:
    """What may be its name, the first that is one counts."""
    yield os.environ.get("TZ", "").removeprefix(":")
    with suppress(OSError):
        _, found, name = str(LINK.readlink()).partition(FOLDER)
        yield name if found else ""
    with suppress(OSError, UnicodeDecodeError):
        yield FILE.read_text("utf-8").strip()
