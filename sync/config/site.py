"""The site file and everything it refers to -> one checked `Config`; the token, when it is needed.

Every fault of the site file and of all mapping files is reported at once, each with file and line.
"""

from __future__ import annotations

import glob
import itertools
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from sync.config import mapping_files, mappings, set_values
from sync.config.document import Document, read, suggestion, validate
from sync.config.drop import Drop
from sync.config.entries import Inbox
from sync.config.guards import GradedRemovals, Guards
from sync.config.notifications import Expect, Mail, Webhook
from sync.config.permissions import UNCHECKED, VARIABLE, refusals, unchecked
from sync.config.reports import Reports
from sync.config.retention import Retention
from sync.config.scalars import one_or_many
from sync.config.secrets import TokenSource, found
from sync.config.settings import Reads, Sending, Settings, SiteSettings, Window
from sync.config.terms import TERM, TermSheet
from sync.config.trust import check_authorities
from sync.errors import ConfigError, Fault
from sync.model import Conventions, Op
from sync.model.resources import CATALOGUE

SQLITE = re.compile(r"(sqlite(?:\+\w+)?:///)([^?]+)(\?.*)?")
"""URL of a SQLite database; the second part is its file."""

Limits = TypeVar("Limits", bound=BaseModel)

NO_SITE_YET = (
    "Change to the folder of your site file, or name it with `--site FILE`. No site yet? `nexsis-sync init` sets one "
    "up, and `nexsis-sync demo` shows everything with sample data."
)


@dataclass(frozen=True, slots=True)
class Config:
    """A site file and its mappings, checked. All paths are absolute.

    `digest` is the SHA-256 of the site file's contents (each mapping has its own); `mappings` are in order of
    precedence; `dropped` is the inbox where `inbox` is a set that was taken out of it; `state` is an SQLAlchemy URL;
    `protect` has patterns of keys by resource; `notes` are sentences for a person about what is allowed but looks like
    a mistake; `terms` is None if no mapping needs it.
    """

    file: Path
    folder: Path
    digest: str
    site: SiteSettings
    inbox: Path
    state: str = field(repr=False)
    mappings: tuple[mappings.Mapping, ...]
    protect: Mapping[str, tuple[str, ...]]
    guards: Guards
    sending: Sending
    reads: Reads
    notes: tuple[str, ...] = ()
    drop: Drop | None = None
    mail: Mail | None = None
    webhook: Webhook | None = None
    expect: Expect | None = None
    heartbeat: str | TokenSource | None = field(default=None, repr=False)
    follow_links: bool = False
    graded_removals: GradedRemovals = "report"
    no_deletes: bool = False
    verify: bool = False
    calendar: tuple[Window, ...] = ()
    dropped: Inbox | None = None
    aliases: Path | None = None
    ca_file: Path | None = None
    terms: TermSheet | None = None
    retention: Retention | None = None
    approvers: str = ""
    reports: Reports = field(default_factory=Reports)

    @property
    def entries(self) -> Inbox:
        """The inbox from which files are read."""
        return Inbox(self.inbox, self.follow_links)

    @property
    def conventions(self) -> Conventions:
        """What decides equality on this site."""
        return self.site.conventions

    def window(self, at: datetime) -> Window | None:
        """The window of the calendar that a moment is in, by the site's time zone."""
        day = at.astimezone(ZoneInfo(self.site.timezone)).date()
        return next((window for window in self.calendar if window.start <= day <= window.to), None)

    def guards_at(self, at: datetime) -> Guards:
        """The limits at a moment: those that its window states, otherwise the usual ones."""
        window = self.window(at)
        return _restated(self.guards, window.guards) if window else self.guards

    @property
    def all_guards(self) -> tuple[Guards, ...]:
        """The usual limits, and those of each window of the calendar."""
        return (self.guards, *(_restated(self.guards, window.guards) for window in self.calendar))

    def withheld_at(self, at: datetime) -> frozenset[Op]:
        """What is not to be sent at a moment, even if it is wanted."""
        window = self.window(at)
        if window is not None and window.mode == "additions":
            return frozenset({"update", "delete"})
        return frozenset({"delete"}) if self.no_deletes else frozenset()

    @property
    def resources(self) -> dict[str, str]:
        """By mapping name, what each mapping is for."""
        return {mapping.name: mapping.resource for mapping in self.mappings}

    @property
    def title(self) -> str:
        """The site's title, if it has one."""
        return (self.mail.title if self.mail else None) or ""

    @property
    def guarded_files(self) -> tuple[Path, ...]:
        """The files that other accounts on the machine should not read: token, state store, mappings."""
        token = self.site.token
        secret = [self.folder / token.name] if token.kind == "file" else []
        state = [self.state_file] if self.state_file else []
        return (*secret, *state, *dict.fromkeys(mapping.file for mapping in self.mappings))

    @property
    def state_file(self) -> Path | None:
        """The file of the state store; None if it is in memory or on a server."""
        parts = SQLITE.fullmatch(self.state)
        return Path(parts[2]) if parts and parts[2] != ":memory:" else None

    @property
    def outbox(self) -> Path:
        """Folder in which mails wait: next to the state store, or next to the site file if the store is not a file."""
        base = self.state_file or self.file
        return base.with_name(f"{base.name}.outbox")


