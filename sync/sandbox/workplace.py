"""What only a Moodle Workplace has, seen from within the process: programs, certifications, jobs, managers."""

from __future__ import annotations

from sync.sandbox.rules.institution import Kind, put
from sync.sandbox.schema import Database


class Workplace(Database):
    """The parts of the institution, which no call creates, and who has what in it.

    Adding one that is there gives it another name.
    """

    def add_program(self, programid: str, name: str) -> None:
        self._put("program", programid, name)

    def add_certification(self, certificationid: str, name: str) -> None:
        self._put("certification", certificationid, name)

    def add_department(self, departmentid: str, name: str) -> None:
        self._put("department", departmentid, name)

    def add_position(self, positionid: str, name: str) -> None:
        self._put("position", positionid, name)

    def institution(self) -> list[tuple[Kind, str, str]]:
        """(kind, identifier, name) of every part of the institution, sorted."""
        return sorted(self._rows("SELECT kind, idnumber, name FROM institution"))

    def program_allocations(self) -> list[tuple[str | None, str, int, int, int, int, int]]:
        """(userid, programid, startdate, duedate, enddate, status, how often it was reset), sorted.

        Dates are seconds since 1970, 0 for none.
        """
        return sorted(
            self._rows(
                "SELECT u.idnumber, i.idnumber, a.startdate, a.duedate, a.enddate, a.status, a.resets"
                " FROM program_allocation a JOIN user u ON u.id = a.user JOIN institution i ON i.id = a.program"
            ),
            key=str,
        )

    def certification_allocations(self) -> list[tuple[str | None, str, int, int, int, int, int, int]]:
        """(userid, certificationid, startdate, duedate, expirydate, certifieddate, status, revoked), sorted.

        Dates are seconds since 1970, 0 for none. No answer of the API shows them.
        """
        return sorted(
            self._rows(
                "SELECT u.idnumber, i.idnumber, a.startdate, a.duedate, a.expirydate, a.certifieddate, a.status,"
                " a.revoked"
                " FROM certification_allocation a JOIN user u ON u.id = a.user"
                " JOIN institution i ON i.id = a.certification"
            ),
            key=str,
        )

    def jobs(self) -> list[tuple[str | None, str, str, int, int]]:
        """(userid, departmentid, positionid, startdate, enddate), sorted; dates as seconds since 1970, 0 for none."""
        return sorted(
            self._rows(
                "SELECT u.idnumber, d.idnumber, p.idnumber, j.startdate, j.enddate FROM job j"
                " JOIN user u ON u.id = j.user JOIN institution d ON d.id = j.department"
                " JOIN institution p ON p.id = j.position"
            ),
            key=str,
        )

    def managers(self) -> list[tuple[str | None, str | None, int]]:
        """(userid, the manager's userid, permissions), sorted."""
        return sorted(
            self._rows(
                "SELECT u.idnumber, m.idnumber, r.permissions FROM manager r"
                " JOIN user u ON u.id = r.user JOIN user m ON m.id = r.manager"
            ),
            key=str,
        )

    def _put(self, kind: Kind, key: str, name: str) -> None:
        with self.transaction() as db:
            put(db, self.conventions, kind, key, name)
