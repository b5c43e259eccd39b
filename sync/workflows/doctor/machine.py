"""The machine that the program runs on."""

from __future__ import annotations

import locale
import platform
import shutil
import sys
from collections.abc import Iterator
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from sync.config.time_zone import machine_zone
from sync.workflows.doctor.checks import Diagnosis, size_text, warned

LIBRARIES: Final = ("httpcore", "msgspec", "orjson", "pandas", "pyarrow", "pydantic", "python-calamine", "sqlalchemy")
"""Those whose version explains most of what differs from one machine to another."""

LITTLE: Final = 1_000_000_000
"""Bytes of free space below which a large plan, or a backup of the store, may not fit."""

TOO_LITTLE: Final = 50_000_000
"""Bytes of free space below which no run should begin."""


def machine(now: datetime) -> Iterator[Diagnosis]:
    """Program, Python, libraries, system, locale and clock."""
    yield Diagnosis("program", "ok", f"nexsis-sync {_version('nexsis-sync')}")
    yield Diagnosis("python", "ok", f"Python {platform.python_version()} ({sys.executable})")
    yield Diagnosis("libraries", "ok", ", ".join(f"{name} {_version(name)}" for name in LIBRARIES))
    yield Diagnosis("system", "ok", f"{platform.platform()}, {platform.machine()}")
    encoding = sys.getfilesystemencoding()
    spoken = ".".join(part or "none" for part in locale.getlocale())
    hint = "Set LANG=C.UTF-8 where nexsis-sync is started. Otherwise file names with accents may not be found."
    good = encoding.lower().replace("-", "") == "utf8"
    says = f"locale {spoken}; file names in {encoding}"
    yield warned("locale", says, hint, good=good)
    zone = machine_zone() or "UTC, or not known"
    yield Diagnosis(
        "machine-clock", "ok", f"{now.astimezone():%Y-%m-%d %H:%M:%S %z}; the machine's time zone is {zone}"
    )


def disk(folder: Path) -> Diagnosis:
    """The space that is left where the site file and, as a rule, the state store are."""
    free = shutil.disk_usage(folder).free
    says = f"{size_text(free)} free in {folder}"
    hint = "Make room: `nexsis-sync purge` removes old plans, exports and reports."
    if free < TOO_LITTLE:
        return Diagnosis("disk", "fail", says, hint)
    return warned("disk", says, hint, good=free >= LITTLE)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
