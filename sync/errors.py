"""What can go wrong, as one tree.

    NexsisSyncError              anything this program says about itself; carries sentences for a person
    +-- ConfigError              site or mapping files are wrong                    (exit 1)
    +-- SheetError               an export cannot be read as a table                (exit 1)
    +-- StoreError               the state store is too new or unusable             (exit 1)
    |   +-- StoreInUse           another nexsis-sync is at work on it               (exit 1)
    +-- PlanError                a plan is unknown, stale or already applied        (exit 1)
    +-- SiteError                the site did not answer as the API does
        +-- SiteRefused          wrong address, token or rights: nothing can be done (exit 1)
        +-- SiteTrouble          it stopped answering in the middle: `resume`        (exit 5)
        +-- CallFailed           one call of the typed client; its kinds are drawn in `sync.site.client.failures`

Every error holds all the faults of its kind that were found, so that one run shows them all.

No error says a secret: one that is found is made known here, and from then on stands in no text for people. Faults and
issues are masked as they are made, reports once more as they are written, since rows of a sheet may hold anything. What
is sent to the site is never masked, nor the before and after images kept of it: there it is data like any other.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

MASK: Final = "***"

SHORTEST: Final = 8
"""Characters of the shortest secret that is masked. Shorter ones are words of everyday texts, which would become
unreadable wherever one stands; no token is so short, and no password should be."""

_forms: dict[str, None] = {}
"""All ways in which known secrets are written, the longest first."""


def conceal(secret: str) -> None:
    """Make a secret known: it is masked from now on, as long as this process lives."""
    if len(secret) < SHORTEST or secret in _forms:
        return
    written = (secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1])
    found = {**_forms, **dict.fromkeys((*written, quote(secret, safe="")))}
    # A secret that holds another one is masked whole, so that nothing of it is left beside the mask.
    ordered = dict.fromkeys(sorted(found, key=len, reverse=True))
    _forms.clear()
    _forms.update(ordered)


def masked(text: str) -> str:
    """The text with a mask in the place of every secret that is known, however it is escaped in there."""
    for form in _forms:
        if form in text:
            text = text.replace(form, MASK)
    return text


def masked_json(document: bytes) -> bytes:
    """The same of JSON as UTF-8; it stays JSON."""
    for form in _forms:
        if (octets := form.encode()) in document:
            document = document.replace(octets, MASK.encode())
    return document


def scrub(record: DataclassInstance) -> None:
    """Mask all texts of a frozen record that is being made."""
    for each in fields(record) if _forms else ():
        value: Any = getattr(record, each.name)
        if isinstance(value, str):
            object.__setattr__(record, each.name, masked(value))


# -- what can go wrong ---------------------------------------------------------------------------------------------


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
        place = f"{self.where}: " if self.where else ""
        hint = f"\n    {self.hint}" if self.hint else ""
        return f"{place}{self.message}{hint}"


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
    """The state store is made by a newer version, or cannot be used."""


class StoreInUse(StoreError):
    """Another nexsis-sync is at work on the state store, and will be done in time."""


class PlanError(NexsisSyncError):
    """A plan or run is unknown, stale, or in a state that does not allow what was asked."""


class SiteError(NexsisSyncError):
    """The site did not answer as the API does."""


class SiteRefused(SiteError):
    """The site refuses us altogether: wrong address, wrong token, lacking rights. Nothing was sent."""


class SiteTrouble(SiteError):
    """The site stopped answering as the API does while a run was under way; `resume` goes on."""

    exit_code = 5