def _restated(usual: Limits, stated: Limits) -> Limits:
    """The usual limits with those that are stated; a guard's limits that are left out stay as usual too."""
    update: dict[str, Any] = {}
    for name in stated.model_fields_set:
        here, there = getattr(stated, name), getattr(usual, name)
        if isinstance(here, BaseModel) and isinstance(there, BaseModel):
            here = _restated(there, here)
        update[name] = here
    return usual.model_copy(update=update)


def load(path: str | Path) -> Config:
    """Read a site file and the mapping files it lists. Raises ConfigError with every fault of all of them.

    Places in faults and notes are relative to the same folder as `path`, so that a person here can find them.
    """
    config, faults = load_apart(path)
    if faults:
        raise ConfigError(*faults)
    return config


def load_apart(path: str | Path) -> tuple[Config, list[Fault]]:
    """The same for what needs no mappings: a config with those that are good, and the faults of mapping files.

    Raises ConfigError as `load` does if the site file itself has a fault, or others can change one of the files.
    """
    path = Path(path)
    file = path.absolute()
    document, faults = _document(file, path.as_posix())
    settings, wrong = validate(document, Settings, document.data, None)
    _conceal_secrets(settings, file.parent)
    faults += [
        *wrong,
        *_unprotectable(document),
        *_allowed_in_vain(document),
        *_within_inbox(document, settings, file.parent),
        *_reports_in_inbox(document, settings, file.parent),
        *_without_certificates(document, settings, file.parent),
    ]
    named, missing = _mapping_files(document, path.parent)
    loaded = mapping_files.load(named)
    of_mappings = [
        *missing,
        *loaded.faults,
        *_not_mapped(document, loaded.mappings),
        *_not_allowed(loaded.mappings, settings.allow if settings else None),
        *(set_values.not_allowed(loaded.mappings, settings.allow) if settings else ()),
        *(set_values.not_valid(loaded.mappings, settings.site.conventions) if settings else ()),
        *_without_terms(document, loaded.mappings),
    ]
    if faults or settings is None:
        raise ConfigError(*faults, *of_mappings)
    return _guarded(_config(file, document.digest, settings, loaded), of_mappings), of_mappings


def _guarded(config: Config, faults: Iterable[Fault]) -> Config:
    """The config, with a note on each file that others can change, where whoever runs the program accepts that.

    Otherwise raises ConfigError, with these other faults too.
    """
    authorities = [config.ca_file] if config.ca_file else []
    open_to_others = [*refusals([config.file, *authorities, *config.guarded_files])]
    if open_to_others and not unchecked():
        raise ConfigError(*faults, *open_to_others)
    used = (f"{each.where}: {each.message}; used all the same ({VARIABLE}={UNCHECKED})" for each in open_to_others)
    return replace(config, notes=(*config.notes, *used))


def _document(file: Path, shown: str) -> tuple[Document, list[Fault]]:
    """The one document of a site file, and what is wrong with it. Raises ConfigError if there is none."""
    documents, faults = read(file, shown)
    if len(documents) != 1 and not faults:
        faults = [Fault("a site file contains one YAML document with site: in it", where=shown)]
    if not os.path.lexists(file):
        faults = [replace(fault, hint=NO_SITE_YET) for fault in faults]
    if not documents:
        raise ConfigError(*faults)
    return documents[0], faults


