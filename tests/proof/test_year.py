"""Every kind of night in a year turns out as a careful registrar wants it, or it is known why not.

A fortnight in the suite, three years with `--full`.
"""

from __future__ import annotations

import fcntl
import pickle
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest

from tests.examples import LONG
from tests.proof.known import known
from tests.proof.nights import nights
from tests.proof.year import YEAR, Verdict, year

NIGHTS = YEAR if LONG else 14
SEEDS = (1, 2, 3) if LONG else (1,)

pytestmark = pytest.mark.timeout(2 * 60 * 60)  # whichever test comes first lives through the year

Verdicts = Sequence[Verdict]


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Callable[[int], Verdicts]:
    """The verdicts of a year by its seed. Of all the workers of a suite one lives through it, and the others wait."""
    own = tmp_path_factory.getbasetemp()
    common = own if worker_id == "master" else own.parent

    @cache
    def verdicts(seed: int) -> Verdicts:
        with (common / f"year-{seed}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            return _read(common / f"year-{seed}.pickle", lambda: [*year(seed, NIGHTS, own / f"year-{seed}")])

    return verdicts


def _read(file: Path, made: Callable[[], Verdicts]) -> Verdicts:
    if not file.exists():
        file.write_bytes(pickle.dumps(made()))
    verdicts: Verdicts = pickle.loads(file.read_bytes())
    return verdicts


def _cases() -> Iterator[object]:
    for seed in SEEDS:
        for kind in dict.fromkeys(night.kind for night in nights(seed, NIGHTS)):
            yield pytest.param(seed, kind, marks=[*_marks(kind)], id=f"{seed}-{kind}")


def _marks(kind: str) -> Iterator[pytest.MarkDecorator]:
    """What is known of a kind of night, or of the damage the night before.

    Damage is judged strictly in the corpus; on another day it may do no harm. What goes wrong in a whole year (`year`)
    is no excuse in a fortnight.
    """
    if why := known("night").get(kind):
        yield pytest.mark.xfail(strict=True, reason=why)
        return
    reasons = {**known("damage"), **known("sometimes"), **(known("year") if LONG else {})}
    if why := reasons.get(kind) or reasons.get(kind.removeprefix("after ")):
        yield pytest.mark.xfail(strict=False, reason=why)


@pytest.mark.parametrize(("seed", "kind"), [*_cases()])
def test_a_kind_of_night_is_right(seed: int, kind: str, lived: Callable[[int], Verdicts]) -> None:
    said = {str(verdict.day): verdict.complaints for verdict in lived(seed) if verdict.kind == kind}
    assert said
    assert {day: complaints for day, complaints in said.items() if complaints} == {}
