"""Old encodings: what the site knows decides between them, and where that is too little, it is said to be a guess."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from sync.errors import SheetError
from sync.model import Sheet
from sync.sheets.evidence import words
from tests.sheets.reading import read_as

WESTERN = ["Zoë", "Façade", "Lefèvre", "Søren", "José", "Müller"]
CENTRAL = ["Łukasz", "Wiśniewski", "Žofie", "Dvořáková", "Szűcs", "Jiří"]
NAMES = {
    "cp1252": WESTERN,
    "mac-roman": WESTERN,
    "cp850": WESTERN,
    "cp437": ["Zoë", "Façade", "Lefèvre", "José", "Müller"],
    "iso8859-15": ["Žofie", "Šárka", "Zoë", "Œuvrard"],
    "cp1250": CENTRAL,
    "iso8859-2": CENTRAL,
    "cp1251": ["Иван", "Мария", "Ольга"],
    "koi8-r": ["Иван", "Мария", "Ольга"],
    "cp1253": ["Γιώργος", "Ελένη", "Νίκος"],
    "cp1254": ["Ayşe", "Çağlar", "I\u015f\u0131k"],
    "cp1255": ["דוד", "שרה", "משה"],
    "cp1256": ["محمد", "فاطمة", "علي"],
    "cp1257": ["Žydrūnas", "Ģirts", "Kęstutis"],
    "cp932": ["太郎", "花子", "表"],
    "gb18030": ["王小明", "李娜", "张伟"],
    "big5": ["陳大文", "林美玲", "許功蓋"],
    "euc-kr": ["김민수", "이영희", "박철수"],
}


def export(folder: Path, encoding: str, names: list[str]) -> Path:
    path = folder / "people.csv"
    lines = ["ID,NAME", *(f"S{n},{name}" for n, name in enumerate(names)), "S99,Plain"]
    path.write_bytes("\n".join(lines).encode(encoding) + b"\n")
    return path


def looked_at(path: Path, known: list[str]) -> Sheet:
    return read_as(path, wanted=["ID", "NAME"], known=lambda: words(known))


@pytest.mark.parametrize("encoding", NAMES)
def test_the_reading_under_which_most_words_are_known_is_right(encoding: str, tmp_path: Path) -> None:
    names = NAMES[encoding]
    sheet = looked_at(export(tmp_path, encoding, names), names)
    assert [*sheet.frame["NAME"]] == [*names, "Plain"]
    assert [issue.code for issue in sheet.issues] == ["encoding-by-names"]


@pytest.mark.parametrize("encoding", NAMES)
def test_without_evidence_a_reading_is_called_a_guess(encoding: str, tmp_path: Path) -> None:
    path = export(tmp_path, encoding, NAMES[encoding])
    guessed: set[str] = set()
    with suppress(SheetError):
        guessed = {issue.code for issue in looked_at(path, ["Björn", "Ødegård"]).issues}
    # Refused, which names the encodings it may have, or read and reported.
    assert not guessed or "encoding-guessed" in guessed


def test_a_word_that_the_best_readings_read_differently_is_a_guess(tmp_path: Path) -> None:
    # Both Western and Turkish encodings have the known names, and differ in the one that is new.
    sheet = looked_at(export(tmp_path, "cp1252", [*WESTERN, "Ýmir"]), WESTERN)
    assert [issue.code for issue in sheet.issues] == ["encoding-guessed"]


def test_what_is_known_is_not_asked_for_a_file_in_utf_8(tmp_path: Path) -> None:
    def known() -> frozenset[str]:
        raise AssertionError

    assert [*read_as(export(tmp_path, "utf-8", WESTERN), known=known).frame["NAME"]] == [*WESTERN, "Plain"]


def test_an_encoding_that_is_given_needs_no_evidence(tmp_path: Path) -> None:
    path = export(tmp_path, "cp1252", WESTERN)
    assert not read_as(path, encoding="cp1252", known=lambda: words(CENTRAL)).issues
