"""A good export, through whichever writer, is read as the same table, or refused: never as another one."""

from __future__ import annotations

import csv
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from sync.errors import SheetError
from sync.model import Sheet
from sync.sheets import require
from sync.sheets.evidence import words
from tests.examples import LONG, examples
from tests.sheets import good_export, writers
from tests.sheets.reading import read_as
from tests.sheets.writers import COLUMNS, Shown, Style, Table

LETTERS = "abxyzABZ019"
SIGNS = " '\"\\,;|~^:#-_().&<>=@/%*+?!$\t\n"
ACCENTS = "éñüßøÅ"

identifiers = st.from_regex(r"[A-Z]{0,2}0{0,2}[1-9][0-9]{0,6}(?:-[A-Z])?", fullmatch=True)
mails = st.from_regex(r"[a-z]{1,5}[0-9]{0,2}@example\.edu", fullmatch=True)


def texts(alphabet: str) -> st.SearchStrategy[str]:
    return st.text(alphabet, max_size=12).map(str.strip)


def tables(alphabet: str) -> st.SearchStrategy[Table]:
    record = st.tuples(identifiers, texts(alphabet), mails, texts(alphabet)).map(list)
    return st.lists(record, min_size=1, max_size=6, unique_by=lambda record: record[0])


def judge(path: Path, table: Table, **options: object) -> None:
    """The file is refused, or read as the table; a cell without a value is reported, a guessed letter too."""
    known = words(cell for record in table for cell in record)
    try:
        sheet = read_as(path, COLUMNS, [[["ID"]]], lambda: known, **options)
        if faults := require(sheet, COLUMNS):
            raise SheetError(*faults)
    except SheetError as error:
        event(f"refused: {error.faults[0].message[:30]}")
        return
    event("read")
    compare(sheet, table)


def compare(sheet: Sheet, table: Table) -> None:
    codes = {issue.code for issue in sheet.issues}
    if "encoding-guessed" in codes:
        return
    frame = sheet.frame[COLUMNS].astype(object).where(sheet.frame[COLUMNS].notna(), None)
    found = frame.to_numpy().tolist()
    unreliable = {issue.row for issue in sheet.issues if issue.severity == "error"}
    assert len(found) == len(table) or unreliable or not sheet.whole
    for row, record in zip(sheet.frame.index, found, strict=True):
        assert record in table or row in unreliable, record


def _has(table: Table, sign: str) -> bool:
    return any(sign in cell for record in table for cell in record)


