"""What a site file may say about who is notified of a run: people by email, and chat tools."""

from __future__ import annotations

import re
from collections import abc
from email.headerregistry import Address as MailAddress
from email.utils import parseaddr
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from sync.config.document import suggestion
from sync.config.scalars import Name, Patterns, Strict, TimeOfDay, one_or_many
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
    """An address without a name, as on an envelope."""
    if not text.isascii() or not re.fullmatch(r"[^@\s<>,;:\"\\()\[\]]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*", text):
        raise ValueError(
            f"`{text}` is not an email address; write it like registrar@inst.example (with an international domain as "
            "xn--)"
        )
    return text


def _named(text: str) -> str:
    """An address that may have a name before it."""
    name, address = parseaddr(text)
    _bare(address or text)
    if not name.isprintable():
        raise ValueError("a name cannot contain line breaks or control characters")
    return str(MailAddress(name, addr_spec=address))


def _size(text: Any) -> int:
    found = re.fullmatch(r"(\d{1,6})\s*([KM]B)", text) if isinstance(text, str) else None
    if not found:
        raise ValueError("write a size as a whole number with its unit: 500KB or 5MB; with 0MB, nothing is attached")
    return int(found[1]) * UNITS[found[2]]


def _web(text: str) -> str:
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        raise ValueError("this is not a web address; write it like https://reports.inst.example/moodle")
    if parts.scheme == "http" and not loopback(host):
        raise ValueError(f"the connection to {host} would not be encrypted; use https://")
    return text


def _posted(given: Any) -> Any:
    """An address that is called, or where to find it. Messages must not repeat it: it may be a secret."""
    return posted(given) if isinstance(given, str) else source_of("address", given)


def posted(text: str) -> str:
    """An address that is called. Raises ValueError if it is none; its message may be shown."""
    address = text.strip()
    if not address.isprintable() or " " in address:  # `urlsplit` leaves some out: another host would be called
        raise ValueError("the address contains a space, a line break or a control character")
    if "@" in urlsplit(_web(address)).netloc:
        raise ValueError("write the address without a user name or password")
    return address


def _by_field(name: str, given: Any) -> Any:
    """Patterns of a resource's fields; bare ones are for its identifier."""
    resource = CATALOGUE.get(name)
    if resource is None:
        raise ValueError(f"`{name}` is not a resource. {suggestion(name, CATALOGUE)}")
    if not isinstance(given, dict):
        if len(resource.key) > 1:
            raise ValueError(f"specify which field of {name}: {{{resource.key[0]}: ...}}")
        return {resource.key[0]: given}
    known = [field.name for field in resource.fields]
    for field in given:
        if field not in known:
            raise ValueError(f"`{field}` is not a field of {name}. {suggestion(field, known)}")
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


def _address_schema(user: str) -> dict[str, Any]:
    return {"anyOf": [{"type": "string"}, schema_of("address", user)]}


Address = Annotated[str | TokenSource, BeforeValidator(_posted), WithJsonSchema(_address_schema("`webhook`"))]
"""A web address, or where to find it."""

Heartbeat = Annotated[str | TokenSource, BeforeValidator(_posted), WithJsonSchema(_address_schema("`heartbeat`"))]
"""The same for the address that is called after a run."""


class Expect(Strict):
    """When exports are expected."""

    by: TimeOfDay = Field(
        description="Time of day, such as 06:00, in the site's time zone. If no export has arrived in the 12 hours "
        "before, `watch` notifies people."
    )


class Audience(Strict):
    """People who get the same mail: what is in it, and when it is sent."""

    address: Addresses = Field(description="Email address, or a list of them.")
    what: Whats = Field(
        default=("everything",),
        description="What they receive: `everything`, `problems` (errors, warnings, and changes that failed), "
        "`held` (changes that need approval), or a list of these.",
    )
    only: Annotated[Only, BeforeValidator(_only), WithJsonSchema(_ONLY_SCHEMA)] = Field(
        default_factory=dict,
        description="Resource: patterns for its identifier or its fields. Only matching records, and those below "
        "them, are reported.",
    )
    when: Whens = Field(
        default=("every",),
        description="When: after `every` run with something to report, on `change` of the status, on `recovery`, as a "
        "`weekly` summary, or a list of these.",
    )
    pseudonymise: bool = Field(
        default=False, description="Whether names are replaced by pseudonyms: the same person always has the same one."
    )


class Mail(Strict):
    """Which server sends the reports, and to whom."""

    host: Name = Field(description="Host name of the mail server.")
    port: Annotated[int, Field(ge=1, le=65535)] | None = Field(
        default=None, description="Its port. Default: 587 for `starttls`, 465 for `tls`, 25 for `none`."
    )
    security: Security = Field(
        default="starttls",
        description="How the connection is encrypted: `starttls`, `tls`, or `none` for a server on this machine.",
    )
    user: Name | None = Field(default=None, description="User name, if the server requires a login.")
    password: Password | None = Field(
        default=None,
        description="Where the password is stored: `{env: NAME}`, `{file: PATH}` or `{keyring: SERVICE}`. Never the "
        "password itself.",
    )
    sender: Annotated[str, AfterValidator(_named)] = Field(
        alias="from",
        description="Sender address, with a name before it if you like: `Moodle sync <sync@inst.example>`.",
    )
    title: Name | None = Field(
        default=None, description="Name of the site in the subject, such as `Spring 2027`. Default: its host."
    )
    attach_up_to: Annotated[
        int, BeforeValidator(_size), WithJsonSchema({"type": "string", "pattern": "^[0-9]{1,6} *[KM]B$"})
    ] = Field(
        default="5MB",
        validate_default=True,
        description="Maximum size of the page and the workbook together, such as `5MB`; larger ones are not attached.",
    )
    link: Annotated[str, AfterValidator(_web)] | None = Field(
        default=None,
        description="Web address where the folder `reports` is served; files too large to attach are linked there.",
    )
    reports: Name = Field(default="reports", description="Folder for files too large to attach.")
    to: Annotated[tuple[Audience, ...], Field(min_length=1)] = Field(description="Who gets what, and when.")

    @model_validator(mode="after")
    def _safe(self) -> Mail:
        if (self.user is None) != (self.password is None):
            raise ValueError("`user` and `password` belong together: set both, or neither")
        if self.security == "none" and not loopback(self.host):
            raise ValueError(f"emails to {self.host} would not be encrypted; set `security` to starttls or tls")
        return self

    @property
    def at(self) -> int:
        """The port, given or default."""
        return self.port or PORTS[self.security]


class Webhook(Strict):
    """A chat tool that is notified of the result of a run: numbers only, no names."""

    url: Address = Field(
        repr=False, description="Address to post to, or where it is stored: `{env: NAME}` and the like."
    )
    when: Whens = Field(
        default=("every",),
        description="When: after `every` run, on `change`, on `recovery`, `weekly`, or a list of these.",
    )
    secret: SigningKey | None = Field(
        default=None, description="Where the key that signs each post (HMAC-SHA256) is stored. Never the key itself."
    )
