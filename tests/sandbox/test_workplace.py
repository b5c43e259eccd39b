"""What only a Moodle Workplace has: what the API doesn't show of it, the file it is seeded from, a site without it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from sync.cli import run
from sync.sandbox import BASE, Moodle, Sandbox, SandboxSettings, running
from sync.sandbox.institution import load
from sync.sandbox.routes import WORKPLACE, Route

Serving = Callable[..., tuple[Sandbox, httpx.Client]]


def test_a_reset_is_an_event_that_is_counted(sandbox: Sandbox, client: httpx.Client) -> None:
    for reset in (0, 1, 1):
        client.put("/program/P12/user/S1", json={"startdate": 1767193200, "resetprogram": reset})
    client.put("/program/P12/user/S1", json={"enddate": 1798729200})
    assert sandbox.moodle.program_allocations() == [("S1", "P12", 1767193200, 0, 1798729200, 0, 2)]


@pytest.mark.parametrize(("path", "flag"), [("/program/P12", "status"), ("/certification/C12", "suspendstatus")])
def test_a_suspension_has_its_time_and_keeps_it(client: httpx.Client, path: str, flag: str) -> None:
    before = int(time.time())
    assert client.put(f"{path}/user/S1", json={flag: 0}).json()["timesuspended"] == "0"
    assert int(client.put(f"{path}/user/S1", json={flag: 1}).json()["timesuspended"]) >= before
    suspended = client.get(f"{path}/user/S1").json()
    assert suspended["status"] == "1"
    lifted = client.put(f"{path}/user/S1", json={flag: 0}).json()
    assert (lifted["status"], lifted["timesuspended"]) == ("0", suspended["timesuspended"])


def test_what_is_put_of_a_certification_is_kept_though_never_returned(sandbox: Sandbox, client: httpx.Client) -> None:
    client.put("/certification/C12/user/S1", json={"startdate": 1, "duedate": 2, "expirydate": 3, "certifieddate": 4})
    client.put("/certification/C12/user/S1", json={"duedate": 5, "certifieddate": "", "revokedcertification": 1})
    assert sandbox.moodle.certification_allocations() == [("S1", "C12", 1, 5, 3, 0, 0, 1)]


def test_answers_tell_moodles_own_ids_of_allocations_and_the_sis_ones_of_jobs(client: httpx.Client) -> None:
    """> Requests identify programs and certifications by their ID numbers; Moodle's answers identify them by its
    internal IDs.
    """
    shown = client.put("/program/P12/user/S1", json={}).json()
    assert shown["programid"].isdigit()
    assert shown["userid"].isdigit()
    assert client.get("/program/P12/user/S1").json() | {"usermodified": "2"} == {
        name: str(value) for name, value in shown.items()
    }
    job = client.put("/organisation/user/S1", json={"departmentid": "D5", "positionid": "P4"}).json()
    [listed] = client.get("/organisation/user/S1/job").json()
    assert isinstance(job["timemodified"], int)
    assert listed == {name: str(value) for name, value in job.items()} | {"usermodified": 0}


def test_the_times_of_a_manager_are_in_the_sites_time_zone(serving: Serving) -> None:
    """> Times are returned in the site's time zone, without fractions of a second."""
    sandbox, client = serving(timezone="Asia/Tokyo")
    sandbox.moodle.add_user("S1", "kim")
    sandbox.moodle.add_user("M1", "may")
    put = client.put("/organisation/user/S1/manager/M1", json={}).json()
    [got] = client.get("/organisation/user/S1/manager").json()
    assert put["timecreated"].endswith("+09:00")
    assert {name: got[name] for name in ("timecreated", "timemodified")} == {
        name: put[name] for name in ("timecreated", "timemodified")
    }
    assert sandbox.moodle.managers() == [("S1", "M1", 0)]


def test_a_deleted_user_leaves_nothing_behind(sandbox: Sandbox, client: httpx.Client) -> None:
    moodle = sandbox.moodle
    client.put("/program/P12/user/S1", json={})
    client.put("/certification/C12/user/S1", json={})
    client.put("/organisation/user/S1", json={"departmentid": "D5", "positionid": "P4"})
    client.put("/organisation/user/S1/manager/S2", json={})
    client.put("/organisation/user/S2/manager/S1", json={})

    def held() -> list[int]:
        every = (moodle.program_allocations, moodle.certification_allocations, moodle.jobs, moodle.managers)
        return [len(of()) for of in every]

    assert held() == [1, 1, 1, 2]
    client.delete("/user/S1")
    assert held() == [0, 0, 0, 0]


