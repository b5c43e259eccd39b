"""Courses, their groups, category grades and the links between them."""

from __future__ import annotations

from collections.abc import Iterable

from sync.site.client import endpoints as at
from sync.site.client.calling import Caller, Instant
from sync.site.client.shapes import CategoryGrade, Course, CourseEnrolment, Group, Metalink


class Courses(Caller):
    """The reference's sections Courses, Course Groups and Metalinks."""

    # -- Courses ---------------------------------------------------------------------------------------------------

    def course(self, courseid: str) -> Course:
        """One course (reference: Get a Course). Raises NotFound."""
        return self._ask(at.COURSE, courseid=courseid)

    def put_course(
        self,
        courseid: str,
        *,
        fullname: str | None = None,
        shortname: str | None = None,
        startdate: Instant | None = None,
        categorypath: str | None = None,
        **more: str | int,
    ) -> Course:
        """Create or change a course, and get it as it is now (reference: Create/Update a Course).

        `categorypath` begins with a slash; its categories are made as needed. `more` are fields beyond those the
        reference shows. A short name another course has is Refused.
        """
        body = {"fullname": fullname, "shortname": shortname, "startdate": startdate, "categorypath": categorypath}
        return self._ask(at.PUT_COURSE, body={**body, **more}, courseid=courseid)

    def delete_course(self, courseid: str) -> None:
        """Delete a course with everything in it (reference: Delete a Course). Raises NotFound."""
        self._ask(at.DELETE_COURSE, courseid=courseid)

    def course_enrolments(self, courseid: str) -> list[CourseEnrolment]:
        """Who is in a course, by every plugin (reference: List Enrollments in a Course). Raises NotFound."""
        return self._ask(at.COURSE_ENROLMENTS, courseid=courseid)

    def category_grades(self, courseid: str, catid: str, *, userids: Iterable[str] = ()) -> list[CategoryGrade]:
        """The grades in a grade category (reference: Get Category Grades); of `userids` alone, where given.

        Raises NotFound.
        """
        only = {"userid[]": tuple(userids) or None}
        return self._ask(at.CATEGORY_GRADES, query=only, courseid=courseid, catid=catid)

    def put_category_grade(
        self, courseid: str, catid: str, userid: str, grade: float | str, *, lock: bool = False
    ) -> CategoryGrade:
        """Override a grade, and get it as it is now (reference: Override Category Grades).

        `lock` keeps it from being changed in Moodle. Raises NotFound.
        """
        option = {"lock": "true" if lock else None}
        return self._ask(
            at.PUT_CATEGORY_GRADE, query=option, courseid=courseid, catid=catid, userid=userid, grade=str(grade)
        )

    # -- Course Groups ---------------------------------------------------------------------------------------------

    def groups(self, courseid: str) -> list[Group]:
        """The groups of a course (reference: List Course Groups). Raises NotFound."""
        return self._ask(at.GROUPS, courseid=courseid)

    def group(self, courseid: str, groupid: str) -> Group:
        """One group of a course (reference: Get a Course Group). Raises NotFound."""
        return self._ask(at.GROUP, courseid=courseid, groupid=groupid)

    def put_group(
        self,
        courseid: str,
        groupid: str,
        *,
        name: str | None = None,
        description: str | None = None,
        **more: str | int,
    ) -> Group:
        """Create or change a group, and get it as it is now (reference: Create/Update a Course Group).

        `more` are fields beyond those the reference shows. Raises NotFound for the course.
        """
        body = {"name": name, "description": description}
        return self._ask(at.PUT_GROUP, body={**body, **more}, courseid=courseid, groupid=groupid)

    def delete_group(self, courseid: str, groupid: str) -> None:
        """Delete a group (reference: Delete a Course Group). Raises NotFound."""
        self._ask(at.DELETE_GROUP, courseid=courseid, groupid=groupid)

    def put_group_member(self, courseid: str, groupid: str, userid: str) -> None:
        """Put somebody into a group (reference: Add/Update a Course Group User). No call lists who is in it.

        Raises NotFound for the course, group or user, and Refused for somebody who is not in the course.
        """
        self._ask(at.PUT_GROUP_MEMBER, courseid=courseid, groupid=groupid, userid=userid)

    def delete_group_member(self, courseid: str, groupid: str, userid: str) -> None:
        """Take somebody out of a group (reference: Remove a Course Group User). Raises NotFound."""
        self._ask(at.DELETE_GROUP_MEMBER, courseid=courseid, groupid=groupid, userid=userid)

    # -- Metalinks -------------------------------------------------------------------------------------------------

    def metalink(self, parent_courseid: str, metalink_courseid: str) -> Metalink:
        """The link that brings the people of a course into its parent (reference: Get a Metalink). Raises NotFound."""
        return self._ask(at.METALINK, parent_courseid=parent_courseid, metalink_courseid=metalink_courseid)

    def put_metalink(
        self,
        parent_courseid: str,
        metalink_courseid: str,
        *,
        group: str | None = None,
        groupname: str | None = None,
        groupid: str | None = None,
        **more: str | int,
    ) -> Metalink:
        """Link a course into its parent, and get the link (reference: Create a Metalink).

        With `group="new"` its people come into a group of the parent, called `groupname` and addressed by `groupid`;
        without a `groupid`, each such call may make another group. `more` are fields beyond those the reference
        shows. Raises NotFound for the courses.
        """
        return self._ask(
            at.PUT_METALINK,
            body={"group": group, "groupname": groupname, "groupid": groupid, **more},
            parent_courseid=parent_courseid,
            metalink_courseid=metalink_courseid,
        )

    def delete_metalink(self, parent_courseid: str, metalink_courseid: str) -> None:
        """Undo a link; those it brought leave the parent (reference: Delete a Metalink). Raises NotFound."""
        self._ask(at.DELETE_METALINK, parent_courseid=parent_courseid, metalink_courseid=metalink_courseid)
