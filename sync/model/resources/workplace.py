"""Moodle Workplace: programs, certifications, jobs and managers. A plain Moodle has none of it.

Sections named in comments are those of the NexSIS API reference; lengths and patterns are what Moodle accepts.
"""

from __future__ import annotations

from sync.model import Field, Pull, Read, Ref, Resource, Take, Write
from sync.model.resources.parts import columns, identifier, plain


def _permissions() -> dict[str, Take]:
    names = ("perm_allocate_programs", "perm_view_reports", "perm_be_notified")
    return {name: Take("permissions", form="bit", bit=2**place) for place, name in enumerate(names)}


# Programs (Moodle Workplace). Answers hold Moodle's own ids, times in seconds.
PROGRAM_ALLOCATION = Resource(
    name="program_allocation",
    title="program allocations",
    key=("programid", "userid"),
    fields=(
        identifier("programid", "Program ID number"),
        identifier("userid", "User ID number"),
        Field("startdate", kind="instant", form="site_time", label="Start date"),
        Field("duedate", kind="instant", form="site_time", label="Due date"),
        Field("enddate", kind="instant", form="site_time", label="End date"),
        Field("status", kind="flag", label="Suspended"),
        Field("resetprogram", kind="flag", send="event", label="Reset program"),
    ),
    reads=(
        Read(
            "program/{programid}/user/{userid}",
            by=("programid", "userid"),
            take=plain("startdate", "duedate", "enddate", "status"),
        ),
    ),
    put=Write("PUT", "program/{programid}/user/{userid}", take=plain("startdate", "duedate", "enddate", "status")),
    delete=Write("DELETE", "program/{programid}/user/{userid}", empty=True),
    refs=(Ref("user", {"userid": "userid"}),),
    slice=("programid",),
    optional=True,
    pulls=(
        Pull(
            "program/{programid}/user/{userid}",
            by=("programid", "userid"),
            of="program_allocation",
            many=False,
            columns=columns(
                "id certificationid startdate startdatelocked duedate duedatelocked enddate enddatelocked status"
                " timesuspended allocationtype timecreated timemodified usermodified",
                internal_programid="programid",
                internal_userid="userid",
            ),
        ),
    ),
)


# Certifications (Moodle Workplace). No answer has the dates that were put.
CERTIFICATION_ALLOCATION = Resource(
    name="certification_allocation",
    title="certification allocations",
    key=("certificationid", "userid"),
    fields=(
        identifier("certificationid", "Certification ID number"),
        identifier("userid", "User ID number"),
        Field("startdate", kind="instant", form="site_time", label="Start date"),
        Field("duedate", kind="instant", form="site_time", label="Due date"),
        Field("expirydate", kind="instant", form="site_time", label="Expiry date"),
        Field("certifieddate", kind="instant", form="site_time", label="Date certified"),
        Field("suspendstatus", kind="flag", label="Suspended"),
        Field("revokedcertification", kind="flag", label="Certification revoked"),
    ),
    reads=(
        Read(
            "certification/{certificationid}/user/{userid}",
            by=("certificationid", "userid"),
            take={"suspendstatus": Take("status")},
        ),
    ),
    put=Write("PUT", "certification/{certificationid}/user/{userid}", take={"suspendstatus": Take("status")}),
    delete=Write("DELETE", "certification/{certificationid}/user/{userid}", empty=True),
    refs=(Ref("user", {"userid": "userid"}),),
    slice=("certificationid",),
    optional=True,
    pulls=(
        Pull(
            "certification/{certificationid}/user/{userid}",
            by=("certificationid", "userid"),
            of="certification_allocation",
            many=False,
            columns=columns(
                "id status timesuspended allocationtype currentprogramid isrecertification graceperiodends"
                " graceperiodendslocked nextstartdate timecreated timemodified usermodified",
                internal_certificationid="certificationid",
                internal_userid="userid",
            ),
        ),
    ),
)


# Job Assignments (Moodle Workplace). The key is in the body of one call and in the path of the other.
JOB_ASSIGNMENT = Resource(
    name="job_assignment",
    title="job assignments",
    key=("userid", "departmentid", "positionid"),
    fields=(
        identifier("userid", "User ID number"),
        identifier("departmentid", "Department ID number"),
        identifier("positionid", "Position ID number"),
        Field("startdate", kind="instant", form="site_time", label="Start date"),
        Field("enddate", kind="instant", form="site_time", label="End date"),
    ),
    reads=(
        Read(
            "organisation/user/{userid}/job",
            by=("userid",),
            take=plain("departmentid", "positionid", "startdate", "enddate"),
            many=True,
        ),
    ),
    put=Write(
        "PUT",
        "organisation/user/{userid}",
        key_in_body=("departmentid", "positionid"),
        take=plain("startdate", "enddate"),
        mirrors={"userid": "userid", "departmentid": "departmentid", "positionid": "positionid"},
    ),
    delete=Write("DELETE", "organisation/user/{userid}/department/{departmentid}/position/{positionid}", empty=True),
    refs=(Ref("user", {"userid": "userid"}),),
    optional=True,
    pulls=(
        Pull(
            "organisation/user/{userid}/job",
            by=("userid",),
            of="user",
            columns=columns(
                "departmentid positionid startdate enddate id tenantid timecreated timemodified usermodified"
            ),
        ),
    ),
)


# Direct Managers (Moodle Workplace). The answers give the three permissions as the bits of one number.
MANAGER = Resource(
    name="manager",
    title="managers",
    key=("userid", "managerid"),
    fields=(
        identifier("userid", "User ID number"),
        identifier("managerid", "Manager's ID number"),
        Field("perm_allocate_programs", kind="flag", label="Can allocate programs"),
        Field("perm_view_reports", kind="flag", label="Can view reports"),
        Field("perm_be_notified", kind="flag", label="Receives notifications"),
        Field("keepexisting", kind="flag", send="with", default="1", label="Keep existing managers"),
    ),
    reads=(
        Read(
            "organisation/user/{userid}/manager",
            by=("userid",),
            take={"managerid": Take("managerid"), **_permissions()},
            many=True,
        ),
    ),
    put=Write(
        "PUT",
        "organisation/user/{userid}/manager/{managerid}",
        take=_permissions(),
        mirrors={"userid": "userid", "managerid": "managerid"},
    ),
    delete=Write("DELETE", "organisation/user/{userid}/manager/{managerid}", empty=True),
    refs=(Ref("user", {"userid": "userid"}), Ref("user", {"managerid": "userid"})),
    optional=True,
    pulls=(
        Pull(
            "organisation/user/{userid}/manager",
            by=("userid",),
            of="user",
            columns=columns("managerid permissions id tenantid timecreated timemodified usermodified"),
        ),
    ),
)
