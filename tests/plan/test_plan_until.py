"""A run is stopped at a time of day, or after a length of time, whichever comes first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any
from unittest.mock import Mock

import pytest

from sync.observe.context import stop_time
from sync.workflows.watch import WatchSettings, watch
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
    context = replace(there.world, until=stop_time(there.config, now))
    assert context.connection.limits.deadline == pytest.approx(hours * 3600)
    there.clock.time += timedelta(hours=hours, seconds=60)
    assert context.connection.limits.deadline == pytest.approx(-60)


def test_watch_leaves_what_the_time_of_day_has_stopped_until_midnight(
    stage: Callable[[dict[str, Any]], Stage], monkeypatch: pytest.MonkeyPatch
) -> None:
    there = stage({"settled": {"users": ["S1"]}, "sending": {"until": "06:00"}})
    begun = there.clock.time = datetime(2026, 11, 23, 5, 59, tzinfo=UTC)
    tries: list[timedelta] = []
    stop = Event()

    def look(*settings: object, retry: bool) -> list[int]:
        tries.extend([there.clock.time - begun] if retry else [])
        there.clock.time += timedelta(minutes=2)
        if there.clock.time - begun > timedelta(hours=20):
            stop.set()
        return [5] if retry else []

    def monotonic() -> float:
        return (there.clock.time - begun).total_seconds()

    clock = Mock(now=there.clock.now, monotonic=monotonic)
    runtime = Mock(clock=clock, pause=lambda seconds: None)
    monkeypatch.setattr("sync.workflows.watch._look", look)
    monkeypatch.setattr("sync.workflows.watch._pause", lambda *settings: None)
    settings = WatchSettings("full", timedelta(seconds=1), timedelta())
    assert watch(there.config, lambda: there.config, settings, runtime, stop, lambda result: None) == 5
    assert tries[:2] == [timedelta(), timedelta(hours=18, minutes=2)]
