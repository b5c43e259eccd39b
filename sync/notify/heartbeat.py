"""The heartbeat: a monitoring address is called after each run, so that somebody notices if there are none."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

import httpx

from sync.config.notifications import posted
from sync.config.secrets import TokenSource
from sync.config.site import Config
from sync.config.trust import trust
from sync.errors import ConfigError
from sync.notify.delivery import Unreachable, secret

SECONDS: Final = 10.0
"""How long to wait for the answer."""


def call_heartbeat(config: Config) -> str | None:
    """Call the address in the site file; what went wrong, if anything. The address is never shown, its host is."""
    address = config.heartbeat
    if address is None:
        return None
    try:
        url = posted(secret(config, address, "address", "heartbeat")) if isinstance(address, TokenSource) else address
    except Unreachable as error:
        return str(error)
    except ValueError as error:
        return f"the heartbeat address cannot be used: {error}"
    try:
        status = httpx.get(url, timeout=SECONDS, verify=trust(config.ca_file)).status_code
    except ConfigError as error:
        return str(error)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):  # of a host name that cannot be one, too
        return f"the heartbeat address at {urlsplit(url).hostname} cannot be reached"
    return None if status < 400 else f"the heartbeat address at {urlsplit(url).hostname} answered {status}"
