"""OpenDocument workbooks in one XML file (fods): the same as the contents of an ods, which the readers get."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO

from sync.sheets.markup import as_utf8, parser

INDENTED = re.compile(rb"(<text:p[\s>].*?</text:p>)|(?<=>)\s+(?=<)", re.DOTALL)
"""Blanks between elements, which the reader of values does not expect; within a text they are part of it."""

MIMETYPE = "application/vnd.oasis.opendocument.spreadsheet"


def packed(data: bytes) -> bytes:
    """The file as an ods.

    Raises ValueError, LookupError or ExpatError if it is no XML, is truncated, or defines a document type.
    """
    xml = as_utf8(data)
    # The reader of values would take a truncated document for a short one.
    parser().Parse(xml, True)
    xml = INDENTED.sub(lambda found: found[1] or b"", xml)
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("mimetype", MIMETYPE)
        archive.writestr("META-INF/manifest.xml", "<manifest/>")
        archive.writestr("content.xml", xml)
    return stream.getvalue()
