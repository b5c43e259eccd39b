"""What can go wrong, as one tree.

    NexsisSyncError              anything this program says about itself; carries sentences for a person
    +-- ConfigError              site or mapping files are wrong                    (exit 1)
    +-- SheetError               an export cannot be read as a table                (exit 1)
    +-- StoreError               the state store is too new or unusable             (exit 1)
    |   +-- StoreInUse           another nexsis-sync is using it                    (exit 1)
    +-- PlanError                a plan is unknown, stale or already applied        (exit 1)
    |   +-- Standstill           runs are paused, or the site is frozen             (exit 1, of `run` 0)
    +-- Interrupted              a signal came before anything was sent             (exit 1)
    +-- RunCut                   a run was cut off, and the store cannot show it    (exit 5)
    +-- RunUnread                a run ended, and the store cannot show how         (exit 4)
    +-- RunEnded                 a signal came when the run had ended               (the run's own exit code)
    +-- SiteError                the site did not answer as the API does
        +-- SiteRefused          wrong address, token or rights: nothing can be done (exit 1)
        +-- SiteTrouble          it stopped answering during a run: `resume`         (exit 5)
        +-- CallFailed           one call of the typed client; its kinds are listed in `sync.site.client.failures`

Every error has all the faults of its kind that were found, so that one run shows them all.

No error shows a secret: once a secret is found, it is made known here and masked in every text for people. A token is
masked in the answers of its site as they come in; faults and issues are masked as they are made, reports once more as
they are written, because rows of a sheet may contain anything.
What is sent to the site is never masked, nor are the stored before and after images: there it is data like any other.
"""

from __future__ import annotations

import html
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from unicodedata import normalize

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

MASK: Final = "***"

SHORTEST: Final = 8
"""Characters of the shortest secret that is masked. Shorter ones occur in ordinary texts, which would become
unreadable; no token is so short, and no password should be."""

PLAIN: Final = re.compile(r"[A-Za-z0-9_.~-]+")
"""What JSON, HTML and addresses all write as it is, unless they escape everything."""

ESCAPED: Final = re.compile(
    r"(?<!\\)\\+u00([2-7][0-9a-f])|%(?:25)*([2-7][0-9a-f])|&(?:amp;)*#(?:x0*([2-7][0-9a-f])|0*([0-9]{2,3}));"
)
"""An ASCII character that is escaped, needlessly perhaps, for JSON, an address or HTML; in lower case."""


@dataclass(frozen=True, slots=True)
class _Secret:
    """A known secret, and what is in every text that shows it, by which texts without it are recognised quickly.

    That is each of `runs`, in lower case and unescaped, or one of `codes`, in Base64. `longest` is the longest of the
    runs in its own case.
    """

    text: str
    longest: str
    runs: tuple[str, ...]
    codes: tuple[str, str, str]

    def written_in(self, lower: str) -> bool:
        """Whether a text in lower case, unescaped, may have it."""
        return all(run in lower for run in self.runs)

    def coded_in(self, text: str) -> bool:
        """Whether a text may have it in Base64."""
        one, two, three = self.codes
        return one in text or two in text or three in text


_known: dict[str, _Secret] = {}
"""All known secrets, the longest first."""


def conceal(secret: str) -> None:
    """Make a secret known: it is masked from now on, for as long as this process lives."""
    if len(secret) < SHORTEST or secret in _known:
        return
    runs = PLAIN.findall(normalize("NFC", secret))
    longest = max(runs, key=len, default="")
    one, two, three = (max(re.split("[+/]", code), key=len) for code in _codes(secret))
    _known[secret] = _Secret(secret, longest, tuple(run.lower() for run in runs), (one, two, three))
    # A secret that contains another one is masked as a whole, so that nothing of it is left beside the mask.
    ordered = sorted(_known.items(), key=lambda each: len(each[0]), reverse=True)
    _known.clear()
    _known.update(ordered)


def masked(text: str) -> str:
    """The text with all known secrets masked, whatever their case and however they are escaped, in Base64 too."""
    return _masked(text, _known.values(), r'\\*"') if _known else text


def masked_json(document: bytes) -> bytes:
    """The same for JSON as UTF-8; it stays JSON, where a bare quotation mark ends a text."""
    return _masked_bytes(document, _known.values()) if _known else document


