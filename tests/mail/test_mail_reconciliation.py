"""`reconcile` mails its findings: to each audience its own."""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import orjson
import pytest

from tests.mail.mail_server import MailServer
from tests.mail.office import attached, cells, everything_in, mail_section, no_server, subjects, text_of
from tests.reconcile.school import EXPORTS, Kept, School, kept
from tests.report.browser import chromium

HEAD = "Moodle reconciliation, Autumn:"
ALL = "[{address: all@i.example}]"
SECRETS = ("S1", "S2", "S3", "Amy", "Lee", "alee", "Ben", "Dam", "bdam", "Cara", "Cho", "ccho", "Wu", "X9", "Eve")


@pytest.fixture(scope="module")
def after_first_night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    with kept(tmp_path_factory.mktemp("school") / "kept") as found:
        yield found


@pytest.fixture
def school(after_first_night: Kept, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> School:
    """A school whose exports were sent once."""
    return after_first_night.again(tmp_path, capsys)


@pytest.fixture
def unwell(school: School, after_first_night: Kept) -> set[str]:
    """Endings of paths for which the site fails."""
    return after_first_night.unwell


def meddle(school: School) -> None:
    school.by_hand.delete_enrolment("S1", "HIS")
    school.by_hand.put_user("S1", lastname="Wu")
    school.moodle.add_user("X9", "x9", firstname="Eve", lastname="Roe")
    school.moodle.add_enrolment("X9", "BIO", plugin="manual")


def notifies(school: School, server: MailServer | int, to: str, more: str = "") -> None:
    port = server if isinstance(server, int) else server.port
    file = school.folder / "site.yaml"
    file.write_text(file.read_text() + mail_section(port, to, more))


def the_mail(server: MailServer) -> EmailMessage:
    ((_, message),) = server.came
    server.came.clear()
    return message


def test_a_subject_has_the_status_and_the_counts(school: School, plain: MailServer, unwell: set[str]) -> None:
    notifies(school, plain, ALL, "attach_up_to: 0MB, ")
    assert school.type("reconcile", "--mail", "--quiet") == 0
    assert subjects(plain) == [("all", f"[AGREE] {HEAD} all 11 agree")]
    meddle(school)
    assert school.type("reconcile", "--mail", "--quiet") == 2
    assert subjects(plain) == [("all", f"[DIFFERENT] {HEAD} 1 missing, 1 not in the SIS, 1 edited in Moodle")]
    school.export(people=("ID,LOGIN,FIRST,LAST,STATUS", "S1,ALee,Amy,Lee,?", "S2,BDam,Ben,Dam,ACTIVE"))
    unwell.add("user/S2")
    assert school.type("reconcile", "--mail", "--quiet") == 4
    ((_, subject),) = subjects(plain)
    assert subject.startswith(f"[INCOMPLETE] {HEAD} 1 missing, ")
    assert subject.endswith(", Moodle did not answer everything, 1 row with errors")


def test_a_mail_says_what_differs_with_page_and_workbook(school: School, plain: MailServer) -> None:
    notifies(school, plain, ALL)
    assert school.type("run", "--quiet") == 0
    other = the_mail(plain)
    meddle(school)
    assert school.type("reconcile", "--mail", "--quiet") == 2
    message = the_mail(plain)
    text, html = text_of(message), text_of(message, "html")
    assert text.splitlines()[:3] == [
        "[DIFFERENT] Autumn: 1 missing, 1 not in the SIS, 1 edited in Moodle",
        "",
        "3 records differ between the SIS and Moodle.",
    ]
    assert (
        "- enrolment Amy Lee · History (S1 / HIS): Role: Student; used to be in Moodle [enrolments.csv, row 5]" in text
    )
    assert (
        "- user Amy Lee (S1): Last name: Lee in the SIS, Wu in Moodle; was Last name: Lee [people.csv, row 2]" in text
    )
    assert "- enrolments: 3 agree, 1 missing, 1 not in SIS" in text
    assert {"- groups: 1 agrees", "- group members: 1 agrees, 1 not visible"} <= {*text.splitlines()}
    assert [part for part in ("3 records differ", "Missing in Moodle", "Amy Lee", "Wu") if part not in html] == []
    files = attached(message)
    assert b"3 records differ" in files["html"]
    assert {"missing, enrolments", "edited, users"} <= {*cells(files["xlsx"])}
    assert message["References"] == other["References"]
    assert message["List-Id"] == other["List-Id"]
    assert message["Message-ID"] != other["Message-ID"]


def test_each_audience_gets_what_is_its_own(school: School, plain: MailServer) -> None:
    meddle(school)
    notifies(
        school,
        plain,
        "[{address: all@i.example}, {address: p@i.example, what: problems}, {address: h@i.example, what: held},"
        " {address: his@i.example, only: {course: HIS}, when: weekly}, {address: law@i.example, only: {course: LAW}}]",
    )
    assert school.type("reconcile", "--mail", "--quiet") == 2
    said = {to[0].partition("@")[0]: everything_in(message) for to, message in plain.came}
    assert sorted(said) == ["all", "his", "law", "p"]
    assert ("Not visible" in said["all"], "Not visible" in said["p"]) == (True, False)
    assert subjects(plain)[1:] == [
        ("his", f"[DIFFERENT] {HEAD} 1 missing"),
        ("law", f"[AGREE] {HEAD} nothing differs"),
        ("p", f"[DIFFERENT] {HEAD} 1 missing, 1 not in the SIS, 1 edited in Moodle"),
    ]
    assert (
        "his@i.example: everything, only for courses with Course ID number HIS, whenever a reconciliation"
        in said["his"]
    )
    assert [part for part in ("BIO", "Biology", "X9", "Roe", "Wu", "agree,") if part in said["his"]] == []


def test_people_who_are_hidden_are_nowhere_and_the_words_those_of_all_mails(school: School, plain: MailServer) -> None:
    meddle(school)
    notifies(school, plain, "[{address: who@i.example, pseudonymise: true}]")
    school.export(people=("ID,LOGIN,FIRST,LAST,STATUS", "S1,ALee,Amy,Lee,ACTIVE", "S2,BDam,Ben,Dam,Amy"))
    assert school.type("reconcile", "--mail", "--quiet") == 2
    message = the_mail(plain)
    bare = re.sub(r"(user|hidden)-[a-z2-7]+", "", everything_in(message))
    assert [secret for secret in SECRETS if re.search(rf"\b{secret}\b", bare)] == []
    assert "History" in bare
    assert "Names are hidden" in text_of(message)
    words = {*re.findall(r"user-[a-z2-7]{8}", text_of(message))}
    school.export(people=EXPORTS["people.csv"])
    assert school.type("plan", "--read", "full", "--quiet") == 2
    assert school.type("report", "--mail", "--quiet") == 0
    assert {*re.findall(r"user-[a-z2-7]{8}", text_of(the_mail(plain)))} < words


def test_a_slice_hears_that_moodle_did_not_tell_all_and_not_of_whom(
    school: School, plain: MailServer, unwell: set[str]
) -> None:
    notifies(school, plain, "[{address: his@i.example, only: {course: HIS}}]")
    unwell.add("user/S2")
    assert school.type("reconcile", "--mail", "--quiet") == 4
    assert (
        str(plain.came[0][1]["Subject"]).strip()
        == f"[INCOMPLETE] {HEAD} nothing differs, Moodle did not answer everything"
    )
    assert "S2" not in everything_in(the_mail(plain))


def test_what_is_too_large_is_linked(school: School, plain: MailServer) -> None:
    notifies(school, plain, ALL, "attach_up_to: 5KB, link: 'https://reports.inst.example', ")
    school.type("reconcile", "--mail", "--quiet")
    message = the_mail(plain)
    assert attached(message) == {}
    assert "The page: https://reports.inst.example/moodle-reconciliation-" in text_of(message)
    assert sorted(file.suffix for file in (school.folder / "reports").iterdir()) == [".html", ".xlsx"]


def test_mails_can_be_looked_at_and_the_answer_for_a_machine_stays_whole(school: School, plain: MailServer) -> None:
    notifies(school, plain, "[{address: a@i.example}, {address: b@i.example, pseudonymise: true}]")
    meddle(school)
    assert school.type("reconcile", "--json", "--eml", str(school.folder / "mails"), "--to", "b@i.example") == 2
    assert orjson.loads(school.said()[0])["summary"]["user"]["edited"] == 1
    (file,) = (school.folder / "mails").iterdir()
    assert file.name == "1-b@i.example.eml"
    assert str(email.message_from_bytes(file.read_bytes(), policy=default)["Subject"]).startswith("[DIFFERENT]")
    assert plain.came == []


def test_a_mail_server_that_is_down_changes_no_exit_code(school: School, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    meddle(school)
    with no_server() as port:
        notifies(school, port, ALL)
        assert school.type("reconcile", "--mail", "--json") == 2
    out, err = school.said()
    assert orjson.loads(out)["format"] == 1
    assert "note: the mail server localhost" in err
    assert "1 email is waiting in" in err


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("--mail", "--to", "x@evil.example"), 1, "`mail:` does not name x@evil.example"),
        (("--mail", "--to", "h@i.example"), 1, "notifies h@i.example only of what is on hold"),
        (("--to", "h@i.example"), 64, "--to needs --mail or --eml"),
    ],
)
def test_an_address_that_gets_no_reconciliations_is_refused_before_the_site_is_read(
    school: School, plain: MailServer, words: tuple[str, ...], code: int, says: str
) -> None:
    notifies(school, plain, "[{address: a@i.example}, {address: h@i.example, what: held}]")
    before = len(school.site.requests)
    assert school.type("reconcile", *words) == code
    assert says in school.said()[1]
    assert len(school.site.requests) == before
    assert plain.came == []


def test_without_mail_in_the_site_file_nobody_can_be_notified(school: School) -> None:
    assert school.type("reconcile", "--mail") == 1
    assert "the site file has no `mail:`" in school.said()[1]


def test_it_fits_a_phone_in_dark_colours(school: School, plain: MailServer, tmp_path: Path) -> None:
    meddle(school)
    notifies(school, plain, ALL, "attach_up_to: 0MB, ")
    school.type("reconcile", "--mail", "--quiet")
    file = tmp_path / "mail.html"
    file.write_text(text_of(the_mail(plain), "html"), "utf-8")
    with chromium(width=390, dark=True, javascript=False) as browser:
        browser.get(file.as_uri())
        assert browser.execute_script("return document.documentElement.scrollWidth") <= 390
