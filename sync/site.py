"""The site file and all it names -> one checked `Config`; the token, when it is needed.

Every fault of the site file and of all mapping files is told at once, each with file and line.
"""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sync.errors import ConfigError, Fault
from sync.mapping import files, models
from sync.mapping.document import Document, read, suggestion, validate
from sync.mapping.scalars import one_or_many
from sync.model import Manners
from sync.resources import CATALOGUE
from sync.settings import Guards, Reads, Sending, Settings, SiteSettings


@dataclass(frozen=True, slots=True)
class Config:
    """A site file and its mappings, checked. All paths are absolute.

    `digest` is the SHA-256 of what the site file says (each mapping has its own); `mappings` are in order of
    precedence; `state` is an SQLAlchemy URL; `protect` leads from resources to patterns of keys; `notes` are
    sentences for a person about what is allowed but looks like a slip.
    """

    file: Path
    folder: Path
    digest: str
    site: SiteSettings
    inbox: Path
    state: str = field(repr=False)
    mappings: tuple[models.Mapping, ...]
    protect: Mapping[str, tuple[str, ...]]
    guards: Guards
    sending: Sending
    reads: Reads
    notes: tuple[str, ...] = ()

    @property
    def manners(self) -> Manners:
        """What decides equality on this site."""
        site = self.site
        roles = tuple((short, site.display[short]) for short in site.ranked)
        return Manners(site.identifiers, site.timezone, roles, site.teaching)


def load(path: str | Path) -> Config:
    """Read a site file and the mapping files it names. Raises ConfigError with every fault of all of them.

    Places in faults and notes start from where `path` starts, so that they can be gone to from here.
    """
    path = Path(path)
    file = path.absolute()
    folder = file.parent
    documents, faults = read(file, path.as_posix())
    if len(documents) != 1 and not faults:
        faults = [Fault("a site file holds one YAML document with site: in it", where=path.as_posix())]
    if not documents:
        raise ConfigError(*faults)
    document = documents[0]
    settings, wrong = validate(document, Settings, document.data, None)
    faults += [*wrong, *_unprotectable(document), *_allowed_in_vain(document)]
    named, missing = _mapping_files(document, path.parent)
    found = files.load(named)
    faults += [*missing, *found.faults, *_not_allowed(found.mappings, settings.allow if settings else None)]
    if faults or settings is None:
        raise ConfigError(*faults)
    return Config(
        file=file,
        folder=folder,
        digest=document.digest,
        site=settings.site,
        inbox=folder / settings.inbox,
        state=_absolute_state(settings.state, folder),
        mappings=tuple(found.mappings),
        protect=settings.protect,
        guards=settings.guards,
        sending=settings.sending,
        reads=settings.reads,
        notes=tuple(found.notes),
    )


def _mapping_files(document: Document, folder: Path) -> tuple[dict[Path, str], list[Fault]]:
    """The files that `mappings:` names, in its order, sorted within a pattern, each once, and how they are told of."""
    given = one_or_many(document.data.get("mappings", list(Settings.model_fields["mappings"].default)))
    named: dict[Path, str] = {}
    faults = []
    for at, pattern in enumerate(given if isinstance(given, list) else []):
        matches = sorted(glob.glob(pattern, root_dir=folder, recursive=True)) if isinstance(pattern, str) else []  # noqa: PTH207 - absolute patterns too
        if isinstance(pattern, str) and not matches:
            faults.append(document.fault(("mappings", at), f"no file is called `{pattern}` in {folder.absolute()}"))
        for match in matches:
            named.setdefault(document.file.parent / match, (folder / match).as_posix())
    return named, faults


def _unprotectable(document: Document) -> Iterator[Fault]:
    """Keys below `protect:` that are no resource, or whose objects have no single identifier."""
    single = [name for name, resource in CATALOGUE.items() if len(resource.key) == 1]
    for name in document.keys("protect"):
        if name not in single:
            message = f"`{name}` is no resource with a single identifier, so no pattern can protect it"
            yield document.fault(("protect", name), message, suggestion(name, single))


def _allowed_in_vain(document: Document) -> Iterator[Fault]:
    """Names below `allow:` of what needs no leave."""
    asking = [name for name, resource in CATALOGUE.items() if resource.opt_in]
    for at, name in enumerate(one_or_many(document.data.get("allow", []))):
        if name not in asking:
            yield document.fault(("allow", at), f"`{name}` needs no leave", suggestion(str(name), asking))


def _not_allowed(mappings: Iterable[models.Mapping], allowed: Collection[str] | None) -> Iterator[Fault]:
    """Mappings of resources that need the site file's leave and do not have it."""
    if allowed is None:
        return
    for mapping in mappings:
        resource = CATALOGUE.get(mapping.resource)
        if resource and resource.opt_in and resource.name not in allowed:
            yield Fault(
                f"{resource.title} are not written unless the site file allows it, since no call "
                "undoes what is written",
                where=mapping.where,
                hint=f"Write `allow: [{resource.name}]` in the site file if that is meant.",
            )


def _absolute_state(url: str, folder: Path) -> str:
    found = re.fullmatch(r"(sqlite(?:\+\w+)?:///)([^?]+)(\?.*)?", url)
    if found is None or found[2] == ":memory:":
        return url
    return f"{found[1]}{(folder / found[2]).as_posix()}{found[3] or ''}"


# -- the token -------------------------------------------------------------------------------------------------


def token(config: Config) -> str:
    """The site's token, from where the site file says. It is nowhere kept or shown. Raises ConfigError."""
    source = config.site.token
    if source.kind == "env":
        found, hint = os.environ.get(source.name), f"set the environment variable {source.name}"
    elif source.kind == "file":
        found, hint = _from_file(config.folder / source.name), f"put the token into {config.folder / source.name}"
    else:
        host = urlsplit(config.site.url).hostname or ""
        found, hint = _from_keyring(source.name, host), f"store it with: keyring set {source.name} {host}"
    secret = (found or "").strip()
    if not secret:
        raise ConfigError(Fault("there is no token for the site", where=str(config.file), hint=hint))
    if not (secret.isascii() and secret.isprintable()) or " " in secret:
        message = f"what stands where the token should be ({source.kind}: {source.name}) is no token"
        raise ConfigError(Fault(message, where=str(config.file), hint="a token is one word of ASCII characters"))
    return secret


def _from_file(path: Path) -> str | None:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        message = "the file with the token cannot be read"
        raise ConfigError(
            Fault(message, where=str(path), hint="it must be text, readable by the user who runs this")
        ) from None


def _from_keyring(service: str, user: str) -> str | None:
    try:
        keyring: Any = import_module("keyring")
    except ImportError:
        message = "the token is in a keyring, but the package keyring is not installed"
        raise ConfigError(Fault(message, hint="pip install nexsis-sync[keyring], or use token: {env: ...}")) from None
    try:
        secret: str | None = keyring.get_password(service, user)
        return secret
    except keyring.errors.KeyringError:
        message = "the system's keyring cannot be opened"
        raise ConfigError(Fault(message, hint="unlock it, or use token: {env: ...} or {file: ...}")) from None
