"""What a site file may say about who is told of a run: people by mail, each what is theirs, and chat tools."""

from __future__ import annotations

import re
from collections import abc
from email.headerregistry import Address as MailAddress
from email.utils import parseaddr
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from sync.config.document import suggestion
from sync.config.scalars import Name, Patterns, Strict, one_or_many
from sync.config.secrets import Password, SigningKey, TokenSource, loopback, schema_of, source_of
from sync.model.resources import CATALOGUE

What = Literal["everything", "problems", "held"]
When = Literal["every", "change", "recovery", "weekly"]
Security = Literal["starttls", "tls", "none"]
Only = abc.Mapping[str, abc.Mapping[str, Patterns]]
"""By resource and field: patterns, of which one must match."""

PORTS: Final[abc.Mapping[Security, int]] = {"starttls": 587, "tls": 465, "none": 25}
UNITS: Final = {"KB": 1_000, "MB": 1_000_000}


def _bare(text: str) -> str:
    """An address alone, as it stands in an envelope."""
    if not text.isascii() or not re.fullmatch(r"[^@\s<>,;:\"\\()\[\]]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*", text):
        raise ValueError(
            f"`{text}` is no mail address; write it like registrar@inst.example (a host with umlauts as xn--)"
        )
    return text


def _named(text: str) -> str:
    """An address that may have a name before it."""
    name, address = parseaddr(text)
    _bare(address or text)
    if not name.isprintable():
        raise ValueError("there must be no line breaks or control characters in a name")
    return str(MailAddress(name, addr_spec=address))


def _size(text: Any) -> int:
    found = re.fullmatch(r"(\d{1,6})\s*([KM]B)", text) if isinstance(text, str) else None
    if not found:
        raise ValueError("give a size as a whole number with its unit: 500KB or 5MB; 0MB attaches nothing")
    return int(found[1]) * UNITS[found[2]]


def _web(text: str) -> str:
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        raise ValueError("this is no web address; write it like https://reports.inst.example/moodle")
    if parts.scheme == "http" and not loopback(host):
        raise ValueError(f"what is on the way to {host} could be read by all; write https://")
    return text


def _posted(given: Any) -> Any:
    """The address of a webhook, or where it is found. Nothing of it may be repeated: it may be a secret."""
    if not isinstance(given, str):
        return source_of("address", given)
    if urlsplit(_web(given.strip())).username is not None:
        raise ValueError("write the address without a user or password")
    return given.strip()


def _by_field(name: str, given: Any) -> Any:
    """Patterns of a resource's fields; bare ones are of its identifier."""
    resource = CATALOGUE.get(name)
    if resource is None:
        raise ValueError(f"`{name}` is no resource; {suggestion(name, CATALOGUE)}")
    if not isinstance(given, dict):
        if len(resource.key) > 1:
            raise ValueError(f"say which field of {name} is meant: {{{resource.key[0]}: ...}}")
        return {resource.key[0]: given}
    known = [field.name for field in resource.fields]
    for field in given:
        if field not in known:
            raise ValueError(f"`{field}` is no field of {name}; {suggestion(field, known)}")
    return given


def _only(given: Any) -> Any:
    if not isinstance(given, dict) or not given:
        raise ValueError(
            "name a resource with patterns, such as {course: BIO*} or {course: {categorypath: /Science/*}}"
        )
    return {name: _by_field(name, patterns) for name, patterns in given.items()}


Addresses = Annotated[
    tuple[Annotated[str, AfterValidator(_bare)], ...],
    BeforeValidator(one_or_many, json_schema_input_type=str | tuple[str, ...]),
    Field(min_length=1),
]
Whats = Annotated[
    tuple[What, ...], BeforeValidator(one_or_many, json_schema_input_type=What | tuple[What, ...]), Field(min_length=1)
]
Whens = Annotated[
    tuple[When, ...], BeforeValidator(one_or_many, json_schema_input_type=When | tuple[When, ...]), Field(min_length=1)
]

