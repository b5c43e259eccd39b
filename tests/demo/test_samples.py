"""The shipped exports are those that samples/make.py writes."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
from openpyxl import load_workbook

from sync.config.shipped import shipped

NIGHTS = ("night-1", "night-2", "night-3")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("samples")
    make = runpy.run_path(str(shipped("samples") / "make.py"), run_name="make_samples")["make"]
    make(folder)
    return folder


def _cells(workbook: Path) -> dict[str, list[tuple[object, ...]]]:
    book = load_workbook(workbook, read_only=True)
    return {tab.title: list(tab.iter_rows(values_only=True)) for tab in book.worksheets}


@pytest.mark.parametrize("night", NIGHTS)
def test_the_files_are_what_the_script_makes(made: Path, night: str) -> None:
    there = shipped("samples") / night
    assert sorted(each.name for each in there.iterdir()) == sorted(each.name for each in (made / night).iterdir())
    for file in (made / night).iterdir():
        if file.suffix == ".xlsx":
            assert _cells(there / file.name) == _cells(file)
        else:
            assert (there / file.name).read_text("utf-8") == file.read_text("utf-8")


def test_identifiers_are_as_registries_have_them() -> None:
    night = shipped("samples") / "night-1"
    students = (night / "students.csv").read_bytes()
    assert students.startswith(b"\xef\xbb\xbfStudent No;")
    assert b"\n0064279;" in students
    assert isinstance(_cells(night / "staff.xlsx")["Academic"][1][0], int)
