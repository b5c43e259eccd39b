"""Courses, users, who is enrolled where, groups and who is in them.

Sections named in comments are those of the NexSIS API reference; lengths and patterns are what Moodle accepts.
"""

from __future__ import annotations

from sync.model import Field, Loss, Pull, Read, Ref, Resource, Story, Take, Takes, Write
from sync.model.resources.parts import GROUP_IN_PATH, PAGES, columns, identifier, plain

EMAIL_PATTERN = r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\".]+"
USERNAME_PATTERN = r"[a-z0-9._@-]+"
ROSTER = Story(
    who="userid",
    noun=("person", "people"),
    does={
        "create": ("to enrol", "to enrol", "enrolled"),
        "update": ("to change role", "to change role", "changed role"),
        "delete": ("to unenrol", "to unenrol", "unenrolled"),
    },
)

# Courses
COURSE = Resource(
    name="course",
    title="courses",
    name_format="{fullname}",
    company="enrolment",
    key=("courseid",),
    fields=(
        identifier("courseid", "Course ID number", max_len=100),
        Field("fullname", required=True, max_len=254, strips_tags=True, label="Course full name"),
        Field("shortname", required=True, max_len=255, strips_tags=True, unique=True, label="Course short name"),
        Field("startdate", kind="instant", fills=True, label="Course start date"),
        Field("categorypath", kind="path", max_len=255, label="Course category"),
    ),
    reads=(
        Read(
            "course/{courseid}",
            by=("courseid",),
            take=plain("fullname", "shortname", "startdate", "categorypath"),
        ),
    ),
    put=Write(
        "PUT",
        "course/{courseid}",
        take=plain("fullname", "shortname", "startdate", "categorypath"),
        mirrors={"courseid": "courseid"},
    ),
    delete=Write("DELETE", "course/{courseid}", empty=True, rate=2.0),
    takes=(
        Takes("enrolment", on={"courseid": "courseid"}),
        Takes("group", on={"courseid": "courseid"}),
        Takes("metalink", on={"courseid": "parent_courseid"}),
        Takes("metalink", on={"courseid": "metalink_courseid"}),
        Takes("group_member", on={"courseid": "courseid"}),
        Takes("completion", on={"courseid": "courseid"}),
        Takes("category_grade", on={"courseid": "courseid"}),
    ),
    gate="categorypath",
)


# Users
USER = Resource(
    name="user",
    title="users",
    name_format="{firstname} {lastname}",
    company="enrolment",
    personal=True,
    key=("userid",),
    fields=(
        identifier("userid", "User ID number"),
        Field(
            "username",
            label="Username",
            required=True,
            max_len=100,
            unique=True,
            pattern=USERNAME_PATTERN,
            taken="Username already exists",
            pattern_hint="a username can contain only a-z 0-9 . _ - @",
        ),
        Field("firstname", required=True, max_len=100, strips_tags=True, label="First name"),
        Field("lastname", required=True, max_len=100, strips_tags=True, label="Last name"),
        Field(
            "email",
            label="Email address",
            kind="email",
            required=True,
            max_len=100,
            unique=True,
            pattern=EMAIL_PATTERN,
            pattern_hint="an email address looks like name@host.example",
        ),
    ),
    reads=(Read("user/{userid}", by=("userid",), take=plain("username", "firstname", "lastname", "email")),),
    put=Write(
        "PUT",
        "user/{userid}",
        take=plain("username", "firstname", "lastname", "email"),
        mirrors={"userid": "userid"},
        rate=150.0,
    ),
    delete=Write("DELETE", "user/{userid}", empty=True),
    takes=(
        Takes(
            "enrolment",
            on={"userid": "userid"},
            listed=Read("user/{userid}/enrol", by=("userid",), take={"courseid": Take("courseid")}, many=True),
        ),
        Takes("group_member", on={"userid": "userid"}),
        Takes("completion", on={"userid": "userid"}),
        Takes("program_allocation", on={"userid": "userid"}),
        Takes("certification_allocation", on={"userid": "userid"}),
        Takes("job_assignment", on={"userid": "userid"}),
        Takes("manager", on={"userid": "userid"}),
        Takes("manager", on={"userid": "managerid"}),
        Takes("category_grade", on={"userid": "userid"}),
    ),
)


