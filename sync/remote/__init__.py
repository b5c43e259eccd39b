"""The NexSIS API over HTTP: the `Site` of a real address.

    with connect("https://moodle.example.edu", token, permits=4) as site:
        answer = site.send(Call("GET", "ping"), timeout=30)

What an answer means is judged elsewhere (`sync.answers`); here it is only fetched, whole, in time, and without
ever showing the token.
"""

from sync.remote.site import HttpSite, connect

__all__ = ["HttpSite", "connect"]