def masked_answer(body: bytearray, token: str) -> bytearray:
    """An answer of a site, JSON or not, with its token masked in place; most answers cost no more than a search.

    Other secrets stay: a password may be a word that is an identifier there, and data must not change.
    """
    secret = _known.get(token)
    if secret is None or not _may_show(secret, body):
        return body
    begin = 0
    while begin < len(body):
        cut = _CUT.search(body, begin + PIECE)
        end = cut.end() if cut else len(body)
        piece = bytes(body[begin:end])
        if _may_show(secret, piece):
            piece = _masked_bytes(piece, [secret])
            body[begin:end] = piece
        begin += len(piece)
    return body


def _may_show(secret: _Secret, body: bytes | bytearray) -> bool:
    """Whether a token may be in a piece of an answer: it is there, or something is escaped that need not be."""
    if any(sign.encode() in body for sign in (secret.longest, *secret.codes)):
        return True
    return any(begin in body and pattern.search(body) for begin, pattern in _ESCAPES.items())


PIECE: Final = 1 << 20
"""Bytes of a long answer that are masked at once: as text, escapes undone, they take many times as much memory."""

_CUT: Final = re.compile(rb'(?<!\\)["\s]')
"""Where no token can be: one has no white space, and in JSON a bare quotation mark ends a text."""


def scrub(record: DataclassInstance) -> None:
    """Mask all texts of a frozen record while it is being made."""
    for each in fields(record) if _known else ():
        value: Any = getattr(record, each.name)
        if isinstance(value, str):
            object.__setattr__(record, each.name, masked(value))


_ESCAPES: Final[Mapping[bytes, re.Pattern[bytes]]] = {
    b"\\": re.compile(rb"\\u00[2-7]"),
    b"%": re.compile(rb"%(?:25)*[2-7][0-9A-Fa-f]"),
    b"&": re.compile(rb"&(?:amp;)*#"),
}
"""By its first letter, where each way of `ESCAPED` begins. One pattern for all of them would take 20 times as long."""


def _masked_bytes(document: bytes, secrets: Iterable[_Secret]) -> bytes:
    text = document.decode("utf-8", "surrogateescape")
    return _masked(text, secrets, r'\\+"').encode("utf-8", "surrogateescape")


def _masked(text: str, secrets: Iterable[_Secret], quotation: str) -> str:
    lower = _unescaped(text.lower())
    for secret in secrets:
        if secret.written_in(lower):
            text = _pattern(secret.text, quotation).sub(MASK, text)
        if secret.coded_in(text):
            text = _base64_pattern(secret.text).sub(MASK, text)
    return text


def _unescaped(lower: str) -> str:
    """A text in lower case, with ASCII characters as they are that need no escape."""
    if "%" in lower or "&#" in lower or "&amp;" in lower or "\\u00" in lower:
        return ESCAPED.sub(_character, lower)
    return lower


def _character(escape: re.Match[str]) -> str:
    octet = escape[1] or escape[2] or escape[3]
    return chr(int(octet, 16) if octet else int(escape[4])).lower()


_BEGIN: Final = r"(?!(?<=\\)\\)"
"""Where a secret can begin that has no backslash at its ends: of a row of backslashes only the first is tried."""


@cache
def _pattern(secret: str, quotation: str) -> re.Pattern[str]:
    """A pattern that finds a secret in texts, each of its characters written in any way.

    In JSON only an escaped quotation mark is part of a secret: `quotation` says how one is written.
    """
    begin = "" if secret.startswith("\\") or secret.endswith("\\") else _BEGIN
    return re.compile(begin + "".join(_ways(c, quotation) for c in normalize("NFC", secret)), re.IGNORECASE)


def _ways(character: str, quotation: str) -> str:
    """The ways to write a character: as it is, or escaped for JSON, HTML or an address, once or more often."""
    cases = {character, character.lower(), character.upper()}
    found: dict[str, None] = {}
    for text in sorted({normalize(form, case) for case in cases for form in ("NFC", "NFD")}):
        units = re.findall("....", text.encode("utf-16-be").hex())
        named = html.escape(text)
        plain = re.escape(text) if PLAIN.fullmatch(text) else rf"\\*{re.escape(text)}"
        ways = (
            quotation if text == '"' else r"(?:\\\\)+|\\" if text == "\\" else plain,
            "".join(rf"\\+u{unit}" for unit in units),
            r"\\*" + "".join(rf"&(?:amp;)*#(?:0*{ord(c)}|x0*{ord(c):x});" for c in text),
            "".join(f"%(?:25)*{octet:02x}" for octet in text.encode()),
            rf"\\*&(?:amp;)*{named[1:]}" if named.startswith("&") else "",
            {"'": "&(?:amp;)*apos;", " ": r"\+", "\t": r"\\+t", "\n": r"\\+n"}.get(text, ""),
        )
        found |= dict.fromkeys(filter(None, ways))
    # The longest way counts: the rest of an escape would be half a character.
    return f"(?:{'|'.join(sorted(found, key=len, reverse=True))})"


