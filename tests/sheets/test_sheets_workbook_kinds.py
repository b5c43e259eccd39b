"""Every format of workbooks, what is odd in them, and what is refused before it fills the memory."""

from __future__ import annotations

import random
import zipfile
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from struct import pack
from typing import Any

import pytest
import xlwt
from openpyxl import Workbook

from sync.errors import SheetError
from sync.model import Sheet
from sync.sheets import read
from tests.sheets.reading import read_as

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELATIONS = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
RELATED = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{}" Target="{}"/></Relationships>'
)
ODS = "".join(
    f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
)


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


def xlsx(rows: str, strings: str = "", book: str = "") -> bytes:
    sheets = f'<sheets><sheet name="T" sheetId="1" r:id="r1"/></sheets>{book}'
    return zipped(
        {
            "[Content_Types].xml": "<Types/>",
            "_rels/.rels": RELATED.format("officeDocument", "xl/workbook.xml"),
            "xl/workbook.xml": f"<workbook {MAIN} {RELATIONS}>{sheets}</workbook>",
            "xl/_rels/workbook.xml.rels": RELATED.format("worksheet", "worksheets/sheet1.xml"),
            "xl/worksheets/sheet1.xml": f"<worksheet {MAIN}><sheetData>{rows}</sheetData></worksheet>",
            "xl/sharedStrings.xml": f"<sst {MAIN}>{strings}</sst>",
        }
    )


def ods(*rows: str, manifest: str = "") -> bytes:
    table = f'<table:table table:name="T">{"".join(rows)}</table:table>'
    body = f"<office:body><office:spreadsheet>{table}</office:spreadsheet></office:body>"
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": f"<manifest>{manifest}</manifest>",
            "content.xml": f"<office:document-content{ODS}>{body}</office:document-content>",
        }
    )


def text_cell(text: str, more: str = "") -> str:
    return f'<table:table-cell office:value-type="string"{more}><text:p>{text}</text:p></table:table-cell>'


def ods_row(*cells: str, more: str = "") -> str:
    return f"<table:table-row{more}>{''.join(cells)}</table:table-row>"


def record(kind: int, data: bytes = b"") -> bytes:
    size = len(data)
    numbers = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    return numbers + (bytes([size]) if size < 128 else bytes([size & 0x7F | 0x80, size >> 7])) + data


def wide(text: str) -> bytes:
    return pack("<I", len(text)) + text.encode("utf-16-le")


def xlsb(*cells: bytes) -> bytes:
    sheet = pack("<II", 0, 1) + wide("r1") + wide("T")
    book = record(131) + record(143) + record(156, sheet) + record(144) + record(132)
    data = record(129) + record(148, pack("<IIII", 0, 9, 0, 9)) + record(145) + b"".join(cells) + record(146)
    return zipped(
        {
            "[Content_Types].xml": "<Types/>",
            "xl/workbook.bin": book,
            "_rels/.rels": RELATED.format("officeDocument", "xl/workbook.bin"),
            "xl/_rels/workbook.bin.rels": RELATED.format("worksheet", "worksheets/sheet1.bin"),
            "xl/worksheets/sheet1.bin": data + record(130),
        }
    )


def xlsb_row(row: int) -> bytes:
    return record(0, pack("<I", row) + bytes(13))


def xlsb_text(column: int, text: str) -> bytes:
    return record(6, pack("<II", column, 0) + wide(text))


def xls(fill: Any) -> bytes:
    book, stream = xlwt.Workbook(), BytesIO()
    fill(book.add_sheet("T"))
    book.save(stream)
    return stream.getvalue()


def sheet_of(data: bytes, folder: Path, **options: Any) -> Sheet:
    path = folder / "book.bin"
    path.write_bytes(data)
    return read_as(path, **options)


def rows(sheet: Sheet) -> list[list[Any]]:
    plain = sheet.frame.astype(object).where(sheet.frame.notna(), None)
    return [list(each) for each in plain.to_numpy().tolist()]


def shown(sheet: Sheet) -> list[tuple[str, int | None, str | None, str | None]]:
    return [(issue.code, issue.row, issue.column, issue.value) for issue in sheet.issues]


HEAD = '<row r="1"><c r="A1" t="str"><v>id</v></c><c r="B1" t="str"><v>name</v></c></row>'


def test_xls_with_padded_numbers_errors_and_formulas(tmp_path: Path) -> None:
    def fill(sheet: xlwt.Worksheet) -> None:
        for column, name in enumerate(["id", "name", "age"]):
            sheet.write(0, column, name)
        sheet.write(1, 0, 42, xlwt.easyxf(num_format_str="00000"))
        sheet.write(1, 1, "Zoë")
        sheet.write(1, 2, xlwt.Formula("1+1"))
        sheet.row(2).set_cell_error(1, 0x2A)
        sheet.write(2, 0, 7)
        sheet.write(2, 2, True)

    sheet = sheet_of(xls(fill), tmp_path)
    assert rows(sheet) == [["00042", "Zoë", None], ["7", None, "TRUE"]]
    assert shown(sheet) == [("formula-not-computed", 2, "age", None), ("error-cell", 3, "name", "#N/A")]
    assert sheet.found["format"] == "xls"


