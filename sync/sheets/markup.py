"""What a file written in tags is: a web page, a workbook as one XML file, or something else."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, Literal
from xml.parsers import expat

if TYPE_CHECKING:
    from pyexpat import XMLParserType

START = 4096
"""Number of bytes in which a file shows what it is."""

WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
BEFORE_ROOT = r"\ufeff?\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*|<!doctype[^>\[]*(?:\[.*?\])?>\s*)*"
ROOT = re.compile(BEFORE_ROOT + r"<(?:[\w.-]+:)?([a-z]+)", re.IGNORECASE | re.DOTALL)
MARKUP = re.compile(r"\ufeff?\s*<(?:!doctype|\?xml|html|table|(?:\w+:)?workbook|office:document)", re.IGNORECASE)
DECLARED = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([\w.-]+)[\"'][^>]*\?>")
WORKBOOKS: dict[str, tuple[str, Literal["xml", "fods"]]] = {
    "workbook": ("urn:schemas-microsoft-com:office:spreadsheet", "xml"),
    "document": ("opendocument", "fods"),
}
"""Root elements of workbooks in one XML file: what is near them, and their format."""


def is_markup(data: memoryview) -> bool:
    """Whether a file is a web page or XML."""
    return MARKUP.match(_head(data)) is not None


def workbook_format(data: memoryview) -> Literal["xml", "fods"] | None:
    """`xml` is XML Spreadsheet 2003, `fods` a flat OpenDocument file; None is anything else."""
    head = _head(data)
    root = ROOT.match(head) if MARKUP.match(head) else None
    sign, kind = WORKBOOKS.get(root[1].lower() if root else "", ("", None))
    return kind if sign in head else None


def _head(data: memoryview) -> str:
    head = bytes(data[:START])
    return head.decode("utf-16" if head.startswith(WIDE) else "latin-1", "replace").removeprefix("ï»¿")


def as_utf8(data: bytes) -> bytes:
    """XML in UTF-8, without a declaration. Raises UnicodeError or LookupError."""
    declared = DECLARED.match(data.removeprefix(codecs.BOM_UTF8).lstrip())
    encoding = "utf-16" if data.startswith(WIDE) else declared[1].decode() if declared else "utf-8"
    text = data.decode(encoding).removeprefix("\ufeff").lstrip()
    return re.sub(r"\A<\?xml[^>]*\?>", "", text).encode()


def parser() -> XMLParserType:
    """A parser that gives names with their namespaces, and raises ValueError at a document type.

    Entities that a document defines itself could make it huge, and workbooks have none.
    """
    made = expat.ParserCreate("utf-8", " ")
    made.buffer_text = True
    made.StartDoctypeDeclHandler = _refuse
    return made


def _refuse(*_: object) -> None:
    raise ValueError("it defines a document type of its own")
