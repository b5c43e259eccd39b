"""Runs of a small university: sheets that change, a site with a past, and people who change things in Moodle.

`thoroughly` says how long Hypothesis may search: briefly in a normal test run or, with `pytest --full`, for long and
with different examples each time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from sync.sandbox import Moodle
from sync.sandbox.rules import ApiRefusal, Arguments, courses, enrolments, groups, users
from tests.engine.engine_world import FIELDS, Rows
from tests.examples import LONG, examples

thoroughly = settings(
    max_examples=examples(3),
    derandomize=not LONG,
    deadline=None,
    database=None,
    phases=(Phase.explicit, Phase.generate),  # shrinking a story of several runs takes minutes
    suppress_health_check=list(HealthCheck),
)

USERS = ("S1", "s2", "Ü3", "S 4")
COURSES = ("C1", "Bio 2", "Č3")
GROUPS = ("G1", "g1", "gß2", "07")
ROLES = ("student", "editingteacher", "teacher")
NAMES = ("Ann", "ann", "Łucja", 'O\'Neil "x"', "東京", "A & B")

_spelled = st.sampled_from((str, str.lower, str.upper))
_user, _course, _group = map(st.sampled_from, (USERS, COURSES, GROUPS))
_name = st.sampled_from(NAMES)


def _several(key: st.SearchStrategy[Any], row: st.SearchStrategy[Any], most: int) -> st.SearchStrategy[dict[Any, Any]]:
    """At most this many, and mostly more than one: runs in which nothing meets anything show little."""
    return st.sampled_from((0, 2, 2, 2)).flatmap(lambda least: st.dictionaries(key, row, min_size=least, max_size=most))


def plain(id: str) -> str:
    """An identifier as it appears in usernames and short names, which are compared in other ways."""
    return f"n{(*USERS, *COURSES).index(id)}"


@st.composite
def user_rows(draw: Any) -> Rows:
    rows = draw(_several(_user, st.tuples(_spelled, st.booleans(), _name, _name, st.integers(0, 9)), 4))
    return [
        (how(user), f"{plain(user)}{'.x' * renamed}", first, last, f"{plain(user)}@Uni.example" if n else "nonsense")
        for user, (how, renamed, first, last, n) in rows.items()
    ]


@st.composite
def course_rows(draw: Any) -> Rows:
    about = st.tuples(
        _spelled,
        _name,
        st.booleans(),
        st.sampled_from(("", "2026-07-01", "2026-12-01")),
        st.sampled_from(("", "/Arts", "/arts/New", "/Sci/Ω", "/Sci")),
    )
    rows = draw(_several(_course, about, 3))
    return [
        (how(course), name, f"{plain(course)}{'.x' * renamed}", start, path)
        for course, (how, name, renamed, start, path) in rows.items()
    ]


@st.composite
def enrolment_rows(draw: Any) -> Rows:
    rows = draw(_several(st.tuples(_user, _course), st.tuples(_spelled, _spelled, st.sampled_from(ROLES)), 7))
    return [(one(user), two(course), role) for (user, course), (one, two, role) in rows.items()]


@st.composite
def group_rows(draw: Any) -> Rows:
    rows = draw(_several(st.tuples(_course, _group), st.tuples(_spelled, _name, st.sampled_from(("", "d"))), 4))
    return [(how(course), group, name, text) for (course, group), (how, name, text) in rows.items()]


@st.composite
def member_rows(draw: Any) -> Rows:
    rows = draw(_several(st.tuples(_course, _group, _user), _spelled, 6))
    return [(how(course), group, how(user)) for (course, group, user), how in rows.items()]


sheets = st.fixed_dictionaries(
    {
        "course": course_rows(),
        "user": user_rows(),
        "enrolment": enrolment_rows(),
        "group": group_rows(),
        "group_member": member_rows(),
    }
)
missing = st.fixed_dictionaries({name: st.sampled_from(("delete", "keep")) for name in FIELDS})


# -- a past ----------------------------------------------------------------------------------------------------


@st.composite
def pasts(draw: Any) -> Callable[[Moodle], None]:
    """A site on which others have worked before us, and somebody unknown to the SIS."""
    said = draw(sheets)
    plugins = draw(st.lists(st.tuples(_user, _course, st.sampled_from(("nexsis", "manual", "self"))), max_size=5))

    def lay(moodle: Moodle) -> None:
        moodle.add_user(None, "admin")
        for userid, username, first, last, _ in said["user"]:
            moodle.add_user(userid, f"old.{username}", f"old.{username}@uni.example", first, last)
        for courseid, full, short, start, path in said["course"]:
            moodle.add_course(courseid, full, short, startdate=start, categorypath=path)
            moodle.add_enrolment("admin", courseid, "manager", "manual")
        for change in [
            *((lambda row=row: moodle.add_enrolment(row[0], row[1], row[2], "nexsis")) for row in said["enrolment"]),
            *((lambda each=each: moodle.add_enrolment(each[0], each[1], "student", each[2])) for each in plugins),
            *((lambda row=row: moodle.add_group(row[0], row[1], row[2])) for row in said["group"]),
        ]:
            _try(change)

    return lay


def _try(change: Callable[[], object]) -> None:
    """What does not fit on this site is left out."""
    with suppress(ApiRefusal):
        change()


# -- changes made in Moodle ------------------------------------------------------------------------------------

Hand = tuple[str, str, str, str]

hands = st.lists(
    st.tuples(
        st.sampled_from(
            (
                *("edit-user", "edit-course", "edit-role", "edit-group"),
                *("unenrol", "unenrol-all", "drop-user", "drop-course", "drop-group"),
            )
        ),
        _user,
        _course,
        _group,
    ),
    max_size=3,
)


def meddle(moodle: Moodle, hand: Hand) -> None:
    """Change something on the site manually, if it is there."""
    what, user, course, group = hand
    at = {"userid": user, "courseid": course, "groupid": group}
    acts: Mapping[str, tuple[Any, Arguments]] = {
        "edit-user": (users.put, Arguments(at, body={"lastname": "By hand"})),
        "edit-course": (courses.put, Arguments(at, body={"fullname": "By hand", "categorypath": "/By/Hand"})),
        "edit-role": (enrolments.put, Arguments(at, body={"roleid": "manager"})),
        "edit-group": (groups.put, Arguments(at, body={"name": "By hand", "description": "by hand"})),
        "unenrol": (enrolments.delete, Arguments(at, query={"plugin": ["nexsis"]})),
        "unenrol-all": (enrolments.delete, Arguments(at)),
        "drop-user": (users.delete, Arguments(at)),
        "drop-course": (courses.delete, Arguments(at)),
        "drop-group": (groups.delete, Arguments(at)),
    }
    rule, ask = acts[what]
    if what.startswith("edit") and not _there(moodle, what, ask):
        return

    def act() -> None:
        with moodle.transaction() as db:
            rule(db, moodle.conventions, ask)

    _try(act)


def _there(moodle: Moodle, what: str, ask: Arguments) -> bool:
    """Whether the object to be edited is on the site, so that an edit never creates it."""
    same = moodle.conventions.same
    user, course, group = same(ask.at["userid"]), same(ask.at["courseid"]), ask.at["groupid"]
    match what:
        case "edit-user":
            return any(same(row[0] or "") == user for row in moodle.users())
        case "edit-course":
            return any(same(row[0]) == course for row in moodle.courses())
        case "edit-role":
            return any((same(u or ""), same(c)) == (user, course) for u, c, _ in moodle.enrolments("nexsis"))
        case _:
            return any((same(c), g) == (course, group) for c, g, *_ in moodle.groups())
