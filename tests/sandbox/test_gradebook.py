"""Results of the teaching, and the site's log: set up from within, read through the API."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from time import time

import httpx
import pytest

from sync.sandbox import BASE, Moodle, Sandbox, SandboxSettings, institution


def test_grades_of_a_user_and_of_a_course(sandbox: Sandbox, client: httpx.Client) -> None:
    at = "2017-08-16T21:09:30+00:00"
    sandbox.moodle.add_grade("S1", "C1", 92, feedback="Great effort!", timemodified=at)
    sandbox.moodle.add_grade("s1", "c2", 8.4, 10, timemodified=at)
    sandbox.moodle.add_grade("S2", "C1", 0, 1000, timemodified=at)
    first = {
        "userid": "S1",
        "courseid": "C1",
        "rawfinalgrade": 92.0,
        "rawgrademax": 100.0,
        "gradeletter": "A-",
        "gradepercent": 0.92,
        "feedback": "Great effort!",
        "timemodified": "2017-08-16T22:09:30+01:00",
    }
    of_user, of_course = client.get("/user/S1/grade").json(), client.get("/course/C1/grade").json()
    assert of_user[0] == of_course[0] == first
    assert [(g["courseid"], g["gradepercent"], g["gradeletter"]) for g in of_user] == [
        ("C1", 0.92, "A-"),
        ("C2", 0.84, "B"),
    ]
    assert [(g["userid"], g["gradepercent"], g["gradeletter"]) for g in of_course] == [
        ("S1", 0.92, "A-"),
        ("S2", 0.0, "F"),
    ]
    assert sandbox.moodle.grades() == [("S1", "C1", 92.0, 100.0), ("S1", "C2", 8.4, 10.0), ("S2", "C1", 0.0, 1000.0)]


@pytest.mark.parametrize("path", ["/user/S9/grade", "/course/C9/grade"])
def test_grades_of_nobody(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["error"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("query", "pages"),
    [
        ("pagesize=3&page=0", [0, 1, 2]),
        ("pagesize=3&page=1", [3, 4, 5]),
        ("pagesize=3", [0, 1, 2]),
        ("pagesize=3&page=34", [102, 103, 104]),
        ("pagesize=3&page=35", []),
        ("", range(100)),
        ("page=1", range(100, 105)),
        ("pagesize=1000000000&page=1000000000", []),
    ],
)
def test_pages(graded: httpx.Client, query: str, pages: list[int]) -> None:
    assert [g["rawfinalgrade"] for g in graded.get(f"/course/C1/grade?{query}").json()] == list(pages)


@pytest.mark.parametrize(
    "query", ["pagesize=0", "pagesize=-1", "pagesize=x", "page=-1", "page=1.5", "page=" + "9" * 30]
)
def test_pages_that_cannot_be(client: httpx.Client, query: str) -> None:
    assert client.get(f"/course/C1/grade?{query}").status_code == 400


@pytest.fixture
def graded(sandbox: Sandbox, client: httpx.Client) -> httpx.Client:
    with sandbox.moodle.transaction():
        for n in range(105):
            sandbox.moodle.add_user(f"P{n}", f"p{n}")
            sandbox.moodle.add_grade(f"P{n}", "C1", n, 200)
    return client


def test_grades_wait_for_user_and_course_and_go_with_them(sandbox: Sandbox, client: httpx.Client) -> None:
    """> Deleting an account deletes its enrolments, group memberships and grades. Creating it again restores none
    of them.
    """
    sandbox.moodle.add_grade("S9", "C9", 50)
    sandbox.moodle.add_grade_category("C9", 12, "Exams")
    assert sandbox.moodle.grades() == []
    sandbox.moodle.add_user("S9", "pat")
    sandbox.moodle.add_course("C9")
    assert [g["userid"] for g in client.get("/course/C9/grade").json()] == ["S9"]
    assert client.get("/course/C9/categorygrade/12").json() == []
    client.delete("/user/S9")
    sandbox.moodle.add_user("S9", "pat")
    assert client.get("/user/S9/grade").json() == client.get("/course/C9/grade").json() == []


def test_the_last_unenrolment_takes_the_grades(sandbox: Sandbox, client: httpx.Client) -> None:
    """> Removing somebody's last enrolment in a course deletes their group memberships, role and grades there.
    Enrolling them again restores none of them.
    """
    for course in ("C1", "C2"):
        sandbox.moodle.add_grade("S1", course, 50)
        sandbox.moodle.add_enrolment("S1", course)
    sandbox.moodle.add_enrolment("S1", "C1", plugin="manual")
    client.delete("/user/S1/enrol/C1?plugin=nexsis")
    assert len(sandbox.moodle.grades()) == 2
    client.delete("/user/S1/enrol/C1")
    assert sandbox.moodle.grades() == [("S1", "C2", 50.0, 100.0)]
    client.put("/user/S1/enrol/C1", json={"roleid": "student"})
    assert sandbox.moodle.grades() == [("S1", "C2", 50.0, 100.0)]


def test_a_grade_given_again_keeps_its_time_until_it_changes() -> None:
    moodle = Moodle(SandboxSettings(timezone="UTC"))
    moodle.add_user("S1", "kim")
    moodle.add_course("C1")

    def when(grade: float, at: str = "") -> int:
        moodle.add_grade("S1", "C1", grade, timemodified=at)
        with moodle.transaction() as db:
            return int(db.execute("SELECT timemodified FROM grade").fetchone()[0])

    assert when(50, "2001-09-09T01:46:40Z") == 10**9
    assert when(50) == 10**9
    assert when(60) >= time() - 60
    moodle.close()


@pytest.mark.parametrize(("grade", "most", "at"), [(-1, 100, ""), (1, 0, ""), (float("nan"), 1, ""), (1, 1, "soon")])
def test_grades_that_cannot_be(grade: float, most: float, at: str) -> None:
    moodle = Moodle()
    with pytest.raises(ValueError, match=r"is impossible|is not a time"):
        moodle.add_grade("S1", "C1", grade, most, timemodified=at)
    moodle.close()


def test_every_course_has_a_grade_category_of_its_own(sandbox: Sandbox, client: httpx.Client) -> None:
    (own,) = [number for course, number, name in sandbox.moodle.grade_categories() if course == "C2"]
    client.put(f"/course/C2/categorygrade/{own}/S1/80?lock=true")
    assert sandbox.moodle.category_grades() == [("S1", "C2", own, 80.0, True, True)]
    (shown,) = client.get(f"/course/C2/categorygrade/{own}").json()
    assert shown["categoryid"] == str(own)
    assert int(shown["overridden"]) == int(shown["locked"]) == int(shown["locktime"]) >= time() - 60


def test_an_override_replaces_what_moodle_has_calculated(sandbox: Sandbox, client: httpx.Client) -> None:
    sandbox.moodle.add_category_grade("S1", "C1", 6, 61.5)
    (shown,) = client.get("/course/C1/categorygrade/6").json()
    assert (shown["finalgrade"], shown["overridden"]) == ("61.50000", "0")
    written = client.put("/course/C1/categorygrade/6/S1/80").json()
    assert (written["id"], written["finalgrade"]) == (shown["gradeid"], "80.00000")
    assert sandbox.moodle.category_grades() == [("S1", "C1", 6, 80.0, True, False)]
    sandbox.moodle.add_category_grade("S2", "C1", 6, 50, locked=True)
    assert client.put("/course/C1/categorygrade/6/S2/80").status_code == 400


def test_a_record_of_someone_who_has_not_completed_yet(sandbox: Sandbox, client: httpx.Client) -> None:
    sandbox.moodle.add_completion("S1", "C1")
    assert client.get("/course/C1/user/S1/completion").json()["timecompleted"] == "0"
    client.post("/course/C1/user/S1/completion/2026-11-01T08:00:00Z")
    sandbox.moodle.add_completion("S2", "C1", 10**9)
    assert sandbox.moodle.completions() == [("S1", "C1", 1793520000), ("S2", "C1", 10**9)]


def test_links_are_seen_from_within(sandbox: Sandbox, client: httpx.Client) -> None:
    sandbox.moodle.add_enrolment("S1", "C2", "teacher", suspended=True)
    sandbox.moodle.add_enrolment("S1", "C2", "student", "manual")
    sandbox.moodle.add_metalink("C1", "C2", group="G1")
    assert sandbox.moodle.metalinks() == [("C1", "C2", "G1")]
    assert sandbox.moodle.members() == [("C1", "G1", "S1")]
    # Once, for the enrolment that counts: the one that isn't suspended.
    assert sandbox.moodle.enrolments("meta") == [("S1", "C1", "student")]
    shown = client.get("/course/C1/metalink/C2").json()
    with sandbox.moodle.transaction() as db:
        parent, linked = (row["id"] for row in db.execute("SELECT id FROM course ORDER BY idnumber"))
        (group,) = db.execute("SELECT id FROM course_group").fetchone()
    assert (shown["courseid"], shown["customint1"], shown["customint2"]) == (str(parent), str(linked), str(group))
    assert int(shown["timecreated"]) >= time() - 60


def test_a_member_already_joins_by_the_link_too(sandbox: Sandbox, client: httpx.Client) -> None:
    sandbox.moodle.add_enrolment("S1", "C1")
    client.put("/course/C1/group/G1/user/S1")
    sandbox.moodle.add_metalink("C1", "C2", group="G1")
    assert client.put("/user/S1/enrol/C2", json={"roleid": "student"}).status_code == 200
    assert sandbox.moodle.members() == [("C1", "G1", "S1")]


def test_a_line_of_the_log_has_the_whole_call_but_the_token(sandbox: Sandbox) -> None:
    url, headers = f"{sandbox.url}{BASE}", {"User-Agent": "tester"}
    body = '{"firstname": "K"}'
    httpx.put(f"{url}/user/S1?token={sandbox.token}", content=body, headers=headers)
    httpx.put(f"{url}/user/S1?token=wrong", content=body, headers=headers)
    httpx.put(f"{url}/user/S1", data={"lastname": "n" * 101}, headers={"Authorization": f"Bearer {sandbox.token}"})
    failed, refused, done = httpx.get(f"{url}/logs?token={sandbox.token}").json()
    assert (done["level"], done["request_body"], done["user_agent"]) == ("info", body, "tester")
    assert '"firstname":"K"' in done["response_body"]
    assert (refused["level"], refused["response_status_code"]) == ("error", "401")
    assert (failed["level"], failed["response_status_code"]) == ("fatal", "500")
    assert int(failed["id"]) > int(refused["id"]) > int(done["id"])
    created = datetime.strptime(done["date_created"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    assert abs((datetime.now(UTC) - created).total_seconds()) < 60
    assert {line["request_url"] for line in (failed, refused, done)} == {f"{BASE}/user/S1"}


def test_the_log_keeps_ten_thousand_lines(sandbox: Sandbox, client: httpx.Client) -> None:
    with sandbox.moodle.transaction():
        for n in range(10_050):
            sandbox.moodle.add_log("warning", f"line {n}")
    client.put("/user/S1", json={"firstname": "K"})
    lines = client.get("/logs?limit=20000").json()
    assert (len(lines), lines[0]["level"], lines[-1]["message"]) == (10_000, "info", "line 51")


def test_grades_are_seeded_from_a_file(tmp_path: Path) -> None:
    seed = tmp_path / "institution.yaml"
    seed.write_text(
        "grades:\n"
        "  - {userid: 007, courseid: C1, rawfinalgrade: 92}\n"
        "  - {userid: 007, courseid: C2, rawfinalgrade: 8.4, rawgrademax: 10, feedback: Good}\n"
        "grade_categories: {C1: {600: Coursework, 700: Exams}}\n"
    )
    moodle = Moodle()
    institution.load(moodle, seed)
    for course in ("C1", "C2"):
        moodle.add_course(course)
    moodle.add_user("007", "kim")
    assert moodle.grades() == [("007", "C1", 92.0, 100.0), ("007", "C2", 8.4, 10.0)]
    assert {("C1", 600, "Coursework"), ("C1", 700, "Exams")} < set(moodle.grade_categories())
    moodle.close()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("grades: {S1: 92}", "grades: expected a list"),
        ("grades: [{userid: S1, courseid: C1}]", "grade 1: expected userid, courseid, rawfinalgrade"),
        ("grades: [{userid: S1, courseid: C1, rawfinalgrade: 9, letter: A}]", "grade 1: expected userid"),
        ("grades: [{userid: [S1], courseid: C1, rawfinalgrade: 9}]", "grade 1: expected single values"),
        ("grades: [{userid: S1, courseid: C1, rawfinalgrade: A}]", "grade 1: could not convert"),
        ("grades: [{userid: S1, courseid: C1, rawfinalgrade: -9}]", "grade 1: a grade of -9.0 out of 100"),
        ("grade_categories: [C1]", "grade_categories: expected courses"),
        ("grade_categories: {C1: Coursework}", "C1: expected numbers and names"),
        ("grade_categories: {C1: {six: Coursework}}", "C1: six: expected a whole number"),
    ],
)
def test_faults_of_seeded_grades(tmp_path: Path, text: str, said: str) -> None:
    seed = tmp_path / "institution.yaml"
    seed.write_text(text)
    moodle = Moodle()
    with pytest.raises(ValueError, match=re.escape(said)):
        institution.load(moodle, seed)
    moodle.close()
