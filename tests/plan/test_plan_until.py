"""A run is stopped at a time of day, or after a length of time, whichever comes first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.plan.plan_scenario import Stage


@pytest.mark.parametrize(
    ("now", "hours"),
    [
        (datetime(2026, 11, 23, 2, tzinfo=UTC), 4),
        (datetime(2026, 11, 23, 5, 59, 30, tzinfo=UTC), 1 / 120),
        (datetime(2026, 11, 23, 6, tzinfo=UTC), 24),
        # In London clocks are put forward on this morning.
        (datetime(2027, 3, 28, 0, tzinfo=UTC), 5),
    ],
)
def test_until_is_the_next_time_of_day_on_the_site(
    stage: Callable[[dict[str, Any]], Stage], now: datetime, hours: float
) -> None:
    there = stage({"settled": {"users": ["S1"]}, "sending": {"until": "06:00", "deadline": "30h"}})
    there.clock.time = now
    assert there.world.connection.limits.deadline == pytest.approx(hours * 3600)
