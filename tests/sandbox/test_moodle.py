"""The site from within: conventions, people and plugins that the API doesn't create, and what is kept in a file."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.sandbox import Moodle, Sandbox, SandboxSettings, running
from sync.sandbox.conventions import SiteConventions

Serving = Callable[..., tuple[Sandbox, httpx.Client]]


def test_a_list_holds_every_plugin_and_people_no_sis_knows(sandbox: Sandbox, client: httpx.Client) -> None:
    """> The list of a course contains the enrolments of every plugin, and people whose ID number is null or empty."""
    sandbox.moodle.add_user(None, "guest.lecturer")
    sandbox.moodle.add_enrolment("guest.lecturer", "C1", "editingteacher", "manual")
    sandbox.moodle.add_enrolment("S1", "C1", "student", "self", suspended=True)
    sandbox.moodle.add_enrolment("S1", "C1", "teacher")
    listed = [(e["idnumber"], e["enrol"], e["role"], e["enrolstatus"]) for e in client.get("/course/C1/enrol").json()]
    assert listed == [
        (None, "manual", "Teacher", "0"),
        ("S1", "self", "Student", "1"),
        ("S1", "nexsis", "Non-editing teacher", "0"),
    ]
    assert [e["roles"] for e in client.get("/user/S1/enrol").json()] == [["student", "teacher"]]
    assert sandbox.moodle.enrolments("nexsis") == [("S1", "C1", "teacher")]


def test_plugin_narrows_the_list_of_a_user_and_what_a_delete_takes(sandbox: Sandbox, client: httpx.Client) -> None:
    sandbox.moodle.add_enrolment("S1", "C1", plugin="manual")
    sandbox.moodle.add_enrolment("S1", "C1")
    sandbox.moodle.add_enrolment("S1", "C2", plugin="manual")
    client.put("/course/C1/group/G1/user/S1")
    assert [e["courseid"] for e in client.get("/user/S1/enrol").json()] == ["C1", "C2"]
    assert [e["courseid"] for e in client.get("/user/S1/enrol?plugin=nexsis").json()] == ["C1"]
    assert client.delete("/user/S1/enrol/C1?plugin=nexsis").status_code == 200
    assert sandbox.moodle.enrolments() == [("S1", "C1", "student"), ("S1", "C2", "student")]
    assert sandbox.moodle.members() == [("C1", "G1", "S1")]
    assert client.delete("/user/S1/enrol/C1").status_code == 200
    assert sandbox.moodle.enrolments() == [("S1", "C2", "student")]
    assert sandbox.moodle.members() == []


def test_a_renamed_category_is_built_again_by_its_old_path(sandbox: Sandbox, client: httpx.Client) -> None:
    """> When an administrator has renamed a category, its old path creates the old categories again and moves the
    course there.
    """
    client.put("/course/C1", json={"categorypath": "/Tech/Design"})
    sandbox.moodle.rename_category("/Tech", "Technology")
    assert client.get("/course/C1").json()["categorypath"] == "/Technology/Design"
    client.put("/course/C1", json={"categorypath": "/Tech/Design"})
    assert client.get("/course/C1").json()["categorypath"] == "/Tech/Design"
    assert {"/Tech/Design", "/Technology/Design"} <= set(sandbox.moodle.categories())


def test_a_group_whose_id_number_was_cleared_is_made_a_second_time(sandbox: Sandbox, client: httpx.Client) -> None:
    """> A group whose ID number an administrator has cleared is not found any more. A PUT creates a second one
    with the same name.
    """
    sandbox.moodle.clear_group("C1", "G1")
    assert client.get("/course/C1/group/G1").status_code == 404
    assert client.put("/course/C1/group/G1", json={"name": "One"}).status_code == 200
    assert [(each["groupid"], each["name"]) for each in client.get("/course/C1/group").json()] == [
        (None, "One"),
        ("G1", "One"),
    ]


def test_groups_made_by_hand_have_no_id(sandbox: Sandbox, client: httpx.Client) -> None:
    sandbox.moodle.add_group("C2", None, "By hand")
    sandbox.moodle.add_group("C2", None, "By hand")
    assert [g["groupid"] for g in client.get("/course/C2/group").json()] == [None, None]


def test_an_exact_site_distinguishes_identifiers_by_case(serving: Serving) -> None:
    """> On PostgreSQL, identifiers are equal only if they are spelled the same.
    > Email addresses are equal regardless of case, on any database.
    > Times are returned in the site's time zone, without fractions of a second.
    """
    sandbox, client = serving(identifiers="exact", timezone="America/New_York", roles={"ta": "Assistant"})
    for number, userid in enumerate(["S1", "s1", "S1 ", "Ś1"]):
        body = {"username": f"u{number}", "firstname": "F", "lastname": "L", "email": f"u{number}@example.com"}
        assert client.put(f"/user/{userid}", json=body).json()["userid"] == userid
    assert client.put("/user/S1", json={"email": "U1@example.com"}).status_code == 400
    sandbox.moodle.add_course("C1", startdate="2026-07-01T12:00:00Z")
    assert client.get("/course/C1").json()["startdate"] == "2026-07-01T08:00:00-04:00"
    assert client.put("/user/S1/enrol/C1", json={"roleid": "TA"}).status_code == 400
    assert client.put("/user/S1/enrol/C1", json={"roleid": "ta"}).status_code == 200
    assert client.get("/course/C1/enrol").json()[0]["role"] == "Assistant"


def test_a_file_is_served_again_as_it_was_left(tmp_path: Path) -> None:
    path = tmp_path / "site.db"
    with running(SandboxSettings(db=path)) as sandbox:
        sandbox.moodle.add_user("S1", "kim")
        sandbox.moodle.add_course("C1", categorypath="/A/B")
        sandbox.moodle.add_enrolment("S1", "C1", "teacher")
        before = (sandbox.moodle.users(), sandbox.moodle.courses(), sandbox.moodle.enrolments())
    with running(SandboxSettings(db=path)) as sandbox:
        assert (sandbox.moodle.users(), sandbox.moodle.courses(), sandbox.moodle.enrolments()) == before
    with (
        pytest.raises(ValueError, match="created with identifiers ignore_case"),
        running(SandboxSettings(db=path, identifiers="exact")),
    ):
        pass


def test_a_transaction_is_all_or_nothing() -> None:
    moodle = Moodle(SandboxSettings(clock=lambda: 0))
    with pytest.raises(RuntimeError, match="enough"), moodle.transaction():
        moodle.add_course("C1")
        raise RuntimeError("enough")
    assert moodle.courses() == []
    moodle.add_course("C1")
    assert moodle.courses() == [("C1", "C1", "C1", "1970-01-01T00:00:00+01:00", "/Category 1")]
    moodle.close()


@given(st.text(max_size=20))
def test_case_accents_and_trailing_spaces_make_no_difference_to_a_collation(text: str) -> None:
    """> On MariaDB and MySQL, identifiers are equal regardless of case, accents and trailing spaces."""
    same = SiteConventions("ignore_case", ZoneInfo("UTC")).same
    assert same(same(text)) == same(text)
    for spelling in (text + "  ", unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)):
        assert same(spelling) == same(text)
    if text.isascii():
        assert same(text.upper()) == same(text.lower()) == text.lower().rstrip(" ")
    assert SiteConventions("exact", ZoneInfo("UTC")).same(text) == text
