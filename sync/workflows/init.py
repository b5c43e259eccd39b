"""`init`: sample exports become a site file and mappings, which are checked before they are written.

samples = read_samples(folder)          every sheet of the folder
found = understand(samples, wishes)     recognised and proposed mappings, and what a person has to decide
files = setup_files(setup, found, answers)
checked(setup, found, answers)          the same in a folder that is thrown away, as `check` sees it
write(setup.folder, files)              all of them or none
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import orjson

from sync.config import schemas
from sync.config.drafts import DraftLine, DraftMapping, mapping_text, site_text
from sync.config.entries import Inbox
from sync.config.mapping_files import of_collection
from sync.config.secrets import TokenSource
from sync.config.settings import SiteSettings
from sync.config.sheet_selection import SheetChoice
from sync.config.shipped import collections, documents
from sync.config.site import load, token_of
from sync.errors import ConfigError, Fault, NexsisSyncError, SheetError
from sync.mapping import drafting
from sync.mapping.choices import Answers, Question, questions, undecided
from sync.mapping.profiles import SheetProfile, profile
from sync.mapping.proposal import Proposal, Unclear, propose
from sync.mapping.recognition import Recognised, SheetName, recognise
from sync.model.resources import CATALOGUE
from sync.sheets import patterns, read
from sync.sheets.dated_names import date_in, undated
from sync.sheets.reading import tabs
from sync.site import capabilities, connect
from sync.site.responses import ping
from sync.workflows.check import Checked, check_sheets
from sync.workflows.sources import gather

MAPPINGS: Final = "mappings"
SITE_SCHEMA: Final = "site.schema.json"
MAPPING_SCHEMA: Final = "mapping.schema.json"
RESERVED: Final = re.compile(r"(?i)con|prn|aux|nul|(?:com|lpt)\d")
"""Names that no file can have on Windows, whatever its extension."""

PRIVATE: Final = 0o600
TIMEOUT: Final = 30.0
"""Seconds to wait for each of the site's first answers."""


@dataclass(frozen=True, slots=True)
class Samples:
    """The sheets of a folder, and why some of its files could not be read."""

    folder: Path
    sheets: Mapping[SheetName, SheetProfile]
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Unused:
    """A sheet that no mapping reads though the format is known, and why, in a clause."""

    sheet: SheetProfile
    why: str


@dataclass(frozen=True, slots=True)
class Understanding:
    """What some exports are: recognised ones, proposals for others, and what is left over.

    `unused` are sheets that no mapping reads beside a recognised format; `sheets` are all of them.
    """

    recognised: Sequence[Recognised]
    proposals: Sequence[Proposal]
    unclear: Sequence[Unclear]
    unused: Sequence[Unused]
    questions: Sequence[Question]
    sheets: Mapping[SheetName, SheetProfile]

    @property
    def anything(self) -> bool:
        """Whether there is anything to map."""
        return bool(self.recognised or self.proposals)

    @property
    def asks_domain(self) -> bool:
        """Whether email addresses have to be made with the institution's domain."""
        shipped = any(drafting.placeholders(each, documents()) for each in self.recognised)
        return shipped or any(each.asks_domain for each in self.unclear)


@dataclass(frozen=True, slots=True)
class Access:
    """How a site is reached: its address, where the token is, and the token itself if it is still to be put there."""

    url: str
    token: TokenSource
    secret: str = ""


@dataclass(frozen=True, slots=True)
class Setup:
    """What a person says of a site: `file` is the site file to be written, `why` a comment on the time zone."""

    file: Path
    access: Access
    exports: Path
    timezone: str
    why: str = ""
    domain: str = ""


@dataclass(frozen=True, slots=True)
class SetupRequest:
    """What may be written: the short names of `roles`, and resources that are `offered`.

    `wish` names a collection of shipped mappings to prefer; without a `domain`, no email addresses are made.
    """

    roles: Collection[str]
    offered: Collection[str]
    wish: str | None = None
    domain: str = ""


def check_connection(access: Access, file: Path) -> set[str]:
    """Make sure that the API answers and accepts the token. Raises SiteRefused, ConfigError.

    The resources that can be mapped without asking anybody: those that all sites have, and others that this one has.
    """
    site = SiteSettings.model_validate({"url": access.url, "token": {access.token.kind: access.token.name}})
    with connect(site.api, access.secret or token_of(site, file)) as there:
        ping(there, TIMEOUT)
        found = capabilities.offered(there, [each for each in CATALOGUE.values() if each.optional], TIMEOUT)
    return {name for name, each in CATALOGUE.items() if not each.opt_in and (not each.optional or found.get(name))}


# -- reading -----------------------------------------------------------------------------------------------------


