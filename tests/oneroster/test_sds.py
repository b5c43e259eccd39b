"""The shipped mappings for School Data Sync: each format fills a site, and then nothing is left to do."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from .school import ROOT, School, in_short

HERE = Path(__file__).parent


@pytest.mark.parametrize("form", ["v1", "v1-min", "v1-uk", "v2", "v2.1"])
def test_each_format_fills_the_site_and_then_nothing_is_left(school: School, form: str) -> None:
    school.use(f"sds/sds-{form}.yaml")
    school.receive(ROOT / "samples" / "sds" / form)
    _, plan = school.plan()
    assert in_short(plan) == yaml.safe_load((HERE / "cases" / f"sds-{form}.yaml").read_text("utf-8"))
    school.apply()
    code, plan = school.plan()
    assert (code, plan["changes"]) == (0, [])
