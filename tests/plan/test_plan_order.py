"""A plan does not depend on the order of the rows it was made from."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from tests.plan.plan_lines import hold_line, lines_of
from tests.plan.plan_scenario import Stage

SETTLED = {
    "users": ["S[1-9]", "T1"],
    "courses": ["C1", "C2", "C3"],
    "enrolments": ["S[1-6] C1", "T1 C1 editingteacher", "S[1-3] C2"],
    "groups": ["C1 G1"],
    "members": ["C1 G1 S1", "C1 G1 S2"],
}
TONIGHT = {
    "users": ["S1 LOGIN=s2", "S2 LOGIN=s1", "S4 LOGIN=s5", "S5 LOGIN=x", "S[6-9]", "T1", "N1 LOGIN=s3", "N2"],
    "courses": ["C1", "C2 CATEGORY=/Law", "C3", "C4 CATEGORY=/Law/Tax"],
    "enrolments": ["S[4-9] C1", "S1 C3", "S2 C3", "N1 C4", "N2 C4"],
    "groups": ["C1 G1", "C3 G1"],
    "members": ["C1 G1 S4", "C3 G1 S1"],
}
SAID = {
    "guards": {"rows": "off"},
    "mappings": {name: {"missing": "delete"} for name in ("users", "enrolments", "members")},
    "settled": SETTLED,
}


def test_changes_stand_in_one_order_whatever_that_of_the_rows(stage: Callable[[dict[str, Any]], Stage]) -> None:
    set_up = stage(SAID)
    said = []
    for seed in range(3):
        set_up.bring(TONIGHT)
        for lines in set_up.sheets.values():
            random.Random(seed).shuffle(lines)
        set_up.bring({})
        plan = set_up.plan("full")
        said.append((lines_of(plan), [hold_line(hold) for hold in plan.holds], [hold.id for hold in plan.holds]))
    assert len(said[0][0]) > 20
    assert len(said[0][1]) > 1
    assert said[1:] == said[:1] * 2
