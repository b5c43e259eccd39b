"""What a site should contain after a run, computed object by object in plain Python, to check the engine against.

It shares nothing with the engine except the rules of the design: ours is what we wrote or adopted; absence deletes what
is ours, where the mapping says so, its sheet has a usable row and the course is still in the export; a bad row keeps
its object with all below it; what a row depends on must be there and stay; other plugins' enrolments are left alone.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sync.sandbox import Moodle
from tests.engine.engine_world import PLUGINS, Rows

Key = tuple[str, ...]
SUMMER = {"2026-07-01": "+01:00", "2026-12-01": "+00:00"}
"""How far the site's clocks are ahead of UTC on the days in the sheets."""

Objects = dict[Key, tuple[str, ...]]


def fold(text: str | None) -> str:
    bare = "".join(c for c in unicodedata.normalize("NFKD", text or "") if not unicodedata.combining(c))
    return bare.casefold().rstrip(" ")


def key(*parts: str | None) -> Key:
    return tuple(map(fold, parts))


def in_group(course: str, group: str | None, *user: str | None) -> Key:
    """The key of a group, or of a member: its own identifier is kept as it is written."""
    return fold(course), group or "", *key(*user)


@dataclass
class State:
    """Objects by folded key; an enrolment's key ends with its plugin."""

    course: Objects = field(default_factory=dict)
    user: Objects = field(default_factory=dict)
    enrolment: Objects = field(default_factory=dict)
    group: Objects = field(default_factory=dict)
    group_member: Objects = field(default_factory=dict)

    def enrolled(self, user: str, course: str, plugins: Sequence[str] = PLUGINS) -> bool:
        return any((user, course, plugin) in self.enrolment for plugin in plugins)

    def unenrol(self, user: str, course: str, plugin: str) -> None:
        self.enrolment.pop((user, course, plugin), None)
        if not self.enrolled(user, course):
            self.group_member = {k: v for k, v in self.group_member.items() if (k[2], k[0]) != (user, course)}

    def remove(self, resource: str, at: Key) -> None:
        """Delete an object with everything that is removed automatically with it."""
        if resource == "enrolment":
            self.unenrol(at[0], at[1], "nexsis")
            return
        getattr(self, resource).pop(at, None)
        places = {
            "course": {"enrolment": 1, "group": 0, "group_member": 0},
            "user": {"enrolment": 0, "group_member": 2},
        }
        for child, place in places.get(resource, {}).items():
            kept = {k: v for k, v in getattr(self, child).items() if k[place] != at[0]}
            setattr(self, child, kept)
        if resource == "group":
            self.group_member = {k: v for k, v in self.group_member.items() if k[:2] != at}