GRADE = Loss(
    Field("grade", kind="number", label="Course grade"),
    says="{userid} has {value} in {courseid}",
    reads=(
        Read(
            "course/{courseid}/grade",
            by=("courseid",),
            take={"userid": Take("userid"), "grade": Take("rawfinalgrade")},
            many=True,
            present=("grade",),
            paging=PAGES,
        ),
        Read(
            "user/{userid}/grade",
            by=("userid",),
            take={"courseid": Take("courseid"), "grade": Take("rawfinalgrade")},
            many=True,
            present=("grade",),
        ),
    ),
)
COMPLETED = Loss(
    Field("completed", kind="instant", label="Course completed"),
    says="{userid} has completed {courseid}",
    reads=(
        Read(
            "course/{courseid}/user/{userid}/completion",
            by=("courseid", "userid"),
            take={"completed": Take("timecompleted")},
            present=("completed",),
        ),
    ),
)


# Enrolments
ENROLMENT = Resource(
    name="enrolment",
    title="enrolments",
    story=ROSTER,
    key=("userid", "courseid"),
    fields=(
        identifier("userid", "User ID number"),
        identifier("courseid", "Course ID number", max_len=100),
        Field("roleid", kind="role", required=True, label="Role"),
    ),
    reads=(
        Read(
            "course/{courseid}/enrol",
            by=("courseid",),
            take={"userid": Take("idnumber"), "roleid": Take("role", form="display")},
            many=True,
            ours={"enrol": "nexsis"},
            active={"enrolstatus": "0"},
        ),
        Read(
            "user/{userid}/enrol",
            by=("userid",),
            take={"courseid": Take("courseid"), "roleid": Take("roles")},
            many=True,
            query={"plugin": "nexsis"},
        ),
    ),
    put=Write("PUT", "user/{userid}/enrol/{courseid}", empty=True, rate=90.0),
    delete=Write("DELETE", "user/{userid}/enrol/{courseid}", query={"plugin": "nexsis"}, empty=True),
    refs=(Ref("user", {"userid": "userid"}), Ref("course", {"courseid": "courseid"})),
    takes=(
        Takes("group_member", on={"userid": "userid", "courseid": "courseid"}, only_if_last=True),
        Takes("category_grade", on={"userid": "userid", "courseid": "courseid"}, only_if_last=True),
    ),
    losses=(GRADE, COMPLETED),
    slice=("courseid",),
    gate="courseid",
    pulls=(
        Pull(
            "course/{courseid}/enrol",
            by=("courseid",),
            of="course",
            columns=columns(
                "userenrol_id enrol enrolstatus enrolstartdate enrolenddate firstname lastname email role",
                userid="idnumber",
            ),
        ),
        Pull(
            "user/{userid}/enrol",
            by=("userid",),
            of="user",
            columns=columns("courseid fullname shortname startdate roles"),
            filters={"plugin": "plugin"},
        ),
    ),
)


# Course Groups. Written in parallel, some are created, yet answered with 404.
GROUP = Resource(
    name="group",
    title="groups",
    name_format="{name}",
    key=("courseid", "groupid"),
    fields=(
        identifier("courseid", "Course ID number", max_len=100),
        GROUP_IN_PATH,
        Field("name", required=True, max_len=254, strips_tags=True, label="Group name"),
        Field("description", label="Group description"),
    ),
    reads=(
        Read(
            "course/{courseid}/group",
            by=("courseid",),
            take=plain("groupid", "name", "description"),
            many=True,
        ),
        Read("course/{courseid}/group/{groupid}", by=("courseid", "groupid"), take=plain("name", "description")),
    ),
    put=Write(
        "PUT",
        "course/{courseid}/group/{groupid}",
        take=plain("name", "description"),
        mirrors={"groupid": "groupid"},
    ),
    delete=Write("DELETE", "course/{courseid}/group/{groupid}", empty=True),
    refs=(Ref("course", {"courseid": "courseid"}),),
    takes=(Takes("group_member", on={"courseid": "courseid", "groupid": "groupid"}),),
    slice=("courseid",),
    serial="courseid",
    known_by="name",
    pulls=(
        Pull("course/{courseid}/group", by=("courseid",), of="course", columns=columns("groupid name description")),
    ),
)


# Course Groups: Add/Update a Course Group User. Nothing reads members back.
GROUP_MEMBER = Resource(
    name="group_member",
    title="group members",
    key=("courseid", "groupid", "userid"),
    fields=(
        identifier("courseid", "Course ID number", max_len=100),
        GROUP_IN_PATH,
        identifier("userid", "User ID number"),
    ),
    put=Write("PUT", "course/{courseid}/group/{groupid}/user/{userid}", empty=True),
    delete=Write("DELETE", "course/{courseid}/group/{groupid}/user/{userid}", empty=True),
    refs=(
        Ref("enrolment", {"userid": "userid", "courseid": "courseid"}),
        Ref("group", {"courseid": "courseid", "groupid": "groupid"}),
    ),
    slice=("courseid",),
    updatable=False,
)
