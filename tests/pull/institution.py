"""A small institution with something of everything that can be exported, and the SIS exports that list it."""

from __future__ import annotations

from pathlib import Path

from sync.sandbox import Moodle, Sandbox
from sync.site import Client

COURSES = ("HIS-27", "BIO-27", "MAT-27")
USERS = ("007", "S2", "S10")

MAPPINGS = """
resource: course
sheet: {file: courses.csv}
fields: {courseid: ID, fullname: ID, shortname: ID}
---
resource: user
sheet: {file: users.csv}
fields: {userid: ID, username: {column: ID, then: lower}, firstname: ID, lastname: ID, email: {text: "{ID}@x.example"}}
---
resource: enrolment
sheet: {file: enrolments.csv}
fields: {userid: WHO, courseid: WHERE, roleid: {constant: student}}
---
resource: metalink
sheet: {file: links.csv}
fields: {parent_courseid: PARENT, metalink_courseid: LINKED}
---
resource: program_allocation
sheet: {file: allocations.csv}
fields: {programid: {constant: P12}, userid: WHO}
---
resource: certification_allocation
sheet: {file: allocations.csv}
fields: {certificationid: {constant: C12}, userid: WHO}
---
resource: category_grade
sheet: {file: overrides.csv}
fields: {courseid: WHERE, categoryid: {constant: "6"}, userid: WHO, grade: {constant: "50"}}
"""

INBOX = {
    "courses.csv": ("ID", *COURSES, "GONE-27"),
    "users.csv": ("ID", *USERS, "S404"),
    "enrolments.csv": ("WHO,WHERE", *(f"{user},{course}" for course in COURSES for user in USERS)),
    "links.csv": ("PARENT,LINKED", "HIS-27,BIO-27", "HIS-27,MAT-27"),
    "allocations.csv": ("WHO", *USERS),
    "overrides.csv": ("WHO,WHERE", *(f"{user},HIS-27" for user in USERS)),
}


def export(folder: Path) -> None:
    """Write the mappings and today's exports."""
    (folder / "inbox").mkdir()
    (folder / "mappings.yaml").write_text(MAPPINGS)
    for name, lines in INBOX.items():
        (folder / "inbox" / name).write_text("\n".join(lines) + "\n")


def found(sandbox: Sandbox) -> None:
    """Put it all on the site."""
    moodle = sandbox.moodle
    for courseid in COURSES:
        moodle.add_course(courseid)
        moodle.add_group(courseid, f"G-{courseid}", "=Group", "of\nMondays")
    for userid in USERS:
        moodle.add_user(userid, userid.lower(), lastname='O"Hara, Jr')
    for place, courseid in enumerate(COURSES):
        for userid in USERS[place:]:
            moodle.add_enrolment(userid, courseid, plugin="nexsis" if place else "manual")
            moodle.add_grade(userid, courseid, 90.5 + place, feedback="-1 for lateness" if place else "-5")
    moodle.add_metalink("HIS-27", "BIO-27")
    moodle.add_completion("007", "HIS-27", 1_793_520_000)
    moodle.add_grade_category("HIS-27", 6, "Coursework")
    _workplace(moodle)
    with Client(sandbox.url, sandbox.token) as nexsis:
        for userid in USERS[1:]:
            nexsis.put_program_allocation("P12", userid, startdate="2026-09-01T08:00:00")
            nexsis.put_certification_allocation("C12", userid, duedate="2026-12-31T10:00:00")
            nexsis.put_job_assignment(userid, "D5", "P4", startdate="2026-09-01T08:00:00")
            nexsis.put_manager(userid, "007", perm_view_reports=1)
            nexsis.put_category_grade("HIS-27", "6", userid, "80")


def _workplace(moodle: Moodle) -> None:
    moodle.add_program("P12", "Induction")
    moodle.add_certification("C12", "First aid")
    moodle.add_department("D5", "Physics")
    moodle.add_position("P4", "Lecturer")
