"""The shipped OneRoster mappings against a site: full exports of both versions, files of changes, both variants."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from .school import KEPT, SAMPLES, School, in_short

CASES = Path(__file__).parent / "cases"
COURSES = ("oneroster/users.yaml", "oneroster/classes-as-courses.yaml")
GROUPS = ("oneroster/users.yaml", "oneroster/classes-as-groups.yaml")


def expected(name: str) -> list[str]:
    """The lines of a case."""
    lines: list[str] = yaml.safe_load((CASES / f"{name}.yaml").read_text("utf-8"))
    return lines


def nothing_is_left(school: School) -> bool:
    code, plan = school.plan()
    return (code, plan["changes"]) == (0, [])


@pytest.mark.parametrize(
    ("mappings", "kept", "name"),
    [
        (COURSES, ("orgs.csv", "academicSessions.csv"), "courses"),
        (GROUPS, ("orgs.csv", "academicSessions.csv", "classes.csv"), "groups"),
    ],
)
def test_a_full_export_and_then_changes_send_what_they_say_and_no_more(
    school: School, mappings: tuple[str, ...], kept: tuple[str, ...], name: str
) -> None:
    """Both leave nothing to do; nobody is removed for not being in the file of changes."""
    school.use(*mappings)
    school.receive(SAMPLES / "bulk")
    _, plan = school.plan()
    assert in_short(plan) == expected(f"{name}-bulk")
    school.apply()
    assert nothing_is_left(school)

    school.receive(SAMPLES / "delta")
    school.keep(SAMPLES / "bulk", *kept)
    school.plan()
    assert school.apply() == expected(f"{name}-delta")
    assert nothing_is_left(school)


def test_version_1_2_fills_the_site_likewise(school: School) -> None:
    school.use(*COURSES)
    school.receive(SAMPLES / "bulk-1.2")
    _, plan = school.plan()
    assert in_short(plan) == expected("courses-bulk-1.2")
    school.apply()
    assert nothing_is_left(school)


def test_the_next_full_export_lets_go_whom_it_does_not_name(school: School) -> None:
    """People who were enrolled by a file of changes belong to the same mapping as those of a full export."""
    school.use(*COURSES, guards="{used_before: off}")
    for night in ("bulk", "delta"):
        school.receive(SAMPLES / night)
        if night == "delta":
            school.keep(SAMPLES / "bulk", "orgs.csv", "academicSessions.csv")
        school.plan()
        school.apply()
    school.receive(SAMPLES / "bulk")
    _, plan = school.plan()
    assert [line for line in in_short(plan) if " delete " in line] == ["planned delete enrolment u-s6 / cl-2"]


def test_classes_of_an_unknown_school_are_reported(school: School) -> None:
    school.use(*COURSES)
    school.receive(SAMPLES / "delta")
    school.keep(SAMPLES / "bulk", "academicSessions.csv")
    orgs = school.folder / "inbox" / KEPT / "orgs.csv"
    orgs.write_text("sourcedId,name\nelsewhere,Nowhere School\n", "utf-8")
    _, plan = school.plan()
    assert [line for line in in_short(plan) if " course " in line] == []
    assert "error unknown-value classes.csv 2" in in_short(plan)


def emptied(files: Path, *names: str) -> None:
    """Leave only the header in these files."""
    for name in names:
        header, *_ = (files / name).read_text("utf-8").splitlines()
        (files / name).write_text(f"{header}\n", "utf-8")


def test_a_run_without_changes_reports_nothing(school: School) -> None:
    school.use(*COURSES)
    school.receive(SAMPLES / "bulk")
    school.plan()
    school.apply()
    school.receive(SAMPLES / "delta")
    school.keep(SAMPLES / "bulk", "orgs.csv", "academicSessions.csv")
    emptied(school.folder / "inbox", "users.csv", "classes.csv", "enrollments.csv")
    code, plan = school.plan()
    assert (code, in_short(plan)) == (0, [])


def test_a_full_export_without_rows_removes_nobody_and_is_reported(school: School) -> None:
    school.use(*COURSES)
    school.receive(SAMPLES / "bulk")
    school.plan()
    school.apply()
    emptied(school.folder / "inbox", "enrollments.csv")
    code, plan = school.plan()
    assert (code, in_short(plan)) == (3, ["error no-rows enrollments.csv None"])
    assert [(hold["guard"], hold["count"]) for hold in plan["holds"]] == [("nothing-usable", 0)]


def test_changes_that_are_delivered_again_are_not_reported(school: School) -> None:
    """In particular, what they removed is not reported as unmanaged."""
    school.use(*COURSES)
    school.receive(SAMPLES / "bulk")
    school.plan()
    school.apply()
    school.receive(SAMPLES / "delta")
    school.keep(SAMPLES / "bulk", "orgs.csv", "academicSessions.csv")
    school.plan()
    school.apply()
    code, plan = school.plan()
    assert (code, in_short(plan)) == (0, [])
