"""Emails with counts by school, and with who can approve what is on hold."""

from __future__ import annotations

from dataclasses import replace
from email.message import EmailMessage

from sync.config.mappings import Mapping
from sync.config.reports import Reports
from sync.model import Hold
from sync.notify import PlanEvent
from tests.mail.conftest import Open
from tests.mail.office import NIGHT, Office, everything_in, remembered, text_of
from tests.report.report_plans import change, plan, run

COURSE = {"courseid": "ID", "shortname": "ID", "fullname": "TITLE", "categorypath": "SCHOOL"}
USER = {"userid": "ID", "username": "ID", "department": "DEPT"}
STUDENT = {"roleid": "student"}
TERM = plan(
    change("create", "user", "S1", status="done", after={"firstname": "Ada", "department": "Botany"}),
    *(change("create", "enrolment", f"S{n}/C1", after=STUDENT, status="done") for n in (1, 2)),
    change("delete", "enrolment", "S3/C1", before=STUDENT, status="held", hold="h-1"),
    change("create", "enrolment", "S1/C2", after=STUDENT, status="done"),
    holds=(Hold("h-1", "majority", "enrolment", {"courseid": "C1"}, 1, 1, "half of a roster", "Is it whole?"),),
)


def mail_of(office: Office) -> EmailMessage:
    """The mail about a run, of a site file that groups by school and department and names who can approve."""
    mappings = [
        Mapping.model_validate({"resource": resource, "name": resource, "sheet": "x.csv", "fields": fields})
        for resource, fields in (("course", COURSE), ("user", USER))
    ]
    office.config = replace(
        office.config,
        mappings=tuple(mappings),
        reports=Reports(group_by=("SCHOOL", "DEPT")),
        approvers="Registry office, registry@inst.example",
    )
    office.past.rows = {"course": [remembered("c1", fullname="Marine Biology", categorypath="/Science")]}
    assert office.notify(PlanEvent("r-1", NIGHT, TERM, run(), office.past)) == []
    ((_, message),) = office.server.came
    return message


def test_changes_are_counted_by_school_and_holds_name_who_can_approve(office: Open) -> None:
    message = mail_of(office("[{address: a@inst.example}]"))
    text = text_of(message).replace("\r\n", "\n")
    assert "BY SCHOOL\n- /Science: 2 to add and 1 to remove\n- not known: 1 to add\n" in text
    assert "BY DEPT\n- Botany: 3 to add" in text
    assert "Who can approve this: Registry office, registry@inst.example" in text
    assert "Registry office, registry@inst.example" in text_of(message, "html")


def test_where_people_are_hidden_so_is_what_they_could_be_recognised_by(office: Open) -> None:
    message = mail_of(office("[{address: a@inst.example, pseudonymise: true}]"))
    assert "- /Science: 2 to add and 1 to remove" in text_of(message)
    assert "BY DEPT" not in text_of(message)
    assert "Botany" not in everything_in(message)


def test_whoever_gets_a_part_gets_no_counts_of_the_whole(office: Open) -> None:
    text = text_of(mail_of(office("[{address: a@inst.example, what: held}]")))
    assert "BY SCHOOL" not in text
    assert "Who can approve this: Registry office" in text
