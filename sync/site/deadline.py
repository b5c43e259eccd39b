"""One end for a whole call.

A server that sends a byte now and then could hold a call forever if the time began again with every read; here every
look at the socket is bounded by what is left of the call's time.
"""

from __future__ import annotations

import threading
from time import monotonic


class Deadline(threading.local):
    """When the call that a thread makes must be over, on the monotonic clock."""

    at = 0.0

    def left(self, late: type[Exception]) -> float:
        """The seconds left, or `late` is raised."""
        seconds = self.at - monotonic()
        if seconds <= 0:
            raise late
        return seconds
