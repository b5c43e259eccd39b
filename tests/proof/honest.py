"""The kinds of nights on which nothing is wrong with the exports, each with what a careful registrar wants of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from tests.proof import by_hand
from tests.proof.by_hand import NOTHING, ByHand
from tests.proof.damage.kinds import Wanted
from tests.proof.university import events
from tests.proof.university.calendar import Term
from tests.proof.university.changes import added, dropped, quiet
from tests.proof.university.state import University
from tests.proof.university.terms import ended, halved, opened


@dataclass(frozen=True)
class Turn:
    """What a night brings.

    sis:   the university as the SIS exports it from now on
    site:  the university as the site should stand after tonight
    after: what people do in Moodle on the day after
    """

    sis: University
    site: University
    after: ByHand = NOTHING


@dataclass(frozen=True)
class Honest:
    """A kind of night. `turn` gives None where it can't happen today.

    Where HELD is wanted, what the night removes waits until an operator approves it; where REPORTED is, a person must
    be asked, and until somebody has corrected Moodle by hand nothing of it may happen. `may_hold`: so much changes that
    nobody minds being asked once, for one cause.
    """

    name: str
    what: str
    turn: Callable[[University, Random], Turn | None]
    wanted: Wanted = Wanted.SENT
    may_hold: bool = False


Change = Callable[[University, Random], University | None]


def plainly(change: Change) -> Callable[[University, Random], Turn | None]:
    """A turn on which the site should follow the SIS."""

    def turn(university: University, random: Random) -> Turn | None:
        changed = change(university, random)
        return Turn(changed, changed) if changed else None

    return turn


# -- ordinary ------------------------------------------------------------------------------------------------------


def _add_drop(university: University, random: Random) -> University:
    count = max(4, len(university.enrolments) // 45)
    return dropped(added(quiet(university, random), count, random), count, random)


QUIET = Honest("quiet", "a few courses chosen and given up", plainly(quiet))
ADD_DROP = Honest("add-drop", "one enrolment in 45 comes and goes", plainly(_add_drop))
SCOPE_EDITED = Honest("scope-edited", "the mappings name the coming term too", plainly(quiet), may_hold=True)
INTAKE = Honest("intake", "a third more students, each with four courses", plainly(events.intake), may_hold=True)


def term_opens(term: Term) -> Honest:
    """Its courses are listed from tonight on, and the students have chosen."""
    turn = plainly(lambda university, random: quiet(opened(university, term, random), random))
    return Honest("term-opens", "40 more courses, and whoever chose them", turn, may_hold=True)


def term_ends(term: Term) -> Honest:
    """Nothing of it is listed any more."""
    turn = plainly(lambda university, random: quiet(ended(university, term), random))
    return Honest("term-ends", "a term's courses leave all exports", turn, may_hold=True)


def half_term(term: Term) -> Honest:
    """Nothing of its short courses is listed any more."""
    turn = plainly(lambda university, random: quiet(halved(university, term), random))
    return Honest("short-courses-end", "three enrolments in ten leave the exports", turn, may_hold=True)


def _graded(university: University, random: Random) -> Turn:
    university = quiet(university, random)
    pairs = [pair for pair, roles in university.enrolments.items() if roles == "S"]
    return Turn(university, university, by_hand.graded(random.sample(pairs, len(pairs) // 3)))


# -- whom a number means --------------------------------------------------------------------------------------------


def _number_changed(university: University, random: Random) -> Turn:
    old = random.choice([id for id in university.active if university.courses_of(id)])
    university, new = events.free_number(university)
    return Turn(events.renumbered(university, old, new), university, by_hand.renumbered("user", old, new))


def _number_reused(university: University, random: Random) -> Turn | None:
    left = [student.id for student in university.students.values() if student.status == "W"]
    if not left:
        return None
    old = random.choice(left)
    return Turn(events.reused(university, old, random), university, by_hand.cleared(old))


def _section_renumbered(university: University, random: Random) -> Turn | None:
    large = [code for code in university.sections if len(university.roster(code)) >= events.LARGE]
    if not large:
        return None
    old = random.choice(large)
    number = random.randrange(20, 90)
    new = replace(university.sections[old], section=number).code
    return Turn(events.recoded(university, old, number), university, by_hand.renumbered("course", old, new))


EVENTS = (
    Honest("new-addresses", "all students have a new email address", plainly(events.migration), may_hold=True),
    Honest("withdrawal", "a student withdraws, another is on leave", plainly(events.withdrawal)),
    Honest("grading", "a third of the students have been graded", _graded),
    Honest(
        "assistants",
        "students assist in courses, one of them in a course they are also taking",
        plainly(events.assistants),
    ),
    Honest("new-names", "four students have new names, and one a new login", plainly(events.names)),
    Honest("cross-listed", "eight students move to a course's second listing", plainly(events.cross_listed)),
    Honest("section-dissolved", "a section leaves the exports, its students move", plainly(events.dissolved)),
    Honest("course-cancelled", "a course is listed, with nobody in it", plainly(events.cancelled), Wanted.HELD),
    Honest("new-teacher", "somebody new teaches a course", plainly(events.teacher_replaced)),
    Honest("not-exported", "yesterday's files are there again", plainly(lambda university, _: university)),
    Honest("records-merged", "two records of a person are one", plainly(events.merged), Wanted.HELD),
    Honest("number-changed", "a student has a different number", _number_changed, Wanted.REPORTED),
    Honest("number-reused", "a student has the number of one who left", _number_reused, Wanted.REPORTED),
    Honest("section-renumbered", "a course has a different code", _section_renumbered, Wanted.REPORTED),
)
"""What happens on any day of the year."""
