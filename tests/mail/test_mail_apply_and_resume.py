"""`apply` and `resume` notify people as `run` does; the status continues from command to command."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.sandbox import Fault, SandboxSettings
from tests.mail.mail_server import MailServer
from tests.mail.office import attached, cells, mail_section, subjects
from tests.reconcile.school import EXPORTS, School, opened

HEAD = "Moodle sync, Autumn:"
TO = "[{address: all@i.example}, {address: change@i.example, when: [change, recovery]}]"
LAST = ("WHO,WHERE,ROLE", "S1,BIO,S", "S2,BIO,S", "S3,BIO,T")


@pytest.fixture
def down() -> set[str]:
    """Paths at which the site goes into maintenance, by their endings."""
    return set()


@pytest.fixture
def school(tmp_path: Path, capsys: pytest.CaptureFixture[str], plain: MailServer, down: set[str]) -> Iterator[School]:
    """A school whose exports were never sent, with people to notify. Nothing is attached, which would take time."""

    def fault(method: str, path: str, count: int) -> Fault | None:
        return "maintenance" if any(path.endswith(end) for end in down) else None

    with opened(tmp_path, capsys, SandboxSettings(faults=fault)) as school:
        file = school.folder / "site.yaml"
        file.write_text(file.read_text() + mail_section(plain.port, TO, "attach_up_to: 0MB, "))
        yield school


def mend_site(school: School, old: str, new: str) -> None:
    file = school.folder / "site.yaml"
    file.write_text(file.read_text().replace(old, new))


def test_a_plan_applied_by_hand_is_mailed_with_the_rows_with_errors(school: School, plain: MailServer) -> None:
    mend_site(school, "attach_up_to: 0MB, ", "")
    school.export(people=(*EXPORTS["people.csv"], "S4,DDay,Dan,Day,GONE?"))
    assert school.type("plan", "--quiet") == 2
    assert plain.came == []
    assert school.type("apply", "--quiet") == 0
    (to, message), (other, _) = sorted(plain.came, key=lambda mail: mail[0])
    assert (to, other) == (["all@i.example"], ["change@i.example"])
    assert str(message["Subject"]) == f"[CHECK] {HEAD} 11 changes, 1 row with errors"
    assert "GONE?" in cells(attached(message)["xlsx"])


def test_what_was_held_and_is_applied_later_has_recovered(school: School, plain: MailServer) -> None:
    assert school.type("run", "--quiet") == 0
    assert subjects(plain) == [("all", f"[OK] {HEAD} 11 changes")]
    mend_site(school, "roster: off", "roster: {percent: 50, over: 0}")
    school.export(enrolments=LAST)
    assert school.type("run", "--quiet") == 3
    held = f"[ACTION] {HEAD} 1 change, 1 removal on hold"
    assert subjects(plain) == [("all", held), ("change", held)]
    assert school.type("approve", school.json("report")[1]["plan"], "--all", "--quiet") == 0
    assert school.type("apply", "--quiet") == 0
    well = f"[RECOVERED] {HEAD} 1 change"
    assert subjects(plain) == [("all", well), ("change", well)]


def test_a_run_that_was_cut_off_and_goes_on_has_recovered(school: School, plain: MailServer, down: set[str]) -> None:
    down.add("enrol/HIS")
    assert school.type("plan", "--quiet") == 2
    assert school.type("apply", "--quiet") == 5
    (first, second) = subjects(plain)
    assert (first[0], second[0]) == ("all", "change")
    assert first[1].startswith(f"[FAILED] {HEAD} 11 changes, interrupted after ")
    assert school.type("resume", "--quiet") == 5
    (again,) = subjects(plain)
    assert (again[0], again[1].partition(" ")[0]) == ("all", "[FAILED]")
    down.clear()
    assert school.type("resume", "--quiet") == 0
    well = f"[RECOVERED] {HEAD} 11 changes"
    assert subjects(plain) == [("all", well), ("change", well)]
    assert school.type("run", "--quiet") == 0
    assert subjects(plain) == [("all", f"[OK] {HEAD} nothing to change")]


def test_mails_of_one_run_that_wait_are_all_delivered(
    school: School, plain: MailServer, down: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    down.add("enrol/HIS")
    plain.answers["data"] = "451 not now"
    assert school.type("run", "--quiet") == 5
    assert "2 emails are waiting in" in school.said()[1]
    down.clear()
    plain.answers.clear()
    assert school.type("resume", "--quiet") == 0
    assert len({message["Message-ID"] for _, message in plain.came}) == 4
    shown = [(to, subject.partition(" ")[0]) for to, subject in subjects(plain)]
    assert shown == [
        ("all", "[FAILED]"), ("all", "[RECOVERED]"), ("change", "[FAILED]"), ("change", "[RECOVERED]"),
    ]  # fmt: skip


def test_what_is_refused_at_the_terminal_is_not_mailed(school: School, plain: MailServer) -> None:
    assert school.type("plan", "--quiet") == 2
    school.export(enrolments=LAST)
    assert school.type("apply") == 1
    assert "is out of date" in school.said()[1]
    school.break_site()
    assert school.type("plan") == school.type("apply") == school.type("resume") == 1
    assert plain.came == []
