"""Secrets: a site file says where to find them and never contains one; and over which connections they may be sent."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import BeforeValidator, WithJsonSchema

from sync.errors import ConfigError, Fault, conceal

SourceKind = Literal["env", "file", "keyring"]


@dataclass(frozen=True, slots=True)
class TokenSource:
    """Where to find a secret: `env` names a variable, `file` a path, `keyring` a service."""

    kind: SourceKind
    name: str


def source_of(noun: str, given: Any) -> TokenSource:
    """A source from what a site file says. Raises ValueError.

    Messages must not repeat that text: a secret put there by mistake must not be shown.
    """
    message = (
        f"say where the {noun} is stored: {{env: NAME_OF_A_VARIABLE}}, {{file: PATH}} or {{keyring: SERVICE}}, "
        f"exactly one of them; never write the {noun} itself in this file"
    )
    if not isinstance(given, dict) or len(given) != 1:
        raise ValueError(message)
    ((kind, name),) = given.items()
    if kind not in get_args(SourceKind) or not isinstance(name, str) or not name.strip():
        raise ValueError(message)
    if kind == "env" and not re.fullmatch(r"[A-Z_][A-Z0-9_]*", name):
        raise ValueError(
            f"env: takes the name of a variable, in capitals, digits and underscores, not the {noun} itself"
        )
    return TokenSource(kind, name.strip())


def schema_of(noun: str, user: str) -> dict[str, Any]:
    """JSON Schema of a source; `user` says whose secret it is in a keyring."""
    return {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "additionalProperties": False,
        "properties": {
            "env": {"type": "string", "pattern": "^[A-Z_][A-Z0-9_]*$", "description": "An environment variable."},
            "file": {"type": "string", "description": f"A file with the {noun} as its only line."},
            "keyring": {"type": "string", "description": f"A service of the system's keyring; the user is {user}."},
        },
    }


Token = Annotated[
    TokenSource, BeforeValidator(partial(source_of, "token")), WithJsonSchema(schema_of("token", "the site's host"))
]
Password = Annotated[
    TokenSource,
    BeforeValidator(partial(source_of, "password")),
    WithJsonSchema(schema_of("password", "that of the mail server")),
]
SigningKey = Annotated[
    TokenSource, BeforeValidator(partial(source_of, "key")), WithJsonSchema(schema_of("key", "the webhook's host"))
]


def loopback(host: str) -> bool:
    """Whether a host is this machine, so that the connection cannot be intercepted."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


# -- finding them ----------------------------------------------------------------------------------------------

ABSENT: Final[Mapping[SourceKind, str]] = {
    "env": "Set the environment variable {name}.",
    "file": "Put the {noun} into {path}.",
    "keyring": "Store it with: keyring set {name} {user}",
}


def found(source: TokenSource, noun: str, user: str, folder: Path) -> tuple[str, str]:
    """The secret ("" if there is none), and what to do about it if there is none.

    `user` says whose it is in a keyring; relative paths start from `folder`. A secret is masked in all texts from now
    on. Raises ConfigError if a file or the keyring cannot be read.
    """
    path = folder / source.name
    if source.kind == "env":
        secret = os.environ.get(source.name)
    elif source.kind == "file":
        secret = _from_file(path, noun)
    else:
        secret = _from_keyring(source.name, user, noun)
    hint = ABSENT[source.kind].format(name=source.name, noun=noun, path=path, user=user)
    secret = (secret or "").strip()
    conceal(secret)
    return secret, hint


def _from_file(path: Path, noun: str) -> str | None:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        message = f"the file with the {noun} cannot be read"
        raise ConfigError(
            Fault(
                message, where=str(path), hint="It must be a text file that the account running nexsis-sync can read."
            )
        ) from None


def _from_keyring(service: str, user: str, noun: str) -> str | None:
    try:
        keyring: Any = import_module("keyring")
    except ImportError:
        message = f"the {noun} is in a keyring, but the package keyring is not installed"
        hint = f"Install it with `pip install 'nexsis-sync[keyring]'`, or use {noun}: {{env: ...}}."
        raise ConfigError(Fault(message, hint=hint)) from None
    try:
        secret: str | None = keyring.get_password(service, user)
        return secret
    except keyring.errors.KeyringError:
        message = "the system's keyring cannot be opened"
        raise ConfigError(Fault(message, hint=f"Unlock it, or use {noun}: {{env: ...}} or {{file: ...}}.")) from None
