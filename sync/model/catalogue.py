"""What the catalogue is made of: what a resource is, how it is read and written, and what it depends on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from string import Formatter
from typing import Literal

SEPARATOR = "\x1f"
"""Joins the parts of a `match`; no identifier may contain it."""

Kind = Literal["identifier", "text", "email", "role", "instant", "flag", "number", "path"]
Comparison = Literal["by_conventions", "as_php"]
"""How the site compares identifiers: as its database does (see `Conventions`), or as PHP does everywhere.

To PHP, texts that are numbers are equal if the numbers are (`1`, `01`, `1.0`), any others only if they are the same.
"""
Op = Literal["create", "update", "delete"]
Cause = Literal["sis", "site", "both", "mapping"]
Status = Literal["planned", "held", "sending", "done", "failed", "skipped", "unknown", "covered"]
Severity = Literal["error", "warning", "notice"]
Missing = Literal["keep", "delete"]
Ownership = Literal["always", "on_create", "never_blank"]


@dataclass(frozen=True, slots=True)
class Field:
    """One property of a resource.

    `send` says when it is sent: `state` is compared and sent with every write of the object, `with` is not
    compared and sent with every write, `event` is sent only when the sheet's value changed. `form` is how an
    instant is written on the wire. `pattern` must match the whole canonical value; `void` is a value that the site
    takes for an empty one. `max_len` counts characters, in a path those of each name. If a field `strips_tags`, Moodle
    removes them, and a value without other text counts as missing. `compares` says how the site compares identifiers
    of this field. A flag in the query is an option: it is `true` or not there. `label` is its name in Moodle's pages.
    If the site `fills` it, it has a value of its own for a blank one, so a blank cell asks for nothing.
    `taken` is what Moodle says when it refuses a value because another object has it.
    """

    name: str
    kind: Kind = "text"
    required: bool = False
    max_len: int | None = None
    pattern: str | None = None
    pattern_hint: str = ""
    strips_tags: bool = False
    fills: bool = False
    void: str | None = None
    compares: Comparison = "by_conventions"
    unique: bool = False
    default: str | None = None
    at: Literal["path", "body", "query"] = "body"
    send: Literal["state", "with", "event"] = "state"
    form: Literal["offset", "site_time", "epoch"] = "offset"
    label: str = ""
    taken: str = ""

    @property
    def called(self) -> str:
        """What people call it: its label, or its name where it has none."""
        return self.label or self.name


@dataclass(frozen=True, slots=True)
class Take:
    """Where in an answer's object a field is.

    `display` marks a role given by its display name, `bit` a flag that is one bit of a number.
    """

    at: str
    form: Literal["plain", "display", "bit"] = "plain"
    bit: int = 0


@dataclass(frozen=True, slots=True)
class Read:
    """A GET: how the current state of a resource is asked for.

    `by` are the key fields in the path; the others of the key are taken from the answer. `ours` has the
    properties an object of a list must have so that it can be adopted; others are seen, but never touched.
    `present` names fields whose emptiness (null, "", no instant) means the object is not there. A list with `paging`
    comes in parts. `active` has the properties of an object that is in force: others are reported where sides are
    compared for people, and no plan depends on it.
    """

    path: str
    by: tuple[str, ...]
    take: Mapping[str, Take]
    many: bool = False
    query: Mapping[str, str] = field(default_factory=dict)
    ours: Mapping[str, str] = field(default_factory=dict)
    present: tuple[str, ...] = ()
    paging: Paging | None = None
    active: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Loss:
    """What people lose for good when an object is deleted, though nothing here writes it: their grade for a course.

    `field` is what it is in the before-image of a delete. Each of the `reads` is made where it answers for many
    deletes at once; the last one answers for the rest. Nothing is lost while another plugin's object of the same key
    stays on the site. `says` is a sentence about one: `{userid} has {value} in {courseid}`.
    """

    field: Field
    says: str
    reads: tuple[Read, ...]


@dataclass(frozen=True, slots=True)
class Write:
    """A PUT, POST or DELETE. Fields in `key_in_body` are sent in the body with the other fields.

    `empty` is whether the API may answer success without a body. `take` reads what the server now holds
    out of the answer, where it says so; `mirrors` leads from the key fields that the answer repeats, in the SIS's own
    identifiers and not Moodle's internal ones, to where they stand in it. `rate` is about how many of these calls a
    second a Moodle on two cores takes at most.
    """

    method: Literal["PUT", "POST", "DELETE"]
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    key_in_body: tuple[str, ...] = ()
    empty: bool = False
    take: Mapping[str, Take] = field(default_factory=dict)
    mirrors: Mapping[str, str] = field(default_factory=dict)
    rate: float = 100.0


@dataclass(frozen=True, slots=True)
class Ref:
    """The object needs another: `on` leads from a field here to a key field there."""

    resource: str
    on: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Takes:
    """What the server removes automatically with a delete.

    `on` leads from a key field here to the one of `resource` that agrees.

    With `only_if_last`, nothing is removed while another plugin's object of the same key stays on the site. `listed`
    asks for all that one delete would remove, where the lists of `resource` do not show everything.
    """

    resource: str
    on: Mapping[str, str]
    only_if_last: bool = False
    listed: Read | None = None


@dataclass(frozen=True, slots=True)
class Brings:
    """What an object makes the server copy: everything of `resource` that it leads to exists a second time.

    `of` leads from key fields here to those of what is copied, `to` to those that the copy has instead; the other key
    fields are the same. `by` is the owner of the copies, in the site's words. A copy is not copied again.
    """

    resource: str
    of: Mapping[str, str]
    to: Mapping[str, str]
    by: str


@dataclass(frozen=True, slots=True)
class Story:
    """How changes are worded as what happens to people: `who` is the key field that names them, `noun` is one and many.

    `does` says for each op the words for one, for many, and once done.
    """

    who: str
    noun: tuple[str, str]
    does: Mapping[Op, tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class Paging:
    """How a long list is asked for in parts: `size` names the parameter for how many, `place` the one for where.

    The place counts pages from 0, or rows where `counts` says so.
    """

    size: str
    place: str
    counts: Literal["pages", "rows"]


@dataclass(frozen=True, slots=True)
class Pull:
    """A GET whose answers are exported for people, row by row.

    `by` are the identifiers in the path; the known ones are those of the resource `of`. `columns` are the names under
    which the answer's properties are written (mostly their own), after those of `by`. `filters` lead from an
    identifier or an option to the query's parameter; `since` is the column with the age of a row.
    """

    path: str
    columns: Mapping[str, str]
    by: tuple[str, ...] = ()
    of: str | None = None
    many: bool = True
    paging: Paging | None = None
    filters: Mapping[str, str] = field(default_factory=dict)
    since: str | None = None


@dataclass(frozen=True, slots=True)
class Resource:
    """A kind of thing the site contains: one literal in the catalogue.

    `slice` are the key fields by which rosters are counted, scoped and held (none: the resource as a whole). `gate`
    names the field whose new values must be opened by one write alone, before its siblings are sent; `serial` the key
    field within which writes are sent one at a time, however many calls are allowed. The first of `reads` is the one
    that compares whole sets; the others answer for single objects. A resource that is `optional` is not on every site;
    one that is `opt_in` must be allowed in the site file, since no call undoes its writes. `name_format` makes an
    object's name from its fields: `{firstname} {lastname}`. A `personal` resource is about people: its key and its
    fields identify a person. `company` is the name of the resource that shows in whose company an object is, by
    which it may be recognised: for a user the enrolments, which name courses; for a course the same, which name people.
    Its key is that of the object and that of the other. `known_by` is the field by which people know an object that
    has lost its identifier, such as a group's name in its course.
    """

    name: str
    key: tuple[str, ...]
    fields: tuple[Field, ...]
    put: Write
    reads: tuple[Read, ...] = ()
    delete: Write | None = None
    refs: tuple[Ref, ...] = ()
    takes: tuple[Takes, ...] = ()
    losses: tuple[Loss, ...] = ()
    brings: tuple[Brings, ...] = ()
    slice: tuple[str, ...] = ()
    gate: str | None = None
    serial: str | None = None
    updatable: bool = True
    optional: bool = False
    opt_in: bool = False
    personal: bool = False
    pulls: tuple[Pull, ...] = ()
    title: str = ""
    name_format: str = ""
    company: str = ""
    known_by: str = ""
    story: Story | None = None

    def field(self, name: str) -> Field | None:
        """The field of that name, also of what is lost; None if the reference has none."""
        for each in self.fields:
            if each.name == name:
                return each
        return next((field for field in self.lost if field.name == name), None)

    def named(self, names: Iterable[str]) -> tuple[Field, ...]:
        """The fields of these names; one that is not in the reference is plain text."""
        return tuple(self.field(name) or Field(name) for name in names)

    def called(self, name: str) -> str:
        """What people call a field of that name."""
        (field,) = self.named([name])
        return field.called

    @property
    def name_fields(self) -> tuple[str, ...]:
        """The fields that make the name of an object, in its order."""
        return tuple(field for _, field, _, _ in Formatter().parse(self.name_format) if field)

    @property
    def keys(self) -> tuple[Field, ...]:
        """The fields of the key."""
        return self.named(self.key)

    @property
    def noun(self) -> str:
        """The word for one of it: `group member`."""
        return self.title.removesuffix("s")

    def counted(self, n: int) -> str:
        """`1 group member`, `12 group members`."""
        return f"{n:,} {self.noun if n == 1 else self.title}"

    @property
    def state(self) -> tuple[Field, ...]:
        """The fields besides the key."""
        return tuple(f for f in self.fields if f.name not in self.key)

    @property
    def lost(self) -> tuple[Field, ...]:
        """What is lost when an object is deleted."""
        return tuple(loss.field for loss in self.losses)

    @property
    def image(self) -> tuple[Field, ...]:
        """What a change may show of an object besides its key."""
        return (*self.state, *self.lost)


@dataclass(frozen=True, slots=True)
class Conventions:
    """What differs from site to site and decides equality.

    `roles` are pairs of short and display name, the highest first; `teaching` are those of which a roster must keep at
    least one. With `shared_emails`, several accounts may have one email address.
    """

    identifiers: Literal["ignore_case", "exact"] = "ignore_case"
    timezone: str = "UTC"
    roles: tuple[tuple[str, str], ...] = ()
    teaching: tuple[str, ...] = ()
    shared_emails: bool = False

    def unique(self, resource: Resource) -> tuple[Field, ...]:
        """The fields of which no two objects on this site have the same value."""
        return tuple(f for f in resource.fields if f.unique and not (self.shared_emails and f.kind == "email"))

    def shared(self, resource: Resource) -> tuple[Field, ...]:
        """The fields that are unique on other sites, and not on this one."""
        return tuple(f for f in resource.fields if f.unique and f not in self.unique(resource))
