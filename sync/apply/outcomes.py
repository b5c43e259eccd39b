"""What became of a change: from the last answer to its call, to the outcome that is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sync.apply.preconditions import as_sent
from sync.apply.schedule import Change
from sync.model import Conventions, Outcome, Status
from sync.plan.repeats import MISTAKEN
from sync.site.dispatch import Settled
from sync.site.naming import other_key


@dataclass(frozen=True, slots=True)
class Ending:
    """The outcome of a change. `data` is the data of its answer, `read` what a read afterwards showed."""

    change: Change
    status: Status
    attempts: int = 0
    http_status: int | None = None
    error: str | None = None
    data: object = None
    read: Mapping[str, str] | None = None

    @property
    def outcome(self) -> Outcome:
        """The outcome as the journal records it."""
        return Outcome(self.change.n, self.status, self.attempts, self.http_status, self.error)


def ending_of(change: Change, settled: Settled, conventions: Conventions) -> Ending:
    """What the final answer to a change's call means for it."""
    response, classification, attempts = settled.response, settled.classification, settled.attempts
    status = None if settled.looked else response.status
    if classification.kind == "lost":
        return Ending(change, "unknown", attempts, status, classification.message)
    if classification.kind not in ("done", "gone"):
        return Ending(change, "failed", attempts, status, classification.message)
    if settled.looked:
        return Ending(change, "done", attempts, read=as_sent(change, response.data, conventions))
    if change.op != "delete" and (other := other_key(change.resource, change.key, response.data, conventions)):
        asked = ", ".join(change.key[name] for name in other)
        message = f"{MISTAKEN} {change.resource.noun} {', '.join(other.values())} instead of {asked}"
        return Ending(change, "failed", attempts, status, message)
    return Ending(change, "done", attempts, status, data=response.data)
