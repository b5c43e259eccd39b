"""What a real Moodle does and nobody expects, as far as no conversation can show it: see `notes.toml`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest

from sync.sandbox import Fault, Sandbox

Serving = Callable[..., tuple[Sandbox, httpx.Client]]
KIM = {"username": "kim", "firstname": "Kim", "lastname": "Poe", "email": "kim@example.com"}


def test_an_exact_site_distinguishes_courses_short_names_and_categories_too(serving: Serving) -> None:
    """> On PostgreSQL, identifiers are equal only if they are spelled the same."""
    _, client = serving(identifiers="exact")
    one = {"fullname": "One", "shortname": "one", "categorypath": "/Arts"}
    other = {"fullname": "One", "shortname": "One", "categorypath": "/arts"}
    assert client.put("/course/C1", json=one).json()["categorypath"] == "/Arts"
    assert client.put("/course/c1", json=other).json()["categorypath"] == "/arts"
    assert client.get("/course/C1 ").status_code == 404


def test_accounts_may_share_an_email_address_where_the_site_allows_it(serving: Serving) -> None:
    """> Accounts cannot share an email address, unless the site's settings allow it."""
    sandbox, client = serving(shared_emails=True)
    for userid, username in (("S1", "kim"), ("S2", "lee")):
        assert client.put(f"/user/{userid}", json={**KIM, "username": username}).status_code == 200
    assert [email for *_, email in sandbox.moodle.users()] == ["kim@example.com", "kim@example.com"]
    assert client.put("/user/S2", json={"username": "kim"}).status_code == 400


@pytest.mark.parametrize(
    ("timezone", "starts"),
    [("America/New_York", "2026-06-30T00:00:00-04:00"), ("Asia/Tokyo", "2026-07-01T00:00:00+09:00")],
)
def test_a_start_date_left_out_is_the_day_of_creation_on_the_site(serving: Serving, timezone: str, starts: str) -> None:
    """> A course without a start date starts on the day it is created."""
    clock = iter([datetime(2026, 7, 1, 2, 30, tzinfo=UTC).timestamp()])
    _, client = serving(timezone=timezone, clock=clock.__next__)
    assert client.put("/course/C1", json={"fullname": "One", "shortname": "one"}).json()["startdate"] == starts
    assert client.put("/course/C1", json={"fullname": "Two"}).json()["startdate"] == starts


def test_an_emptied_category_stays(sandbox: Sandbox, client: httpx.Client) -> None:
    """> A category remains when its last course has left it."""
    client.put("/course/C1", json={"categorypath": "/Arts/Drama"})
    client.put("/course/C1", json={"categorypath": "/Science"})
    assert {"/Arts", "/Arts/Drama"} < set(sandbox.moodle.categories())


def test_a_course_that_is_created_again_has_nothing_of_what_it_had(sandbox: Sandbox, client: httpx.Client) -> None:
    """> Deleting a course deletes its enrolments, groups, grades and completions."""
    moodle = sandbox.moodle
    moodle.add_enrolment("S1", "C1")
    moodle.add_grade("S1", "C1", 50)
    moodle.add_completion("S1", "C1", 10**9)
    client.put("/course/C1/group/G1/user/S1")
    client.delete("/course/C1")
    moodle.add_course("C1")
    assert [moodle.enrolments(), moodle.groups(), moodle.members(), moodle.grades(), moodle.completions()] == [[]] * 5


@pytest.mark.parametrize("new", ["", "S7"])
def test_an_account_without_its_id_number_is_not_found_and_its_username_is_taken(
    sandbox: Sandbox, client: httpx.Client, new: str
) -> None:
    """> An account whose ID number an administrator has cleared or changed is not found by its old one. A PUT that
    would create it again is refused: Username already exists.
    > The list of a course contains the enrolments of every plugin, and people whose ID number is null or empty.
    """
    sandbox.moodle.add_enrolment("S1", "C1")
    sandbox.moodle.change_userid("S1", new)
    assert client.get("/user/S1").status_code == 404
    refused = client.put("/user/S1", json=KIM)
    assert (refused.status_code, refused.json()["message"]) == (400, "Username already exists: kim.")
    assert [row["idnumber"] for row in client.get("/course/C1/enrol").json()] == [new]


