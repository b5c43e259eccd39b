"""Which files of the inbox a mapping reads, and what is reported if that is unclear."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from sync.config.mappings import Mapping
from sync.errors import SheetError
from sync.workflows.sources import gather_folder

FIELDS = {"courseid": "COURSE", "groupid": "GROUP", "name": "NAME"}
CELLS = "COURSE,GROUP,NAME\nC1,A,Lab A\n"


def mapping(sheet: Any, **more: Any) -> Mapping:
    return Mapping.model_validate({"resource": "group", "name": "m", "sheet": sheet, "fields": FIELDS, **more})


def inbox(folder: Path, *names: str, cells: str = CELLS) -> Path:
    for at, name in enumerate(names):
        file = folder / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(cells, "utf-8")
        os.utime(file, (1_000_000 + at, 1_000_000 + at))
    return folder


def taken(folder: Path, sheet: Any) -> list[str]:
    (feed,) = gather_folder(folder, [mapping(sheet)])
    return [sheet.file for sheet in feed.sheets]


def refusal(folder: Path, *mappings: Mapping) -> list[str]:
    with pytest.raises(SheetError) as error:
        gather_folder(folder, mappings)
    return [f"{fault.where.replace(str(folder), 'INBOX')}: {fault.message}" for fault in error.value.faults]


@pytest.mark.parametrize(
    ("take", "names", "expected"),
    [
        ("all", ["g2.csv", "g10.csv", "g1.csv", ".g3.csv", "~$g4.csv"], ["g1.csv", "g2.csv", "g10.csv"]),
        ("all", ["g1.csv"], ["g1.csv"]),
        ("all", ["north/g1.csv", "g0.csv"], ["g0.csv"]),
        ("last_modified", ["g3.csv", "g9.csv", "g1.csv"], ["g1.csv"]),
        ("last_dated", ["g-2026-09-01.csv", "g-2026-10-01.csv", "g-2026-09-30.csv"], ["g-2026-10-01.csv"]),
        ("last_dated", ["g20261001.csv", "g20260930_2359.csv"], ["g20261001.csv"]),
        ("last_dated", ["g20261001T0200.csv", "g20261001T1400.csv"], ["g20261001T1400.csv"]),
        ("last_dated", ["g-99999999-20260901.csv", "g_20260902.csv"], ["g_20260902.csv"]),
    ],
)
def test_which_files_are_taken(tmp_path: Path, take: str, names: list[str], expected: list[str]) -> None:
    assert taken(inbox(tmp_path, *names), {"file": "g*.csv", "take": take}) == expected


def test_a_file_of_a_folder_is_called_by_its_way_from_the_inbox(tmp_path: Path) -> None:
    inbox(tmp_path, "north/g.csv", "south/g.csv", cells="COURSE,GROUP,NAME\nC1\n")
    (feed,) = gather_folder(tmp_path, [mapping({"file": "*/g.csv", "take": "all"})])
    assert [sheet.file for sheet in feed.sheets] == ["north/g.csv", "south/g.csv"]
    assert {issue.file for sheet in feed.sheets for issue in sheet.issues} == {"north/g.csv", "south/g.csv"}


@pytest.mark.parametrize(
    ("take", "names", "expected"),
    [
        ("one", ["g1.csv", "g2.csv"], "INBOX: 2 files match 'g*.csv': g1.csv, g2.csv"),
        ("all", ["h.csv"], "INBOX: no file matches 'g*.csv'"),
        ("last_dated", ["g-2026-09-01.csv", "g.csv"], "INBOX: there is no date in the name of g.csv"),
        (
            "last_dated",
            ["g-2026-09-01.csv", "g20260901.csv"],
            "INBOX: g-2026-09-01.csv and g20260901.csv have the latest date in their names",
        ),
    ],
)
def test_where_it_is_unclear_which_file_is_meant(tmp_path: Path, take: str, names: list[str], expected: str) -> None:
    assert refusal(inbox(tmp_path, *names), mapping({"file": "g*.csv", "take": take})) == [expected]


def test_missing_columns_of_all_sheets_are_reported_at_once(tmp_path: Path) -> None:
    inbox(tmp_path, "g1.csv", "g2.csv", cells="COURSE,GROUP\nC1,A\n")
    inbox(tmp_path, "names.csv", cells="KEY,TEXT\nA,Lab A\n")
    fields = {**FIELDS, "name": {"column": "GROUP", "lookup": {"sheet": "names.csv", "by": "GROUP", "take": "TEXT"}}}
    looking = mapping({"file": "g?.csv", "take": "all"}, fields=fields)
    whole = mapping({"file": "g?.csv", "take": "all"})
    assert refusal(tmp_path, looking, whole) == [
        "names.csv, row 1: column 'GROUP' is missing; the mapping m reads it",
        "g1.csv, row 1: column 'NAME' is missing; the mapping m reads it",
        "g2.csv, row 1: column 'NAME' is missing; the mapping m reads it",
    ]


MODE = {
    "constant": "g",
    "lookup": {"sheet": "manifest.csv", "by": "FILE", "take": "IS"},
    "values": {"bulk": "snapshot"},
}


@pytest.mark.parametrize(
    ("manifest", "mode", "modes"),
    [
        ("FILE,IS\ng,bulk\n", MODE, ["snapshot"]),
        ("FILE,IS\ng,changes\n", {**MODE, "else": "delta"}, ["delta"]),
        ("FILE,IS\nh,bulk\n", {**MODE, "values": {}, "else": "absent"}, []),
    ],
)
def test_another_sheet_says_what_a_sheet_is(
    tmp_path: Path, manifest: str, mode: dict[str, Any], modes: list[str]
) -> None:
    inbox(tmp_path, "manifest.csv", cells=manifest)
    if modes:
        inbox(tmp_path, "g.csv")
    assert [feed.mapping.mode for feed in gather_folder(tmp_path, [mapping("g.csv", mode=mode)])] == modes


@pytest.mark.parametrize(
    ("manifest", "mode", "expected"),
    [
        ("FILE,IS\ng,changes\n", MODE, "m: mode: `changes` is not one of bulk"),
        ("FILE,IS\nh,bulk\n", MODE, "m: mode: `g` is not found in manifest.csv"),
        ("FILE,IS\ng,bulk\n", {**MODE, "values": {}}, "m: mode: `bulk` is not snapshot, delta or absent"),
    ],
)
def test_a_mode_that_is_none_is_refused(tmp_path: Path, manifest: str, mode: dict[str, Any], expected: str) -> None:
    inbox(tmp_path, "g.csv")
    inbox(tmp_path, "manifest.csv", cells=manifest)
    assert refusal(tmp_path, mapping("g.csv", mode=mode)) == [expected]


def test_a_row_is_a_record_if_it_has_the_key_of_any_mapping_that_reads_it(tmp_path: Path) -> None:
    cells = "COURSE,GROUP,NAME,TEACHER,ROOM,X\nC1,A,Lab A,T1,R,x\nSUM-A,,Summer,,,\n"
    groups = mapping("g.csv")
    courses = Mapping.model_validate(
        {"resource": "course", "name": "c", "sheet": "g.csv", "fields": {"courseid": {"text": "{COURSE}-27"}}}
    )
    for mappings, rows in (([groups], [2]), ([groups, courses], [2, 3])):
        feeds = gather_folder(inbox(tmp_path, "g.csv", cells=cells), mappings)
        assert {tuple(feed.sheets[0].frame.index) for feed in feeds} == {tuple(rows)}


def test_a_key_that_is_laid_out_later_counts_as_far_as_the_file_has_it(tmp_path: Path) -> None:
    cells = "COURSE,A,B,C,D,E\nC1,S1,S2,S3,S4,S5\nSUM-A,S1,S2,,,\nTotal,2,2,,,\n"
    members = Mapping.model_validate(
        {
            "resource": "enrolment",
            "name": "e",
            "sheet": {"file": "g.csv", "unpivot": {"columns": ["?"], "value": "ID"}},
            "fields": {"userid": "ID", "courseid": "COURSE", "roleid": {"constant": "student"}},
        }
    )
    (feed,) = gather_folder(inbox(tmp_path, "g.csv", cells=cells), [members])
    assert list(feed.sheets[0].frame.index) == [2, 3]
