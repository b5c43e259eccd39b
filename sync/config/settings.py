"""What a site file may say, as models with defaults as data.

    Settings          the whole file
    +-- SiteSettings  site: address, token source, time zone, equality, roles
    +-- Guards        guards: limits above which changes need approval, of `sync.config.guards`
    +-- Window        calendar: days on which other rules apply
    +-- Sending       sending: how many requests the site gets
    +-- Reads         reads: how much is read again
    +-- Reports       reports: what changes are filtered by in reports, of `sync.config.reports`
    +-- Drop          drop: how exports are taken out of the inbox, of `sync.config.drop`
    +-- Retention     retention: how long personal data is kept, of `sync.config.retention`
    +-- Mail          mail: who is notified by email, of `sync.config.notifications`
    +-- Expect        expect: when exports are expected, of `sync.config.notifications`
    +-- Webhook       webhook: which chat tool is notified, of `sync.config.notifications`

All are frozen pydantic models. `sync.config.site` reads the file and makes its paths absolute.
"""

from __future__ import annotations

import re
from collections import abc
from itertools import pairwise
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator, model_validator

from sync.config.document import suggestion
from sync.config.drop import Drop
from sync.config.guards import GradedRemovals, Guards
from sync.config.notifications import Expect, Heartbeat, Mail, Webhook
from sync.config.reports import Reports
from sync.config.retention import Retention
from sync.config.scalars import (
    Count,
    Day,
    Duration,
    Name,
    Names,
    Patterns,
    Strict,
    TimeOfDay,
    TimeZone,
    Whole,
    one_or_many,
)
from sync.config.secrets import Token, loopback
from sync.config.terms import TermSheet
from sync.model import Conventions, Paging

API_PATH = "/enrol/nexsis/api/index.php"

ARCHETYPES: abc.Mapping[str, str] = {
    "manager": "Manager",
    "coursecreator": "Course creator",
    "editingteacher": "Teacher",
    "teacher": "Non-editing teacher",
    "student": "Student",
    "guest": "Guest",
}
"""Moodle's standard roles, highest first: short name and displayed name."""

TEACHING = ("editingteacher", "teacher")


def site_address(url: str) -> str:
    """The address of a site as it is used. Raises ValueError if it is none, or the token would be sent unencrypted."""
    try:
        parts = urlsplit(url.strip())
        host, _ = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        raise ValueError("this is not a web address; write it like https://moodle.example.edu")
    if {"?", "#"} & set(url) or parts.username is not None:
        raise ValueError(
            "write only the address, without a user name, a password, a token or anything after `?` or `#`"
        )
    if parts.scheme == "http" and not loopback(host):
        raise ValueError(f"the token would be sent to {host} unencrypted; use https://")
    return url.strip().rstrip("/")


