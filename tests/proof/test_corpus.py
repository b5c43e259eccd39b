"""Every kind of damage, tried: nothing wrong is sent, what is wanted is reached, and the next honest night heals it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import pytest

from tests.examples import LONG
from tests.proof.damage import CHANGES, DAMAGES, FAMILIES, Damage, Wanted
from tests.proof.damage.page import is_current
from tests.proof.feeds import Files, files_of
from tests.proof.ground import OF_CHANGES, SEED, Nights, nights, of_changes, prepared, tried
from tests.proof.known import known
from tests.proof.office import Office

KNOWN = known("damage")


def sample(kinds: tuple[Damage, ...]) -> list[object]:
    """All kinds of a family in the long proofs, else one of them; those that go wrong today are expected to."""
    drawn = kinds if LONG else Random(SEED).sample(kinds, 1)
    marks = {name: [pytest.mark.xfail(reason=why, strict=True)] for name, why in KNOWN.items()}
    return [pytest.param(damage, id=damage.name, marks=marks.get(damage.name, ())) for damage in drawn]


@pytest.fixture(scope="module")
def snapshots(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Office, Nights]]:
    """An installation whose exports are whole, after three honest nights."""
    week = nights()
    with prepared(tmp_path_factory.mktemp("snapshots") / "office", week) as office:
        yield office, week


@pytest.fixture(scope="module")
def changes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Office, Nights]]:
    """One that gets changes of enrolments only."""
    week = of_changes(nights())
    with prepared(tmp_path_factory.mktemp("changes") / "office", week, OF_CHANGES) as office:
        yield office, week


@pytest.mark.parametrize("damage", [each for kinds in FAMILIES.values() for each in sample(kinds)])
def test_damage_to_snapshots(damage: Damage, snapshots: tuple[Office, Nights], tmp_path: Path) -> None:
    assert str(tried(*snapshots, damage, tmp_path / "copy")) == "right"


@pytest.mark.parametrize("damage", sample(CHANGES))
def test_damage_to_changes(damage: Damage, changes: tuple[Office, Nights], tmp_path: Path) -> None:
    assert str(tried(*changes, damage, tmp_path / "copy")) == "right"


# -- the corpus itself ---------------------------------------------------------------------------------------------


def test_there_are_many_kinds_of_damage_and_each_has_its_own_name() -> None:
    names = [damage.name for damage in (*DAMAGES, *CHANGES)]
    assert len(names) == len({*names}) >= 120
    assert sum(damage.wanted is Wanted.SENT for damage in DAMAGES) >= 15


def test_every_fault_that_is_known_is_of_a_kind_that_exists() -> None:
    assert KNOWN.keys() <= {damage.name for damage in (*DAMAGES, *CHANGES)}


@pytest.mark.parametrize(("kinds", "of"), [(DAMAGES, nights), (CHANGES, lambda: of_changes(nights()))])
def test_every_kind_makes_other_files_than_tonights_and_the_same_ones_each_time(
    kinds: tuple[Damage, ...], of: Callable[[], Nights]
) -> None:
    made = made_of(kinds, of())
    good = [files_of(of().tonight.feeds)]
    assert [name for name, files in made.items() if files == good] == []
    assert made == made_of(kinds, of())


def made_of(kinds: tuple[Damage, ...], week: Nights) -> dict[str, list[Files]]:
    """The files of every kind, night by night."""
    return {each.name: [make(week.past, Random(SEED)) for make in (*each.before, each.make)] for each in kinds}


def test_the_page_has_the_corpus_as_it_is() -> None:
    assert is_current(), "update it: python -m tests.proof.damage.page"
