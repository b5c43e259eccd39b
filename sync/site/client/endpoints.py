"""The endpoints of the reference, and the client's method for each.

An endpoint has the name of its method, in capitals. The reference contradicts itself in two places: here, metalinks
are written below `course/`, where they are read and deleted, and category grades are in the singular throughout.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Generic, Literal, TypeVar

from sync.site.client.shapes import (
    CategoryGrade,
    CertificationAllocation,
    Completion,
    Course,
    CourseEnrolment,
    Grade,
    Group,
    JobAssignment,
    Log,
    Manager,
    Metalink,
    Pong,
    ProgramAllocation,
    User,
    UserEnrolment,
)

Said = TypeVar("Said")


@dataclass(frozen=True)
class Endpoint(Generic[Said]):
    """One call of the reference, whose successful answer is a `Said`.

    `heading` is section and title of the reference; `many`: is the answer a list; `empty`: may it have no body.
    """

    method: Literal["GET", "PUT", "POST", "DELETE"]
    path: str
    heading: str
    many: bool = False
    empty: bool = False


PING = Endpoint[Pong]("GET", "ping", "Health Checks: Ping")

COURSE = Endpoint[Course]("GET", "course/{courseid}", "Courses: Get a Course")
PUT_COURSE = Endpoint[Course]("PUT", "course/{courseid}", "Courses: Create/Update a Course")
DELETE_COURSE = Endpoint[None]("DELETE", "course/{courseid}", "Courses: Delete a Course", empty=True)
COURSE_ENROLMENTS = Endpoint[list[CourseEnrolment]](
    "GET", "course/{courseid}/enrol", "Courses: List Enrollments in a Course", many=True
)
CATEGORY_GRADES = Endpoint[list[CategoryGrade]](
    "GET", "course/{courseid}/categorygrade/{catid}", "Courses: Get Category Grades", many=True
)
PUT_CATEGORY_GRADE = Endpoint[CategoryGrade](
    "PUT", "course/{courseid}/categorygrade/{catid}/{userid}/{grade}", "Courses: Override Category Grades"
)

USER = Endpoint[User]("GET", "user/{userid}", "Users: Get a User")
PUT_USER = Endpoint[User]("PUT", "user/{userid}", "Users: Create/Update a User")
DELETE_USER = Endpoint[None]("DELETE", "user/{userid}", "Users: Delete a User", empty=True)

USER_ENROLMENTS = Endpoint[list[UserEnrolment]](
    "GET", "user/{userid}/enrol", "Enrolments: List User Enrolments", many=True
)
PUT_ENROLMENT = Endpoint[None](
    "PUT", "user/{userid}/enrol/{courseid}", "Enrolments: Enrol a User in a Course", empty=True
)
DELETE_ENROLMENT = Endpoint[None](
    "DELETE", "user/{userid}/enrol/{courseid}", "Enrolments: Unenrol a User from a Course", empty=True
)

GROUPS = Endpoint[list[Group]]("GET", "course/{courseid}/group", "Course Groups: List Course Groups", many=True)
GROUP = Endpoint[Group]("GET", "course/{courseid}/group/{groupid}", "Course Groups: Get a Course Group")
PUT_GROUP = Endpoint[Group]("PUT", "course/{courseid}/group/{groupid}", "Course Groups: Create/Update a Course Group")
DELETE_GROUP = Endpoint[None](
    "DELETE", "course/{courseid}/group/{groupid}", "Course Groups: Delete a Course Group", empty=True
)
PUT_GROUP_MEMBER = Endpoint[None](
    "PUT",
    "course/{courseid}/group/{groupid}/user/{userid}",
    "Course Groups: Add/Update a Course Group User",
    empty=True,
)
DELETE_GROUP_MEMBER = Endpoint[None](
    "DELETE", "course/{courseid}/group/{groupid}/user/{userid}", "Course Groups: Remove a Course Group User", empty=True
)

COMPLETION = Endpoint[Completion](
    "GET", "course/{courseid}/user/{userid}/completion", "Course Completions: Get User Course Completion"
)
ADD_COMPLETION = Endpoint[None](
    "POST",
    "course/{courseid}/user/{userid}/completion/{timestamp_course_completion}",
    "Course Completions: Add Course Completion",
    empty=True,
)

USER_GRADES = Endpoint[list[Grade]]("GET", "user/{userid}/grade", "Grades: Get User Grades", many=True)
COURSE_GRADES = Endpoint[list[Grade]]("GET", "course/{courseid}/grade", "Grades: Get Course Grades", many=True)

METALINK = Endpoint[Metalink](
    "GET", "course/{parent_courseid}/metalink/{metalink_courseid}", "Metalinks: Get a Metalink"
)
PUT_METALINK = Endpoint[Metalink](
    "PUT", "course/{parent_courseid}/metalink/{metalink_courseid}", "Metalinks: Create a Metalink"
)
DELETE_METALINK = Endpoint[None](
    "DELETE", "course/{parent_courseid}/metalink/{metalink_courseid}", "Metalinks: Delete a Metalink", empty=True
)

PROGRAM_ALLOCATION = Endpoint[ProgramAllocation](
    "GET", "program/{programid}/user/{userid}", "Programs: Get Program Allocation"
)
PUT_PROGRAM_ALLOCATION = Endpoint[ProgramAllocation](
    "PUT", "program/{programid}/user/{userid}", "Programs: Add or Update Program Allocation"
)
DELETE_PROGRAM_ALLOCATION = Endpoint[None](
    "DELETE", "program/{programid}/user/{userid}", "Programs: Remove Program Allocation", empty=True
)

CERTIFICATION_ALLOCATION = Endpoint[CertificationAllocation](
    "GET", "certification/{certificationid}/user/{userid}", "Certifications: Get Certification Allocation"
)
PUT_CERTIFICATION_ALLOCATION = Endpoint[CertificationAllocation](
    "PUT", "certification/{certificationid}/user/{userid}", "Certifications: Add or Update Certification Allocation"
)
DELETE_CERTIFICATION_ALLOCATION = Endpoint[None](
    "DELETE",
    "certification/{certificationid}/user/{userid}",
    "Certifications: Remove Certification Allocation",
    empty=True,
)

JOB_ASSIGNMENTS = Endpoint[list[JobAssignment]](
    "GET", "organisation/user/{userid}/job", "Job Assignments: Get User Job Assignments", many=True
)
PUT_JOB_ASSIGNMENT = Endpoint[JobAssignment](
    "PUT", "organisation/user/{userid}", "Job Assignments: Add or Update User Job Assignment"
)
DELETE_JOB_ASSIGNMENT = Endpoint[None](
    "DELETE",
    "organisation/user/{userid}/department/{departmentid}/position/{positionid}",
    "Job Assignments: Remove User Job Assignment",
    empty=True,
)

MANAGERS = Endpoint[list[Manager]](
    "GET", "organisation/user/{userid}/manager", "Direct Managers: Get Organisation User Manager", many=True
)
PUT_MANAGER = Endpoint[Manager](
    "PUT",
    "organisation/user/{userid}/manager/{reportsto_userid}",
    "Direct Managers: Assign Manager to Organisation User",
)
DELETE_MANAGER = Endpoint[None](
    "DELETE",
    "organisation/user/{userid}/manager/{reportsto_userid}",
    "Direct Managers: Remove an Organisation User Manager",
    empty=True,
)

LOGS = Endpoint[list[Log]]("GET", "logs", "Logs: Get Logs", many=True)

ENDPOINTS: Mapping[str, Endpoint[Any]] = MappingProxyType(
    {name.lower(): each for name, each in vars().copy().items() if isinstance(each, Endpoint)}
)
"""All endpoints by the name of the client's method, in the order of the reference."""