def read_samples(folder: Path) -> Samples:
    """Read every sheet in a folder and below it. Raises SheetError if none can be read."""
    inbox = Inbox(folder)
    there = inbox.look()
    sheets: dict[SheetName, SheetProfile] = {}
    faults = [each.fault for each in there.unusable]
    for name, pattern in _meant([*there.files]).items():
        path = folder / name
        try:
            named = tabs(path, within=inbox)
            for tab in named:
                sheet = read(path, SheetChoice(file=patterns.literal(name), tab=tab), within=inbox)
                own = replace(sheet, file=name, tab=tab if len(named) > 1 else None)
                sheets[SheetName(name, tab)] = profile(own, pattern)
        except SheetError as error:
            faults += [replace(fault, where=fault.where or name) for fault in error.faults]
    if not sheets:
        hint = "Put a sample of each export into the folder."
        raise SheetError(*(faults or [Fault("there are no exports in this folder", str(folder), hint)]))
    return Samples(folder, sheets, tuple(faults))


def _meant(names: Sequence[str]) -> dict[str, str]:
    """The files to read, each with the pattern that a mapping should have for it.

    Of an export with a date in its name, that is the newest file, and a pattern for all dates.
    """
    found: dict[str, str] = {}
    for name in names:
        pattern = undated(patterns.literal(name))
        dated = patterns.matching([pattern], names) if pattern else set()
        if pattern is None or any(date_in(each) is None for each in dated):
            found[name] = patterns.literal(name)
        elif name == max(dated, key=lambda each: (date_in(each), each)):
            found[name] = pattern
    return found


# -- understanding -----------------------------------------------------------------------------------------------


def understand(samples: Samples, request: SetupRequest) -> Understanding:
    """What the exports are. Beside a recognised format, mappings are proposed for what it does not give itself."""
    columns = {name: [*each.columns] for name, each in samples.sheets.items()}
    every, _ = propose([*samples.sheets.values()], request.domain)
    proposed = {name: each for each in every for name, sheet in samples.sheets.items() if sheet is each.sheet}

    def recognised(resources: Collection[str]) -> list[Recognised]:
        known = {name: of_collection(each) for name, each in collections().items()}
        usable = {name: [one for one in each if one.resource in resources] for name, each in known.items()}
        return recognise(usable, columns, _matching, request.wish, proposed)

    found = recognised(request.offered)
    others = {name: each for name, each in samples.sheets.items() if not any(name in one.sheets for one in found)}
    if not any(each.share == 1 for each in found):
        proposals, unclear = propose([*others.values()], request.domain)
        return Understanding(found, proposals, unclear, (), questions(proposals, request.roles), samples.sheets)
    given = {mapping.resource for each in found for mapping in each.mappings}
    beside = [part for name in others if name in proposed and (part := _without(proposed[name], given))]
    absent = {sheet for each in recognised(CATALOGUE) for sheet in each.sheets}
    unused = [
        Unused(each, _why_unused(name, proposed, absent))
        for name, each in others.items()
        if not any(part.sheet is each for part in beside)
    ]
    return Understanding(found, beside, (), unused, questions(beside, request.roles), samples.sheets)


def _matching(pattern: str, names: Collection[str]) -> Collection[str]:
    return patterns.matching([pattern], names)


def _without(proposal: Proposal, given: Collection[str]) -> Proposal | None:
    """What is proposed for a sheet, as far as nothing else gives it; None if the main thing is given already."""
    main = proposal.candidates[0].resource.name
    kept = tuple(each for each in proposal.candidates if each.resource.name not in given)
    return None if main in given else replace(proposal, candidates=kept)


def _why_unused(name: SheetName, proposed: Mapping[SheetName, Proposal], absent: Collection[SheetName]) -> str:
    """Why a sheet is not mapped though its format is known."""
    if name in absent:
        return "the format uses it, but this site does not have what it lists"
    if name in proposed:
        title = proposed[name].candidates[0].resource.title
        return f"it seems to list {title}, but the format takes {title} from other files"
    return "the format does not need it"


# -- the files ---------------------------------------------------------------------------------------------------


def setup_files(setup: Setup, found: Understanding, answers: Answers) -> dict[str, str]:
    """Every file to be written: its path, from the folder of the site file, and its text."""
    schema = (schemas.site_schema(), schemas.mapping_schema())
    site, mapping = (orjson.dumps(each, option=orjson.OPT_INDENT_2).decode() + "\n" for each in schema)
    return {
        setup.file.name: _site(setup, _from(setup.file.parent, setup.exports)),
        SITE_SCHEMA: site,
        MAPPING_SCHEMA: mapping,
        **_mappings(found, answers, setup.domain),
    }


def _from(folder: Path, path: Path) -> str:
    """A path as a site file has it: relative if it is below the folder, always with `/`."""
    folder, path = folder.absolute(), path.absolute()
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.as_posix()


def _site(setup: Setup, inbox: str) -> str:
    site = [
        DraftLine("url", setup.access.url),
        DraftLine("token", {setup.access.token.kind: setup.access.token.name}),
        DraftLine("timezone", setup.timezone, setup.why),
    ]
    rest = [
        DraftLine("inbox", inbox, "The folder into which the exports are put."),
        DraftLine("mappings", [f"{MAPPINGS}/*.yaml"], "What the columns of the exports mean."),
    ]
    return site_text(site, rest, SITE_SCHEMA)


