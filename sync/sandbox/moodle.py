"""The site as seen from within the process: to set the stage for a test, and to look at the result."""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter

from sync.sandbox.gradebook import Gradebook
from sync.sandbox.rules import Arguments, courses, enrolments, groups, metalinks, users
from sync.sandbox.settings import LoggedRequest
from sync.sandbox.workplace import Workplace


class Moodle(Gradebook, Workplace):
    """Courses and the people in them; its base classes add the rest."""

    def add_user(
        self,
        userid: str | None,
        username: str,
        email: str | None = None,
        firstname: str = "Test",
        lastname: str = "User",
    ) -> None:
        """Add a user; without a `userid`, somebody created manually, unknown to any SIS."""
        body = {
            "username": username,
            "firstname": firstname,
            "lastname": lastname,
            "email": email or f"{username}@example.com",
        }
        with self.transaction() as db:
            if userid is None:
                users.insert(db, None, None, body)
            else:
                users.put(db, self.conventions, Arguments({"userid": userid}, body=body))

    def change_userid(self, userid: str, new: str = "") -> None:
        """Act as an administrator who changes an account's ID number, or clears it: it is not found by the old one."""
        with self.transaction() as db:
            users.renumber(db, self.conventions, users.found(db, self.conventions, userid), new)

    def add_course(self, courseid: str, fullname: str | None = None, shortname: str | None = None, **more: str) -> None:
        """Add a course; `more` may give startdate and categorypath. Names default to the `courseid`."""
        body = {"fullname": fullname or courseid, "shortname": shortname or courseid, **more}
        with self.transaction() as db:
            courses.put(db, self.conventions, Arguments({"courseid": courseid}, body=body))

    def suspend(self, user: str, course: str, *, suspended: bool = True) -> None:
        """Act as somebody who suspends an enrolment of the API in Moodle, or makes it active again."""
        with self.transaction() as db:
            enrolments.suspend(db, self.conventions, (user, course), suspended=suspended)

    def suspended(self) -> list[tuple[str, str]]:
        """(userid, courseid) of suspended enrolments, sorted."""
        return sorted(
            self._rows(
                "SELECT u.idnumber, c.idnumber FROM enrolled e JOIN user u ON u.id = e.user"
                " JOIN course c ON c.id = e.course WHERE e.status"
            )
        )

    def add_enrolment(
        self, user: str, course: str, role: str = "student", plugin: str = "nexsis", suspended: bool = False
    ) -> None:
        """Enrol by any plugin. `user` is a userid, or the username of someone created manually."""
        with self.transaction() as db:
            at_course = courses.found(db, self.conventions, course)["id"]
            row = db.execute("SELECT id FROM user WHERE username = ?", (user,)).fetchone()
            person = row["id"] if row else users.found(db, self.conventions, user)["id"]
            enrolments.enrol(db, person, at_course, enrolments.role_named(db, self.conventions, role), plugin)
            enrolments.set_status(db, (person, at_course, plugin), suspended=suspended)

    def add_group(self, course: str, groupid: str | None, name: str, description: str = "") -> None:
        """Add a group; without a `groupid`, one that a teacher created."""
        body = {"name": name, "description": description}
        with self.transaction() as db:
            at_course = courses.found(db, self.conventions, course)["id"]
            groups.insert(db, self.conventions, at_course, groupid, body)

    def clear_group(self, course: str, groupid: str) -> None:
        """Act as an administrator who removes a group's ID number: it is not found by it again."""
        with self.transaction() as db:
            groups.clear(db, courses.found(db, self.conventions, course)["id"], groupid)

    def add_metalink(self, parent: str, linked: str, **body: str) -> None:
        """Link a course to a parent; `body` may give group, groupname and groupid, as the API takes them."""
        with self.transaction() as db:
            metalinks.put(
                db, self.conventions, Arguments({"parent_courseid": parent, "metalink_courseid": linked}, body=body)
            )

    def rename_category(self, path: str, name: str) -> None:
        """Act as an administrator who renames a category."""
        with self.transaction() as db:
            category = courses.category_at(db, self.conventions, path)
            db.execute(
                "UPDATE category SET name = ?, same = ? WHERE id = ?", (name, self.conventions.same(name), category)
            )

    def users(self) -> list[tuple[str | None, str, str, str, str]]:
        """(userid, username, firstname, lastname, email), in the order they were created."""
        return self._rows("SELECT idnumber, username, firstname, lastname, email FROM user ORDER BY id")

    def courses(self) -> list[tuple[str, str, str, str, str]]:
        """(courseid, fullname, shortname, startdate, categorypath), in the order they were created."""
        with self._lock:
            rows = self._db.execute("SELECT * FROM course ORDER BY id").fetchall()
            shapes = [courses.shape(self._db, self.conventions, row) for row in rows]
        names = ("courseid", "fullname", "shortname", "startdate", "categorypath")
        return list(map(itemgetter(*names), shapes))

    def categories(self) -> list[str]:
        """The path of every category, sorted."""
        with self._lock:
            rows = self._db.execute("SELECT id FROM category").fetchall()
            return sorted(courses.path_of(self._db, row["id"]) for row in rows)

    def enrolments(self, plugin: str | None = None) -> list[tuple[str | None, str, str]]:
        """(userid, courseid, role's short name), sorted; of one plugin, or of all."""
        return sorted(
            self._rows(
                "SELECT u.idnumber, c.idnumber, e.role FROM enrolled e JOIN user u ON u.id = e.user"
                " JOIN course c ON c.id = e.course WHERE e.plugin = coalesce(?, e.plugin)",
                plugin,
            ),
            key=str,
        )

    def groups(self) -> list[tuple[str, str | None, str, str]]:
        """(courseid, groupid, name, description), sorted."""
        return sorted(
            self._rows(
                "SELECT c.idnumber, g.idnumber, g.name, g.description"
                " FROM course_group g JOIN course c ON c.id = g.course"
            ),
            key=str,
        )

    def members(self) -> list[tuple[str, str | None, str | None]]:
        """(courseid, groupid, userid), sorted."""
        return sorted(
            self._rows(
                "SELECT c.idnumber, g.idnumber, u.idnumber FROM member m JOIN user u ON u.id = m.user"
                " JOIN course_group g ON g.id = m.course_group JOIN course c ON c.id = g.course"
            ),
            key=str,
        )

    def metalinks(self) -> list[tuple[str, str, str | None]]:
        """(parent's courseid, linked course's, groupid), sorted."""
        return sorted(
            self._rows(
                "SELECT p.idnumber, c.idnumber, g.idnumber FROM metalink m JOIN course p ON p.id = m.course"
                " JOIN course c ON c.id = m.linked LEFT JOIN course_group g ON g.id = m.course_group"
            ),
            key=str,
        )


@dataclass(frozen=True)
class Sandbox:
    """A Moodle that is being served: the site's address, its token, the requests so far, and the site itself."""

    url: str
    token: str
    requests: list[LoggedRequest]
    moodle: Moodle

    @property
    def races(self) -> list[LoggedRequest]:
        """The requests that would have written duplicates on a real Moodle."""
        return [request for request in self.requests if request.race]
