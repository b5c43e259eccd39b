"""What a site file may say, as models with defaults as data.

    Settings          the whole file
    +-- SiteSettings  site: address, token source, time zone, equality, roles
    +-- Guards        guards: limits above which changes are held
    +-- Sending       sending: how hard the site may be worked
    +-- Reads         reads: how much is looked at again
    +-- Drop          drop: how exports are taken out of the inbox
    +-- Mail          mail: who is told by mail, of `sync.config.notifications`
    +-- Webhook       webhook: which chat tool is told, of `sync.config.notifications`

All are frozen pydantic models. `sync.config.site` reads the file and makes its paths absolute.
"""

from __future__ import annotations

import re
from collections import abc
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator

from sync.config.document import suggestion
from sync.config.notifications import Mail, Webhook
from sync.config.scalars import Count, Duration, Name, Patterns, Percent, Strict, TimeZone, Whole, one_or_many
from sync.config.secrets import Token, loopback

API_PATH = "/enrol/nexsis/api/index.php"

ARCHETYPES: abc.Mapping[str, str] = {
    "manager": "Manager",
    "coursecreator": "Course creator",
    "editingteacher": "Teacher",
    "teacher": "Non-editing teacher",
    "student": "Student",
    "guest": "Guest",
}
"""Moodle's standard roles, highest first: short name and the name it shows."""

TEACHING = ("editingteacher", "teacher")


def _address(url: str) -> str:
    try:
        parts = urlsplit(url.strip())
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        raise ValueError("this is no web address; write it like https://moodle.example.edu")
    if {"?", "#"} & set(url) or parts.username is not None:
        raise ValueError("write the address alone, without a user, a password, a token or anything after `?` or `#`")
    if parts.scheme == "http" and not loopback(host):
        raise ValueError(f"the token would travel to {host} for all to read; write https://")
    return url.strip().rstrip("/")


