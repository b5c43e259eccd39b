"""A year at a fictional university, night by night, and what became of each: `python -m tests.proof.year --seed 1`."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.proof.damage import DAMAGES, Wanted
from tests.proof.feeds import files_of
from tests.proof.judge import Deeds, complaints, deeds, differing
from tests.proof.nights import START, Night, nights
from tests.proof.objects import Key
from tests.proof.office import Office

YEAR = 365
FIRST_TERMS = ("2026SU",)
DAMAGED = {damage.name for damage in DAMAGES}
COUNTED = ("wrong removals", "missed removals", "wrong updates", "wrong creates")


@dataclass(frozen=True)
class Verdict:
    """What became of one night.

    complaints: what is wrong with it, in short sentences
    counts:     of wrong removals, missed removals, wrong updates and wrong creates
    held:       by guard, how many holds there were
    silly:      how many of them no registrar would want
    commands:   how often an operator had to type one
    """

    day: date
    kind: str
    what: str
    wanted: Wanted
    code: int
    complaints: Sequence[str]
    counts: Counter[str]
    held: Counter[str]
    silly: int
    commands: int


def year(seed: int, count: int, folder: Path) -> Iterator[Verdict]:
    """The verdicts of a year, or of as many of its nights as are asked for."""
    with Office.opened(folder, START, FIRST_TERMS) as office:
        left: frozenset[Key] = frozenset()
        last = None
        for night in nights(seed, count):
            left |= _out_of_reach(office, last, night) if last is not None and last.truth is None else frozenset()
            verdict, left = _lived(office, night, left)
            yield verdict
            last = night


def _out_of_reach(office: Office, damaged: Night, night: Night) -> frozenset[Key]:
    """What a damaged night could not remove from courses that have ended since.

    They are in no export any more, so everything in them stays, and nobody can know that it should not.
    """
    ended = _courses(damaged) - _courses(night)
    there = office.held.objects if ended else ()
    return frozenset(key for key in there if key not in damaged.tonight and ended & {*key})


def _courses(night: Night) -> frozenset[str]:
    return frozenset(night.good["courses.csv"].column("COURSE"))


def _lived(office: Office, night: Night, left: frozenset[Key]) -> tuple[Verdict, frozenset[Key]]:
    """One night, and what is left undone after it: every fault is counted once.

    A night that does harm is undone. What a night leaves undone, as those before it left `left`, stays so until a later
    one makes up for it.
    """
    night.edit(office.moodle)
    if night.terms:
        office.map(night.terms)
    kept, typed, good = office.kept, office.commands, files_of(night.good)
    outcome = office.night(night.files)
    held = Counter(hold.guard for hold in outcome.holds)
    wanted = Wanted.HELD if night.may_hold and len(held) == 1 else night.wanted
    damaged = {name for name in good if night.files.get(name) != good[name]}
    said = complaints(outcome, night.tonight, wanted, damaged, left)
    steps = [deeds(outcome.before, outcome.after, night.tonight).apart_from(left)]
    if night.truth is not None and held:
        outcome = office.approve_all()
        said += [f"after approval: {each}" for each in complaints(outcome, night.truth, Wanted.SENT, (), left)]
        steps.append(deeds(outcome.before, outcome.after, night.truth).apart_from(left))
    if any(step.wrong for step in steps):
        office.put_back(kept)
    elif night.truth is not None:
        left = differing(outcome.after.objects, night.truth)
    verdict = Verdict(
        day=night.day,
        kind=night.kind,
        what=night.what,
        wanted=night.wanted,
        code=outcome.code,
        complaints=said,
        counts=_counts(steps, night),
        held=held,
        silly=held.total() if night.truth is not None and wanted is Wanted.SENT else 0,
        commands=office.commands - typed,
    )
    return verdict, left


def _counts(steps: Sequence[Deeds], night: Night) -> Counter[str]:
    counts: Counter[str] = Counter()
    for step in steps:
        counts["wrong removals"] += len(step.wrong_removals)
        counts["wrong updates"] += len(step.wrong_updates)
        counts["wrong creates"] += len(step.wrong_creates)
    counts["missed removals"] += 0 if night.truth is None else len(steps[-1].missed_removals)
    return counts


# -- shown -----------------------------------------------------------------------------------------------------


def row(verdict: Verdict) -> str | None:
    """A night in one line; None if there is nothing to say of it."""
    if not verdict.complaints and not verdict.held:
        return None
    holds = ", ".join(f"{guard} {count}" for guard, count in verdict.held.items()) or "-"
    said = "; ".join(verdict.complaints) or "right"
    return f"{verdict.day}  {verdict.kind:40} {verdict.wanted:9} {holds:40} {said}"


def totals(verdicts: Sequence[Verdict]) -> Iterator[tuple[str, int]]:
    """What all nights together come to."""
    yield "nights", len(verdicts)
    yield "damaged nights", sum(verdict.kind in DAMAGED for verdict in verdicts)
    wrong = [verdict.kind for verdict in verdicts if verdict.complaints]
    yield "damaged nights that went wrong", sum(kind in DAMAGED for kind in wrong)
    yield "honest nights that went wrong", sum(kind not in DAMAGED for kind in wrong)
    counts = sum((verdict.counts for verdict in verdicts), Counter())
    yield from ((name, counts[name]) for name in COUNTED)
    yield "silly holds", sum(verdict.silly for verdict in verdicts)
    yield "commands typed", sum(verdict.commands for verdict in verdicts)
    held = sum((verdict.held for verdict in verdicts), Counter())
    yield from ((f"holds: {guard}", count) for guard, count in sorted(held.items()))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.proof.year", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--nights", type=int, default=YEAR)
    given = parser.parse_args()
    verdicts = []
    with TemporaryDirectory() as folder:
        for verdict in year(given.seed, given.nights, Path(folder)):
            verdicts.append(verdict)
            if line := row(verdict):
                print(line, flush=True)
    for name, count in totals(verdicts):
        print(f"{name:30} {count:7,}")


if __name__ == "__main__":
    main()