@pytest.fixture(scope="module")
def plain() -> Iterator[Sandbox]:
    with running(SandboxSettings(workplace=False)) as sandbox:
        yield sandbox


@pytest.mark.parametrize("route", WORKPLACE, ids=lambda route: f"{route.method} {route.path}")
def test_a_site_without_workplace_has_no_such_endpoint(plain: Sandbox, route: Route) -> None:
    """> A Moodle without Workplace has no programs, certifications, jobs or managers."""
    path = route.path.replace("{", "").replace("}", "")
    answer = httpx.request(route.method, f"{plain.url}{BASE}{path}?token={plain.token}", json={})
    assert (answer.status_code, answer.json()["error"]) == (404, "unknown_endpoint")
    assert path not in httpx.get(f"{plain.url}/openapi.json").text


INSTITUTION = """
positions: {P4: Lecturer}
programs:
  P13: Safety
  P12: Induction
  "007": Bond
  08: Eight
departments: {D5: Physics}
certifications:
"""
SEEDED = [
    ("department", "D5", "Physics"),
    ("position", "P4", "Lecturer"),
    ("program", "007", "Bond"),
    ("program", "08", "Eight"),
    ("program", "P12", "Induction"),
    ("program", "P13", "Safety"),
]


def test_a_file_seeds_a_site_and_seeds_it_once(tmp_path: Path, serving: Serving) -> None:
    path = tmp_path / "institution.yaml"
    path.write_text(INSTITUTION)
    sandbox, client = serving(institution=path)
    sandbox.moodle.add_user("S1", "kim")
    shown = client.put("/program/P12/user/S1", json={"startdate": 1}).json()
    load(sandbox.moodle, path)
    assert sandbox.moodle.institution() == SEEDED
    assert client.get("/program/P12/user/S1").json()["programid"] == shown["programid"]
    path.write_text("programs: {p12: Onboarding}")
    load(sandbox.moodle, path)
    assert ("program", "P12", "Onboarding") in sandbox.moodle.institution()


def test_the_file_in_the_documentation_is_a_good_one(tmp_path: Path) -> None:
    page = Path(__file__).parents[2] / "docs" / "reference" / "sandbox.md"
    [text] = re.findall(r'```text title="institution\.yaml"\n(.*?)```', page.read_text("utf-8"), re.DOTALL)
    path = tmp_path / "institution.yaml"
    path.write_text(text)
    moodle = Moodle()
    load(moodle, path)
    assert len(moodle.institution()) == 4
    moodle.close()


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("[P12]", ["expected sections: programs"]),
        ("programs: {P12: Induction", ["not valid YAML", "line 1, column"]),
        ("programs: P12", ["programs: expected an identifier and a name on each line"]),
        ("programs: {P1: Made}\nlessons: {L1: One}", ["lessons: there is no such section; expected programs"]),
        ("programs: {P1: One, P1: Two}", ["line 1: P1 is here twice"]),
        ("programs: {P1: One}\nprograms: {P2: Two}", ["line 2: programs is here twice"]),
        ("? [a, b]\n: One", ["line 1: a key must be plain text"]),
        (
            "programs: {P1: [One], ' ': Two}\npositions: {P2: }\nprogrammes: {}",
            [
                "programs: P1: expected a name",
                "programs: an identifier is empty",
                "positions: P2",
                "programmes: there is",
            ],
        ),
        ("\x00", ["not valid YAML"]),
        ("[" * 3000, ["not valid YAML"]),
    ],
)
def test_a_bad_file_has_all_its_faults_reported_and_changes_nothing(
    tmp_path: Path, text: str, faults: list[str]
) -> None:
    path = tmp_path / "institution.yaml"
    path.write_text(text)
    moodle = Moodle()
    with pytest.raises(ValueError, match=r"institution\.yaml cannot be loaded") as raised:
        load(moodle, path)
    for fault in faults:
        assert fault in str(raised.value)
    assert moodle.institution() == []
    moodle.close()


@pytest.mark.parametrize(("text", "said"), [("programs: P12", "programs: expected"), (None, "No such file")])
def test_the_command_ends_with_1_over_a_bad_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None, said: str
) -> None:
    path = tmp_path / "institution.yaml"
    if text is not None:
        path.write_text(text)
    assert run(["sandbox", "--port", "0", "--institution", str(path)]) == 1
    error = capsys.readouterr().err
    assert said in error
    assert str(path) in error
    assert "Traceback" not in error
