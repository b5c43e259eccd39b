"""`guards --replay`: past exports through the guards, without a site, and without touching the store."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import orjson
import pytest

from sync.cli import run
from sync.cli.wiring import SystemClock
from sync.state import open_store

SITE = "site: {url: 'https://moodle.example.edu', token: {env: NEXSIS_TOKEN}}\n"
MAPPING = """\
resource: user
sheet: users.csv
fields: {userid: ID, username: ID, firstname: ID, lastname: ID, email: {text: "{ID}@example.edu"}}
---
resource: course
sheet: courses.csv
fields: {courseid: ID, shortname: ID, fullname: ID}
---
resource: enrolment
sheet: enrolments.csv
fields: {userid: ID, courseid: {constant: C1}, roleid: {constant: student}}
missing: delete
"""
WHOLE = [f"s{n}" for n in range(1, 10)]


def lay(folder: Path, enrolled: Mapping[str, list[str]]) -> None:
    """A site file, mappings, and by folder who is enrolled in the exports of that set."""
    (folder / "site.yaml").write_text(SITE)
    (folder / "mappings").mkdir()
    (folder / "mappings" / "all.yaml").write_text(MAPPING)
    for name, people in enrolled.items():
        inside = folder / "past" / name
        inside.mkdir(parents=True)
        for file, ids in {"users": WHOLE, "courses": ["C1"], "enrolments": people}.items():
            (inside / f"{file}.csv").write_text("\n".join(["ID", *ids, ""]))


def replayed(folder: Path, capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, list[dict[str, object]]]:
    words = ["guards", "--replay", str(folder / "past"), "--json", "--site", str(folder / "site.yaml"), *options]
    assert run(words) == 0
    document: dict[str, list[dict[str, object]]] = orjson.loads(capsys.readouterr().out)
    return document


def test_each_hold_is_shown_once_and_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cut, gone = WHOLE[:3], WHOLE[:2]
    lay(tmp_path, {"1": WHOLE, "2": cut, "3": WHOLE, "4": gone, "5": gone, "6": gone[:1]})
    document = replayed(tmp_path, capsys)
    held = {each["set"]: [hold["guard"] for hold in each["holds"]] for each in document["sets"]}  # type: ignore[attr-defined]
    # What the second would remove is there again in the third; what the fourth would, the fifth still asks for.
    assert held == {"1": [], "2": ["fewer-rows"], "3": [], "4": ["fewer-rows"], "5": [], "6": ["fewer-rows"]}
    assert document["guards"] == [{"guard": "fewer-rows", "sets": 3, "holds": 3, "changes": 14}]
    assert not (tmp_path / "state.db").exists()


def test_an_archive_has_several_sets_a_day_and_unusable_ones_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lay(tmp_path, {"2026-11-23/r-1": WHOLE, "2026-11-23/r-2": WHOLE, "2026-11-24/r-3": WHOLE})
    (tmp_path / "past" / "2026-11-23" / "r-2" / "courses.csv").unlink()
    said = replayed(tmp_path, capsys)["sets"]
    assert [(each["set"], each["changes"], len(each["faults"])) for each in said] == [  # type: ignore[arg-type]
        ("2026-11-23/r-1", 19, 0),
        ("2026-11-23/r-2", 0, 1),
        ("2026-11-24/r-3", 0, 0),
    ]


def test_the_state_store_is_copied_and_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay(tmp_path, {"1": WHOLE})
    with open_store(f"sqlite:///{tmp_path / 'state.db'}", SystemClock()):
        pass
    before = (tmp_path / "state.db").read_bytes()
    (first,) = replayed(tmp_path, capsys, "--from-state")["sets"]
    assert first["changes"] == 19
    assert (tmp_path / "state.db").read_bytes() == before


def test_a_folder_without_exports_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lay(tmp_path, {})
    assert run(["guards", "--replay", str(tmp_path / "past"), "--site", str(tmp_path / "site.yaml")]) == 1
    assert "there are no past exports here" in capsys.readouterr().err
