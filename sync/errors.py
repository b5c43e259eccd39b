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
        +-- CallFailed           one call of the typed client; its kinds are drawn in `sync.remote.client.failures`

Every error holds all the faults of its kind that were found, so that one run shows them all.
"""

from __future__ import annotations

from dataclasses import dataclass

from sync.masking import scrub


def legible(text: str) -> str:
    """Text as one line in which whatever cannot be seen is an escape, so that it can do nothing to a terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def legible_lines(text: str) -> str:
    """The same of a text that may have several lines of its own."""
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
