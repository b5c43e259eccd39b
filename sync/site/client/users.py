"""Users, and what they have in courses: enrolments, completions, grades."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sync.site.client import endpoints as at
from sync.site.client.calling import Caller, Instant, every_page, written
from sync.site.client.shapes import Completion, Grade, User, UserEnrolment

PAGE: Final = 100
"""Rows per request when a list is read to its end."""


class Users(Caller):
    """The reference's sections Users, Enrolments, Course Completions and Grades."""

    # -- Users -----------------------------------------------------------------------------------------------------

    def user(self, userid: str) -> User:
        """One user (reference: Get a User). Raises NotFound."""
        return self._ask(at.USER, userid=userid)

    def put_user(
        self,
        userid: str,
        *,
        username: str | None = None,
        firstname: str | None = None,
        lastname: str | None = None,
        email: str | None = None,
        **more: str | int,
    ) -> User:
        """Create or change a user, and get them as they are now (reference: Create/Update a User).

        `more` are fields beyond those the reference shows. A username or email address another user has is Refused.
        """
        body = {"username": username, "firstname": firstname, "lastname": lastname, "email": email}
        return self._ask(at.PUT_USER, body={**body, **more}, userid=userid)

    def delete_user(self, userid: str) -> None:
        """Delete a user with all their enrolments, groups and grades (reference: Delete a User). Raises NotFound."""
        self._ask(at.DELETE_USER, userid=userid)

    # -- Enrolments ------------------------------------------------------------------------------------------------

    def user_enrolments(self, userid: str, *, plugin: str | None = None) -> list[UserEnrolment]:
        """The courses somebody is in (reference: List User Enrolments); by `plugin` alone, where given, like nexsis.

        Raises NotFound.
        """
        return self._ask(at.USER_ENROLMENTS, query={"plugin": plugin}, userid=userid)

    def put_enrolment(self, userid: str, courseid: str, roleid: str) -> None:
        """Enrol somebody in a course, or change their role there (reference: Enrol a User in a Course).

        `roleid` is a role's short name, like student. Raises NotFound for the user or course.
        """
        self._ask(at.PUT_ENROLMENT, body={"roleid": roleid}, userid=userid, courseid=courseid)

    def delete_enrolment(self, userid: str, courseid: str, *, plugin: str | None = None) -> None:
        """Unenrol somebody from a course (reference: Unenrol a User from a Course).

        With `plugin`, like nexsis, other enrolments stay; without, somebody enrolled manually is out as well. With
        the last enrolment, groups and grades are removed too. Raises NotFound.
        """
        self._ask(at.DELETE_ENROLMENT, query={"plugin": plugin}, userid=userid, courseid=courseid)

    # -- Course Completions ----------------------------------------------------------------------------------------

    def completion(self, courseid: str, userid: str) -> Completion:
        """Somebody's completion of a course (reference: Get User Course Completion). Raises NotFound."""
        return self._ask(at.COMPLETION, courseid=courseid, userid=userid)

    def add_completion(self, courseid: str, userid: str, completed: Instant) -> None:
        """Say when somebody completed a course (reference: Add Course Completion).

        Where a time is known already, that one stays. Nothing undoes this. Raises NotFound for the course or user.
        """
        self._ask(
            at.ADD_COMPLETION, courseid=courseid, userid=userid, timestamp_course_completion=str(written(completed))
        )

    # -- Grades ----------------------------------------------------------------------------------------------------

    def user_grades(self, userid: str) -> list[Grade]:
        """Somebody's grades in all their courses (reference: Get User Grades). Raises NotFound."""
        return self._ask(at.USER_GRADES, userid=userid)

    def course_grades(self, courseid: str, *, page: int | None = None, pagesize: int | None = None) -> list[Grade]:
        """Grades of one course: a page, counted from 0, of `pagesize` rows (reference: Get Course Grades).

        The reference does not name the parameter for the page; the client's `page` does. Raises NotFound.
        """
        return self._ask(at.COURSE_GRADES, query={self._page: page, "pagesize": pagesize}, courseid=courseid)

    def all_course_grades(self, courseid: str, *, pagesize: int = PAGE) -> Iterator[Grade]:
        """All grades of one course, read page by page as they are needed (reference: Get Course Grades).

        `pagesize` must not be more than the site gives at a time: a page that is not full ends the list. Raises
        NotFound, and NotTheApi if the site gives the same page again.
        """
        return every_page(lambda page: self.course_grades(courseid, page=page, pagesize=pagesize), pagesize)
