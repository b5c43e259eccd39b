"""Every kind of damage, tried: nothing wrong is sent, what is wanted is reached, and the next honest night heals it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from random import Random

import pytest

from tests.examples import LONG
from tests.proof.damage import CHANGES, DAMAGES, FAMILIES, Damage, Wanted
from tests.proof.damage.page import is_current
from tests.proof.feeds import Files, files_of
from tests.proof.ground import SEED, Nights, first_night, nights, of_changes, prepared, prepared_for_changes, tried
from tests.proof.known import known
from tests.proof.office import Kept, Office

KNOWN = known("damage")


def expected(name: str) -> list[pytest.MarkDecorator]:
    """A night that goes wrong today is expected to, strictly."""
    return [pytest.mark.xfail(reason=KNOWN[name], strict=True)] if name in KNOWN else []


def drawn(kinds: Sequence[Damage]) -> Sequence[Damage]:
    """All kinds in the long proofs, else one of them."""
    return kinds if LONG else Random(SEED).sample(kinds, 1)


def nights_of(kinds: Iterable[Damage]) -> list[object]:
    return [pytest.param(each, id=each.name, marks=expected(each.name)) for each in kinds]


def nights_after(kinds: Iterable[Damage]) -> list[object]:
    return [pytest.param(each, id=each.name, marks=expected(f"after {each.name}")) for each in kinds]


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """What a first night leaves behind."""
    return first_night(tmp_path_factory.mktemp("begun") / "office", nights())


@pytest.fixture(scope="module")
def snapshots(begun: Kept, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Office, Nights]]:
    """An installation whose exports are whole, after three honest nights."""
    week = nights()
    with prepared(tmp_path_factory.mktemp("snapshots") / "office", week, begun) as office:
        yield office, week


@pytest.fixture(scope="module")
def changes(begun: Kept, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Office, Nights]]:
    """One that gets changes of enrolments only."""
    week = of_changes(nights())
    with prepared_for_changes(tmp_path_factory.mktemp("changes") / "office", week, begun) as office:
        yield office, week


@pytest.mark.parametrize("damage", nights_of(each for kinds in FAMILIES.values() for each in drawn(kinds)))
def test_damage_to_snapshots(damage: Damage, snapshots: tuple[Office, Nights], tmp_path: Path) -> None:
    with tried(*snapshots, damage, tmp_path / "copy") as trial:
        assert trial.complaints == []


@pytest.mark.parametrize("damage", nights_after(drawn(DAMAGES)))
def test_the_night_after_damage_to_snapshots(damage: Damage, snapshots: tuple[Office, Nights], tmp_path: Path) -> None:
    with tried(*snapshots, damage, tmp_path / "copy") as trial:
        assert trial.after(snapshots[1]) == []


@pytest.mark.parametrize("damage", nights_of(drawn(CHANGES)))
def test_damage_to_changes_and_the_night_after(damage: Damage, changes: tuple[Office, Nights], tmp_path: Path) -> None:
    with tried(*changes, damage, tmp_path / "copy") as trial:
        assert trial.complaints == []
        assert trial.after(changes[1]) == []


# -- the corpus itself ---------------------------------------------------------------------------------------------


def test_there_are_many_kinds_of_damage_and_each_has_its_own_name() -> None:
    names = [damage.name for damage in (*DAMAGES, *CHANGES)]
    assert len(names) == len({*names}) >= 120
    assert sum(damage.wanted is Wanted.SENT for damage in DAMAGES) >= 15


def test_every_fault_that_is_known_is_of_a_kind_that_exists() -> None:
    assert {name.removeprefix("after ") for name in KNOWN} <= {damage.name for damage in (*DAMAGES, *CHANGES)}


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
