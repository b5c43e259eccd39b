"""What users are given beyond courses: programs, certifications, jobs and managers."""

from __future__ import annotations

from sync.site.client import endpoints as at
from sync.site.client.calling import Caller, Flag, Instant
from sync.site.client.shapes import CertificationAllocation, JobAssignment, Manager, ProgramAllocation


class Organisation(Caller):
    """The reference's sections Programs, Certifications, Job Assignments and Direct Managers."""

    # -- Programs --------------------------------------------------------------------------------------------------

    def program_allocation(self, programid: str, userid: str) -> ProgramAllocation:
        """Somebody's place in a program (reference: Get Program Allocation). Raises NotFound."""
        return self._ask(at.PROGRAM_ALLOCATION, programid=programid, userid=userid)

    def put_program_allocation(
        self,
        programid: str,
        userid: str,
        *,
        startdate: Instant | None = None,
        duedate: Instant | None = None,
        enddate: Instant | None = None,
        status: Flag | None = None,
        resetprogram: Flag | None = None,
        **more: str | int,
    ) -> ProgramAllocation:
        """Give somebody a place in a program, or change it (reference: Add or Update Program Allocation).

        `resetprogram` makes them start again. Text without an offset is in the site's time zone. `more` are fields
        beyond those the reference shows. Raises NotFound for the program or user.
        """
        body = {
            "startdate": startdate,
            "duedate": duedate,
            "enddate": enddate,
            "status": status,
            "resetprogram": resetprogram,
        }
        return self._ask(at.PUT_PROGRAM_ALLOCATION, body={**body, **more}, programid=programid, userid=userid)

    def delete_program_allocation(self, programid: str, userid: str) -> None:
        """Take somebody out of a program, with all records of it (reference: Remove Program Allocation).

        Raises NotFound.
        """
        self._ask(at.DELETE_PROGRAM_ALLOCATION, programid=programid, userid=userid)

    # -- Certifications --------------------------------------------------------------------------------------------

    def certification_allocation(self, certificationid: str, userid: str) -> CertificationAllocation:
        """Somebody's place in a certification (reference: Get Certification Allocation). Raises NotFound."""
        return self._ask(at.CERTIFICATION_ALLOCATION, certificationid=certificationid, userid=userid)

    def put_certification_allocation(
        self,
        certificationid: str,
        userid: str,
        *,
        startdate: Instant | None = None,
        duedate: Instant | None = None,
        expirydate: Instant | None = None,
        certifieddate: Instant | None = None,
        suspendstatus: Flag | None = None,
        revokedcertification: Flag | None = None,
        **more: str | int,
    ) -> CertificationAllocation:
        """Give somebody a place in a certification, or change it (reference: Add or Update Certification Allocation).

        Text without an offset is in the site's time zone. `more` are fields beyond those the reference shows. Raises
        NotFound for the certification or user.
        """
        body = {
            "startdate": startdate,
            "duedate": duedate,
            "expirydate": expirydate,
            "certifieddate": certifieddate,
            "suspendstatus": suspendstatus,
            "revokedcertification": revokedcertification,
        }
        return self._ask(
            at.PUT_CERTIFICATION_ALLOCATION, body={**body, **more}, certificationid=certificationid, userid=userid
        )

    def delete_certification_allocation(self, certificationid: str, userid: str) -> None:
        """Take somebody out of a certification (reference: Remove Certification Allocation). Raises NotFound."""
        self._ask(at.DELETE_CERTIFICATION_ALLOCATION, certificationid=certificationid, userid=userid)

    # -- Job Assignments -------------------------------------------------------------------------------------------

    def job_assignments(self, userid: str) -> list[JobAssignment]:
        """The jobs somebody has (reference: Get User Job Assignments). Raises NotFound."""
        return self._ask(at.JOB_ASSIGNMENTS, userid=userid)

    def put_job_assignment(
        self,
        userid: str,
        departmentid: str,
        positionid: str,
        *,
        startdate: Instant | None = None,
        enddate: Instant | None = None,
        **more: str | int,
    ) -> JobAssignment:
        """Give somebody a position in a department, or change its dates (reference: Add or Update User Job Assignment).

        Text without an offset is in the site's time zone. `more` are fields beyond those the reference shows. Raises
        NotFound for the user, department or position.
        """
        body = {"departmentid": departmentid, "positionid": positionid, "startdate": startdate, "enddate": enddate}
        return self._ask(at.PUT_JOB_ASSIGNMENT, body={**body, **more}, userid=userid)

    def delete_job_assignment(self, userid: str, departmentid: str, positionid: str) -> None:
        """Take a position in a department from somebody (reference: Remove User Job Assignment). Raises NotFound."""
        self._ask(at.DELETE_JOB_ASSIGNMENT, userid=userid, departmentid=departmentid, positionid=positionid)

    # -- Direct Managers -------------------------------------------------------------------------------------------

    def managers(self, userid: str) -> list[Manager]:
        """Whom somebody reports to (reference: Get Organisation User Manager). Raises NotFound."""
        return self._ask(at.MANAGERS, userid=userid)

    def put_manager(
        self,
        userid: str,
        reportsto_userid: str,
        *,
        keepexisting: Flag | None = None,
        perm_allocate_programs: Flag | None = None,
        perm_view_reports: Flag | None = None,
        perm_be_notified: Flag | None = None,
        **more: str | int,
    ) -> Manager:
        """Make somebody report to a manager, with these permissions (reference: Assign Manager to Organisation User).

        Other managers stay only with `keepexisting`. `more` are fields beyond those the reference shows. Raises
        NotFound for either of them.
        """
        body = {
            "keepexisting": keepexisting,
            "perm_allocate_programs": perm_allocate_programs,
            "perm_view_reports": perm_view_reports,
            "perm_be_notified": perm_be_notified,
        }
        return self._ask(at.PUT_MANAGER, body={**body, **more}, userid=userid, reportsto_userid=reportsto_userid)

    def delete_manager(self, userid: str, reportsto_userid: str) -> None:
        """End somebody's reporting to a manager (reference: Remove an Organisation User Manager).

        Raises NotFound.
        """
        self._ask(at.DELETE_MANAGER, userid=userid, reportsto_userid=reportsto_userid)
