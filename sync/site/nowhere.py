"""A site that is nowhere: it agrees to every write and has nothing to read, so that only the store remembers."""

from __future__ import annotations

from sync.model import Request, Response
from sync.site.capabilities import NOWHERE
from sync.site.responses import PING


class Nowhere:
    """A `Site` without a network."""

    def send(self, request: Request, timeout: float) -> Response:
        """Agree to a write; of what is asked for, there is nothing, though every endpoint exists."""
        if request == PING:
            return Response(200, {"message": "pong"}, json=True)
        if request.method != "GET":
            return Response(200, {}, json=True)
        return Response(404, {"error": "no endpoint" if request == NOWHERE else "no such object"}, json=True)
