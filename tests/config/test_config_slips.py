"""What is answered to slips in site and mapping files: every case of `slips.yaml`, with its `says`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sync.config.site import load
from sync.errors import ConfigError
from tests.yaml_files import read_yaml

CASES = read_yaml(Path(__file__).with_name("slips.yaml"))
SITE = "site: {url: http://127.0.0.1:8080, token: {env: T}}\nmappings: m.yaml\n"
MAPPING = "resource: group\nsheet: a.csv\nfields: {courseid: A, groupid: B, name: C}\n"


def said(case: dict[str, Any], folder: Path) -> list[str]:
    folder.joinpath("site.yaml").write_text(case.get("site", SITE), "utf-8")
    folder.joinpath("m.yaml").write_text(case.get("mapping", MAPPING), "utf-8")
    with pytest.raises(ConfigError) as error:
        load("site.yaml")
    return [line.strip() for line in str(error.value).splitlines()]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["what"])
def test_a_slip_is_answered(case: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert said(case, tmp_path) == case["says"]
