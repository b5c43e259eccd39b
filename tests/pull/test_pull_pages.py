"""Lists in pages are read to their end, in one order, however the server pages; memory use does not grow with them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.workflows.pull import pull
from tests.examples import examples
from tests.pull.made_site import Pages, desk, paged


def grades(courseid: str, count: int) -> list[dict[str, Any]]:
    return [{"userid": f"S{n}", "courseid": courseid} for n in range(count)]


def logs(count: int) -> list[dict[str, Any]]:
    """The newest first: one a day, back from 2026-11-30."""
    days = pd.date_range("2026-11-30 08:00", periods=count, freq="-1D")
    return [{"id": str(count - n), "date_created": f"{day:%Y-%m-%d %H:%M:%S}"} for n, day in enumerate(days)]


@pytest.mark.parametrize(("rows", "most"), [(0, 5), (4, 5), (5, 5), (6, 5), (12, 5), (12, 3), (12, 1000)])
def test_a_list_is_read_to_its_end(tmp_path: Path, rows: int, most: int) -> None:
    """Even if the server returns fewer rows at once than it was asked for."""
    pages = {"course/C1/grade": paged(grades("C1", rows), most)}
    with desk(tmp_path, pages, "reads: {page_size: 5}") as at:
        pulled = at.pull("grade", courseid=["C1"])
        assert (pulled.rows, pulled.failures) == (rows, ())
        assert at.column("userid") == [f"S{n}" for n in range(rows)]


@pytest.mark.parametrize("most", [2, 4, 1000])
def test_a_list_that_counts_rows_goes_on_where_the_last_page_ended(tmp_path: Path, most: int) -> None:
    with desk(tmp_path, {"logs": paged(logs(9), most, "limit")}, "reads: {page_size: 4}") as at:
        assert at.pull("log").rows == 9
        assert at.column("id") == [str(n) for n in range(9, 0, -1)]


def test_pages_have_the_name_and_size_the_site_file_gives(tmp_path: Path) -> None:
    def page(query: Mapping[str, str]) -> list[dict[str, Any]]:
        assert set(query) == {"pagesize", "p"}
        return grades("C1", 7)[int(query["p"]) * 3 :][: int(query["pagesize"])]

    with desk(tmp_path, {"course/C1/grade": page}, "reads: {page_size: 3, page: p}") as at:
        assert at.pull("grade", courseid=["C1"]).rows == 7
        assert at.site.places("course/C1/grade", "p") == ["0", "1", "2", "3"]


@pytest.mark.parametrize("rows", [2, 3])
def test_a_page_that_comes_again_ends_the_list_with_an_issue(tmp_path: Path, rows: int) -> None:
    """Whether the server returns everything each time, or the first page."""
    pages: dict[str, Pages] = {"course/C1/grade": lambda query: grades("C1", rows), "course/C2/grade": paged([], 9)}
    with desk(tmp_path, pages, "reads: {page_size: 3}") as at:
        pulled = at.pull("grade", courseid=["C1", "C2"])
        assert at.column("userid") == [f"S{n}" for n in range(rows)]
        assert [(failure.key, failure.text.code) for failure in pulled.failures] == [
            ({"courseid": "C1"}, "repeated-page")
        ]
        assert at.site.places("course/C1/grade", "page") == ["0", "1"]


def test_a_list_that_grows_while_it_is_read_gives_no_row_twice(tmp_path: Path) -> None:
    held = logs(6)

    def page(query: Mapping[str, str]) -> list[dict[str, Any]]:
        start = int(query["offset"])
        shown = held[start : start + 2]
        if start < 6:
            held.insert(0, {"id": f"new{start}", "date_created": "2026-12-01 08:00:00"})
        return shown

    with desk(tmp_path, {"logs": page}, "reads: {page_size: 2}") as at:
        assert at.pull("log").failures == ()
        assert at.column("id") == ["6", "5", "4", "3", "2", "1"]


def test_what_is_older_is_left_out_and_not_asked_for(tmp_path: Path) -> None:
    """The first page with nothing but older rows is the last one read."""
    with desk(tmp_path, {"logs": paged(logs(90), 2, "limit")}, "reads: {page_size: 2}") as at:
        assert at.pull("log", since="2026-11-28").rows == 3
        assert at.column("date_created")[-1] == "2026-11-28 08:00:00"
        assert at.site.places("logs", "offset") == ["0", "2", "4"]


@pytest.mark.parametrize(
    ("since", "count"), [("2026-11-28T08:00", 3), ("2026-11-28T08:01", 2), ("2026-11-28T09:00+01:00", 3)]
)
def test_a_time_is_of_the_sites_zone_unless_it_says_otherwise(tmp_path: Path, since: str, count: int) -> None:
    with desk(tmp_path, {"logs": paged(logs(9), 9, "limit")}) as at:
        assert at.pull("log", since=since).rows == count


def test_rows_are_handed_on_while_calls_are_still_made(tmp_path: Path) -> None:
    """One list of 40 pages in chunks of two pages: no more rows than that are ever held."""
    with desk(tmp_path, {"course/C1/grade": paged(grades("C1", 400), 10)}, "reads: {page_size: 10}") as at:
        seen: list[tuple[int, int]] = []

        def write(frame: pd.DataFrame) -> None:
            seen.append((len(frame), len(at.site.calls)))

        pulled = pull(at.world, at.reading("grade", courseid=["C1"]), write, chunk=20)
        assert pulled.rows == sum(rows for rows, _ in seen) == 400
        assert max(rows for rows, _ in seen) == 20
        assert [calls for _, calls in seen[:3]] == [3, 5, 7]


def test_little_is_asked_for_ahead_of_a_list_that_is_long(tmp_path: Path) -> None:
    """What comes after it waits: when the long list ends, no more of the others has been read than may wait."""
    pages = {f"course/C{n}/grade": paged(grades(f"C{n}", 300 if n == 0 else 30), 10) for n in range(10)}
    with desk(tmp_path, pages, "reads: {page_size: 10}") as at:
        at.pull("grade", chunk=20, courseid=[f"C{n}" for n in range(10)])
        last = max(place for place, call in enumerate(at.site.calls) if call.path == "course/C0/grade")
        ahead = sum(call.path != "course/C0/grade" for call in at.site.calls[:last])
        assert at.column("courseid") == [f"C{n}" for n in range(10) for _ in range(300 if n == 0 else 30)]
        assert ahead <= 2 + at.world.config.sending.permits


@settings(max_examples=examples(30))
@given(st.lists(st.integers(0, 12), min_size=1, max_size=12), st.integers(1, 5), st.integers(1, 30))
def test_rows_come_in_one_order(
    tmp_path_factory: pytest.TempPathFactory, counts: list[int], most: int, chunk: int
) -> None:
    """By key, then in the server's order, whatever is asked for at the same time and however it is cut."""
    lists = {f"C{n:02}": grades(f"C{n:02}", count) for n, count in enumerate(counts)}
    pages = {f"course/{courseid}/grade": paged(rows, most) for courseid, rows in lists.items()}
    with desk(tmp_path_factory.mktemp("order"), pages, "reads: {page_size: 4}") as at:
        at.pull("grade", chunk=chunk, courseid=[*reversed(lists)])
        came = list(zip(at.column("courseid"), at.column("userid"), strict=True))
        assert came == [(row["courseid"], row["userid"]) for rows in lists.values() for row in rows]


def test_what_came_before_a_refusal_is_kept(tmp_path: Path) -> None:
    first = paged(grades("C1", 6), 2)
    pages: dict[str, Pages] = {"course/C1/grade": lambda query: 400 if query["page"] == "2" else first(query)}
    with desk(tmp_path, pages) as at:
        pulled = at.pull("grade", courseid=["C1"])
        assert (at.column("userid"), [failure.message for failure in pulled.failures]) == (
            ["S0", "S1", "S2", "S3"],
            ["No."],
        )