quoting = st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])
styles = st.builds(
    Style,
    delimiter=st.sampled_from([",", ";", "\t", "|", "~", "^", ":", "\x1f", "||", "~|~"]),
    quote=st.sampled_from(['"', '"', "'"]),
    quoting=quoting,
    escape=st.sampled_from(["", "", "\\"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252", "mac-roman", "cp850", "cp037"]),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
)


@settings(max_examples=examples(40))
@given(table=tables(LETTERS + SIGNS + ACCENTS), style=styles, said=st.booleans(), header=st.booleans())
def test_a_text_file_is_read_alike_or_refused(
    tmp_path_factory: pytest.TempPathFactory, table: Table, style: Style, said: bool, header: bool
) -> None:
    path = tmp_path_factory.getbasetemp() / "writers.csv"
    # Python's writer leaves line feeds without quotes then.
    assume(style.quoting != csv.QUOTE_MINIMAL or style.end != "\r" or not _has(table, "\n"))
    # It puts no quotes around a sign next to a delimiter of which it is a part.
    assume(len(style.delimiter) == 1 or not _has(table, style.delimiter[0]))
    # These are nowhere to be seen in a file, so a mapping must say them.
    assume(said or style.quote == '"' or not any(cell[:1] == '"' for record in table for cell in record))
    assume(said or style.quote == '"' or style.quoting != csv.QUOTE_MINIMAL or not _has(table, "\n"))
    assume(said or not style.escape or (style.quoting == csv.QUOTE_ALL and not _has(table, "\\")))
    assume(said or not any(cell[:1] == cell[-1:] == "'" for record in table for cell in record))
    path.write_bytes(writers.delimited([COLUMNS, *table] if header else table, style))
    options: dict[str, object] = {} if header else {"columns": COLUMNS}
    if said:
        options |= {"delimiter": style.delimiter, "quote": style.quote}
        options |= {"escape": style.escape} if style.escape else {}
    if said or style.encoding == "cp037":
        options["encoding"] = style.encoding
    judge(path, table, **options)


@settings(max_examples=examples(25))
@given(table=tables((LETTERS + SIGNS + ACCENTS).replace("\t", "").replace("\n", "")), ruler=st.booleans())
def test_columns_of_a_fixed_width_are_read_alike_or_refused(
    tmp_path_factory: pytest.TempPathFactory, table: Table, ruler: bool
) -> None:
    path = tmp_path_factory.getbasetemp() / "writers.lst"
    table = [[" ".join(cell.split()) for cell in record] for record in table]
    path.write_bytes(good_export.spooled([COLUMNS, *table], ruler=ruler))
    judge(path, table, layout="fixed")


numbers = st.builds(
    Shown,
    value=st.integers(0, 10**8),
    digits=st.integers(1, 9),
    before=st.sampled_from(["", "", "S", "U-", "a b "]),
    after=st.sampled_from(["", "", "-A", "x"]),
)


@settings(max_examples=examples(6))
@given(
    table=tables((LETTERS + SIGNS + ACCENTS).replace("\t", "")),
    shown=st.lists(numbers, max_size=6, unique_by=lambda each: each.text),
)
@pytest.mark.parametrize("writer", writers.BOOKS)
def test_a_workbook_is_read_alike_or_refused(
    writer: str, tmp_path_factory: pytest.TempPathFactory, table: Table, shown: list[Shown]
) -> None:
    path = tmp_path_factory.getbasetemp() / f"writers-{writer.replace(' ', '-')}"
    shown = shown[: len(table)]
    for n, each in enumerate(shown):
        table[n][0] = each.text
    assume(len({record[0] for record in table}) == len(table))
    if writer in ("web page", "flat OpenDocument"):  # both show several blanks and line breaks as one blank
        table = [[" ".join(cell.split()) for cell in record] for record in table]
    writers.BOOKS[writer](path, [COLUMNS, *table], shown)
    judge(path, table)


SOFFICE = shutil.which("soffice")
FILTERS = ["ods", "fods", "html:HTML (StarCalc)", "xls:MS Excel 97", "xlsx:Calc MS Excel 2007 XML"]
NAMES = ["Zoë O'Neil", 'Ann "Annie" Lee', "x;y, z|~", "<b>&amp;", "a  b", "'t Hooft", "=1", "", "12", "1.5", "TRUE"]


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice (soffice) is not installed, so it cannot write workbooks")
@pytest.mark.parametrize("kind", FILTERS if LONG else FILTERS[1:2])
def test_a_workbook_of_libreoffice_is_read_alike(kind: str, tmp_path: Path) -> None:
    shown = [
        Shown(value, digits, before, after)
        for value in (0, 7, 1234, 12345678)
        for digits in (1, 4, 9)
        for before, after in (("", ""), ("S", ""), ("U-", "-A"))
    ]
    shown = [*{each.text: each for each in shown}.values()]
    table = [[each.text, NAMES[n % len(NAMES)], f"s{n}@example.edu", ""] for n, each in enumerate(shown)]
    writers.by_openpyxl(tmp_path / "made.xlsx", [COLUMNS, *table], shown)
    folder = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    out = tmp_path / "out"
    command = [str(SOFFICE), folder, "--headless", "--convert-to", kind, "--outdir", str(out), "made.xlsx"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=600)
    if kind.startswith("html"):
        table = [[" ".join(cell.split()) for cell in record] for record in table]
    sheet = read_as(next(out.iterdir()), COLUMNS, [[["ID"]]])
    same = pd.DataFrame(table, columns=COLUMNS, dtype="str")
    pd.testing.assert_frame_equal(sheet.frame[COLUMNS].reset_index(drop=True), same)
