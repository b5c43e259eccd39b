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

No error shows a secret: once a secret is found, it is made known here and masked in every text for people. Faults and
issues are masked as they are made, reports once more as they are written, because rows of a sheet may contain anything.
What is sent to the site is never masked, nor are the stored before and after images: there it is data like any other.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final
from unicodedata import normalize

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

MASK: Final = "***"

SHORTEST: Final = 8
"""Characters of the shortest secret that is masked. Shorter ones occur in ordinary texts, which would become
unreadable; no token is so short, and no password should be."""

PLAIN: Final = re.compile(r"[A-Za-z0-9_.~-]+")
"""What JSON, HTML and addresses all write as it is."""


@dataclass(frozen=True, slots=True)
class _Secret:
    """A known secret: every text that shows it contains `runs`, in lower case; `written` finds it.

    In JSON a bare quotation mark ends a text, so there only an escaped one is part of a secret.
    """

    runs: tuple[str, ...]
    written: re.Pattern[str]
    in_json: re.Pattern[str]


_known: dict[str, _Secret] = {}
"""All known secrets, the longest first."""


def conceal(secret: str) -> None:
    """Make a secret known: it is masked from now on, for as long as this process lives."""
    if len(secret) < SHORTEST or secret in _known:
        return
    runs = tuple(run.lower() for run in PLAIN.findall(normalize("NFC", secret)))
    _known[secret] = _Secret(runs, _pattern(secret, r'\\*"'), _pattern(secret, r'\\+"'))
    # A secret that contains another one is masked as a whole, so that nothing of it is left beside the mask.
    ordered = sorted(_known.items(), key=lambda each: len(each[0]), reverse=True)
    _known.clear()
    _known.update(ordered)


def masked(text: str) -> str:
    """The text with all known secrets masked, whatever their case and however they are escaped."""
    if _known:
        lower = text.lower()
        for secret in _known.values():
            if all(run in lower for run in secret.runs):
                text = secret.written.sub(MASK, text)
    return text


def masked_json(document: bytes) -> bytes:
    """The same for JSON as UTF-8; it stays JSON."""
    lower = document.lower() if _known else b""
    for secret in _known.values():
        if all(run.encode() in lower for run in secret.runs):
            document = secret.in_json.sub(MASK, document.decode()).encode()
    return document


def scrub(record: DataclassInstance) -> None:
    """Mask all texts of a frozen record while it is being made."""
    for each in fields(record) if _known else ():
        value: Any = getattr(record, each.name)
        if isinstance(value, str):
            object.__setattr__(record, each.name, masked(value))


def _pattern(secret: str, quotation: str) -> re.Pattern[str]:
    """A pattern that finds a secret in texts, each of its characters written in any way."""
    characters = (re.escape(c) if PLAIN.match(c) else _ways(c, quotation) for c in normalize("NFC", secret))
    return re.compile("".join(characters), re.IGNORECASE)


def _ways(character: str, quotation: str) -> str:
    """The ways to write a character: as it is, or escaped for JSON, HTML or an address, once or more often."""
    cases = {character, character.lower(), character.upper()}
    found: dict[str, None] = {}
    for text in sorted({normalize(form, case) for case in cases for form in ("NFC", "NFD")}):
        units = re.findall("....", text.encode("utf-16-be").hex())
        named = html.escape(text)
        ways = (
            quotation if text == '"' else r"(?:\\\\)+|\\" if text == "\\" else rf"\\*{re.escape(text)}",
            "".join(rf"\\+u{unit}" for unit in units),
            r"\\*" + "".join(rf"&(?:amp;)*#(?:0*{ord(c)}|x0*{ord(c):x});" for c in text),
            "".join(f"%(?:25)*{octet:02x}" for octet in text.encode()),
            rf"\\*&(?:amp;)*{named[1:]}" if named.startswith("&") else "",
            {"'": "&(?:amp;)*apos;", " ": r"\+", "\t": r"\\+t", "\n": r"\\+n"}.get(text, ""),
        )
        found |= dict.fromkeys(filter(None, ways))
    # The longest way counts: the rest of an escape would be half a character.
    return f"(?:{'|'.join(sorted(found, key=len, reverse=True))})"


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
    """A run went through, and what became of its changes cannot be read: some may have failed."""

    exit_code = 4


class RunEnded(NexsisSyncError):
    """Somebody stopped the program after its run had ended; a report or an email may be missing."""

    def __init__(self, run_id: str, exit_code: int) -> None:
        super().__init__(f"interrupted after the end of run {run_id}; `nexsis-sync report {run_id}` shows it")
        self.exit_code = exit_code


class SiteError(NexsisSyncError):
    """The site did not answer as the API does."""


class SiteRefused(SiteError):
    """The site refuses us altogether: wrong address, wrong token, missing rights. Nothing was sent."""


class SiteTrouble(SiteError):
    """The site stopped answering as the API does during a run; `resume` continues."""

    exit_code = 5
