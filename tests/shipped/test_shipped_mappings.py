"""Every shipped collection, copied as a user would: its sample passes `check`, fills a site, and then nothing is left.

A case `NAME-next.yaml` changes lines of the sample afterwards, and has the plan for that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import yaml

from sync.cli import run
from sync.config.shipped import collections, shipped
from sync.sandbox import SandboxSettings

from .school import School, in_short, schools

CASES = Path(__file__).parent / "cases"
BESIDE = {"moodle-upload-users": ("moodle-upload-courses",)}
"""What else a collection needs: such files put people into courses that must be there."""

ALLOWED = {"nexsis": "allow: category_grade\n"}
ELSEWHERE = ("nexsis", "oneroster", "oneroster-groups")
"""Collections whose plans are compared in other tests."""


@pytest.fixture
def ground(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[School]:
    monkeypatch.setenv("NEXSIS_TOKEN", "sandbox")
    with schools(tmp_path, capsys, SandboxSettings(institution=shipped("samples") / "institution.yaml")) as made:
        yield made


@pytest.mark.parametrize("name", collections())
def test_a_sample_fills_the_site_and_then_only_changes_are_sent(name: str, ground: School) -> None:
    site = ground.folder / "site.yaml"
    for each in (*BESIDE.get(name, ()), name):
        assert run(["mappings", "copy", each, "--quiet", "--site", str(site)]) == 0
    site.write_text(ground.site + ALLOWED.get(name, ""), "utf-8")
    ground.receive(collections()[name].sample)
    assert run(["check", "--quiet", "--site", str(site)]) == 0
    code, plan = ground.plan()
    assert (code, plan["holds"]) == (2, [])
    if name not in ELSEWHERE:
        assert in_short(plan) == yaml.safe_load((CASES / f"{name}.yaml").read_text("utf-8"))
    ground.apply()
    code, plan = ground.plan()
    assert (code, plan["changes"]) == (0, [])

    following = CASES / f"{name}-next.yaml"
    if following.exists():
        case = yaml.safe_load(following.read_text("utf-8"))
        for file, lines in case["change"].items():
            edit(ground.folder / "inbox" / file, lines)
        _, plan = ground.plan()
        assert in_short(plan) == case["plan"]


def edit(file: Path, lines: Mapping[str, str]) -> None:
    """Replace whole lines, which must be there."""
    typed = file.read_text("utf-8").splitlines()
    assert {*lines} <= {*typed}
    file.write_text("".join(f"{lines.get(line, line)}\n" for line in typed), "utf-8")
