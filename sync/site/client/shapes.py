"""What the API answers, under the reference's own names.

Answers are handed on as they come, unchecked beyond being an object or a list of them. What the reference shows in
every answer is required in these types, and rows of Moodle's own tables are open. Such rows have ids of Moodle's
database (`id`, `usermodified`, ...), which no call takes.
"""

from __future__ import annotations

from typing import Literal, TypedDict

Number = int | str
"""The API writes many numbers as text, some only in one answer and not in the next. `int()` reads both."""

Epoch = int | str
"""Seconds since 1970, as a number or as text; 0 means none."""

Level = Literal["fatal", "error", "warning", "info"]
"""How grave a line of the log is."""


class Pong(TypedDict):
    """The answer to a ping (reference: Health Checks)."""

    message: str


# -- courses ---------------------------------------------------------------------------------------------------


class Course(TypedDict):
    """A course (reference: Courses). `startdate` is ISO 8601 in the site's time zone."""

    courseid: str
    fullname: str
    shortname: str
    startdate: str
    categorypath: str


class CourseEnrolment(TypedDict):
    """Somebody in a course, by any plugin (reference: Courses, List Enrollments in a Course).

    `idnumber` is the userid: null or empty for accounts no SIS knows. `enrol` is the plugin, `role` the name shown.
    `enrolstatus` is 0 for active and 1 for suspended.
    """

    userenrol_id: Number
    enrol: str
    enrolstatus: Number
    enrolstartdate: Epoch
    enrolenddate: Epoch
    firstname: str
    lastname: str
    email: str
    idnumber: str | None
    role: str


class CategoryGrade(TypedDict, total=False):
    """Somebody's grade in a grade category (reference: Courses, Get Category Grades).

    A row of Moodle's `grade_grades`. The answer to a list has `gradeid` and `categoryid`, that to an override `id`.
    """

    user_idnumber: str | None
    id: Number
    itemid: Number
    internal_userid: Number
    rawgrade: Number | None
    rawgrademax: Number
    rawgrademin: Number
    rawscaleid: Number | None
    usermodified: Number | None
    finalgrade: Number | None
    hidden: Number
    locked: Number
    locktime: Epoch
    exported: Number
    overridden: Epoch
    excluded: Number
    feedback: str | None
    feedbackformat: Number
    information: str | None
    informationformat: Number
    timecreated: Epoch | None
    timemodified: Epoch | None
    aggregationstatus: str
    aggregationweight: Number | None
    gradeid: Number
    categoryid: Number


class Group(TypedDict):
    """A group of a course (reference: Course Groups). `groupid` is null for groups created manually."""

    groupid: str | None
    name: str
    description: str


class Metalink(TypedDict, total=False):
    """Enrolments of one course linked into another (reference: Metalinks).

    A row of Moodle's `enrol`: `courseid` and `customint1` are database ids of the parent and the linked course,
    `customint2` that of the group its people are put into.
    """

    id: Number
    enrol: str
    status: Number
    courseid: Number
    sortorder: Number
    name: str | None
    enrolperiod: Number
    enrolstartdate: Epoch
    enrolenddate: Epoch
    expirynotify: Number
    expirythreshold: Number
    notifyall: Number
    password: str | None
    cost: Number | None
    currency: str | None
    roleid: Number
    customint1: Number | None
    customint2: Number | None
    customint3: Number | None
    customint4: Number | None
    customint5: Number | None
    customint6: Number | None
    customint7: Number | None
    customint8: Number | None
    customchar1: str | None
    customchar2: str | None
    customchar3: str | None
    customdesc1: str | None
    customdesc2: str | None
    customtext1: str | None
    customtext2: str | None
    customtext3: str | None
    timecreated: Epoch
    timemodified: Epoch


# -- users -----------------------------------------------------------------------------------------------------


class User(TypedDict):
    """An account (reference: Users)."""

    userid: str
    username: str
    firstname: str
    lastname: str
    email: str


class UserEnrolment(TypedDict):
    """A course somebody is in (reference: Enrolments, List User Enrolments). `roles` are short names."""

    courseid: str
    fullname: str
    shortname: str
    startdate: str
    roles: list[str]


class Completion(TypedDict, total=False):
    """Somebody's completion of a course (reference: Course Completions). `timecompleted` is null or 0 while open.

    A row of Moodle's `course_completions`: `userid` and `course` are database ids.
    """

    id: Number
    userid: Number
    course: Number
    timeenrolled: Epoch
    timestarted: Epoch
    timecompleted: Epoch | None
    reaggregate: Number


class Grade(TypedDict):
    """Somebody's grade of a whole course (reference: Grades).

    `gradepercent` is a share from 0 to 1, `timemodified` ISO 8601 with its offset.
    """

    userid: str | None
    courseid: str
    rawfinalgrade: float | None
    rawgrademax: float
    gradeletter: str | None
    gradepercent: float | None
    feedback: str | None
    timemodified: str | None


# -- organisation ----------------------------------------------------------------------------------------------


class ProgramAllocation(TypedDict, total=False):
    """Somebody's place in a program (reference: Programs). `programid` and `userid` are database ids."""

    programid: Number
    userid: Number
    certificationid: Number
    startdate: Epoch
    startdatelocked: Number
    duedate: Epoch
    duedatelocked: Number
    enddate: Epoch
    enddatelocked: Number
    status: Number
    timesuspended: Epoch
    allocationtype: Number
    id: Number
    timecreated: Epoch
    timemodified: Epoch
    usermodified: Number


class CertificationAllocation(TypedDict, total=False):
    """Somebody's place in a certification (reference: Certifications).

    `certificationid`, `userid` and `currentprogramid` are database ids.
    """

    certificationid: Number
    userid: Number
    status: Number
    timesuspended: Epoch
    allocationtype: Number
    currentprogramid: Number | None
    isrecertification: Number
    graceperiodends: Epoch
    graceperiodendslocked: Number
    nextstartdate: Epoch
    id: Number
    timecreated: Epoch
    timemodified: Epoch
    usermodified: Number


class JobAssignment(TypedDict, total=False):
    """A position somebody holds in a department (reference: Job Assignments)."""

    id: Number
    tenantid: Number
    userid: str
    positionid: str
    departmentid: str
    startdate: Epoch
    enddate: Epoch
    timecreated: Epoch
    timemodified: Epoch
    usermodified: Number


class Manager(TypedDict, total=False):
    """Whom somebody reports to (reference: Direct Managers).

    `permissions` is a number of bits; `timecreated` and `timemodified` are ISO 8601 with their offset.
    """

    id: Number
    userid: str
    managerid: str
    tenantid: Number
    permissions: Number
    timecreated: str
    timemodified: str
    usermodified: Number


# -- logs ------------------------------------------------------------------------------------------------------


class Log(TypedDict, total=False):
    """A line of the plugin's log (reference: Logs). `date_created` has no offset, and the reference names no zone."""

    id: Number
    date_created: str
    level: Level
    message: str
    detail: str
    params: str
    request_method: str
    request_url: str
    request_body: str
    response_body: str
    response_status_code: Number | None
    ip: str
    user_agent: str
