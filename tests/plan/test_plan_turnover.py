"""What earlier plans have created and deleted without asking anybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pandas as pd
import pytest

from sync.model import AppliedPlan, Hold, Input
from sync.plan.turnover import Turnover

NIGHT, DAY = datetime(2026, 11, 23, 2, tzinfo=UTC), timedelta(days=1)
USERS = cast("Any", SimpleNamespace(name="users", resource="user"))
ROLLBACK = Input("run", "r-1", "", "")
APPROVED = Hold("h-1", "deletes", "user", {"mapping": "users"}, 1, 9, "", "", approved_by="ada")
NIGHTS = [AppliedPlan(f"p-{age}", NIGHT - age * DAY, (), (), {}) for age in range(4)]

DONE = [
    ("p-0", "user", "delete", "users", 5),
    ("p-0", "user", "create", "users", 2),
    ("p-0", "user", "delete", "staff", 9),
    ("p-0", "course", "delete", "users", 9),
    ("p-1", "user", "set", "staff users", 3),
    ("p-3", "user", "delete", "users", 4),
]
"""Plan, resource, op, mappings, and how many objects."""


def turnover(plans: Sequence[AppliedPlan]) -> Turnover:
    done = pd.DataFrame(DONE, columns=["plan", "resource", "op", "claims", "count"])
    return Turnover(plans, lambda names: done[done["plan"].isin(names)].reset_index(drop=True))


def test_losses_add_up_night_by_night_and_gains_are_taken_from_them() -> None:
    assert turnover(NIGHTS).losses(NIGHTS, USERS) == [3, 6, 6, 10]


def test_what_a_rollback_has_set_is_no_loss_but_what_it_has_deleted_is() -> None:
    undone = [replace(each, inputs=(ROLLBACK,)) for each in NIGHTS]
    assert turnover(undone).losses(undone, USERS) == [3, 3, 3, 7]


SINCE = [
    ("all nights of the window", 3, None, {}, 4),
    ("those after its begin", 2, None, {}, 3),
    ("none from before an approval", 3, 1, {}, 1),
    ("nor one of the whole resource", 3, 1, {"slice": {}}, 1),
    ("a course that was approved", 3, 1, {"slice": {"courseid": "C1"}}, 4),
    ("a part that was approved", 3, 1, {"slice": {"mapping": "users", "city": "Ayr"}}, 4),
    ("another mapping", 3, 1, {"slice": {"mapping": "staff"}}, 4),
    ("another resource", 3, 1, {"resource": "course"}, 4),
    ("a hold that is open", 3, 1, {"approved_by": None}, 4),
]


@pytest.mark.parametrize(
    ("days", "held", "hold", "count"), [case[1:] for case in SINCE], ids=[case[0] for case in SINCE]
)
def test_nights_count_back_to_an_approval(days: int, held: int | None, hold: dict[str, Any], count: int) -> None:
    plans = [replace(p, holds=(replace(APPROVED, **hold),)) if n == held else p for n, p in enumerate(NIGHTS)]
    assert turnover(plans).since(NIGHT - days * DAY, USERS) == plans[:count]
