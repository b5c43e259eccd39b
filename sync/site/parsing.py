"""From what came over the wire, or did not, to a Response."""

from __future__ import annotations

import re
import zlib
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import Any, Final

import orjson

from sync.model import Response
from sync.site.responses import first_line, one_line
from sync.site.wire import Unsent

FAILURES: Final = (Unsent, OSError, HTTPException, zlib.error)
"""Every failure of the network during a call."""

PACKINGS: Final = "gzip, deflate"
"""The ways in which a body may be packed."""

_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
_EXCERPT: Final = 8192
_MASKED_FROM: Final = 8


def read(status: int, headers: Mapping[str, str], pieces: Iterable[bytes], token: str, largest: int) -> Response:
    """The whole answer, with a body of at most `largest` bytes; names of headers in lower case. Raises `FAILURES`."""
    wait = _retry_after(headers)
    if status in _REDIRECTS and "location" in headers:
        target = _mask(headers["location"].encode(), token).decode(errors="replace")
        return Response(status, text=one_line(f"redirect to {target}"), retry_after=wait)
    body = bytearray()
    for piece in _unpacked(pieces, headers.get("content-encoding", "")):
        body += piece
        if len(body) > largest:
            return Response(status, text=f"an answer larger than {largest / 2**20:g} MiB", retry_after=wait)
    plain = _mask(bytes(body), token)
    while plain.startswith(BOM_UTF8):  # one for each PHP file that was saved with one
        plain = plain.removeprefix(BOM_UTF8)
    try:
        data = orjson.loads(plain)
    except orjson.JSONDecodeError:
        return Response(status, text=_text(plain), retry_after=wait)
    if isinstance(data, dict | list) or "json" in headers.get("content-type", "").lower():
        return Response(status, data, json=True, retry_after=wait)
    return Response(status, text=_text(plain), retry_after=wait)


def failure(error: Exception, host: str, timeout: float) -> Response:
    """The Response that stands for no answer: one of `FAILURES`, met on the way to `host`."""
    return Response(None, text=one_line(_why(error, host, timeout)), lost=not isinstance(error, Unsent))


def _why(error: Exception, host: str, timeout: float) -> str:
    match error:
        case Unsent():
            return str(error)
        case TimeoutError():
            return f"{host} gave no complete answer within {timeout:g} s"
        case zlib.error():
            return f"the answer of {host} could not be unpacked"
        case _:
            return f"the connection to {host} was cut before the answer was complete"


def _unpacked(pieces: Iterable[bytes], encodings: str) -> Iterable[bytes]:
    """The body as it was before it was packed, in each of these ways after another. Raises zlib.error."""
    for encoding in reversed(encodings.lower().split(",")):
        if encoding.strip() in ("gzip", "x-gzip"):
            pieces = _inflated(pieces, lambda _: zlib.decompressobj(zlib.MAX_WBITS | 16))
        elif encoding.strip() == "deflate":
            pieces = _inflated(pieces, _inflater)
    return pieces


def _inflater(first: bytes) -> Any:
    """Some servers leave out the two bytes that `deflate` should begin with."""
    headed = first[0] & 0x0F == 8 and int.from_bytes(first[:2]) % 31 == 0
    return zlib.decompressobj(zlib.MAX_WBITS if headed else -zlib.MAX_WBITS)


def _inflated(pieces: Iterable[bytes], inflater: Callable[[bytes], Any]) -> Iterator[bytes]:
    inflating: Any = None
    for piece in pieces:
        inflating = inflating or inflater(piece)
        yield inflating.decompress(piece)
    if inflating is not None and not inflating.eof:
        raise zlib.error("the end is missing")


def _text(body: bytes) -> str:
    """The first line a person can read; empty only if the body is blank."""
    excerpt = body[:_EXCERPT].decode(errors="replace")
    if not excerpt.strip():
        return ""
    return first_line(excerpt) or "a page without text"


def _mask(body: bytes, token: str) -> bytes:
    """The body without our token, in case a server shows it. Tokens too short to distinguish from data stay."""
    if len(token) < _MASKED_FROM:
        return body
    escaped = token.replace("/", "\\/")  # as PHP writes it in JSON
    return body.replace(token.encode(), b"***").replace(escaped.encode(), b"***")


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait. A date is compared with the server's own clock if the answer has its time."""
    value = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}", value):
        return float(value)
    until = _date(value)
    if until is None:
        return None
    now = _date(headers.get("date", "")) or datetime.now(UTC)
    return max(0.0, (until - now).total_seconds())


def _date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