def _codes(secret: str) -> list[str]:
    """A secret in Base64 for each place of a group at which it may begin, without what its neighbours change."""
    octets = secret.encode()
    coded = (b64encode(bytes(before) + octets).decode() for before in range(3))
    return [code[-(-before * 4 // 3) : (before + len(octets)) * 4 // 3] for before, code in enumerate(coded)]


@cache
def _base64_pattern(secret: str) -> re.Pattern[str]:
    """A pattern that finds a secret in Base64 of both alphabets, with the characters it shares with its neighbours."""
    others = str.maketrans({"+": r"(?:\+|-|%2b)", "/": r"(?:\\*/|_|%2f)"})
    codes = "|".join(code.translate(others) for code in _codes(secret))
    return re.compile(rf"{_BEGIN}[\w+/-]{{0,2}}(?:{codes})[\w+/-]{{0,2}}={{0,2}}", re.ASCII)


# -- what can go wrong ---------------------------------------------------------------------------------------------


def legible(text: str) -> str:
    """Text as one line in which everything invisible is an escape, so that it can do nothing to a terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def legible_lines(text: str) -> str:
    """The same for a text that may have several lines."""
    return text if text.isprintable() else "\n".join(map(legible, text.split("\n")))


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, where it is, and what to do about it.

    `where` is a place a person can go to: ``site.yaml:12`` or ``users.csv, row 17``. Known secrets are masked.
    """

    message: str
    where: str = ""
    hint: str = ""

    def __post_init__(self) -> None:
        scrub(self)

    def __str__(self) -> str:
        place = f"{legible(self.where)}: " if self.where else ""
        hint = f"\n    {self.hint}" if self.hint else ""
        return legible_lines(f"{place}{self.message}{hint}")


class NexsisSyncError(Exception):
    """Base of all errors a user is shown without a traceback. `exit_code` is that of the contract."""

    exit_code = 1

    def __init__(self, *faults: Fault | str) -> None:
        self.faults: tuple[Fault, ...] = tuple(fault if isinstance(fault, Fault) else Fault(fault) for fault in faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))

    @property
    def briefly(self) -> str:
        """All faults in one line, without what to do about them."""
        return "; ".join(f"{each.where}: {each.message}" if each.where else each.message for each in self.faults)


class ConfigError(NexsisSyncError):
    """Site or mapping files are wrong; each fault has file and line."""


class SheetError(NexsisSyncError):
    """An export cannot be read as a table: missing, empty, without its header, damaged."""


class StoreError(NexsisSyncError):
    """The state store was made by a newer version, or cannot be used."""


class StoreInUse(StoreError):
    """Another nexsis-sync is using the state store, for a limited time."""


class PlanError(NexsisSyncError):
    """A plan or run is unknown, stale, or in a state that does not allow what was asked."""


class Standstill(PlanError):
    """Nothing may be sent at present: runs are paused, or the calendar freezes the site."""


class Interrupted(NexsisSyncError):
    """Somebody stopped the program before it had sent anything."""

    def __init__(self) -> None:
        super().__init__("interrupted; nothing was sent")


class RunCut(NexsisSyncError):
    """A run was cut off after it had sent something, and its state cannot be read; `resume` continues it."""

    exit_code = 5


class RunUnread(NexsisSyncError):
    """A run has ended, but its result cannot be read: some changes may have failed."""

    exit_code = 4


class RunEnded(NexsisSyncError):
    """Somebody stopped the program after its run had ended; a report or an email may be missing."""

    def __init__(self, run_id: str, exit_code: int) -> None:
        more = "; `nexsis-sync resume` continues it" if exit_code == 5 else ""
        super().__init__(f"interrupted after the end of run {run_id}; `nexsis-sync report {run_id}` shows it{more}")
        self.exit_code = exit_code


class SiteError(NexsisSyncError):
    """The site did not answer as the API does."""


class SiteRefused(SiteError):
    """The site refuses us altogether: wrong address, wrong token, missing rights. Nothing was sent."""


class SiteTrouble(SiteError):
    """The site stopped answering as the API does during a run; `resume` continues."""

    exit_code = 5
