"""What belongs to courses besides their rosters: links between them, completions, grades of categories.

Sections named in comments are those of the NexSIS API reference; lengths and patterns are what Moodle accepts.
"""

from __future__ import annotations

from sync.model import Brings, Field, Pull, Read, Ref, Resource, Take, Write
from sync.model.resources.parts import GROUP_IN_BODY, columns, identifier, plain

# Metalinks. The answers are raw rows with Moodle's own ids: they show only that a link exists. Whoever is enrolled in
# the linked course, through any plugin but this one, is in the parent too.
METALINK = Resource(
    name="metalink",
    title="course meta links",
    key=("parent_courseid", "metalink_courseid"),
    fields=(
        identifier("parent_courseid", "Parent course ID number", max_len=100),
        identifier("metalink_courseid", "Linked course ID number", max_len=100),
        Field("group", kind="identifier", max_len=100, compares="as_php", label="Group"),
        Field("groupname", max_len=254, strips_tags=True, label="Group name"),
        GROUP_IN_BODY,
    ),
    reads=(
        Read(
            "course/{parent_courseid}/metalink/{metalink_courseid}",
            by=("parent_courseid", "metalink_courseid"),
            take={},
        ),
    ),
    put=Write("PUT", "course/{parent_courseid}/metalink/{metalink_courseid}"),
    delete=Write("DELETE", "course/{parent_courseid}/metalink/{metalink_courseid}", empty=True),
    refs=(Ref("course", {"parent_courseid": "courseid"}), Ref("course", {"metalink_courseid": "courseid"})),
    brings=(Brings("enrolment", of={"metalink_courseid": "courseid"}, to={"parent_courseid": "courseid"}, by="meta"),),
    pulls=(
        Pull(
            "course/{parent_courseid}/metalink/{metalink_courseid}",
            by=("parent_courseid", "metalink_courseid"),
            of="metalink",
            many=False,
            columns=columns(
                "id enrol status sortorder name roleid customint1 customint2 timecreated timemodified",
                internal_courseid="courseid",
            ),
        ),
    ),
)


# Course Completions. Posted where there is none, never undone; may be posted for somebody who is not enrolled.
COMPLETION = Resource(
    name="completion",
    title="completions",
    key=("courseid", "userid"),
    fields=(
        identifier("courseid", "Course ID number", max_len=100),
        identifier("userid", "User ID number"),
        Field("timecompleted", kind="instant", required=True, at="path", label="Date completed"),
    ),
    reads=(
        Read(
            "course/{courseid}/user/{userid}/completion",
            by=("courseid", "userid"),
            take=plain("timecompleted"),
            present=("timecompleted",),
        ),
    ),
    put=Write("POST", "course/{courseid}/user/{userid}/completion/{timecompleted}", empty=True),
    refs=(Ref("course", {"courseid": "courseid"}), Ref("user", {"userid": "userid"})),
    slice=("courseid",),
    updatable=False,
    pulls=(
        Pull(
            "course/{courseid}/user/{userid}/completion",
            by=("courseid", "userid"),
            of="enrolment",
            many=False,
            columns=columns(
                "id timeenrolled timestarted timecompleted reaggregate",
                internal_userid="userid",
                internal_courseid="course",
            ),
        ),
    ),
)


# Courses: Get Category Grades, Override Category Grades. A category's id is Moodle's own; no call undoes an override.
CATEGORY_GRADE = Resource(
    name="category_grade",
    title="category grades",
    key=("courseid", "categoryid", "userid"),
    fields=(
        identifier("courseid", "Course ID number", max_len=100),
        identifier("categoryid", "Grade category ID", max_len=20),
        identifier("userid", "User ID number"),
        Field("grade", kind="number", required=True, at="path", label="Grade"),
        Field("lock", kind="flag", at="query", label="Locked"),
    ),
    reads=(
        Read(
            "course/{courseid}/categorygrade/{categoryid}",
            by=("courseid", "categoryid"),
            take={"userid": Take("user_idnumber"), "grade": Take("finalgrade")},
            many=True,
            present=("grade",),
        ),
    ),
    put=Write(
        "PUT",
        "course/{courseid}/categorygrade/{categoryid}/{userid}/{grade}",
        take={"grade": Take("finalgrade")},
        mirrors={"userid": "user_idnumber"},
    ),
    refs=(Ref("enrolment", {"userid": "userid", "courseid": "courseid"}),),
    slice=("courseid", "categoryid"),
    opt_in=True,
    pulls=(
        Pull(
            "course/{courseid}/categorygrade/{categoryid}",
            by=("courseid", "categoryid"),
            of="category_grade",
            columns=columns(
                "user_idnumber itemid internal_userid rawgrade rawgrademax rawgrademin rawscaleid usermodified"
                " finalgrade hidden locked locktime exported overridden excluded feedback feedbackformat information"
                " informationformat timecreated timemodified aggregationstatus aggregationweight gradeid"
            ),
            filters={"userid": "userid[]"},
        ),
    ),
)