class SiteSettings(Strict):
    """The Moodle site: its address, token, time zone, identifiers and roles."""

    url: Annotated[str, AfterValidator(site_address)] = Field(
        description="Address of the Moodle site; https, unless it is on this machine."
    )
    path: Name = Field(
        default=API_PATH, description="Path of the API below the address, unless the address already ends with it."
    )
    token: Token = Field(
        description="Where the token is stored: `{env: NAME}`, `{file: PATH}` or `{keyring: SERVICE}`. Never the "
        "token itself."
    )
    ca_file: Name | None = Field(
        default=None,
        description="PEM file of certificate authorities to trust in addition to those of the system, for the "
        "site, the mail server, the webhook and the heartbeat.",
    )
    timezone: TimeZone = Field(default="UTC", description="Time zone of the site, such as Europe/London.")
    identifiers: Literal["ignore_case", "exact"] = Field(
        default="ignore_case",
        description="Whether Moodle treats S1 and s1 as the same identifier: `ignore_case` (MySQL and MariaDB) or "
        "`exact` (PostgreSQL).",
    )
    roles: abc.Mapping[str, Name] = Field(
        default_factory=dict,
        description="Short name of a role: the name that the site shows for it. These roles are added to Moodle's "
        "standard ones.",
    )
    role_order: tuple[Name, ...] = Field(
        default=(),
        description="Short names of roles, highest first; all others follow. If a person has several roles in "
        "one course, the highest is sent.",
    )
    teaching: Annotated[
        tuple[Name, ...], BeforeValidator(one_or_many, json_schema_input_type=Name | tuple[Name, ...])
    ] = Field(
        default=TEACHING,
        description="Short names of teaching roles. Changes that would leave nobody in a course's highest teaching "
        "role need approval.",
    )

    shared_emails: bool = Field(
        default=False,
        description="Whether accounts may share an email address, as set by *Allow accounts with same email* in "
        "Moodle. If so, the same address alone is not taken as a sign of the same person.",
    )

    @property
    def api(self) -> str:
        """Base URL of the API, without a slash at its end."""
        path = f"/{self.path.strip('/')}"
        return self.url if self.url.endswith(path) else self.url + path

    @property
    def display(self) -> dict[str, str]:
        """Short name of every role: the displayed name."""
        return {**ARCHETYPES, **self.roles}

    @property
    def ranked(self) -> tuple[str, ...]:
        """Short names of all roles, highest first; those that Moodle does not know come just above the student."""
        extra = [name for name in self.roles if name not in ARCHETYPES]
        standard = list(ARCHETYPES)
        student = standard.index("student")
        usual = [*standard[:student], *extra, *standard[student:]]
        return tuple(dict.fromkeys([*self.role_order, *usual]))

    @property
    def conventions(self) -> Conventions:
        """What decides equality on this site."""
        roles = tuple((short, self.display[short]) for short in self.ranked)
        return Conventions(self.identifiers, self.timezone, roles, self.teaching, self.shared_emails)

    @field_validator("roles")
    @classmethod
    def _are_distinct(cls, roles: abc.Mapping[str, str]) -> abc.Mapping[str, str]:
        short_of: dict[str, str] = {}
        for short, shown in {**ARCHETYPES, **roles}.items():
            if short_of.setdefault(shown, short) != short:
                raise ValueError(
                    f"`{short_of[shown]}` and `{short}` are both shown as `{shown}`, so a course's participant list "
                    "cannot distinguish them; enter each name as the site shows it"
                )
        return roles

    @field_validator("role_order", "teaching")
    @classmethod
    def _known_roles(cls, names: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        known = [*ARCHETYPES, *info.data.get("roles", names)]
        for name in names:
            if name not in known:
                raise ValueError(f"`{name}` is not a role of this site. {suggestion(name, known)}")
        return names


class Window(Strict):
    """Days on which other rules apply, the last one included."""

    start: Day = Field(alias="from", description="The first day, such as 2026-12-18, in the site's time zone.")
    to: Day = Field(description="The last day.")
    mode: Literal["normal", "additions", "freeze"] = Field(
        default="normal",
        description="What is sent: as usual (`normal`), only new records (`additions`), or nothing (`freeze`).",
    )
    guards: Guards = Field(
        default_factory=Guards, description="Limits for these days. Any that are left out stay as usual."
    )
    reason: Name | None = Field(default=None, description="Why, for reports: `exam week`.")

    @model_validator(mode="after")
    def _in_order(self) -> Window:
        if self.to < self.start:
            raise ValueError(f"it ends on {self.to}, before it begins on {self.start}")
        return self


class Sending(Strict):
    """How many requests Moodle gets, and when to give up."""

    permits: Count = Field(default=4, description="Maximum number of requests at the same time.")
    timeout: Duration = Field(
        default="60s", validate_default=True, description="Maximum time for one request, such as `60s`."
    )
    retries: Whole = Field(default=5, description="How many times a request is repeated when the server has problems.")
    deadline: Duration = Field(
        default="6h",
        validate_default=True,
        description="Maximum time for a whole run, such as `6h`; after that it is stopped.",
    )
    until: TimeOfDay | None = Field(
        default=None,
        description="Time of day, such as 06:00, at which a run is stopped, in the site's time zone. The next run "
        "does the rest.",
    )
    patience: Duration = Field(
        default="15m",
        validate_default=True,
        description="How long a run in progress waits for a site that is down or in maintenance, such as `15m`.",
    )
    max_failures: Count = Field(default=50, description="Number of failed requests after which a run stops.")


class Reads(Strict):
    """How much is read again of what cannot be listed."""

    share: Count = Field(
        default=7,
        description="Number of days in which every record is read once. With 1, each run reads everything.",
    )
    page_size: Count = Field(default=500, description="Rows per request for lists that come in pages.")
    page: Name = Field(default="page", description="Query parameter for the page of grades, counted from 0.")
    losses: Count = Field(
        default=500,
        description="Maximum number of requests a plan makes to find out what removals would lose, where no list shows "
        "it: one for each course completion, for example. What is not looked up is reported.",
    )

    def part(self, paging: Paging, place: int) -> dict[str, str]:
        """The parameters that ask for the part of a list that begins at this place."""
        return {paging.size: str(self.page_size), self.page if paging.counts == "pages" else paging.place: str(place)}


def _database(url: str) -> str:
    if not re.match(r"[a-z][a-z0-9]*(\+\w+)?://", url):
        raise ValueError("write the database as a URL, such as sqlite:///state.db or postgresql+psycopg://host/name")
    return url


class Settings(Strict):
    """A site file: one Moodle to be kept in step, and how. Relative paths are relative to this file."""

    site: SiteSettings = Field(description="The Moodle site: its address, token, time zone, identifiers and roles.")
    inbox: Name = Field(default="inbox", description="Folder where the SIS puts its exports.")
    follow_links: bool = Field(
        default=False,
        description="Whether links in the inbox may point to files elsewhere. If so, anyone who can write to the "
        "inbox decides which files are read.",
    )
    mappings: Patterns = Field(
        default=("mappings/*.yaml",),
        description="Mapping files, by name or pattern. If two set the same field of a record, the first one listed "
        "wins.",
    )
    state: Annotated[str, AfterValidator(_database)] = Field(
        default="sqlite:///state.db",
        repr=False,
        description="Database of the state store, as an SQLAlchemy URL.",
    )
    protect: abc.Mapping[str, Patterns] = Field(
        default_factory=dict, description="Resource: keys or patterns of records that nexsis-sync never changes."
    )
    allow: Names = Field(
        default=(),
        description="Resources that are written only if listed here, because no API call can undo such changes; and "
        "fields that `missing: {set: ...}` may set although they are not in the API reference, such as "
        "`enrolment.enrolstatus`.",
    )
    aliases: Name | None = Field(
        default=None,
        description="File with the columns `resource`, `old` and `new`: users and courses that have a new identifier "
        "in the exports but still have the old one in Moodle.",
    )
    terms: TermSheet | None = Field(
        default=None,
        description="The sheet that lists the terms and their dates, for mappings with `scope: {term: current}`.",
    )
    no_deletes: bool = Field(
        default=False,
        description="Whether all deletes are withheld. Reports count them, as with `--no-deletes`.",
    )
    guards: Guards = Field(default_factory=Guards, description="Limits above which changes need approval.")
    calendar: tuple[Window, ...] = Field(
        default=(), description="Days on which other rules apply: additions only, a freeze, or other limits."
    )
    approvers: Name | None = Field(
        default=None,
        description="Who can approve what is on hold, in your own words: `Registry office, registry@example.edu`. "
        "Shown beside each hold.",
    )
    reports: Reports = Field(default_factory=Reports, description="How changes can be filtered in reports.")
    graded_removals: GradedRemovals = Field(
        default="report",
        description="Removals of people who have a course grade or have completed the course: `report` them, `hold` "
        "them for approval, or `ignore` this, in which case grades are not read.",
    )
    sending: Sending = Field(default_factory=Sending, description="How many requests Moodle gets, and when to give up.")
    reads: Reads = Field(default_factory=Reads, description="How much of Moodle each run reads again.")
    verify: bool = Field(
        default=False,
        description="Whether each run reads back everything it wrote, and reports what differs from what was sent.",
    )
    drop: Drop | None = Field(
        default=None, description="How exports are moved out of the inbox, set by set. Without it, they stay there."
    )
    retention: Retention | None = Field(default=None, description="How long personal data is kept.")
    mail: Mail | None = Field(default=None, description="Who receives emails about runs, and through which server.")
    webhook: Webhook | None = Field(default=None, description="The chat tool that receives messages about runs.")
    expect: Expect | None = Field(
        default=None, description="When exports are expected: `watch` notifies people if there are none."
    )
    heartbeat: Heartbeat | None = Field(
        default=None,
        repr=False,
        description="Address that is called after each run of `run` or `watch`, for a monitoring service that "
        "raises the alarm if no call comes; or where it is stored: `{env: NAME}` and the like.",
    )

    @field_validator("calendar")
    @classmethod
    def _one_at_a_time(cls, windows: tuple[Window, ...]) -> tuple[Window, ...]:
        ordered = sorted(windows, key=lambda window: window.start)
        for earlier, later in pairwise(ordered):
            if later.start <= earlier.to:
                raise ValueError(
                    f"two periods overlap: one ends on {earlier.to}, the next begins on {later.start}; "
                    "each day can be in one period only"
                )
        return windows
