"""What people do in Moodle itself: teachers grade, administrators correct the number of an account or a course."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from sync.sandbox import Moodle
from tests.proof.objects import Objects

GRADE = 61.0

Edit = Callable[[Moodle], None]


@dataclass(frozen=True)
class ByHand:
    """An edit of the site, and what that means for what should be there."""

    edit: Edit
    objects: Callable[[Objects], Objects]


NOTHING = ByHand(lambda moodle: None, lambda stands: stands)


def graded(pairs: Collection[tuple[str, str]]) -> ByHand:
    """Students get a grade each, in a course each."""

    def edit(moodle: Moodle) -> None:
        for student, course in pairs:
            moodle.add_grade(student, course, GRADE)

    return ByHand(edit, lambda stands: {**stands, **{("grade", *pair): (str(GRADE),) for pair in pairs}})


def renumbered(table: str, old: str, new: str) -> ByHand:
    """An account (`user`) or a `course` gets another ID number; a course's short name is the same as that."""

    def edit(moodle: Moodle) -> None:
        with moodle.transaction() as db:
            same, was = moodle.conventions.same(new), moodle.conventions.same(old)
            db.execute(f"UPDATE {table} SET idnumber = ?, same = ? WHERE same = ?", (new, same, was))
            db.execute(f"UPDATE grade SET same_{table} = ? WHERE same_{table} = ?", (same, was))
            if table == "course":
                db.execute("UPDATE course SET shortname = ?, same_shortname = ? WHERE same = ?", (new, same, same))

    def objects(stands: Objects) -> Objects:
        def spelled(texts: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(new if text == old else text for text in texts)

        return {spelled(key): spelled(fields) for key, fields in stands.items()}

    return ByHand(edit, objects)


def cleared(userid: str) -> ByHand:
    """The ID number of an account is cleared: it stays as it is, with its grades, but no SIS means it any more."""

    def edit(moodle: Moodle) -> None:
        moodle.change_userid(userid)

    return ByHand(edit, lambda stands: {key: fields for key, fields in stands.items() if userid not in key})