def instant(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(UTC).isoformat()


def read_state(moodle: Moodle) -> State:
    state = State()
    for userid, username, first, last, email in moodle.users():
        state.user[key(userid or f"?{username}")] = (username, first, last, email.lower())
    for course, full, short, start, path in moodle.courses():
        state.course[key(course)] = (full, short, instant(start), fold(path))
    for plugin in PLUGINS:
        for user, course, role in moodle.enrolments(plugin):
            state.enrolment[*key(user, course), plugin] = (role,)
    for course, group, name, description in moodle.groups():
        state.group[in_group(course, group)] = (name, description)
    for course, group, user in moodle.members():
        state.group_member[in_group(course, group, user)] = ()
    return state


@dataclass
class Wanted:
    """The sheets of a run: rows by folded key, and keys whose rows are bad."""

    course: Objects
    user: Objects
    enrolment: Objects
    group: Objects
    group_member: Objects
    bad_users: AbstractSet[Key]

    @classmethod
    def of(cls, sheets: Mapping[str, Rows], before: State, day: str) -> Wanted:
        bad = {key(row[0]) for row in sheets["user"] if "@" not in row[4]}
        courses: Objects = {}
        for course, full, short, start, path in sheets["course"]:
            was = before.course.get(key(course), ("", "", instant(f"{day}T00:00+00:00"), fold("/Category 1")))
            begins = instant(f"{start}T00:00{SUMMER[start]}") if start else was[2]
            courses[key(course)] = (full, short, begins, fold(path) or was[3])
        return cls(
            course=courses,
            user={key(row[0]): (*row[1:4], row[4].lower()) for row in sheets["user"] if key(row[0]) not in bad},
            enrolment={key(*row[:2]): (row[2],) for row in sheets["enrolment"]},
            group={in_group(*row[:2]): (row[2], row[3]) for row in sheets["group"]},
            group_member={in_group(*row): () for row in sheets["group_member"]},
            bad_users=bad,
        )


Ours = dict[str, set[Key]]


ABOVE: Mapping[str, Mapping[str, tuple[int, ...]]] = {
    "course": {},
    "user": {},
    "enrolment": {"user": (0,), "course": (1,)},
    "group": {"course": (0,)},
    "group_member": {"enrolment": (2, 0), "group": (0, 1), "user": (2,), "course": (0,)},
}
"""By resource, all that an object is below, and which parts of its key are the key of that."""

NEEDS = {"enrolment": ("user", "course"), "group": ("course",), "group_member": ("enrolment", "group")}


def part(at: Key, places: Sequence[int]) -> Key:
    return tuple(at[place] for place in places)


@dataclass
class Judged:
    """The rows of a run as far as they have been judged, by resource.

    there: what is on the site; others: of it, what stays whatever we delete; usable: rows that can be sent; left_out:
    those that cannot; astray: those of them that refer to something unknown, which may be a known one, damaged
    """

    there: dict[str, set[Key]]
    others: Mapping[str, set[Key]]
    leaving: dict[str, set[Key]] = field(default_factory=dict)
    usable: dict[str, Objects] = field(default_factory=dict)
    left_out: dict[str, set[Key]] = field(default_factory=dict)
    astray: dict[str, set[Key]] = field(default_factory=dict)

    def judge(self, name: str, rows: Objects, bad: AbstractSet[Key]) -> None:
        """Which rows can be sent; what they are below has been judged."""
        self.left_out[name], self.astray[name] = set(bad), set()
        for at in rows:
            for above in NEEDS.get(name, ()):
                up = part(at, ABOVE[name][above])
                if up not in self.usable[above] and up not in self.there[above]:
                    self.left_out[name].add(at)
                    if up not in self.left_out[above] or up in self.astray[above]:
                        self.astray[name].add(at)
            if any(
                part(at, places) in self.leaving[above] - self.others[above] for above, places in ABOVE[name].items()
            ):
                self.left_out[name].add(at)
        self.usable[name] = {at: said for at, said in rows.items() if at not in self.left_out[name]}

    def protects(self, name: str, at: Key) -> bool:
        """Whether a row that cannot be sent may be about this object, or about one that it is below."""
        if at in self.left_out[name]:
            return True
        if any(part(at, places) in self.left_out[above] for above, places in ABOVE[name].items()):
            return True
        return any(part(at, sure) == part(row, sure) for row in self.astray[name] for sure in [self._sure(name, row)])

    def _sure(self, name: str, row: Key) -> list[int]:
        """The parts of a row's key that lead to something known, or to nothing at all."""
        sure = set(range(len(row))) - {place for places in ABOVE[name].values() for place in places}
        for above, places in ABOVE[name].items():
            up = part(row, places)
            if up in self.usable[above] or up in self.there[above] or up in self.left_out[above] - self.astray[above]:
                sure |= {*places}
        return sorted(sure)


def next_state(
    before: State, ours: Ours, sheets: Mapping[str, Rows], missing: Mapping[str, str], day: str
) -> tuple[State, Ours]:
    """The site after a run on that day of winter, and what is ours then."""
    wanted = Wanted.of(sheets, before, day)
    others: dict[str, set[Key]] = {name: set() for name in ours}
    others["enrolment"] = {k[:2] for k in before.enrolment if k[2] != "nexsis"}
    there: dict[str, set[Key]] = {name: set(getattr(before, name)) for name in ours}
    there["enrolment"] = {k[:2] for k in before.enrolment if k[2] == "nexsis"}
    judged = Judged({name: there[name] | others[name] for name in ours}, others)
    for name, mine in ours.items():
        rows = getattr(wanted, name)
        judged.judge(name, rows, wanted.bad_users if name == "user" else set())
        gone = mine & there[name] - set(rows) if missing[name] == "delete" and rows else set()
        place = {"enrolment": 1, "group": 0, "group_member": 0}.get(name)
        gone = gone if place is None else {k for k in gone if (k[place],) in wanted.course}
        judged.leaving[name] = {k for k in gone if not judged.protects(name, k)}
    leaving, good = judged.leaving, judged.usable
    after = State(*(dict(getattr(before, name)) for name in ours))
    for name in ours:
        rows = {(*k, "nexsis"): v for k, v in good[name].items()} if name == "enrolment" else good[name]
        getattr(after, name).update(rows)
    for name in reversed(ours):
        for at in leaving[name]:
            after.remove(name, at)
    present = {name: set(getattr(after, name)) for name in ours}
    present["enrolment"] = {k[:2] for k in after.enrolment if k[2] == "nexsis"}
    return after, {name: (mine & there[name] | set(good[name])) & present[name] for name, mine in ours.items()}
