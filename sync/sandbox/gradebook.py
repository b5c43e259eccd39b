"""Results of the teaching, seen from within the process: completions, grades, category grades; and the log."""

from __future__ import annotations

from sync.sandbox.conventions import epoch_of
from sync.sandbox.rules import category_grades, completions, courses, grades, logs, users
from sync.sandbox.schema import Database


class Gradebook(Database):
    """Completions, grades and the log, to set up and look at.

    Grades and grade categories may be added before their users and courses: they wait for them.
    """

    def add_completion(self, userid: str, courseid: str, timecompleted: int = 0) -> None:
        """Add a record of somebody who completed at that second since 1970; with 0, of somebody who has not yet."""
        with self.transaction() as db:
            user = users.found(db, self.conventions, userid)["id"]
            course = courses.found(db, self.conventions, courseid)["id"]
            completions.put(db, user, course, timecompleted)

    def add_grade(
        self,
        userid: str,
        courseid: str,
        rawfinalgrade: float,
        rawgrademax: float = 100,
        feedback: str = "",
        timemodified: str = "",
    ) -> None:
        """Grade somebody in a whole course, at that ISO time or now; an existing grade keeps its time.

        Raises ValueError if the grade is below 0, `rawgrademax` is not above 0, or the time is not one.
        """
        if not (0 <= rawfinalgrade < float("inf") and 0 < rawgrademax < float("inf")):
            raise ValueError(f"a grade of {rawfinalgrade} out of {rawgrademax} is impossible")
        at = epoch_of(timemodified, self.conventions.zone) if timemodified else None
        if timemodified and at is None:
            raise ValueError(f"{timemodified} is not a time")
        with self.transaction() as db:
            grade = grades.GivenGrade(rawfinalgrade, rawgrademax, feedback, at)
            grades.put(db, self.conventions, userid, courseid, grade)

    def add_grade_category(self, courseid: str, category: int, name: str) -> None:
        """Divide a course's grades, under one of Moodle's own numbers; an existing category gets another name."""
        with self.transaction() as db:
            category_grades.put_category(db, self.conventions, courseid, category, name)

    def add_category_grade(self, userid: str, courseid: str, category: int, grade: float, locked: bool = False) -> None:
        """A grade that Moodle has calculated and nobody has overridden."""
        with self.transaction() as db:
            item = category_grades.category_of(db, self.conventions, courseid, str(category))["item"]
            user = users.found(db, self.conventions, userid)["id"]
            category_grades.write(db, item, user, grade, self.conventions.now(), overridden=False, locked=locked)

    def add_log(self, level: logs.Level, message: str, detail: str = "") -> None:
        """A line of the plugin's log that belongs to no call."""
        with self.transaction() as db:
            logs.write(db, level, message, detail)

    def completions(self) -> list[tuple[str | None, str, int]]:
        """(userid, courseid, timecompleted), sorted; times in seconds since 1970, 0 where not completed."""
        return sorted(
            self._rows(
                "SELECT u.idnumber, c.idnumber, k.timecompleted FROM completion k"
                " JOIN user u ON u.id = k.user JOIN course c ON c.id = k.course"
            ),
            key=str,
        )

    def grades(self) -> list[tuple[str, str, float, float]]:
        """(userid, courseid, rawfinalgrade, rawgrademax) of the existing users and courses, sorted."""
        return sorted(
            self._rows(
                "SELECT u.idnumber, c.idnumber, g.rawfinalgrade, g.rawgrademax FROM grade g"
                " JOIN user u ON u.same = g.same_user JOIN course c ON c.same = g.same_course"
            )
        )

    def grade_categories(self) -> list[tuple[str, int, str]]:
        """(courseid, number, name) of the existing courses, sorted. Every course has one from the start."""
        return sorted(
            self._rows("SELECT c.idnumber, g.id, g.name FROM grade_category g JOIN course c ON c.same = g.same_course")
        )

    def category_grades(self) -> list[tuple[str | None, str, int, float, bool, bool]]:
        """(userid, courseid, category, grade, is it overridden, is it locked), sorted."""
        rows = self._rows(
            "SELECT u.idnumber, c.idnumber, k.id, g.finalgrade, g.overridden, g.locked FROM category_grade g"
            " JOIN user u ON u.id = g.user JOIN grade_category k ON k.item = g.item"
            " JOIN course c ON c.same = k.same_course"
        )
        return sorted(((*row[:4], bool(row[4]), bool(row[5])) for row in rows), key=str)
