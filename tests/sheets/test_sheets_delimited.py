"""Text files become sheets: cases as a table, and what must hold for any text."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.errors import SheetError
from sync.model import Issue, Sheet
from sync.sheets import fast_csv
from tests.sheets.reading import read_as

CASES = json.loads((Path(__file__).parent / "cases" / "delimited.json").read_text("utf-8"))


def read_bytes(folder: Path, data: bytes, **options: Any) -> Sheet:
    path = folder / "sheet.csv"
    path.write_bytes(data)
    return read_as(path, **options)


def rows(frame: pd.DataFrame) -> dict[str, list[str | None]]:
    plain = frame.astype(object).where(frame.notna(), None)
    return {str(row): list(cells) for row, cells in zip(plain.index, plain.to_numpy().tolist(), strict=True)}


def content(case: dict[str, Any]) -> bytes:
    if "hex" in case:
        return bytes.fromhex(case["hex"])
    return str(case["content"]).encode(case.get("encoding", "utf-8"))


@pytest.mark.parametrize("case", [case for case in CASES if "rows" in case], ids=lambda case: case["name"])
def test_a_text_file_becomes_a_sheet(case: dict[str, Any], tmp_path: Path) -> None:
    sheet = read_bytes(tmp_path, content(case), **case.get("options", {}))
    assert list(sheet.frame.columns) == case["columns"]
    assert rows(sheet.frame) == case["rows"]
    assert [[issue.code, issue.row] for issue in sheet.issues] == case.get("issues", [])
    assert dict(sheet.found) | case.get("found", {}) == dict(sheet.found)
    assert sheet.whole is case.get("whole", True)
    assert sheet.frame.index.name == "row"
    assert sheet.frame.index.dtype == "int64"
    assert set(sheet.frame.dtypes.astype(str)) == {"str"}
    assert (sheet.file, sheet.tab, sheet.header_row) == ("sheet.csv", None, int(sheet.found["header row"]))


@pytest.mark.parametrize("case", [case for case in CASES if "error" in case], ids=lambda case: case["name"])
def test_a_file_that_is_no_table_is_refused_in_words(case: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(SheetError) as refused:
        read_bytes(tmp_path, content(case), **case.get("options", {}))
    for words in case["error"]:
        assert words in str(refused.value)


def test_a_ragged_row_names_its_place_and_what_was_expected(tmp_path: Path) -> None:
    (issue,) = read_bytes(tmp_path, b"id,name\n1\n").issues
    assert (issue.severity, issue.file, issue.row) == ("error", "sheet.csv", 2)
    assert issue.message == "the row has 1 cell where the header has 2"


SOUND = st.characters(
    # Without surrogates; without characters that are trimmed at edges, end a DOS file or are signs of damage; without
    # those that a line below the header is made of.
    exclude_categories=["Cs", "Cf", "Cn", "Mn", "Zs", "Zl", "Zp"],
    include_characters=" ",
    exclude_characters="\0\x1a\x85ÂÃÄÅÐÑØÎÏÙâ\xd7\ufffd\u115f\u1160\u3164\uffa0-=_+|*~",
)


def table(cell: st.SearchStrategy[str]) -> st.SearchStrategy[list[list[str]]]:
    return st.integers(2, 4).flatmap(lambda n: st.lists(st.lists(cell, min_size=n, max_size=n), max_size=6))


def written(records: list[list[str]], delimiter: str, quoting: Any, line_end: str) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, quoting=quoting, lineterminator=line_end)
    writer.writerow([f"column {n}" for n in range(len(records[0]) if records else 2)])
    writer.writerows(records)
    return text.getvalue().encode()


@given(
    table(st.text(SOUND)),
    st.sampled_from(",;\t|"),
    # With LF alone, Python's writer leaves a lone CR unquoted, and so writes cells other than those it was given.
    st.sampled_from([(csv.QUOTE_ALL, "\n"), (csv.QUOTE_ALL, "\r\n"), (csv.QUOTE_MINIMAL, "\r\n")]),
    st.booleans(),
)
def test_any_cells_come_back_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory,
    records: list[list[str]],
    delimiter: str,
    style: tuple[Any, str],
    mark: bool,
) -> None:
    data = b"\xef\xbb\xbf" * mark + written(records, delimiter, *style)
    sheet = read_bytes(tmp_path_factory.getbasetemp(), data)
    assert list(rows(sheet.frame).values()) == [record for record in records if any(cell.strip() for cell in record)]
    assert {issue.code for issue in sheet.issues} <= {"no-rows"}


RAW = [
    *["", "x", " 1 ", '"x"', '""', '"a,b"', '"a""b"', '"a\nb"', '"a\n\nb,c"', 'x"y', '"x"y', '"x"y"z"', ' "x"'],
    *['"', "\t", "é\u2028", "\xa0y\u200b", "GarcÃ­a", "\ufffd", "Total", "--", "varchar", "x\\", '"x\\"', "\r"],
]
"""Cells as a file may contain them, quoted well and badly."""


@given(
    st.lists(st.lists(st.sampled_from(RAW), min_size=2, max_size=2) | st.lists(st.sampled_from(RAW)), max_size=4),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(["", "\n", "\n\n"]),
    st.integers(1, 9) | st.just(fast_csv.PART),
)
def test_a_clean_file_reads_as_it_does_beside_a_line_with_a_blank(
    tmp_path_factory: pytest.TempPathFactory, records: list[list[str]], line_end: str, tail: str, part: int
) -> None:
    """A line with a blank below the header makes the reader go record by record: the same rows, one further down.

    A reader that takes few bytes at a time meets cells, quotes and characters at every place.
    """
    folder = tmp_path_factory.getbasetemp()
    body = "\n".join(",".join(record) for record in records)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fast_csv, "PART", part)
        quick = outcome(folder, ("a,b\n" + body + tail).replace("\n", line_end).encode())
    careful = outcome(folder, ("a,b\n \n" + body + tail).replace("\n", line_end).encode())
    if isinstance(quick, Sheet) and isinstance(careful, Sheet):
        pd.testing.assert_frame_equal(
            quick.frame.set_axis(quick.frame.index + 1), careful.frame, check_index_type="equiv"
        )
        assert shifted(careful.issues, by=0) == shifted(quick.issues, by=1)
    else:
        assert type(quick) is type(careful)


def shifted(issues: tuple[Issue, ...], by: int) -> list[tuple[str, int]]:
    return [(issue.code, (issue.row or 0) + by) for issue in issues if issue.code != "no-rows"]


def outcome(folder: Path, data: bytes) -> Sheet | SheetError:
    try:
        return read_bytes(folder, data)
    except SheetError as refused:
        return refused


def test_a_large_file_with_line_breaks_in_quotes_loses_no_row(tmp_path: Path) -> None:
    """Larger than any block a reader takes at a time."""
    plain = "".join(f"S{n:07},{'x' * 90}\n" for n in range(180_000))
    sheet = read_bytes(tmp_path, f'id,note\nfirst,"a\nb"\n{plain}last,"c\r\nd"\n'.encode())
    assert len(sheet.frame) == 180_002
    assert sheet.frame.loc[2, "note"] == "a\nb"
    ends = rows(sheet.frame.iloc[[1, -1]])
    assert ends == {"4": ["S0000000", "x" * 90], "180004": ["last", "c\r\nd"]}