def _config(file: Path, digest: str, settings: Settings, loaded: mapping_files.LoadedMappings) -> Config:
    folder = file.parent
    return Config(
        file=file,
        folder=folder,
        digest=digest,
        site=settings.site,
        graded_removals=settings.graded_removals,
        no_deletes=settings.no_deletes,
        verify=settings.verify,
        calendar=settings.calendar,
        inbox=folder / settings.inbox,
        state=_absolute_state(settings.state, folder),
        mappings=tuple(loaded.mappings),
        protect=settings.protect,
        guards=settings.guards,
        sending=settings.sending,
        reads=settings.reads,
        notes=tuple(loaded.notes),
        drop=settings.drop,
        retention=settings.retention,
        approvers=settings.approvers or "",
        reports=settings.reports,
        mail=settings.mail,
        webhook=settings.webhook,
        expect=settings.expect,
        heartbeat=settings.heartbeat,
        follow_links=settings.follow_links,
        aliases=folder / settings.aliases if settings.aliases else None,
        ca_file=folder / settings.site.ca_file if settings.site.ca_file else None,
        terms=settings.terms if any(TERM in mapping.scope for mapping in loaded.mappings) else None,
    )


def _mapping_files(document: Document, folder: Path) -> tuple[dict[Path, str], list[Fault]]:
    """The files that `mappings:` lists, in its order, sorted within a pattern, each once, and how they are shown."""
    given = one_or_many(document.data.get("mappings", list(Settings.model_fields["mappings"].default)))
    named: dict[Path, str] = {}
    faults = []
    for at, pattern in enumerate(given if isinstance(given, list) else []):
        matches = sorted(glob.glob(pattern, root_dir=folder, recursive=True)) if isinstance(pattern, str) else []  # noqa: PTH207 - absolute patterns too
        if isinstance(pattern, str) and not matches:
            faults.append(document.fault(("mappings", at), f"no file matches `{pattern}` in {folder.absolute()}"))
        for match in matches:
            named.setdefault(document.file.parent / match, (folder / match).as_posix())
    return named, faults


def _within_inbox(document: Document, settings: Settings | None, folder: Path) -> Iterator[Fault]:
    """Folders below `drop:` that are in the inbox, where mappings would read what has been taken before."""
    if settings is None or settings.drop is None:
        return
    inbox = os.path.realpath(folder / settings.inbox)  # Path itself fails on a link to itself
    for name in ("archive", "refused"):
        if Path(os.path.realpath(folder / getattr(settings.drop, name))).is_relative_to(inbox):
            yield document.fault(
                ("drop", name), f"the {name} folder cannot be inside the inbox", "Put it beside the inbox."
            )


def _reports_in_inbox(document: Document, settings: Settings | None, folder: Path) -> Iterator[Fault]:
    """Patterns below `retention: reports` that only match files in the inbox, which are never removed as reports."""
    if settings is None or settings.retention is None:
        return
    inbox = os.path.realpath(folder / settings.inbox)
    for at, pattern in enumerate(settings.retention.reports):
        fixed = itertools.takewhile(lambda part: not glob.has_magic(part), Path(pattern).parts)
        if Path(os.path.realpath(folder.joinpath(*fixed))).is_relative_to(inbox):
            message = f"`{pattern}` is inside the inbox ({inbox}), where no file is ever removed as a report"
            hint = "Write reports to a folder outside the inbox, or set `inbox:` to a folder with nothing but exports."
            yield document.fault(("retention", "reports", at), message, hint)


def _without_certificates(document: Document, settings: Settings | None, folder: Path) -> Iterator[Fault]:
    """A `ca_file` that cannot be used: nothing could be sent, and nobody notified of that."""
    if settings is None or settings.site.ca_file is None:
        return
    try:
        check_authorities(folder / settings.site.ca_file)
    except ConfigError as error:
        yield from (document.fault(("site", "ca_file"), each.message, each.hint) for each in error.faults)


def _unprotectable(document: Document) -> Iterator[Fault]:
    """Keys below `protect:` that are not resources, or whose objects have no single identifier."""
    single = [name for name, resource in CATALOGUE.items() if len(resource.key) == 1]
    for name in document.keys("protect"):
        if name not in single:
            message = f"`{name}` is not a resource with a single identifier, so patterns cannot protect it"
            yield document.fault(("protect", name), message, suggestion(name, single))


