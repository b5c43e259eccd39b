"""Quotes within a cell that follow a backslash, where they should be doubled."""

from __future__ import annotations

import re

BACKSLASH = "\\"


def may_be_escaped(data: memoryview) -> bool:
    """Whether there are quotes after a backslash, and it is clear what other backslashes are: themselves."""
    octets = bytes(data)
    return b'\\"' in octets and b"\\\\" not in octets


def with_doubled_quotes(data: memoryview, escape: str) -> memoryview:
    """Text whose quotes are doubled, as they should be; an escape before another one stands for one of them."""
    sign = re.escape(escape.encode())
    return memoryview(re.sub(sign + rb'(["' + sign + rb"])", _unescaped, bytes(data)))


def _unescaped(found: re.Match[bytes]) -> bytes:
    return b'""' if found[1] == b'"' else found[1]
