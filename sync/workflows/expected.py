"""Whether exports that are expected by a time of day have arrived, so that somebody notices if they have not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sync.config.site import Config
from sync.errors import Fault, SheetError
from sync.workflows.runtime import Runtime

BEFORE: Final = timedelta(hours=12)
"""How long before that time exports may arrive and still count as those of the day."""


@dataclass(slots=True)
class Arrivals:
    """When exports last arrived, as far as that is known; before the first look, the last run shows it.

    A site that has never had a run expects nothing yet.
    """

    runtime: Runtime
    last: datetime | None = None
    asked: bool = False

    def arrived(self) -> None:
        """A complete set is there."""
        self.last, self.asked = self.runtime.clock.now(), True

    def late(self, config: Config) -> SheetError | None:
        """The notice to give if the most recent exports that were expected have not arrived."""
        if config.expect is None:
            return None
        if not self.asked:
            with self.runtime.open_store(config) as store:
                self.last = max((run.started for run in store.runs()), default=None)
            self.asked = True
        due = _last_due(config, self.runtime.clock.now())
        if self.last is None or self.last >= due - BEFORE:
            return None
        hint = "Has the SIS exported? The set is taken as soon as it is complete."
        return SheetError(Fault(f"no export by {due:%H:%M} on {due:%Y-%m-%d}", str(config.inbox), hint))


def _last_due(config: Config, now: datetime) -> datetime:
    """When exports were last expected to be there."""
    assert config.expect is not None  # whoever asks has made sure of it
    here = now.astimezone(ZoneInfo(config.site.timezone))
    due = datetime.combine(here.date(), config.expect.by, here.tzinfo)
    return due if due <= here else due - timedelta(days=1)