def test_any_number_of_accounts_may_have_their_id_number_cleared(sandbox: Sandbox) -> None:
    """> An account whose ID number an administrator has cleared or changed is not found by its old one. A PUT that
    would create it again is refused: Username already exists.
    """
    sandbox.moodle.change_userid("S1")
    sandbox.moodle.change_userid("S2")
    assert [row[:2] for row in sandbox.moodle.users()] == [("", "kim"), ("", "lee")]


@pytest.mark.parametrize("new", ["", "S7"])
def test_whoever_has_another_id_number_keeps_what_is_theirs(sandbox: Sandbox, client: httpx.Client, new: str) -> None:
    """> An account whose ID number an administrator has cleared or changed is not found by its old one. A PUT that
    would create it again is refused: Username already exists.
    """
    sandbox.moodle.add_enrolment("S1", "C1")
    sandbox.moodle.add_grade("S1", "C1", 50)
    sandbox.moodle.change_userid("S1", new)
    client.put("/user/S1", json={**KIM, "username": "kim2", "email": "kim2@example.com"})
    assert sandbox.moodle.grades() == [(new, "C1", 50.0, 100.0)]
    assert sandbox.moodle.enrolments() == [(new, "C1", "student")]


@pytest.mark.parametrize(
    ("roles", "remains"),
    [
        (["editingteacher", "student"], "editingteacher"),
        (["student", "editingteacher"], "editingteacher"),
        (["student", "teacher", "student"], "teacher"),
        (["ta", "student"], "student"),
        (["ta", "ta"], "ta"),
    ],
)
def test_where_roles_are_added_the_higher_one_remains(serving: Serving, roles: list[str], remains: str) -> None:
    """> On some sites a PUT with another role replaces the role. On others it adds one, and the higher one
    remains, so that a demotion does not happen.
    """
    sandbox, client = serving(role_change="add", roles={"ta": "Assistant"})
    sandbox.moodle.add_user("S1", "kim")
    sandbox.moodle.add_course("C1")
    sandbox.moodle.add_enrolment("S1", "C1", "manager", "manual")
    for role in roles:
        assert client.put("/user/S1/enrol/C1", json={"roleid": role}).status_code == 200
    assert sandbox.moodle.enrolments("nexsis") == [("S1", "C1", remains)]


@pytest.mark.parametrize(
    ("enrol_status", "statuses"), [("ignored", ["0", "0", "0"]), ("kept", ["1", "1", "0"]), ("reset", ["1", "0", "0"])]
)
def test_what_becomes_of_the_status_in_a_put(serving: Serving, enrol_status: str, statuses: list[str]) -> None:
    """> The reference lists no field for the status of an enrolment. On some sites a PUT with `enrolstatus` sets it all
    the same; on some of these, a PUT without it makes the enrolment active again.
    """
    sandbox, client = serving(enrol_status=enrol_status)
    sandbox.moodle.add_user("S1", "kim")
    sandbox.moodle.add_course("C1")
    found = []
    for status in ({"enrolstatus": "1"}, {}, {"enrolstatus": "0"}):
        assert client.put("/user/S1/enrol/C1", json={"roleid": "student", **status}).status_code == 200
        found.append(client.get("/course/C1/enrol").json()[0]["enrolstatus"])
    assert found == statuses


def test_a_suspended_enrolment_is_in_both_lists_and_only_the_course_shows_it(
    sandbox: Sandbox, client: httpx.Client
) -> None:
    """> A suspended enrolment is in the list of the course and in that of the user; only the former shows that it
    is suspended.
    """
    sandbox.moodle.add_enrolment("S1", "C1", suspended=True)
    sandbox.moodle.add_enrolment("S2", "C1")
    assert [(row["idnumber"], row["enrolstatus"]) for row in client.get("/course/C1/enrol").json()] == [
        ("S1", "1"),
        ("S2", "0"),
    ]
    assert client.get("/user/S1/enrol").json() == client.get("/user/S2/enrol").json() != []


def test_maintenance_asks_for_five_minutes_and_may_be_over_at_once(serving: Serving) -> None:
    """> In maintenance, every call is answered with 503, an HTML page and `Retry-After: 300`, however short the
    maintenance is.
    """

    def at_first(method: str, path: str, count: int) -> Fault | None:
        return "maintenance" if count == 1 else None

    _, client = serving(faults=at_first)
    closed = client.get("/ping")
    assert (closed.status_code, closed.headers["Retry-After"]) == (503, "300")
    assert client.get("/ping").json() == {"message": "pong"}
