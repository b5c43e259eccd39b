"""Files that are made to fill the memory, or to take for ever.

Each is made in any size: 1 is what would do harm, and a small part of that shows the same.
"""

from __future__ import annotations

import gzip
import struct
import zipfile
import zlib
from collections.abc import Callable, Mapping
from io import BytesIO

from tests.sheets.test_sheets_workbook_kinds import MAIN, RELATED, RELATIONS, xlsx

Bomb = Callable[[float], bytes]

HEAD = "<row><c t='inlineStr'><is><t>ID</t></is></c><c t='inlineStr'><is><t>FIRST</t></is></c></row>"
WORKBOOK = "<sheets><sheet name='T' sheetId='1' r:id='r1'/></sheets>"
SHEET = "xl/worksheets/sheet1.xml"


def millions(size: float) -> int:
    return int(size * 1_000_000)


def parts(target: str = "worksheets/sheet1.xml") -> dict[str, str]:
    """A workbook's parts without its worksheet."""
    return {
        "[Content_Types].xml": "<Types/>",
        "_rels/.rels": RELATED.format("officeDocument", "xl/workbook.xml"),
        "xl/workbook.xml": f"<workbook {MAIN} {RELATIONS}>{WORKBOOK}</workbook>",
        "xl/_rels/workbook.xml.rels": RELATED.format("worksheet", target),
    }


def sheet() -> str:
    return f"<worksheet {MAIN}><sheetData>{HEAD}</sheetData></worksheet>"


def packed(members: Mapping[str, bytes | str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def blanks(size: float) -> bytes:
    """So many millions of blanks, deflated without ever being in memory."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return b"".join([*(packer.compress(b" " * 1000) for _ in range(millions(size) // 1000)), packer.flush()])


def with_member(name: str, member: bytes, declared: int, others: Mapping[str, str]) -> bytes:
    """A zip with a deflated member that declares a size of its own."""
    data = packed(others)
    with zipfile.ZipFile(BytesIO(data)) as archive:
        start, count = archive.start_dir, len(archive.infolist()) + 1
    head = struct.pack("<HHHHHIII", 20, 0, 8, 0, 0, 0, len(member), declared)
    local = b"PK\x03\x04" + head + struct.pack("<HH", len(name), 0) + name.encode() + member
    entry = b"PK\x01\x02\x14\0" + head + struct.pack("<HHHHHII", len(name), 0, 0, 0, 0, 0, start) + name.encode()
    directory = data[start : data.rfind(b"PK\x05\x06")] + entry
    end = struct.pack("<HHHHIIH", 0, 0, count, count, len(directory), start + len(local), 0)
    return data[:start] + local + directory + b"PK\x05\x06" + end


def other_name(size: float) -> bytes:
    """A worksheet that is not called like one."""
    target = "worksheets/sheet1.dat"
    return with_member(f"xl/{target}", blanks(size * 600), millions(size * 600), parts(target))


def forged(size: float) -> bytes:
    """A worksheet that says it is small."""
    return with_member(SHEET, blanks(size * 600), 99, parts())


def twice(name: str) -> Bomb:
    return lambda _: with_member(name, blanks(0), 0, {**parts(), SHEET: sheet()})


def squeezed(method: int) -> Bomb:
    return lambda size: packed({"people.csv": b" " * millions(size)}, method)


def deep_xml(size: float) -> bytes:
    head = b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet">'
    return head + b"<a>" * millions(size)


def wide_sheet(size: float) -> bytes:
    """Rows of as many columns as a worksheet can have."""
    names = "".join(f"<c t='inlineStr'><is><t>c{n}</t></is></c>" for n in range(16_384))
    return xlsx(f"<row>{names}</row>" + f"<row>{'<c><v>1</v></c>' * 16_384}</row>" * int(size * 60))


def wide_text(size: float) -> bytes:
    names = ",".join(f"c{n}" for n in range(16_384)).encode()
    return names + b"\n" + (b"1," * 16_383 + b"1\n") * int(size * 60)


def styled(size: float) -> bytes:
    rows = (f"<row r='{n}' s='1'><c r='A{n}' s='1'/></row>" for n in range(2, 2 + millions(size)))
    return xlsx(HEAD + "".join(rows))


def entries(size: float) -> bytes:
    return b"PK\x03\x04" + (b"PK\x01\x02" + bytes(42)) * millions(size)


BOMBS: dict[str, tuple[str, Bomb, float, str]] = {
    "empty gzip streams": ("p.csv.gz", lambda n: gzip.compress(b"", mtime=0) * millions(n), 0.01, "parts"),
    "bz2": ("p.zip", squeezed(zipfile.ZIP_BZIP2), 0.01, "`people.csv` in the archive is compressed with bzip2"),
    "lzma": ("p.zip", squeezed(zipfile.ZIP_LZMA), 0.01, "`people.csv` in the archive is compressed with lzma"),
    "lzma in a workbook": (
        "p.xlsx",
        lambda n: packed({**parts(), "x": b" " * millions(n)}, zipfile.ZIP_LZMA),
        0.01,
        "is compressed with lzma",
    ),
    "members without end": ("p.zip", entries, 0.011, "more than 10,000 members"),
    "a part of another name": ("p.xlsx", other_name, 0.15, "would unpack to more than"),
    "a forged size": ("p.xlsx", forged, 0.001, "unpack to more than|not as large as it declares"),
    "a part twice": ("p.xlsx", twice(SHEET), 1, f"two parts named {SHEET}"),
    "a part in capitals": ("p.xlsx", twice("xl/worksheets/SHEET1.XML"), 1, f"two parts named {SHEET}"),
    "16,384 columns": ("p.csv", wide_text, 0.02, ""),
    "16,384 columns of a worksheet": ("p.xlsx", wide_sheet, 0.02, ""),
    "a header without end": ("p.csv", lambda n: b"ID," + b"x," * millions(5 * n) + b"\nS1\n", 0.5, "longer than 4 MiB"),
    "ragged rows": (
        "p.csv",
        lambda n: b"ID,FIRST,LAST\n" + b"S1,A\n" * millions(10 * n),
        0.011,
        "more than 100,000 rows have more or fewer cells|too many to check one by one",
    ),
    "a quote that never ends": (
        "p.csv",
        lambda n: b'ID,"FIRST\n' + b"S1,Ann\n" * millions(30 * n),
        0.001,
        "never closed",
    ),
    "styled empty rows": ("p.xlsx", styled, 0.001, ""),
    "deep XML in a workbook": ("p.xlsx", lambda n: xlsx(f"{HEAD}<row>{'<a>' * millions(n)}"), 0.001, ""),
    "deep XML": ("p.xls", deep_xml, 0.001, "damaged"),
    "deep tables": ("p.html", lambda n: b"<html><body>" + b"<table><tr><td>" * millions(n), 0.001, "not a table"),
}
"""What they are: the file's name, how it is made, a size that shows the same, what is said (empty: it may be read)."""