def test_ods_with_padded_numbers_errors_and_repeated_cells(tmp_path: Path) -> None:
    number = '<table:table-cell office:value-type="float" office:value="42"><text:p>00042</text:p></table:table-cell>'
    wrong = text_cell("#DIV/0!", ' table:formula="of:=1/0"')
    never = '<table:table-cell table:formula="of:=1"/>'
    sheet = sheet_of(
        ods(
            ods_row(text_cell("id"), text_cell("name")),
            ods_row(number, wrong),
            ods_row(text_cell("S2"), never),
            ods_row(text_cell("S3"), text_cell("Ann"), more=' table:number-rows-repeated="2"'),
            ods_row(
                '<table:table-cell table:number-columns-repeated="16384"/>',
                more=' table:number-rows-repeated="1048570"',
            ),
        ),
        tmp_path,
    )
    assert rows(sheet) == [["00042", None], ["S2", None], ["S3", "Ann"], ["S3", "Ann"]]
    assert shown(sheet) == [("error-cell", 2, "name", "#DIV/0!"), ("formula-not-computed", 3, "name", None)]


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        ("000-00-1234", "000-00-1234"),
        ("00 1234", "00 1234"),
        ("U<text:s/>1234", "U 1234"),
        ("S&amp;1234", "S&1234"),
        ("1,234", "1234"),
        ("1.234,00", "1234"),
        ("(1 234)", "1234"),
        ("1.234E+03", "1234"),
        ("", "1234"),
    ],
)
def test_a_number_in_ods_is_what_is_shown_unless_that_is_an_amount(shown: str, text: str, tmp_path: Path) -> None:
    note = "<office:annotation><text:p>checked</text:p></office:annotation>"
    value = f'<table:table-cell office:value-type="float" office:value="1234">{note}<text:p>{shown}</text:p>'
    sheet = sheet_of(ods(ods_row(text_cell("id")), ods_row(f"{value}</table:table-cell>")), tmp_path)
    assert rows(sheet) == [[text]]


def test_xlsb_with_errors_and_merged_cells(tmp_path: Path) -> None:
    sheet = sheet_of(
        xlsb(
            xlsb_row(0), xlsb_text(0, "id"), xlsb_text(1, "name"),
            xlsb_row(1), xlsb_text(0, "S1"), record(3, pack("<IIB", 1, 0, 0x2A)),
            xlsb_row(2), record(5, pack("<IId", 0, 0, 8462.0)), xlsb_text(1, "Ann"),
        ),
        tmp_path,
    )  # fmt: skip
    assert rows(sheet) == [["S1", None], ["8462", "Ann"]]
    assert shown(sheet) == [("error-cell", 2, "name", "#N/A")]
    assert sheet.found["format"] == "xlsb"


@pytest.mark.parametrize(
    ("cell", "calculation", "value", "codes"),
    [
        ("<f>1+1</f>", "", None, ["formula-not-computed"]),
        ("<f>1+1</f><v></v>", "", None, ["formula-not-computed"]),
        ("<f>1+1</f><v/>", "", None, ["formula-not-computed"]),
        ("<f>1+1</f><v>2</v>", "", "2", []),
        ("<f>1-1</f><v>0</v>", "", "0", []),
        ("<f>1+1</f><v>0</v>", '<calcPr fullCalcOnLoad="1"/>', None, ["formula-not-computed"]),
        ("<v>12345678901234567</v>", "", None, ["digits-lost"]),
        ("<v>123456789012345</v>", "", "123456789012345", []),
    ],
)
def test_a_value_that_cannot_be_known_is_none(
    cell: str, calculation: str, value: str | None, codes: list[str], tmp_path: Path
) -> None:
    row = f'<row r="2"><c r="A2" t="str"><v>S1</v></c><c r="B2">{cell}</c></row>'
    sheet = sheet_of(xlsx(HEAD + row, book=calculation), tmp_path)
    assert rows(sheet) == [["S1", value]] if value else [["S1", None]]
    assert [issue.code for issue in sheet.issues] == codes
    assert all("B2" in issue.message for issue in sheet.issues)


def test_a_formula_may_give_an_empty_text(tmp_path: Path) -> None:
    row = '<row r="2"><c r="A2" t="str"><v>S1</v></c><c r="B2" t="str"><f>""</f><v></v></c></row>'
    assert rows(sheet_of(xlsx(HEAD + row), tmp_path)) == [["S1", ""]]


def test_cells_without_addresses_and_with_prefixes_are_found(tmp_path: Path) -> None:
    cells = "<row><c t='str'><v>id</v></c><c t='str'><v>name</v></c></row><row><c/><c t='e'><v>#REF!</v></c></row>"
    plain = sheet_of(xlsx(cells), tmp_path)
    assert shown(plain) == [("error-cell", 2, "name", "#REF!")]


