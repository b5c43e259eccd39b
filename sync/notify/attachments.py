"""Page and workbook of an email, attached or linked. An email without them is better than none."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from sync.config.notifications import Mail
from sync.config.site import Config
from sync.errors import NexsisSyncError
from sync.report import mail

NAMES: Final = {"html": "a web page", "xlsx": "an Excel workbook"}
LINKS: Final = {"html": "The page", "xlsx": "The workbook"}


@dataclass(frozen=True, slots=True)
class Attachments:
    """Files that are attached, links to those that are not, and a sentence if there is neither.

    `fault` is what went wrong, for whoever runs the program; empty if nothing did.
    """

    files: Sequence[mail.Attachment] = ()
    links: Mapping[str, str] = field(default_factory=dict)
    left: str = ""
    fault: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """What is attached, in words."""
        return tuple(NAMES[file.ending] for file in self.files)


def attach(config: Config, make: Callable[[], Sequence[mail.Attachment]], again: str) -> Attachments:
    """The files attached or linked, as the site file says; `again` is the command that writes them again."""
    settings = config.mail
    if settings is None or not (settings.attach_up_to or settings.link):
        return Attachments()
    try:
        files = make()
        if sum(len(file.content) for file in files) <= settings.attach_up_to:
            return Attachments(files)
        if settings.link:
            return Attachments(links=_linked(config.folder / settings.reports, settings.link, files))
        return Attachments(left=_too_large(files, settings, again))
    except Exception as error:  # noqa: BLE001 - whatever is wrong with the files, people are notified
        left = f"The page and the workbook could not be attached. `nexsis-sync {again} --html FILE --xlsx FILE` "
        return Attachments(
            left=f"{left}writes them.", fault=f"an email is sent without the page and the workbook: {in_words(error)}"
        )


def in_words(error: Exception) -> str:
    """What went wrong, for a person."""
    if isinstance(error, NexsisSyncError):
        return error.briefly
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}{f': {error.filename}' if error.filename else ''}"
    return f"an error in nexsis-sync itself; please report it ({error})"


def _linked(folder: Path, url: str, files: Sequence[mail.Attachment]) -> dict[str, str]:
    """Put files where they are served, under names that cannot be guessed, and return their addresses."""
    folder.mkdir(parents=True, exist_ok=True)
    links = {}
    for file in files:
        name = f"{Path(file.name).stem}-{secrets.token_urlsafe(12)}.{file.ending}"
        (folder / name).write_bytes(file.content)
        links[LINKS[file.ending]] = f"{url.rstrip('/')}/{name}"
    return links


def _too_large(files: Sequence[mail.Attachment], settings: Mail, again: str) -> str:
    size = sum(len(file.content) for file in files) / 1e6
    return (
        f"The page and the workbook are too large for an email ({size:.1f} MB; the limit is "
        f"{settings.attach_up_to / 1e6:g} MB). `nexsis-sync {again} --html FILE --xlsx FILE` writes them."
    )
