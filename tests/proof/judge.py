"""The law of every night: what was done to the site against what should be there. It knows nothing of the engine."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from tests.proof.damage.kinds import Wanted
from tests.proof.objects import Held, Key, Objects
from tests.proof.office import Outcome


@dataclass(frozen=True)
class Deeds:
    """What one night did to the site, and left undone.

    wrong_removals: what was there, and should be, and is gone; or was made again, without what was in it
    wrong_updates:  what was changed to something other than the truth
    wrong_creates:  what was made, and should not be there
    missed_removals: what was there, should not be, and still is
    undone:         what should be there, and is not, or not as it should be; and nothing wrong was done to it
    """

    wrong_removals: frozenset[Key]
    wrong_updates: frozenset[Key]
    wrong_creates: frozenset[Key]
    missed_removals: frozenset[Key]
    undone: frozenset[Key]

    @property
    def wrong(self) -> bool:
        """Whether harm was done."""
        return bool(self.wrong_removals or self.wrong_updates or self.wrong_creates)

    def apart_from(self, left: frozenset[Key]) -> Deeds:
        """The same without what an earlier night left undone: it has been counted."""
        return replace(self, missed_removals=self.missed_removals - left, undone=self.undone - left)


def deeds(before: Held, after: Held, truth: Objects) -> Deeds:
    """Compare the site before and after a night with the truth."""
    was, now = before.objects, after.objects
    made_again = {key for key, row in before.rows.items() if after.rows.get(key, row) != row}
    removed = {key for key in was if key in truth and (key not in now or key in made_again)}
    other = {key for key in now if key in truth and now[key] != truth[key]}
    updated = {key for key in other if now[key] != was.get(key)}
    return Deeds(
        wrong_removals=frozenset(removed),
        wrong_updates=frozenset(updated),
        wrong_creates=frozenset(now.keys() - was.keys() - truth.keys()),
        missed_removals=frozenset(now.keys() & was.keys() - truth.keys()),
        undone=frozenset((truth.keys() - now.keys() | other) - removed - updated),
    )


def differing(now: Objects, truth: Objects) -> frozenset[Key]:
    """What is not as it should be."""
    return frozenset(key for key in now.keys() | truth.keys() if now.get(key) != truth.get(key))


def complaints(
    outcome: Outcome, truth: Objects, wanted: Wanted, files: Collection[str], left: frozenset[Key] = frozenset()
) -> list[str]:
    """What is wrong with the outcome of a night, in short sentences; nothing if it is right.

    `files` are the damaged ones: those that a person must be shown. `left` is what earlier nights left undone.
    """
    done = deeds(outcome.before, outcome.after, truth).apart_from(left)
    return [*harm(done), *_short_of(outcome, done, wanted, files)]


def harm(done: Deeds) -> Iterator[str]:
    """The harm that was done, kind by kind."""
    for what, keys in (
        ("wrong removal", done.wrong_removals),
        ("wrong update", done.wrong_updates),
        ("wrong create", done.wrong_creates),
    ):
        if keys:
            yield _counted(keys, what)


def _short_of(outcome: Outcome, done: Deeds, wanted: Wanted, files: Collection[str]) -> Iterator[str]:
    """Where an outcome falls short of what is wanted, harm aside."""
    held = [hold for hold in outcome.holds if hold.approved_by is None]
    match wanted:
        case Wanted.SENT:
            if held:
                yield f"on hold: {', '.join(sorted({hold.guard for hold in held}))}"
            if outcome.faults:
                yield f"refused: {outcome.faults[0].message}"
            if done.missed_removals:
                yield _counted(done.missed_removals, "missed removal")
            if done.undone:
                yield f"{len(done.undone)} left undone"
        case Wanted.REPORTED:
            if not held and not any(_names(outcome, file) for file in files):
                yield "not reported"
        case Wanted.HELD:
            if not held and not outcome.faults:
                yield "nothing is on hold"
        case Wanted.REFUSED:
            if outcome.before != outcome.after:
                yield "something was sent"
            if not outcome.faults and not held:
                yield "not reported"


def _counted(keys: Collection[Key], what: str) -> str:
    return f"{len(keys)} {what}{'s' * (len(keys) > 1)}"


def _names(outcome: Outcome, file: str) -> bool:
    """Whether a person is shown this file."""
    texts = [*(issue.file or "" for issue in outcome.issues), *(str(fault) for fault in outcome.faults)]
    return any(file in text for text in texts)
