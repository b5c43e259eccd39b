"""The files that rows are written to: what their cells contain, and when the file appears."""

from __future__ import annotations

import csv
import os
import stat
from pathlib import Path
from zipfile import ZipFile

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from sync.errors import NexsisSyncError
from sync.export import ENDINGS, open_table
from sync.export import writers as kinds
from tests.pull.office import read


def write(file: Path, *frames: dict[str, list[object]]) -> None:
    with open_table(file, list(frames[0])) as table:
        for frame in frames:
            table.write(pd.DataFrame(frame, dtype=object))


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_kind_of_value_is_the_same_text_in_every_kind_of_file(tmp_path: Path, ending: str) -> None:
    cells = ["007", 7, 92.0, 0.1, 1e-7, 10**18, True, False, None, ["a", "b"], {"a": 1}, "x\ny", 'say "hi", you', " é "]
    write(tmp_path / f"t{ending}", {"cell": cells[:5]}, {"cell": cells[5:]})
    texts = ["007", "7", "92", "0.1", "0.0000001", "1" + "0" * 18, "1", "0", "", "a, b", '{"a":1}', *cells[11:]]
    assert [row["cell"] for row in read(tmp_path / f"t{ending}")] == texts


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_table_without_rows_has_its_columns(tmp_path: Path, ending: str) -> None:
    write(tmp_path / f"t{ending}", {"a": [], "b": []})
    assert read(tmp_path / f"t{ending}") == []
    if ending == ".csv":
        assert (tmp_path / "t.csv").read_bytes() == b"a,b\r\n"


RUNS = ["=1+1", "+A1", "-A1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "-5-", "=", "\uff1d1", "--5", "+44 20 7946 0000"]
HARMLESS = ["-5", "+5", "-0.5", "-1,5", "+1e5", "5", "a=b", "", " =1", "'=1"]


@pytest.mark.parametrize("text", RUNS)
def test_a_cell_that_would_run_begins_with_an_apostrophe(tmp_path: Path, text: str) -> None:
    write(tmp_path / "t.csv", {"a": ["x", text]})
    assert [row["a"] for row in read(tmp_path / "t.csv")] == ["x", f"'{text}"]


@pytest.mark.parametrize("text", HARMLESS)
def test_any_other_cell_stays_as_it_is(tmp_path: Path, text: str) -> None:
    write(tmp_path / "t.csv", {"a": ["=x", text], "b": ["", ""]})
    assert [row["a"] for row in read(tmp_path / "t.csv")] == ["'=x", text]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_whatever_the_text_csv_gives_it_back(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """And no cell begins with something that runs, unless all of it is a number."""
    file = tmp_path_factory.mktemp("t") / "t.csv"
    write(file, {"a": [text], "b": ["b"]})
    with file.open(newline="", encoding="utf-8") as stream:
        *_, (cell, _) = csv.reader(stream)
    assert cell in (text, f"'{text}")
    assert cell[:1] not in ("=", "@", "\t", "\r", "\n") and (cell[:1] not in ("+", "-") or cell[1:2].isdigit())


def test_columns_cannot_run_either(tmp_path: Path) -> None:
    write(tmp_path / "t.csv", {"=A": ["1"]})
    assert (tmp_path / "t.csv").read_bytes() == b"'=A\r\n1\r\n"


def test_a_workbook_has_text_alone(tmp_path: Path) -> None:
    write(tmp_path / "t.xlsx", {"a": [*RUNS[:4], 7, "007", "\x01_x0041_"]})
    cells = [cell for (cell,) in load_workbook(tmp_path / "t.xlsx").active.iter_rows(min_row=2)]
    assert {cell.data_type for cell in cells} <= {"s", "inlineStr"}
    assert [cell.value for cell in cells[:6]] == [*RUNS[:4], "7", "007"]
    with ZipFile(tmp_path / "t.xlsx") as parts:
        assert not any(b"<f>" in parts.read(name) for name in parts.namelist())


def test_rows_that_a_tab_cannot_hold_go_on_in_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kinds, "EXCEL_ROWS", 3)
    write(tmp_path / "t.xlsx", {"n": ["1", "2"]}, {"n": ["3", "4"]}, {"n": ["5", "6", "7"]})
    book = load_workbook(tmp_path / "t.xlsx")
    tabs = {tab.title: [cell for (cell,) in tab.values] for tab in book}
    assert tabs == {"Rows": ["n", "1", "2", "3"], "Rows 2": ["n", "4", "5", "6"], "Rows 3": ["n", "7"]}


def test_a_text_no_cell_can_hold_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NexsisSyncError, match=r"row 3, column b: this text has 40,000 characters"):
        write(tmp_path / "t.xlsx", {"a": ["", ""], "b": ["", "x" * 40_000]})
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("cut", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_a_file_that_is_cut_short_never_stands_there(tmp_path: Path, ending: str, cut: BaseException) -> None:
    file = tmp_path / f"t{ending}"
    file.write_text("before")
    with pytest.raises((KeyboardInterrupt, NexsisSyncError)), open_table(file, ["a"]) as table:
        table.write(pd.DataFrame({"a": ["1"] * 5000}, dtype=object))
        assert file.read_text() == "before"
        raise cut
    assert [each.read_text() for each in tmp_path.iterdir()] == ["before"]


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_file_is_its_owners_alone_from_the_start(tmp_path: Path, ending: str) -> None:
    with open_table(tmp_path / f"t{ending}", ["a"]) as table:
        table.write(pd.DataFrame({"a": ["1"]}, dtype=object))
        (beside,) = tmp_path.iterdir()
        meanwhile = stat.S_IMODE(beside.stat().st_mode)
    assert beside.name.startswith(".")
    assert os.name == "nt" or {meanwhile, stat.S_IMODE((tmp_path / f"t{ending}").stat().st_mode)} == {0o600}


def test_a_place_that_cannot_be_written_is_reported_first(tmp_path: Path) -> None:
    (tmp_path / "t.csv").mkdir()
    for file, says in ((tmp_path / "t.csv", "a folder has that name"), (tmp_path / "no" / "t.csv", "No such file")):
        with pytest.raises(NexsisSyncError, match=says), open_table(file, ["a"]):
            pytest.fail("there is nothing to write to")
