"""The heartbeat: a monitoring address is called after each run, so that somebody notices if there are none."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from sync.config.notifications import posted
from sync.config.secrets import TokenSource
from sync.config.site import Config
from sync.errors import ConfigError
from sync.notify.calling import Unanswered, status_of
from sync.notify.delivery import Unreachable, secret

SECONDS: Final = 10.0
"""Seconds that the whole call may take."""


def call_heartbeat(config: Config) -> str | None:
    """Call the address in the site file; what went wrong, if anything. The address is never shown, its host is."""
    address = config.heartbeat
    if address is None:
        return None
    try:
        url = posted(secret(config, address, "address", "heartbeat")) if isinstance(address, TokenSource) else address
        status = status_of("GET", url, SECONDS, config.ca_file)
    except (Unreachable, ConfigError) as error:
        return str(error)
    except ValueError as error:
        return f"the heartbeat address cannot be used: {error}"
    except Unanswered:
        return f"the heartbeat address at {urlsplit(url).hostname} cannot be reached"
    return None if status < 400 else f"the heartbeat address at {urlsplit(url).hostname} answered {status}"
