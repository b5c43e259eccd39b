"""An embedded NexSIS: a Moodle site behind the API, on SQLite and loopback. It knows nothing of the engine.

`SandboxSettings` describe the site and its simulated faults; `serve` serves it until stopped, `running` for the time of
a `with`; `Moodle` is the site itself, to set up and look at from within the process.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

from sync.sandbox.moodle import Moodle, Sandbox
from sync.sandbox.settings import BASE, FAULTS, Fault, Faults, LoggedRequest, SandboxSettings

_PLAIN = SandboxSettings()


def serve(settings: SandboxSettings, announce: Callable[[str], None]) -> None:
    """Serve until SIGINT or SIGTERM; `announce` gets the site's address once it answers.

    Raises OSError if the port is taken, the log can't be written or the institution's file can't be read, sqlite3.Error
    if `db` can't be opened, ValueError if it was made with another comparison of identifiers or there are faults in
    the institution's file.
    """
    from sync.sandbox import serving

    serving.serve(settings, announce)


def running(settings: SandboxSettings = _PLAIN) -> AbstractContextManager[Sandbox]:
    """Serve in a thread for that time; gives a Sandbox that already answers. Raises as `serve` does."""
    from sync.sandbox import serving

    return serving.running(settings)


def openapi_document(settings: SandboxSettings = _PLAIN) -> dict[str, object]:
    """The OpenAPI document of what is served; `GET /openapi.json` at the site's address answers it too."""
    from sync.sandbox.openapi import document
    from sync.sandbox.routes import served

    return document(served(settings.workplace))


__all__ = [
    "BASE",
    "FAULTS",
    "Fault",
    "Faults",
    "LoggedRequest",
    "Moodle",
    "Sandbox",
    "SandboxSettings",
    "openapi_document",
    "running",
    "serve",
]
