"""The bytes of a text file as UTF-8, whatever encoding they have."""

from __future__ import annotations

import codecs
from typing import NamedTuple

import numpy as np

from sync.errors import Fault, SheetError
from sync.model import Issue
from sync.model.issue_texts import sentence, wording
from sync.sheets.evidence import Known, by_known_words
from sync.sheets.inbox import File
from sync.sheets.legacy import CANDIDATES, EncodingGuess, guess

MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""In this order: the mark of UTF-32 begins like that of UTF-16."""

EBCDIC = ("cp037", "cp273", "cp500", "cp1026", "cp1140")
NEXT_LINE = "\x85"
"""How lines end on a mainframe, as those encodings have it."""

IN_EBCDIC = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,;:-_@/\r\n\x85".encode("cp500")
SAMPLE = 4096
STEP = 1 << 18
CTRL_Z = 0x1A


class Decoded(NamedTuple):
    """A text file in UTF-8 without its mark, the encoding it came in, and whether that had to be guessed.

    `cut` is whether it ended within a character; what there was of that one is left out. `ascii` means that
    it is known to hold nothing but ASCII.
    """

    data: memoryview
    encoding: str
    issues: tuple[Issue, ...] = ()
    cut: bool = False
    ascii: bool = False


def decoded(file: File, encoding: str | None, known: Known) -> Decoded:
    """Decode a file: by the encoding given, its mark, the pattern of NUL bytes, as UTF-8, by known words or by a guess.

    Raises SheetError if it cannot be decoded, or if it holds NUL characters.
    """
    result = _decoded(file, encoding, known)
    data = result.data
    while data and data[-1] == CTRL_Z:  # how text ended on CP/M and in DOS
        data = data[:-1]
    if not result.ascii and np.frombuffer(data, dtype=np.uint8).min(initial=1) == 0:
        octets = bytes(data)
        hint = "The file is damaged, or uses another encoding: if so, set `encoding`, for example to utf-16."
        where = f"{file.name}, line {_line(octets, octets.find(0))}"
        raise SheetError(Fault("the file contains a NUL byte", where, hint))
    return result._replace(data=data)


def _decoded(file: File, encoding: str | None, known: Known) -> Decoded:
    head = bytes(file.view[:SAMPLE])
    mark = next((mark for mark in MARKS if head.startswith(mark)), b"")
    if encoding is None:
        encoding = MARKS.get(mark) or _by_nul_bytes(head)
    if encoding is not None and not _is_utf8(encoding):
        return Decoded(memoryview(_converted(file, encoding)), encoding)
    given = encoding is not None
    data = file.view[len(codecs.BOM_UTF8) :] if mark == codecs.BOM_UTF8 else file.view
    name = "utf-8 with BOM" if mark == codecs.BOM_UTF8 else "utf-8"
    # As signed bytes, ASCII is above zero and all else below, except NUL: one pass is enough.
    if np.frombuffer(data, dtype=np.int8).min(initial=1) > 0:
        return Decoded(data, name, ascii=True)
    error = _first_error(data)
    if error is None:
        return Decoded(data, name)
    if error.reason == "unexpected end of data":
        return Decoded(data[: error.start], name, cut=True)
    octets = bytes(data)
    if given or _damaged_utf8(octets):
        raise SheetError(_undecodable(file.name, octets, "utf-8", error.start))
    return _legacy(octets, file.name, known)


def _legacy(data: bytes, name: str, known: Known) -> Decoded:
    """Text in an old encoding: the one in which known words are read, if they leave no doubt, else the likeliest."""
    if _seems_ebcdic(data):
        hint = "Set `encoding` to what the export uses: cp037 (North America), cp500 (Western Europe), cp1140 ..."
        raise SheetError(Fault("the file seems to be in EBCDIC, the encoding of mainframes", name, hint))
    shown = by_known_words(data, known)
    if len(shown) == 1 and (text := _read_as(shown[0], data)) is not None:
        notice = wording("encoding-by-names", encoding=shown[0]).issue("notice", file=name)
        return Decoded(memoryview(text.encode()), shown[0], (notice,))
    found = guess(data, name, shown or CANDIDATES)
    return Decoded(memoryview(data.decode(found.encoding).encode()), found.encoding, (_guessed(found, data, name),))


def _read_as(encoding: str, data: bytes) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _seems_ebcdic(data: bytes) -> bool:
    """Whether bytes are letters, digits, blanks and line ends of a mainframe, nearly all of them."""
    return b"\n" not in data and len(data.translate(None, IN_EBCDIC)) * 10 < len(data)


def _is_utf8(encoding: str) -> bool:
    return codecs.lookup(encoding).name in ("utf-8", "utf-8-sig")


def _by_nul_bytes(sample: bytes) -> str | None:
    """UTF-16 without a mark: every other byte of Latin text is NUL."""
    half = len(sample) // 2
    even, odd = sample[0 : 2 * half : 2].count(0), sample[1 : 2 * half : 2].count(0)
    if odd > half * 0.4 and even < half * 0.05:
        return "utf-16-le"
    if even > half * 0.4 and odd < half * 0.05:
        return "utf-16-be"
    return None


def _converted(file: File, encoding: str) -> bytes:
    try:
        text = file.data.decode(encoding).removeprefix("\ufeff")
        return (text.replace(NEXT_LINE, "\n") if codecs.lookup(encoding).name in EBCDIC else text).encode()
    except UnicodeDecodeError as error:
        raise SheetError(_undecodable(file.name, file.data, encoding, error.start)) from None
    except (UnicodeError, LookupError):
        message = f"the file cannot be read as {encoding.upper()}"
        raise SheetError(Fault(message, file.name, "Check `encoding`.")) from None


def _first_error(data: memoryview) -> UnicodeDecodeError | None:
    """What keeps bytes from being UTF-8, if anything; found step by step, because text takes four times its bytes."""
    at = 0
    while at < len(data):
        part = data[at : at + STEP]
        try:
            _, used = codecs.utf_8_decode(part, "strict", at + STEP >= len(data))
        except UnicodeDecodeError as error:
            return UnicodeDecodeError("utf-8", b"", at + error.start, at + error.end, error.reason)
        at += used
    return None


def _damaged_utf8(data: bytes) -> bool:
    """Whether most of it is UTF-8: then it is not in another encoding."""
    text = data.decode("utf-8", "replace")
    lost = text.count("\ufffd")
    return len(text) - lost - sum(map(text.count, map(chr, range(128)))) > lost


def _guessed(found: EncodingGuess, data: bytes, name: str) -> Issue:
    others = "".join(sentence("other-encoding", encoding=encoding, text=text) for encoding, text in found.others)
    text = wording("encoding-guessed", encoding=found.encoding, example=found.example, others=others)
    return text.issue("notice", file=name, row=_line(data, found.at))


def _undecodable(name: str, data: bytes, encoding: str, at: int) -> Fault:
    column = at - max(data.rfind(b"\n", 0, at), data.rfind(b"\r", 0, at))
    message = f"the file is not {encoding.upper()}: byte {column} of the line is 0x{data[at]:02X}"
    hint = "Set `encoding` to what the export uses: on Windows often windows-1252."
    return Fault(message, f"{name}, line {_line(data, at)}", hint)


def _line(data: bytes, at: int) -> int:
    return 1 + data.count(b"\n", 0, at) + data.count(b"\r", 0, at) - data.count(b"\r\n", 0, at)