def test_merged_cells_below_the_header_are_reported_and_titles_are_not(tmp_path: Path) -> None:
    book = Workbook()
    tab = book.worksheets[0]
    for record_ in [["Enrolments", None], ["course", "user"], ["C1", "S1"], [None, "S2"], ["C2", "S3"]]:
        tab.append(record_)
    tab.merge_cells("A1:B1")
    tab.merge_cells("A3:A4")
    book.save(tmp_path / "book.xlsx")
    sheet = read_as(tmp_path / "book.xlsx", wanted=["course", "user"])
    assert rows(sheet) == [["C1", "S1"], [None, "S2"], ["C2", "S3"]]
    assert shown(sheet) == [("merged-cells", 3, "course", "C1")]
    assert "A3:A4" in sheet.issues[0].message


def test_a_table_in_the_middle_of_the_tab_is_read(tmp_path: Path) -> None:
    book = Workbook()
    for place, value in {"C4": "id", "D4": "name", "C5": "S1", "D5": "Ann"}.items():
        book.worksheets[0][place] = value
    book.save(tmp_path / "book.xlsx")
    sheet = read(tmp_path / "book.xlsx")
    assert (rows(sheet), sheet.header_row, list(sheet.frame.index)) == ([["S1", "Ann"]], 4, [5])


def test_a_tab_is_found_by_its_name_in_other_case_and_by_its_position(tmp_path: Path) -> None:
    book = Workbook()
    for title in ["Old", "Users 2026", "Staff"]:
        book.create_sheet(title).append(["id"])
    book.remove(book.worksheets[0])
    book["Old"].sheet_state = "veryHidden"
    book.create_chartsheet("Chart")
    book.save(tmp_path / "book.xlsx")
    assert [read_as(tmp_path / "book.xlsx", tab=tab).tab for tab in ("users2026", "2", "old")] == [
        "Users 2026", "Staff", "Old",
    ]  # fmt: skip


FAR = '<row r="1048576"><c r="XFD1048576"{}</row>'
LONG = "<si><t>" + "x" * 30_000 + "</t></si>"


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda: xlsx(HEAD + FAR.format("><v>1</v></c>")), "as far as XFD1048576, but only 3 have content"),
        (lambda: xlsx(FAR.format("><v>1</v></c>")), "as far as XFD1048576, but only 1 has content"),
        (lambda: xlsb(xlsb_row(0), xlsb_text(0, "id"), xlsb_row(1 << 20), xlsb_text(16383, "x")),
         "as far as XFD1048577"),
        (lambda: ods(ods_row(text_cell("x", ' table:number-columns-repeated="9999"'),
            more=' table:number-rows-repeated="9999"')),
         "as far as NTO9999"),
        (lambda: ods(ods_row(text_cell("x" * 9999), more=' table:number-rows-repeated="100000"')), "use up all"),
        (lambda: xlsx(HEAD + "<row>" + "<c t='s'><v>0</v></c>" * 9_000 + "</row>", LONG), "use up all"),
        (lambda: zipped({"xl/workbook.xml": b" " * (200 << 20)}), "would unpack to more than 83 MiB"),
        (lambda: ods(ods_row(text_cell("x")), manifest="<encryption-data/>"), "protected by a password"),
    ],
    ids=range(8),
)  # fmt: skip
def test_what_would_fill_the_memory_or_is_locked_is_refused(
    made: Callable[[], bytes], words: str, tmp_path: Path
) -> None:
    with pytest.raises(SheetError, match=words):
        sheet_of(made(), tmp_path)


def test_cells_that_have_only_a_format_cost_nothing(tmp_path: Path) -> None:
    assert rows(sheet_of(xlsx(HEAD + FAR.format(' s="1"/>')), tmp_path)) == []


SEEDS = {
    "xlsx": xlsx(HEAD + '<row r="2"><c t="s"><v>0</v></c><c t="e"><v>#N/A</v></c></row>', "<si><t>x</t></si>"),
    "ods": ods(ods_row(text_cell("id"), text_cell("name")), ods_row(text_cell("S1"), text_cell("Ann"))),
    "xlsb": xlsb(xlsb_row(0), xlsb_text(0, "id"), xlsb_row(1), xlsb_text(0, "S1")),
    "xls": xls(lambda sheet: sheet.write(0, 0, "id")),
}  # fmt: skip


def mutated(data: bytes, chance: random.Random) -> bytes:
    """The data with some bytes changed, within the members of an archive if it is one."""
    if not data.startswith(b"PK") or chance.random() < 0.2:
        broken = bytearray(data)
        for _ in range(chance.randint(1, 6)):
            broken[chance.randrange(len(broken))] = chance.randrange(256)
        return bytes(broken)
    with zipfile.ZipFile(BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    name = chance.choice(list(parts))
    return zipped(parts | {name: mutated(parts[name] or b"\0", chance)})


@pytest.mark.parametrize("kind", SEEDS)
def test_a_broken_workbook_is_read_or_refused(kind: str, tmp_path: Path) -> None:
    chance = random.Random(8462)
    outcomes: set[str] = set()
    for _ in range(250):
        try:
            outcomes.add(sheet_of(mutated(SEEDS[kind], chance), tmp_path).found["format"])
        except SheetError as error:
            outcomes.update("refused" for fault in error.faults if fault.message)
    assert outcomes <= {kind, "refused"}
    assert "refused" in outcomes