def _allowed_in_vain(document: Document) -> Iterator[Fault]:
    """Names below `allow:` of resources and fields that need no permission."""
    asking = [name for name, resource in CATALOGUE.items() if resource.opt_in]
    for at, name in enumerate(one_or_many(document.data.get("allow", []))):
        resource, _, field = str(name).partition(".")
        if field and resource in CATALOGUE:
            if CATALOGUE[resource].field(field) is not None:
                yield document.fault(("allow", at), f"`{name}` is in the API reference, so it need not be allowed")
        elif name not in asking:
            yield document.fault(
                ("allow", at), f"`{name}` is not a resource that has to be allowed", suggestion(str(name), asking)
            )


COUNTED: Final = {
    ("guards", "by"): "its values cannot be counted",
    ("reports", "group_by"): "nothing can be filtered by it",
}
"""Where the site file names columns that must be used for a field, and what cannot be done with one that is not."""


def _not_mapped(document: Document, mappings: Sequence[mappings.Mapping]) -> Iterator[Fault]:
    """Columns below `guards: by` and `reports: group_by` that no mapping uses for a field."""
    rules = ((each, rule) for each in mappings for rule in each.fields.values())
    named = dict.fromkeys(column for each, rule in rules for column in each.read(rule.columns))
    for (section, key), consequence in COUNTED.items():
        stated = document.data.get(section)
        for at, name in enumerate(one_or_many(stated.get(key, [])) if isinstance(stated, dict) else ()):
            if mappings and name not in named:
                message = f"no mapping uses a column `{name}` for a field, so {consequence}"
                yield document.fault((section, key, at), message, suggestion(str(name), named))


def _not_allowed(mappings: Iterable[mappings.Mapping], allowed: Collection[str] | None) -> Iterator[Fault]:
    """Mappings of resources that need the site file's permission and do not have it."""
    if allowed is None:
        return
    for mapping in mappings:
        resource = CATALOGUE.get(mapping.resource)
        if resource and resource.opt_in and resource.name not in allowed:
            yield Fault(
                f"{resource.title} are written only if the site file allows it, as no API call can undo such changes",
                where=mapping.where,
                hint=f"Add `allow: [{resource.name}]` to the site file if you want this.",
            )


def _without_terms(document: Document, mappings: Iterable[mappings.Mapping]) -> Iterator[Fault]:
    """Mappings whose scope is the current term, if the site file doesn't say which terms there are."""
    for mapping in mappings:
        if TERM in mapping.scope and "terms" not in document.data:
            yield Fault(
                "scope.term: the site file does not say which terms there are",
                where=mapping.where_of("scope", TERM),
                hint="Add `terms:` to the site file: the sheet that lists the terms with their first and last days.",
            )


def _absolute_state(url: str, folder: Path) -> str:
    parts = SQLITE.fullmatch(url)
    if parts is None or parts[2] == ":memory:":
        return url
    return f"{parts[1]}{(folder / parts[2]).as_posix()}{parts[3] or ''}"


# -- secrets -------------------------------------------------------------------------------------------------


def token(config: Config) -> str:
    """The site's token, from where the site file says. It is never shown. Raises ConfigError."""
    return token_of(config.site, config.file)


def token_of(site: SiteSettings, file: Path) -> str:
    """The same for the settings of a site file, whether it exists yet or not."""
    source = site.token
    secret, hint = found(source, "token", urlsplit(site.url).hostname or "", file.parent)
    if not secret:
        raise ConfigError(Fault("there is no token for the site", where=str(file), hint=hint))
    if not (secret.isascii() and secret.isprintable()) or " " in secret:
        message = f"the value where the token should be ({source.kind}: {source.name}) is not a token"
        raise ConfigError(Fault(message, where=str(file), hint="A token is a single word of ASCII characters."))
    return secret


def _conceal_secrets(settings: Settings | None, folder: Path) -> None:
    """Have all secrets masked before anything is said about mappings or exports, which may contain them.

    A keyring is asked only when its secret is needed, because it may have to be unlocked.
    """
    if settings is None:
        return
    for source in secrets_of(settings):
        if source.kind != "keyring":
            with suppress(ConfigError):  # whoever needs it reports the problem
                found(source, "secret", "", folder)


def secrets_of(settings: Settings | Config) -> Iterator[TokenSource]:
    """Where the secrets of a site are stored."""
    mail, webhook = settings.mail, settings.webhook
    given = (mail and mail.password, webhook and webhook.url, webhook and webhook.secret, settings.heartbeat)
    yield settings.site.token
    yield from (source for source in given if isinstance(source, TokenSource))