class SiteSettings(Strict):
    """Where the site is, how it is entered, and what counts as equal there."""

    url: Annotated[str, AfterValidator(_address)] = Field(
        description="Address of the Moodle site; https, unless it is on this machine."
    )
    path: Name = Field(
        default=API_PATH, description="Path of the API below the address, unless the address ends with it."
    )
    token: Token = Field(
        description="Where the token is found: `{env: NAME}`, `{file: PATH}` or `{keyring: SERVICE}`. Never the token."
    )
    timezone: TimeZone = Field(default="UTC", description="Time zone of the site, such as Europe/London.")
    identifiers: Literal["ignore_case", "exact"] = Field(
        default="ignore_case",
        description="Whether S1 and s1 are one there: `ignore_case` (as on MySQL and MariaDB) or not: `exact` "
        "(as on PostgreSQL).",
    )
    roles: abc.Mapping[str, Name] = Field(
        default_factory=dict, description="Short name of a role: the name the site shows for it. Added to Moodle's own."
    )
    role_order: tuple[Name, ...] = Field(
        default=(),
        description="Short names of roles, highest first; the rest follow. Of several roles in a course, "
        "the highest is sent.",
    )
    teaching: Annotated[
        tuple[Name, ...], BeforeValidator(one_or_many, json_schema_input_type=Name | tuple[Name, ...])
    ] = Field(default=TEACHING, description="Short names of the roles of which a course must not lose the last.")

    @property
    def api(self) -> str:
        """Base URL of the API, without a slash at its end."""
        path = f"/{self.path.strip('/')}"
        return self.url if self.url.endswith(path) else self.url + path

    @property
    def display(self) -> dict[str, str]:
        """Short name of every role: the name it shows."""
        return {**ARCHETYPES, **self.roles}

    @property
    def ranked(self) -> tuple[str, ...]:
        """Short names of all roles, highest first; those Moodle does not know stand just above the student."""
        extra = [name for name in self.roles if name not in ARCHETYPES]
        standard = list(ARCHETYPES)
        student = standard.index("student")
        usual = [*standard[:student], *extra, *standard[student:]]
        return tuple(dict.fromkeys([*self.role_order, *usual]))

    @field_validator("roles")
    @classmethod
    def _are_distinct(cls, roles: abc.Mapping[str, str]) -> abc.Mapping[str, str]:
        short_of: dict[str, str] = {}
        for short, shown in {**ARCHETYPES, **roles}.items():
            if short_of.setdefault(shown, short) != short:
                raise ValueError(
                    f"`{short_of[shown]}` and `{short}` are both shown as `{shown}`, and a course's list tells roles "
                    "by that name alone; give each the name that the site shows"
                )
        return roles

    @field_validator("role_order", "teaching")
    @classmethod
    def _known_roles(cls, names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        known = [*ARCHETYPES, *info.data.get("roles", names)]
        for name in names:
            if name not in known:
                raise ValueError(f"`{name}` is no role of this site; {suggestion(name, known)}")
        return names


class DeleteGuard(Strict):
    """Limits on deletes of one resource in one plan."""

    percent: Percent = Field(default=10, description="Share of the objects known, in percent, that may be deleted.")
    count: Whole = Field(default=20, description="Number of objects that may be deleted.")


class RosterGuard(Strict):
    """Limits on deletes in one roster, such as a course's enrolments."""

    over: Whole = Field(default=4, description="Rosters of more than so many are guarded.")
    percent: Percent = Field(default=50, description="Share of the roster, in percent, that may be deleted.")


class UpdateGuard(Strict):
    """Limits on updates of one resource in one plan."""

    percent: Percent = Field(default=30, description="Share of the objects known, in percent, that may be updated.")
    count: Whole = Field(default=20, description="Number of objects that may be updated.")


class CreateGuard(Strict):
    """Limits on creates of one resource in one plan."""

    percent: Percent = Field(default=30, description="Share of the objects known, in percent, that may be created.")
    over: Whole = Field(default=100, description="Resources with more than so many objects known are guarded.")


class RowsGuard(Strict):
    """Limits on a sheet's loss of rows since the last good one, and on rejected rows."""

    percent: Percent = Field(
        default=20, description="Share of a sheet's rows, in percent, that may go missing or be rejected."
    )


def _or_off(limits: Any) -> BeforeValidator:
    def check(value: Any) -> Any:
        if isinstance(value, str) and value != "off" and limits is not Duration:
            raise ValueError(f"give its limits ({', '.join(limits.model_fields)}) as keys with values, or off")
        return None if value == "off" else value

    return BeforeValidator(check, json_schema_input_type=limits | Literal["off", False])


USED_BEFORE = BeforeValidator(
    lambda value: None if value in ("off", False) else value, json_schema_input_type=Literal["hold", "off", False]
)


class Guards(Strict):
    """Limits above which changes are held until somebody approves them. Each can be switched `off`."""

    delete: Annotated[DeleteGuard | None, _or_off(DeleteGuard)] = Field(
        default=DeleteGuard(), description="Deletes of a resource."
    )
    roster: Annotated[RosterGuard | None, _or_off(RosterGuard)] = Field(
        default=RosterGuard(), description="Deletes in one roster."
    )
    update: Annotated[UpdateGuard | None, _or_off(UpdateGuard)] = Field(
        default=UpdateGuard(), description="Updates of a resource."
    )
    create: Annotated[CreateGuard | None, _or_off(CreateGuard)] = Field(
        default=CreateGuard(), description="Creates of a resource."
    )
    rows: Annotated[RowsGuard | None, _or_off(RowsGuard)] = Field(
        default=RowsGuard(), description="Rows a sheet lost or had rejected."
    )
    max_age: Annotated[Duration | None, _or_off(Duration)] = Field(
        default="7d",
        validate_default=True,
        description="How old a sheet's file may be, such as `7d`, unless its mapping says otherwise.",
    )
    used_before: Annotated[Literal["hold"] | None, USED_BEFORE] = Field(
        default="hold", description="A file that was used before and is not the newest: `hold` what it asks for."
    )
    approval_days: Count = Field(default=7, description="Days after which an approval is no longer good.")


class Sending(Strict):
    """How hard the site may be worked, and when to give up."""

    permits: Count = Field(default=4, description="Calls in flight at once.")
    timeout: Duration = Field(
        default="60s", validate_default=True, description="How long a call may take in all, such as `60s`."
    )
    retries: Whole = Field(default=5, description="How often a call is repeated when the server is in trouble.")
    deadline: Duration = Field(
        default="6h",
        validate_default=True,
        description="How long a whole run may take, such as `6h`; then it is cut off.",
    )
    max_failures: Count = Field(default=50, description="Failed calls after which a run stops.")


class Reads(Strict):
    """How much of what nothing lists is looked at again."""

    share: Count = Field(
        default=7, description="Nights in which every object is read once, a part each night; 1 reads all."
    )
    page_size: Count = Field(default=500, description="Rows asked for at once where a list comes in pages.")
    page: Name = Field(default="page", description="Query parameter by which grades are paged, counted from 0.")


class Manifest(Strict):
    """A file that comes with the exports and names them."""

    file: Name = Field(default="manifest.csv", description="Its name in the inbox, or a pattern.")
    name: Name = Field(description="The column with the names of the files.")
    rows: Name | None = Field(default=None, description="The column that says how many rows each file has.")


class Drop(Strict):
    """How exports are taken out of the inbox, set by set. Without this section they stay there."""

    settle: Duration = Field(
        default="10s",
        validate_default=True,
        description="How long size and time of all files must have stayed the same, such as `10s`, so that they are "
        "taken for whole.",
    )
    trigger: Name | None = Field(
        default=None,
        description="A file, or a pattern, whose arrival says that the others are whole, such as `READY` or `*.done`; "
        "then `settle` does not count.",
    )
    manifest: Manifest | Literal["oneroster"] | None = Field(
        default=None, description="The file that names all files of a set, or `oneroster` for `manifest.csv` as there."
    )
    required: Annotated[
        tuple[Name, ...], BeforeValidator(one_or_many, json_schema_input_type=Name | tuple[Name, ...])
    ] = Field(
        default=(),
        description="Files, by name or pattern, without which a set is not complete, beside those that mappings read.",
    )
    keep: Annotated[tuple[Name, ...], BeforeValidator(one_or_many, json_schema_input_type=Name | tuple[Name, ...])] = (
        Field(default=(), description="Files, by name or pattern, that stay in the inbox. Each set gets a copy.")
    )
    archive: Name = Field(default="archive", description="Folder into which sets are moved, each into one of its own.")
    refused: Name = Field(default="refused", description="Folder into which sets that cannot be used are moved.")


def _database(url: str) -> str:
    if not re.match(r"[a-z][a-z0-9]*(\+\w+)?://", url):
        raise ValueError("write the database as a URL, such as sqlite:///state.db or postgresql+psycopg://host/name")
    return url


class Settings(Strict):
    """A site file: one Moodle to be kept in step, and how. Relative paths are relative to this file."""

    site: SiteSettings = Field(description="Where the site is, how it is entered, and what counts as equal there.")
    inbox: Name = Field(default="inbox", description="Folder into which the exports are dropped.")
    follow_links: bool = Field(
        default=False,
        description="Whether links in the inbox may lead to files that lie elsewhere. Then whoever can write into the "
        "inbox decides which files are read.",
    )
    mappings: Patterns = Field(
        default=("mappings/*.yaml",),
        description="Mapping files, by name or pattern. Where two give one field of one object, the first listed wins.",
    )
    state: Annotated[str, AfterValidator(_database)] = Field(
        default="sqlite:///state.db",
        repr=False,
        description="Database of the ledger and all plans, as an SQLAlchemy URL.",
    )
    protect: abc.Mapping[str, Patterns] = Field(
        default_factory=dict, description="Resource: keys or patterns of objects that are never touched."
    )
    allow: Annotated[tuple[Name, ...], BeforeValidator(one_or_many, json_schema_input_type=Name | tuple[Name, ...])] = (
        Field(default=(), description="Resources that are off unless named here, since no call undoes what is written.")
    )
    guards: Guards = Field(default_factory=Guards, description="Limits above which changes are held for approval.")
    sending: Sending = Field(
        default_factory=Sending, description="How hard the site may be worked, and when to give up."
    )
    reads: Reads = Field(default_factory=Reads, description="How much is looked at again each night.")
    drop: Drop | None = Field(
        default=None, description="How exports are taken out of the inbox, set by set. Without it they stay there."
    )
    mail: Mail | None = Field(default=None, description="Who is told of runs by mail, and by which server.")
    webhook: Webhook | None = Field(default=None, description="Which chat tool is told of runs.")
