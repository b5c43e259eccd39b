"""Quotes within a cell that follow a backslash or another sign, where they should be doubled.

Such a quote is another character until the cells are read: it neither opens nor closes anything.
"""

from __future__ import annotations

import re

from sync.errors import Fault, SheetError

BACKSLASH = "\\"
MARK = "\x02"
"""What stands for a quote that was escaped."""


def may_be_escaped(data: memoryview) -> bool:
    """Whether there are quotes after a backslash, and it is clear what other backslashes are: themselves."""
    octets = bytes(data)
    return b'\\"' in octets and b"\\\\" not in octets


def with_marked_quotes(name: str, data: memoryview, escape: str) -> memoryview:
    """Text with `MARK` for each escaped quote; an escape before another one stands for one of them.

    Raises SheetError if it has that sign already.
    """
    octets = bytes(data)
    if MARK.encode() in octets:
        raise SheetError(Fault(f"`escape: {escape}` cannot be used: the file contains the character 0x02", name))
    sign = re.escape(escape.encode())
    return memoryview(re.sub(sign + rb'(["' + sign + rb"])", _unescaped, octets))


def _unescaped(found: re.Match[bytes]) -> bytes:
    return MARK.encode() if found[1] == b'"' else found[1]
