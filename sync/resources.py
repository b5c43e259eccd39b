"""THE CATALOGUE: every kind of thing the engine keeps in step, one literal each, parents before children.

Nothing else in the engine names a resource. A new one is a new literal; its stage in a plan is its place here.
Sections named in comments are those of the NexSIS API reference; lengths and patterns are what Moodle accepts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from sync.model import Field, Read, Ref, Resource, Story, Take, Takes, Write

IDENTIFIER_PATTERN = r"[^/\\\x00-\x1f]*[^/\\\x00-\x20.][^/\\\x00-\x1f]*"
IDENTIFIER_SAYS = "an identifier with `/`, `\\` or control characters cannot be addressed on a usual web server"
EMAIL_PATTERN = r"[^@\s,;<>\"]+@[^@\s,;<>\"]+\.[^@\s,;<>\".]+"
USERNAME_PATTERN = r"[a-z0-9._@-]+"
ROSTER = Story(
    who="userid",
    noun=("person", "people"),
    does={
        "create": ("joins", "join", "joined"),
        "update": ("changes role", "change role", "changed role"),
        "delete": ("leaves", "leave", "left"),
    },
)


def _plain(*names: str) -> dict[str, Take]:
    return {name: Take(name) for name in names}


def _identifier(name: str, max_len: int = 255) -> Field:
    return Field(
        name,
        kind="identifier",
        required=True,
        max_len=max_len,
        pattern=IDENTIFIER_PATTERN,
        pattern_says=IDENTIFIER_SAYS,
        at="path",
    )


# Courses
COURSE = Resource(
    name="course",
    title="courses",
    called="{fullname}",
    key=("courseid",),
    fields=(
        _identifier("courseid", max_len=100),
        Field("fullname", required=True, max_len=254),
        Field("shortname", required=True, max_len=255, unique=True),
        Field("startdate", kind="instant"),
        Field("categorypath", kind="path"),
    ),
    reads=(
        Read(
            "course/{courseid}",
            by=("courseid",),
            take=_plain("fullname", "shortname", "startdate", "categorypath"),
        ),
    ),
    put=Write("PUT", "course/{courseid}", take=_plain("fullname", "shortname", "startdate", "categorypath")),
    delete=Write("DELETE", "course/{courseid}", empty=True, rate=2.0),
    takes=(
        Takes("enrolment", on=("courseid",)),
        Takes("group", on=("courseid",)),
        Takes("group_member", on=("courseid",)),
    ),
    gate="categorypath",
)

# Users
USER = Resource(
    name="user",
    title="users",
    called="{firstname} {lastname}",
    key=("userid",),
    fields=(
        _identifier("userid"),
        Field(
            "username",
            required=True,
            max_len=100,
            unique=True,
            pattern=USERNAME_PATTERN,
            pattern_says="a username is lower case, made of a-z 0-9 . _ - @",
        ),
        Field("firstname", required=True, max_len=100),
        Field("lastname", required=True, max_len=100),
        Field(
            "email",
            kind="email",
            required=True,
            max_len=100,
            unique=True,
            pattern=EMAIL_PATTERN,
            pattern_says="an email address looks like name@host.example",
        ),
    ),
    reads=(Read("user/{userid}", by=("userid",), take=_plain("username", "firstname", "lastname", "email")),),
    put=Write("PUT", "user/{userid}", take=_plain("username", "firstname", "lastname", "email"), rate=150.0),
    delete=Write("DELETE", "user/{userid}", empty=True),
    takes=(Takes("enrolment", on=("userid",)), Takes("group_member", on=("userid",))),
)

# Enrolments
ENROLMENT = Resource(
    name="enrolment",
    title="enrolments",
    story=ROSTER,
    key=("userid", "courseid"),
    fields=(
        _identifier("userid"),
        _identifier("courseid", max_len=100),
        Field("roleid", kind="role", required=True),
    ),
    reads=(
        Read(
            "course/{courseid}/enrol",
            by=("courseid",),
            take={"userid": Take("idnumber"), "roleid": Take("role", form="display")},
            many=True,
            ours={"enrol": "nexsis"},
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
    takes=(Takes("group_member", on=("userid", "courseid"), only_if_last=True),),
    slice=("courseid",),
    gate="courseid",
)

# Course Groups
GROUP = Resource(
    name="group",
    title="groups",
    called="{name}",
    key=("courseid", "groupid"),
    fields=(
        _identifier("courseid", max_len=100),
        _identifier("groupid", max_len=100),
        Field("name", required=True, max_len=254),
        Field("description"),
    ),
    reads=(
        Read(
            "course/{courseid}/group",
            by=("courseid",),
            take=_plain("groupid", "name", "description"),
            many=True,
        ),
        Read("course/{courseid}/group/{groupid}", by=("courseid", "groupid"), take=_plain("name", "description")),
    ),
    put=Write("PUT", "course/{courseid}/group/{groupid}", take=_plain("name", "description")),
    delete=Write("DELETE", "course/{courseid}/group/{groupid}", empty=True),
    refs=(Ref("course", {"courseid": "courseid"}),),
    takes=(Takes("group_member", on=("courseid", "groupid")),),
    slice=("courseid",),
)

# Course Groups: Add/Update a Course Group User. Nothing reads members back.
GROUP_MEMBER = Resource(
    name="group_member",
    title="group members",
    key=("courseid", "groupid", "userid"),
    fields=(
        _identifier("courseid", max_len=100),
        _identifier("groupid", max_len=100),
        _identifier("userid"),
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

CATALOGUE: Mapping[str, Resource] = MappingProxyType(
    {resource.name: resource for resource in (COURSE, USER, ENROLMENT, GROUP, GROUP_MEMBER)}
)


def ancestors(resource: Resource) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Every resource this one stands on, near or far: (its name, {field here: key field there})."""
    for ref in resource.refs:
        yield ref.resource, ref.on
        for name, on in ancestors(CATALOGUE[ref.resource]):
            far = {here: on[there] for here, there in ref.on.items() if there in on}
            if len(far) == len(on):
                yield name, far


def put_stage(resource: Resource) -> int:
    """Stage of creates and updates: parents before children."""
    return list(CATALOGUE).index(resource.name) + 1


def delete_stage(resource: Resource) -> int:
    """Stage of deletes: after all writes, children before parents."""
    return 2 * len(CATALOGUE) + 1 - put_stage(resource)
