"""The NexSIS API over HTTP: a typed client for everybody, and the `Site` of a real address for the engine.

    with Client("https://moodle.example.edu", token) as nexsis:
        print(nexsis.user("S123")["email"])

    with connect("https://moodle.example.edu", token, permits=4) as site:
        answer = site.send(Request("GET", "ping"), timeout=30)

What an answer means is decided elsewhere (`sync.site.responses`); `connect` only fetches it, whole, in time and without
ever showing the token. The client turns everything but a success into an exception.
"""

from sync.site.client import (
    ENDPOINTS,
    CallFailed,
    Client,
    Endpoint,
    Maintenance,
    NoAnswer,
    NotFound,
    NotTheApi,
    Refused,
    ServerTrouble,
    SlowDown,
    Unauthorised,
)
from sync.site.transport import HttpSite, connect

__all__ = [
    "ENDPOINTS",
    "CallFailed",
    "Client",
    "Endpoint",
    "HttpSite",
    "Maintenance",
    "NoAnswer",
    "NotFound",
    "NotTheApi",
    "Refused",
    "ServerTrouble",
    "SlowDown",
    "Unauthorised",
    "connect",
]
