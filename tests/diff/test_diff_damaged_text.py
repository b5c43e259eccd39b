"""What a text has suffered on its way, where the undamaged one is known."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import pytest

from sync.diff.damaged_text import KINDS, damage, damage_text, damages, guessed_files, is_text
from sync.model import Issue
from sync.model.resources import COURSE, GROUP, USER

SEVERAL = 5


@pytest.mark.parametrize(
    ("given", "known", "kind"),
    [
        ("Bj?rn", "Björn", "lost"),
        ("Bj??rn", "Björn", "lost"),
        ("Bj?rn", "Bjöörn", None),
        ("Bj??rn", "Bjöörn", "lost"),
        ("Bj\ufffdrn", "Björn", "lost"),
        ("?asi?a", "Łasića", "lost"),
        ("asia", "Łasića", "lost"),
        ("asa", "Łasića", None),
        ("Zo??", "Zoëé", "lost"),
        ("Bjorn", "Björn", "accents"),
        ("Odegard", "Ødegård", "accents"),
        ("Weiss", "Weiß", "accents"),
        ("WEISS", "Weiß", None),
        ("OBrien", "O\u2019Brien", "lost"),
        ("O'Brien", "O\u2019Brien", "accents"),
        ("BjÃ¶rn", "Björn", "garbled"),
        ("Bj\u221a\u2202rn", "Björn", "garbled"),
        ("Z\ufffd\ufffd\ufffd\ufffd", "Zoë", None),
        ("O&#39;Brien", "O'Brien", "entities"),
        ("O&amp;#39;Brien", "O'Brien", "entities"),
        ("M%C3%BCller", "Müller", "escapes"),
        ("Ann+Lee", "Ann Lee", "escapes"),
        ("NULL", "Lee", "nothing"),
        ("N/A", "NULL", None),
        ("Lee", "NULL", None),
        ("Björn", "Bj?rn", None),
        ("Bjorn", "Bjarn", None),
        ("BJÖRN", "Björn", None),
        ("Björn", "Björn", None),
        ("Lee", "", None),
        ("Lee", "  ", None),
        ("Bjork", "Björn", None),
    ],
)
def test_in_which_way_a_text_is_damaged(given: str, known: str, kind: str | None) -> None:
    assert damage(given, known) == kind


def kinds(
    given: Sequence[str | None], known: Sequence[str | None], guessed: Sequence[str] = (), file: str = "a.csv"
) -> list[str]:
    texts, sound = (pd.Series([*each], dtype="str") for each in (given, known))
    found = damages(texts, sound, pd.Series([file] * len(texts), dtype="str"), frozenset(guessed))
    return ["" if kind == 0 else KINDS[kind - 1] for kind in found.tolist()]


def test_each_value_is_looked_at_beside_the_known_one() -> None:
    given = ["Bj?rn", "Ann", None, "Bj?rn", "Eve", "NULL"]
    assert kinds(given, ["Björn", "Eva", "Zoë", None, "Ève", "Lee"]) == ["lost", "", "", "", "accents", "nothing"]


@pytest.mark.parametrize(
    ("given", "known", "kind"),
    [
        ("Bern&amp;d", "Eva", "unsure"),
        ("Bern&amp;d", "E&amp;va", ""),
        ("Bernd\ufffd", "Eva", "unsure"),
        ("Bern?d", "Eva", ""),
        ("Bernd & Eva", "Eva", ""),
        ("Bernd", "Eva", ""),
        ("Bern&amp;d", None, ""),
    ],
)
def test_a_text_with_marks_of_damage_is_not_trusted(given: str, known: str | None, kind: str) -> None:
    assert kinds([given], [known]) == [kind]


@pytest.mark.parametrize(("damaged", "kind"), [(SEVERAL - 1, ""), (SEVERAL, "unsure")])
def test_where_several_values_of_a_file_are_damaged_the_others_are_not_trusted(damaged: int, kind: str) -> None:
    given, known = ["Bj?rn"] * damaged + ["Bernd"], ["Björn"] * damaged + ["Eva"]
    assert kinds(given, known) == ["lost"] * damaged + [kind]


def test_what_is_given_for_nothing_does_not_make_a_file_damaged() -> None:
    assert kinds(["NULL"] * SEVERAL + ["Bernd"], ["Lee"] * SEVERAL + ["Eva"])[-1] == ""


@pytest.mark.parametrize(
    ("given", "guessed", "kind"),
    [("Bjørn", ["a.csv"], "guessed"), ("Bjørn", ["b.csv"], ""), ("Bernd", ["a.csv"], ""), ("Bjørn", [], "")],
)
def test_letters_from_a_file_of_uncertain_encoding_are_not_trusted(given: str, guessed: list[str], kind: str) -> None:
    assert kinds([given], ["Eva"], guessed) == [kind]


def test_files_of_uncertain_encoding_are_those_that_are_said_to_be() -> None:
    issues = [
        Issue("encoding-guessed", "notice", "", file="a.csv"),
        Issue("encoding-guessed", "notice", ""),
        Issue("no-rows", "notice", "", file="b.csv"),
    ]
    assert guessed_files(issues) == {"a.csv"}


def test_damage_is_told_by_its_kind() -> None:
    assert [damage_text(n).variant for n in range(1, len(KINDS) + 1)] == [*KINDS]


def test_names_titles_and_paths_are_texts() -> None:
    fields = {field.name: is_text(field) for each in (USER, COURSE, GROUP) for field in each.state}
    assert {name for name, text in fields.items() if text} == {
        "firstname", "lastname", "fullname", "shortname", "categorypath", "name",
    }  # fmt: skip
