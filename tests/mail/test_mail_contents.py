"""What a mail contains, as a real server receives it: parts, headers, attachments; and what it must not contain."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pandas as pd
import pytest
from selenium.webdriver.common.by import By

from sync.config.mappings import Mapping
from sync.mapping.source import Source
from sync.model import Hold, Input, Issue, Plan, Sheet
from sync.notify import PlanEvent
from sync.report import phrasing
from tests.mail.conftest import Open
from tests.mail.mail_server import mail_server
from tests.mail.office import NIGHT, Office, attached, cells, everything_in, remembered, site, text_of
from tests.report.browser import chromium
from tests.report.report_plans import bad_email, change, empty, morning, night, plan, run

EVIL = "Ann\r\nBcc: all@evil.example"
RIGHT_TO_LEFT = "نور الهدى"
EMOJI = "Zoë 🎓 Quill"
ADMIN = "[{address: [admin@inst.example, second@inst.example]}]"
HIDDEN = "[{address: who@inst.example, pseudonymise: true}]"
PROBLEMS = "[{address: a@inst.example, what: problems}]"


def people() -> Plan:
    """New people with names that are hard to write, one of them on hold."""
    return plan(
        change("create", "user", "S77123", status="done",
               after={"username": "zq", "firstname": "Zoë 🎓", "lastname": "Quill", "email": "zq@inst.example"}),
        change("create", "user", "S77124", status="failed", error="zq@inst.example is taken",
               after={"username": "ann", "firstname": EVIL, "lastname": "<b>Oh</b>", "email": "ann@inst.example"}),
        change("create", "user", "S77125", status="done",
               after={"username": "noor", "firstname": RIGHT_TO_LEFT, "lastname": "", "email": "noor@inst.example"}),
        change("delete", "enrolment", "S77126/C1", status="held", hold="h-1"),
        *(change("create", "enrolment", f"S7712{n}/C1", after={"roleid": "student"}, status="done") for n in (3, 4, 5)),
        holds=(Hold("h-1", "majority", "enrolment", {"courseid": "C1"}, 1, 1, "half of a roster", "Is it whole?"),),
        issues=(
            bad_email(2, "zq at inst.example"),
            Issue("taken", "error", f"{EMOJI} has it", "Ask Zoë 🎓 Quill", "user", "users.csv", None, 3, "LOGIN", "zq"),
        ),
        rejected={"user": 2},
    )  # fmt: skip


def sources() -> list[Source]:
    """What was read: the rows that need fixing."""
    rows = {"ID": ["S77123", "S77124"], "FIRST": ["Zoë 🎓", EVIL], "LAST": ["Quill", "Oh"], "EMAIL": ["zq at", "ann"]}
    frame = pd.DataFrame(rows, index=[2, 3], dtype="str")
    fields = {"userid": "ID", "username": "ID", "firstname": "FIRST", "lastname": "LAST", "email": "EMAIL"}
    mapping = Mapping.model_validate({"resource": "user", "name": "m", "sheet": "users.csv", "fields": fields})
    return [Source(mapping, (Sheet("users.csv", None, frame, "digest", NIGHT),))]


def mail_about(office: Office, plan: Plan) -> EmailMessage:
    """The mail about a run of the plan."""
    office.past.rows = {
        "user": [remembered("s77126", firstname="Ottoline", lastname="Marsh")],
        "course": [remembered("c1", fullname="Marine Biology", categorypath="/Science")],
    }
    plan = replace(plan, inputs=(Input("sheet", "users.csv", "digest", "inbox/users.csv"),))
    assert office.notify(PlanEvent("r-1", NIGHT, plan, run(), office.past, sources)) == []
    ((_, message),) = office.server.came
    office.server.came.clear()
    return message


About = Callable[[str], EmailMessage]


@pytest.fixture(scope="module")
def about(tmp_path_factory: pytest.TempPathFactory) -> Iterator[About]:
    """The mail about those people, by whom it is for: made once for all tests that only read it."""
    with mail_server("none", login=False) as server:
        yield cache(
            lambda to: mail_about(Office(site(tmp_path_factory.mktemp("office"), server, to), server), people())
        )


def test_a_mail_has_the_parts_that_readers_expect(about: About) -> None:
    message = about(ADMIN)
    kinds = [part.get_content_type() for part in message.walk()]
    assert kinds == [
        "multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/html",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ]  # fmt: skip
    files = [part.get_filename() for part in message.iter_attachments()]
    assert files == ["moodle-sync-r-20261123-0201-77ab.html", "moodle-sync-r-20261123-0201-77ab.xlsx"]
    assert b"<!doctype html>" in attached(message)["html"][:200]
    assert {"Summary", "users", "enrolments", "users.csv"} <= {*cells(attached(message)["xlsx"])}


def test_headers_say_what_a_machine_must_know(office: Open) -> None:
    here = office(ADMIN)
    first = mail_about(here, people())
    here.happens(people(), run(), days=2)
    ((_, second),) = here.server.came
    assert str(first["From"]) == "Moodle sync <sync@inst.example>"
    assert str(first["To"]) == "admin@inst.example, second@inst.example"
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["Date"].datetime == NIGHT
    assert first["Message-ID"] != second["Message-ID"]
    assert first["References"] == second["References"] == first["In-Reply-To"]
    assert first["List-Id"] == second["List-Id"]


def test_names_are_read_as_they_are_and_can_do_nothing(about: About) -> None:
    message = about(ADMIN)
    text, html = text_of(message), text_of(message, "html")
    assert EMOJI in text
    assert EMOJI in html
    assert f"\u2068{RIGHT_TO_LEFT}\u2069" in text
    assert f"<bdi>{RIGHT_TO_LEFT}</bdi>" in html
    assert "Ann\\r\\nBcc: all@evil.example" in text
    assert "Ann\\r\\nBcc: all@evil.example &lt;b&gt;Oh&lt;/b&gt;" in html
    assert message["Bcc"] is None
    assert "Ottoline Marsh" in text


def test_a_title_and_a_reason_stay_in_one_header(office: Open) -> None:
    here = office(ADMIN)
    config = here.config.mail
    assert config is not None
    evil = config.model_copy(update={"title": f"Spring\r\nBcc: x@evil.example {RIGHT_TO_LEFT} 🎓 \u202e"})
    here = replace(here, config=replace(here.config, mail=evil))
    here.refused("users.csv\nBcc: y@evil.example")
    ((to, message),) = here.server.came
    assert to == ["admin@inst.example", "second@inst.example"]
    assert message["Bcc"] is None
    assert str(message["Subject"]).strip() == (
        f"[NOT RUN] Moodle sync, Spring\\r\\nBcc: x@evil.example {RIGHT_TO_LEFT} 🎓 \\u202e: "
        "users.csv\\nBcc: y@evil.example"
    )


def test_nothing_in_a_mail_is_loaded_from_anywhere(about: About) -> None:
    html = text_of(about(ADMIN), "html")
    assert [bad for bad in ("src=", "url(", "@import", "<script", "<link", "<img") if bad in html] == []


def test_all_mails_are_of_lines_that_every_server_takes(office: Open) -> None:
    here = office(ADMIN)
    mail_about(here, people())
    assert all(len(line) <= 998 and line.isascii() for line in here.server.raw[0].split(b"\r\n"))


@pytest.mark.parametrize("rows", [1, 11, 111, 1_111])
def test_no_header_begins_with_an_empty_line(office: Open, rows: int) -> None:
    here = office("[{address: a@inst.example}]", "  attach_up_to: 0MB\n")
    here.happens(replace(night(), issues=tuple(bad_email(n, "x") for n in range(rows))), run())
    (raw,) = here.server.raw
    assert b":\r\n" not in raw.partition(b"\r\n\r\n")[0]
    ((_, message),) = here.server.came
    assert str(message["Subject"]).endswith(f" {phrasing.count(rows, 'row')} with errors")


def test_what_is_hidden_leaves_no_hole(about: About) -> None:
    text = text_of(about(HIDDEN)).replace("\r", "")
    section = text.partition("TO FIX\n")[2].partition("\n\n")[0]
    assert [line[:2] for line in section.splitlines()] == ["- ", "  ", "  "] * 2


def test_why_a_sheet_contributes_nothing_is_left_out_where_people_are_hidden(office: Open) -> None:
    quoting = replace(empty(), message="No row in users.csv can be used: the column has quill@inst.example (1 row)")
    message = mail_about(office(HIDDEN), plan(holds=(quoting,)))
    assert "Users: no row can be used" in text_of(message)
    assert "quill" not in everything_in(message)
    assert "quill" in text_of(mail_about(office("[{address: all@inst.example}]"), plan(holds=(quoting,))))


def test_rows_with_errors_name_the_person(about: About) -> None:
    message = about(PROBLEMS)
    line = "row 2 (users.csv): Zoë 🎓 Quill ("
    assert line in text_of(message)
    assert line in re.sub("<[^>]*>", "", text_of(message, "html"))
    assert "Quill" not in everything_in(about(HIDDEN))


def test_fields_and_roles_are_shown_in_the_words_of_the_office(office: Open) -> None:
    here = office(ADMIN)
    site = here.config.site.model_copy(update={"roles": {"student": "Learner"}})
    here = replace(here, config=replace(here.config, site=site))
    message = mail_about(here, people())
    assert "Role: Learner" in text_of(message)
    assert "roleid" not in text_of(message) + text_of(message, "html")


@pytest.mark.parametrize(
    ("what", "in_it", "not_in_it"),
    [
        ("held", ["ON HOLD UNTIL APPROVED", "approve p-20261123-0200-4c1d --hold h-1"], ["TO FIX", "WENT WRONG"]),
        ("problems", ["TO FIX", "WHAT WENT WRONG"], ["ON HOLD", "Ottoline"]),
    ],
)
def test_an_audience_reads_what_it_asked_for(about: About, what: str, in_it: list[str], not_in_it: list[str]) -> None:
    message = about(f"[{{address: a@inst.example, what: {what}}}]")
    text, book = text_of(message), "\n".join(cells(attached(message)["xlsx"]))
    assert [part for part in in_it if part not in text] == []
    assert [part for part in not_in_it if part in text + everything_in(message)] == []
    assert "S77125" not in book


def test_a_slice_reveals_nothing_of_the_rest(office: Open) -> None:
    rest = [
        change("create", "enrolment", "S90001/LAW1", after={"roleid": "student"}, status="done"),
        change("update", "course", "LAW1", before={"fullname": "Torts"}, after={"fullname": "Torts I"}, status="done"),
    ]
    both = people()
    whole = replace(both, changes=pd.concat([both.changes, plan(*rest).changes], ignore_index=True))
    message = mail_about(office("[{address: a@inst.example, only: {course: {categorypath: /Science/*}}}]"), whole)
    said = everything_in(message)
    assert "Marine Biology" in said
    assert "Ottoline Marsh" in said
    assert [part for part in ("LAW1", "Torts", "S90001", "zq at inst") if part in said] == []


SECRETS = ("S7712", "Zoë", "Quill", "zq", "Ann", "ann@", "Oh", RIGHT_TO_LEFT, "noor", "Ottoline", "Marsh", "@evil")


def test_the_last_line_says_who_gets_what_in_the_words_of_the_office(office: Open) -> None:
    only = "{course: {categorypath: /Science/*, courseid: [BIO*, CHE*]}, job_assignment: {departmentid: SCI*}}"
    text = text_of(mail_about(office(f"[{{address: a@inst.example, only: {only}}}]"), night()))
    assert text.rstrip().endswith(
        "Sent to a@inst.example: everything, only for courses with Course category /Science/* and Course ID number BIO*"
        " or CHE* and for job assignments with Department ID number SCI*, after every run that concerns you."
    )


def test_people_who_are_hidden_are_nowhere(about: About) -> None:
    message = about(HIDDEN)
    # The letters of a pseudonym are random: they may be those of a name.
    said = re.sub(r"\b(user|hidden)-[a-z2-7]+", "", everything_in(message)).replace("nique", "")
    assert [secret for secret in SECRETS if secret in said] == []
    assert "Marine Biology" in said
    assert "Names are hidden" in text_of(message)


def test_a_person_is_the_same_word_in_every_mail(office: Open) -> None:
    here = office(HIDDEN)
    found = []
    for changes in (people(), plan(change("create", "enrolment", "s77126/C9"))):
        here.happens(changes, run())
        ((_, message),) = here.server.came
        here.server.came.clear()
        found.append({*re.findall(r"user-[a-z2-7]{8}", text_of(message))})
    assert len(found[1]) == 1
    assert found[1] < found[0]


def test_a_reason_that_may_name_somebody_is_for_those_alone_who_may_see_all(office: Open) -> None:
    here = office(
        "[{address: all@i.example}, {address: her@i.example, pseudonymise: true},"
        " {address: its@i.example, only: {course: C1}}]"
    )
    here.refused("row 3: Zoë Quill is there twice")
    said = {to[0]: everything_in(message) for to, message in here.server.came}
    assert [to for to, each in said.items() if "Quill" in each] == ["all@i.example"]


# -- size ------------------------------------------------------------------------------------------------------


def test_what_is_too_large_is_linked(office: Open, tmp_path: Path) -> None:
    more = "  attach_up_to: 5KB\n  link: https://reports.inst.example/sync/\n  reports: served\n"
    message = mail_about(office(ADMIN, more), people())
    assert attached(message) == {}
    links = [line.partition(": ")[2] for line in text_of(message).splitlines() if line.startswith("The ")]
    assert [urlsplit(link).netloc for link in links] == ["reports.inst.example"] * 2
    files = [tmp_path / "served" / link.rpartition("/")[2] for link in links]
    assert [link.rpartition("/")[0] for link in links] == ["https://reports.inst.example/sync"] * 2
    assert [file.suffix for file in files] == [".html", ".xlsx"]
    assert "Zoë 🎓 Quill" in cells(files[1].read_bytes())
    assert f'href="{links[0]}"' in text_of(message, "html")


def test_without_a_place_for_it_what_is_too_large_is_said_to_be_missing(office: Open) -> None:
    message = mail_about(office(ADMIN, "  attach_up_to: 5KB\n"), people())
    assert attached(message) == {}
    assert "are too large for an email" in text_of(message)
    assert "nexsis-sync report r-1 --html FILE --xlsx FILE" in text_of(message)


def test_a_folder_that_is_not_there_yet_is_made_for_what_is_too_large(office: Open, tmp_path: Path) -> None:
    more = "  attach_up_to: 0MB\n  link: https://reports.inst.example\n  reports: www/deep/moodle\n"
    mail_about(office(ADMIN, more), people())
    assert len([*(tmp_path / "www/deep/moodle").iterdir()]) == 2


def test_a_mail_goes_without_files_that_cannot_be_made_and_says_so(office: Open, tmp_path: Path) -> None:
    here = office(ADMIN, "  attach_up_to: 0MB\n  link: https://reports.inst.example\n")
    (tmp_path / "reports").write_text("in the way")
    (said,) = here.notify(PlanEvent("r-1", NIGHT, people(), run(), here.past))
    assert said == f"an email is sent without the page and the workbook: File exists: {tmp_path / 'reports'}"
    ((_, message),) = here.server.came
    assert "The page and the workbook could not be attached." in text_of(message)
    assert "nexsis-sync report r-1 --html FILE --xlsx FILE" in text_of(message, "html")


# -- looks -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "dark"), [(390, False), (390, True), (700, False)])
def test_it_fits_a_phone_and_a_desk_in_light_and_dark(office: Open, tmp_path: Path, width: int, dark: bool) -> None:
    file = tmp_path / "mail.html"
    file.write_text(text_of(mail_about(office(ADMIN), morning()), "html"), "utf-8")
    with chromium(width=width, dark=dark, javascript=False) as browser:
        browser.get(file.as_uri())
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width
        ground = browser.find_element(By.TAG_NAME, "body").value_of_css_property("background-color")
    assert ground == ("rgba(20, 22, 26, 1)" if dark else "rgba(247, 246, 243, 1)")