def _mappings(found: Understanding, answers: Answers, domain: str) -> dict[str, str]:
    drafts: dict[str, list[DraftMapping]] = {}
    headings: dict[str, str] = {}
    for each in found.recognised:
        sheets = {name: _sheet(found.sheets[sheet]) for name, sheet in each.renamed.items()}
        drafts[each.name] = drafting.included(each, documents(), domain, sheets)
        headings[each.name] = drafting.heading(each, collections()[each.name].title)
    for proposal in found.proposals:
        name = _file_name(proposal.sheet, drafts)
        drafts[name] = drafting.proposed(proposal, answers, _sheet(proposal.sheet), name)
    return {
        f"{MAPPINGS}/{name}.yaml": mapping_text(each, f"../{MAPPING_SCHEMA}", headings.get(name, ""))
        for name, each in drafts.items()
    }


def _sheet(sheet: SheetProfile) -> Any:
    """How a mapping says which sheet it reads."""
    tab = {"tab": sheet.tab} if sheet.tab is not None else {}
    dated = {"take": "last_dated"} if sheet.file != patterns.literal(sheet.sheet.file) else {}
    return {"file": sheet.file, **tab, **dated} if tab or dated else sheet.file


def _file_name(sheet: SheetProfile, taken: Collection[str]) -> str:
    """A name for the mapping file of a sheet that every system accepts and no other mapping file has."""
    stem = sheet.file.rpartition(".")[0] or sheet.file
    plain = re.sub(r"\W+", "-", f"{stem} {sheet.tab or ''}").strip("-_").lower()[:50] or "sheet"
    name = base = f"{plain}-export" if RESERVED.fullmatch(plain) else plain
    number = 1
    while name in taken:
        number += 1
        name = f"{base}-{number}"
    return name


def checked(setup: Setup, found: Understanding, answers: Answers) -> Checked:
    """What `check` finds in these files. Raises ConfigError or SheetError if it would refuse them."""
    with TemporaryDirectory() as temporary:
        trial = replace(setup, file=Path(temporary, setup.file.name), access=replace(setup.access, secret=""))
        write(trial, setup_files(trial, found, answers))
        config = load(trial.file)
        return check_sheets(config, gather(config))


def left_over(setup: Setup, found: Understanding, answers: Answers) -> list[str]:
    """What is not decided, a sentence each."""
    left = [*undecided(found.questions, answers)]
    if not setup.domain and any(drafting.placeholders(each, documents()) for each in found.recognised):
        left.append("Email addresses end in @school.example: set your own domain in the mapping file.")
    return left


# -- writing -----------------------------------------------------------------------------------------------------


def write(setup: Setup, files: Mapping[str, str]) -> list[Path]:
    """Write all files that are not there yet, or none; those written.

    Raises ConfigError, before anything is written, for files that are there with other contents, and for mapping files
    left of an earlier setup.
    """
    folder = setup.file.parent
    texts = {folder / name: text for name, text in files.items()}
    if setup.access.secret:
        texts[folder / setup.access.token.name] = setup.access.secret + "\n"
    hint = "Rename it, or set up the site in another folder: `--site FOLDER/site.yaml`. Nothing was written."
    _refuse_others(folder, files)
    message = "this file exists, and differs from what would be written"
    if differing := [Fault(message, str(path), hint) for path, text in texts.items() if _differs(path, text)]:
        raise ConfigError(*differing)
    new = {path: text for path, text in texts.items() if not os.path.lexists(path)}
    made: list[Path] = []
    try:
        for path, text in new.items():
            _create(path, text, made)
    except OSError as error:
        _remove(made)
        raise NexsisSyncError(Fault(f"this file cannot be written: {error.strerror}", str(error.filename))) from None
    except BaseException:
        _remove(made)
        raise
    return [*new]


def _refuse_others(folder: Path, files: Collection[str]) -> None:
    """Refuse to write beside mapping files that would not be written now. Raises ConfigError.

    The site file lists the whole folder, so what is left of an earlier setup would be used as well.
    """
    others = [path for path in sorted((folder / MAPPINGS).glob("*.yaml")) if f"{MAPPINGS}/{path.name}" not in files]
    message = "this mapping file is not among those that would be written, and would be used together with them"
    hint = "Remove it if it is left from an earlier `init`, or set up the site in another folder: "
    hint += "`--site FOLDER/site.yaml`. Nothing was written."
    if others:
        raise ConfigError(*(Fault(message, str(path), hint) for path in others))


def _differs(path: Path, text: str) -> bool:
    if not os.path.lexists(path):
        return False
    try:
        return path.read_text("utf-8") != text
    except (OSError, UnicodeDecodeError):
        return True


def _create(path: Path, text: str, made: list[Path]) -> None:
    """Create a file that only its owner can read, and the folders it is in; each is noted in `made` at once."""
    for folder in reversed([each for each in path.parents if not each.exists()]):
        folder.mkdir()
        made.append(folder)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    made.append(path)
    with open(handle, "w", encoding="utf-8", newline="\n") as stream:  # noqa: PTH123 - a handle, not a path
        stream.write(text)


def _remove(made: Sequence[Path]) -> None:
    """Remove what was created, the last first."""
    for path in reversed(made):
        with suppress(OSError):
            path.rmdir() if path.is_dir() else path.unlink()