_TEXT_OR_TEXTS = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}
_URL_SCHEMA = {"anyOf": [{"type": "string"}, schema_of("address", "`webhook`")]}
_ONLY_SCHEMA = {
    "type": "object",
    "minProperties": 1,
    "propertyNames": {"enum": [*CATALOGUE]},
    "additionalProperties": {
        "anyOf": [
            *_TEXT_OR_TEXTS["anyOf"],
            {"type": "object", "minProperties": 1, "additionalProperties": _TEXT_OR_TEXTS},
        ]
    },
}


class Audience(Strict):
    """People who get the same mail: what is in it, and when it comes."""

    address: Addresses = Field(description="Mail address, or several.")
    what: Whats = Field(
        default=("everything",),
        description="What they are told: `everything`, `problems` (rows to mend, and what went wrong), "
        "`held` (what waits for approval), or several of these.",
    )
    only: Annotated[Only, BeforeValidator(_only), WithJsonSchema(_ONLY_SCHEMA)] = Field(
        default_factory=dict,
        description="Resource: patterns of its identifier, or of its fields. Nothing is told but what is of such an "
        "object, or below one.",
    )
    when: Whens = Field(
        default=("every",),
        description="When: with `every` run that has something for them, on `change` of how it stands, on `recovery`, "
        "`weekly` as a summary, or several of these.",
    )
    pseudonymise: bool = Field(
        default=False, description="Whether people are hidden behind words: the same person is always the same word."
    )


class Mail(Strict):
    """By which server reports are mailed, and to whom."""

    host: Name = Field(description="Name of the mail server.")
    port: Annotated[int, Field(ge=1, le=65535)] | None = Field(
        default=None, description="Its port: 587 for `starttls`, 465 for `tls`, 25 for `none`, unless it is another."
    )
    security: Security = Field(
        default="starttls",
        description="How the way there is secured: `starttls`, `tls`, or `none` for a server on this machine.",
    )
    user: Name | None = Field(default=None, description="Whom the server knows us as, if it wants a login.")
    password: Password | None = Field(
        default=None,
        description="Where the password is found: `{env: NAME}`, `{file: PATH}` or `{keyring: SERVICE}`. Never itself.",
    )
    sender: Annotated[str, AfterValidator(_named)] = Field(
        alias="from",
        description="Address the mails come from; a name may stand before it: `Moodle sync <sync@inst.example>`.",
    )
    title: Name | None = Field(
        default=None, description="What the subject calls the site, such as `Spring 2027`; otherwise its host."
    )
    attach_up_to: Annotated[
        int, BeforeValidator(_size), WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,6} *[KM]B$"})
    ] = Field(
        default="5MB",
        validate_default=True,
        description="Size of page and workbook together above which they are not attached, such as `5MB`.",
    )
    link: Annotated[str, AfterValidator(_web)] | None = Field(
        default=None, description="Web address under which the folder `reports` is served: what is too large is linked."
    )
    reports: Name = Field(default="reports", description="Folder into which what is too large to attach is put.")
    to: Annotated[tuple[Audience, ...], Field(min_length=1)] = Field(description="Who gets what, and when.")

    @model_validator(mode="after")
    def _safe(self) -> Mail:
        if (self.user is None) != (self.password is None):
            raise ValueError("`user` and `password` belong together: give both, or none")
        if self.security == "none" and not loopback(self.host):
            raise ValueError(f"the mails would travel to {self.host} for all to read; `security` is starttls or tls")
        return self

    @property
    def at(self) -> int:
        """The port, given or usual."""
        return self.port or PORTS[self.security]


class Webhook(Strict):
    """Where a chat tool is told how a run went: numbers alone, nobody's name."""

    url: Annotated[str | TokenSource, BeforeValidator(_posted), WithJsonSchema(_URL_SCHEMA)] = Field(
        repr=False, description="Address to post to, or where it is found: `{env: NAME}` and the like."
    )
    when: Whens = Field(
        default=("every",), description="When: `every` run, on `change`, on `recovery`, `weekly`, or several of these."
    )
    secret: SigningKey | None = Field(
        default=None, description="Where the key is found with which a post is signed (HMAC-SHA256). Never itself."
    )
