"""Makes a Response of what came over the wire, or of the failure to get anything."""

from __future__ import annotations

import re
import socket
import ssl
import zlib
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import Final

import httpcore
import msgspec
import orjson

from sync.errors import masked_answer
from sync.model import Response
from sync.site.listing import Listing, decode
from sync.site.responses import first_line, one_line
from sync.site.wire import RawResponse

FAILURES: Final = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProxyError,
    HTTPException,
    zlib.error,
)
"""Every failure of the network during a call."""

_UNSENT: Final = (httpcore.ConnectTimeout, httpcore.ConnectError, httpcore.ProxyError)
"""The failures that certainly happen before the request is sent."""

_REDIRECTS: Final = (301, 302, 303, 307, 308)
_PACKED: Final = ("gzip", "x-gzip", "deflate")
_STREAMS: Final = 256
"""So many, one after another, may an answer consist of that is packed."""

_EITHER: Final = zlib.MAX_WBITS | 32
"""Makes zlib unpack gzip as well as deflate, whichever it is."""

ROWS: Final = 1_000_000
"""Objects of the longest list that is decoded: each takes some hundred bytes of memory, however short it is written."""

VALUES: Final = 5_000_000
"""Values of the largest answer that is decoded as a whole."""

_EXCERPT: Final = 8192


def read(raw: RawResponse, token: str, largest: int, takes: tuple[str, ...] = ()) -> Response:
    """The whole answer, with at most `largest` bytes; of a list, the properties `takes`. Raises `FAILURES`."""
    status, headers, wait = raw.status, raw.headers, _retry_after(raw.headers)
    if status in _REDIRECTS and "location" in headers:
        target = headers["location"].encode("latin-1", "replace").decode(errors="replace")
        return Response(status, text=one_line(f"redirect to {target}"), retry_after=wait)
    body = _body(raw.chunks, headers.get("content-encoding", ""), largest)
    if len(body) > largest:
        return _unread(status, f"it is larger than {largest / 2**20:g} MiB", wait)
    plain = masked_answer(body, token)
    while plain.startswith(BOM_UTF8):  # one for each PHP file that was saved with one
        plain = plain.removeprefix(BOM_UTF8)
    try:
        data = _data(plain, takes if 200 <= status < 300 else ())
    except orjson.JSONDecodeError:
        return Response(status, text=_text(plain), retry_after=wait)
    except OverflowError as error:
        return _unread(status, str(error), wait)
    if isinstance(data, dict | list | Listing) or "json" in headers.get("content-type", "").lower():
        return Response(status, data, json=True, retry_after=wait)
    return Response(status, text=_text(plain), retry_after=wait)


def _unread(status: int, why: str, wait: float | None) -> Response:
    """An answer that was not read to its end, or not decoded."""
    return Response(status, text=why, retry_after=wait, whole=False)


def _body(chunks: Iterable[bytes], encoding: str, largest: int) -> bytearray:
    """The body, unpacked; a piece more than `largest` where it is longer than that.

    Raises zlib.error if what is packed does not end, or something else follows it.
    """
    body = bytearray()
    for piece in _unpacked(chunks, largest) if encoding.lower() in _PACKED else chunks:
        body += piece
        if len(body) > largest:
            break
    return body


def _unpacked(chunks: Iterable[bytes], largest: int) -> Iterator[bytes]:
    """What is packed, in pieces of up to one byte more than `largest`; white space after it does not count.

    A gzip consists of one stream, or of several one after another.
    """
    unpacker, streams = zlib.decompressobj(_EITHER), 0
    for chunk in chunks:
        left = chunk.lstrip() if unpacker.eof else chunk
        while left:
            if unpacker.eof or not streams:
                unpacker, streams = zlib.decompressobj(_EITHER), streams + 1
            if streams > _STREAMS:
                raise zlib.error("too many streams")
            yield unpacker.decompress(left, largest + 1)
            left = unpacker.unused_data.lstrip()
    if streams and not unpacker.eof:
        raise zlib.error("incomplete")


def _data(body: bytearray, takes: tuple[str, ...]) -> object:
    """What a body holds. Raises orjson.JSONDecodeError if it is not JSON, OverflowError if it is too much of it."""
    if takes and body.count(b"{") > ROWS:
        raise OverflowError(f"the list has more than {ROWS:,} entries")
    if takes:
        try:
            return decode(body, takes)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            pass  # not a list of objects: an error message, or not JSON at all
    if sum(map(body.count, (b",", b"[", b"{"))) > VALUES:
        raise OverflowError(f"it has more than {VALUES:,} values")
    return orjson.loads(body)


def failure(error: Exception, host: str, timeout: float) -> Response:
    """The Response that stands for no answer: one of `FAILURES`, met on the way to `host`."""
    return Response(None, text=one_line(_why(error, host, timeout)), lost=not isinstance(error, _UNSENT))


def _why(error: Exception, host: str, timeout: float) -> str:
    match error, next(iter(error.args), None):  # httpcore passes on the system's exception as its argument
        case httpcore.ConnectError(), ssl.SSLCertVerificationError() as cause:
            return f"the certificate of {host} is not trusted: {cause.verify_message}"
        case httpcore.ConnectError(), ssl.SSLError(reason="WRONG_VERSION_NUMBER" | "HTTP_REQUEST"):
            why = "the server does not speak https at this port (write http:// for a site on this machine)"
            return f"no secure (TLS) connection to {host}: {why}"
        case httpcore.ConnectError(), ssl.SSLError() as cause:
            return f"no secure (TLS) connection to {host}: {cause.reason or cause}"
        case httpcore.ConnectError(), socket.gaierror() as cause:
            return f"the host name {host} cannot be resolved: {cause.strerror}"
        case httpcore.ConnectError(), OSError() as cause:
            return f"no connection to {host}: {cause.strerror or cause}"
        case httpcore.ConnectTimeout(), _:
            return f"connecting to {host} took too long"
        case httpcore.ProxyError(), _:
            return f"the proxy refuses to connect to {host}: {error}"
        case httpcore.TimeoutException(), _:
            return f"{host} did not send a complete answer within {timeout:g} s"
        case zlib.error(), _:
            return f"the answer from {host} could not be decompressed"
        case _:
            return f"the connection to {host} was cut before the answer was complete"


def _text(body: bytearray) -> str:
    """The first line a person can read; empty only if the body is blank."""
    excerpt = body[:_EXCERPT].replace(b"\0", b"").decode(errors="replace")  # UTF-16 is not read letter by letter
    if not excerpt.strip():
        return ""
    return first_line(excerpt) or "a page without text"


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
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)
