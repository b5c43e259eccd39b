"""What `init` has to know, from options or from whoever can be asked: the site, its exports, what their values mean."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import click

from sync.cli.output import Output, note
from sync.cli.prompts import ask, ask_secret, on_terminal
from sync.cli.time_zone import machine_zone

if TYPE_CHECKING:
    from sync.config.secrets import TokenSource
    from sync.mapping.choices import Answers, Question
    from sync.workflows.init import Access

VARIABLE: Final = "NEXSIS_TOKEN"
TOKEN_FILE: Final = "token.txt"  # noqa: S105 - the name of a file
INBOX: Final = "inbox"
UNDECIDED: Final = "undecided"
ZONE: Final = "Dates and times without a time zone are read in this one."

Meant = TypeVar("Meant")
Understood = Callable[[str], Meant]
"""What a text means. Raises ValueError, with the reason, if it means nothing."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """What is given by options; whatever is not is asked for, if somebody is there."""

    url: str | None
    token: str | None
    exports: str | None
    timezone: str | None
    domain: str | None
    mappings: str | None
    keep: Mapping[str, str]
    roles: Mapping[str, str]


def from_option(name: str, given: str | None, understood: Understood[Meant]) -> Meant | None:
    """The value of an option; None if it is not given. Raises click.BadParameter."""
    try:
        return None if given is None else understood(given)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=f"'{name}'") from None


def refuse_missing(wishes: Wishes, file: Path) -> None:
    """Refuse to begin without what nobody can be asked for. Raises click.UsageError."""
    found = {"--url": wishes.url, "--token": _usual_token(wishes), "--exports": _usual_exports(wishes, file)}
    missing = [name for name, value in found.items() if value is None]
    if missing and not on_terminal():
        raise click.UsageError(f"Without a terminal, these options are required: {', '.join(missing)}.")


def refuse_useless(wishes: Wishes, recognised: Sequence[str]) -> None:
    """Refuse a collection that does not exist, or does not fit the exports. Raises click.BadParameter."""
    from sync.config.document import suggestion
    from sync.config.shipped import collections

    name = wishes.mappings
    if name is None or name in recognised:
        return
    message = f"there is no collection `{name}`. {suggestion(name, collections())}"
    if name in collections():
        fits = f"These fit: {', '.join(recognised)}." if recognised else "No shipped mappings fit."
        message = (
            f"the exports do not have the columns that `{name}` needs. {fits} Leave out --mappings to get a proposal."
        )
    raise click.BadParameter(message, param_hint="'--mappings'")


# -- the site --------------------------------------------------------------------------------------------------


def access(wishes: Wishes, file: Path) -> Access:
    """The address of the site, and the token or where it is. A token that is typed is not written yet."""
    from sync.config.settings import site_address
    from sync.errors import conceal
    from sync.workflows.init import Access

    url = from_option("--url", wishes.url, site_address) or ask("Address of the Moodle site", site_address)
    usual = _usual_token(wishes)
    source = from_option("--token", wishes.token if on_terminal() else usual, _token_source)
    if source is None:
        where = "Where the token is, or will be: env:VARIABLE, file:PATH or keyring:SERVICE"
        source = ask(where, _token_source, usual or f"file:{TOKEN_FILE}")
    typed = ""
    if source.kind == "file" and on_terminal() and not os.path.lexists(file.parent / source.name):
        typed = ask_secret(f"Token (not shown; written to {source.name}, which only your account can read)")
        conceal(typed)
    return Access(url, source, typed)


def _usual_token(wishes: Wishes) -> str | None:
    return wishes.token or (f"env:{VARIABLE}" if os.environ.get(VARIABLE) else None)


def _token_source(text: str) -> TokenSource:
    """Where the token is. What was given is not repeated: it may be the token itself."""
    from sync.config.secrets import source_of

    kind, colon, name = text.partition(":")
    try:
        return source_of("token", {kind: name} if colon else None)
    except ValueError:
        message = "write env:VARIABLE (in capitals), file:PATH or keyring:SERVICE, never the token itself"
        raise ValueError(message) from None


def exports(wishes: Wishes, file: Path) -> Path:
    """The folder with the exports."""

    def folder(text: str) -> Path:
        found = Path(text)
        if not found.is_dir():
            raise ValueError(f"there is no folder {text}")
        if file.absolute().parent.is_relative_to(found.absolute()):
            raise ValueError("the site file would be among the exports; put them into a folder of their own")
        return found

    usual = _usual_exports(wishes, file)
    given = from_option("--exports", wishes.exports if on_terminal() else usual, folder)
    return given or ask("Folder with a sample of each export", folder, usual)


def _usual_exports(wishes: Wishes, file: Path) -> str | None:
    inbox = file.parent / INBOX
    return wishes.exports or (inbox.as_posix() if inbox.is_dir() else None)


def zone(output: Output, wishes: Wishes) -> tuple[str, str]:
    """The time zone, and a comment on it for the site file."""
    from sync.config.scalars import time_zone

    machine = machine_zone()
    chosen = from_option("--timezone", wishes.timezone, time_zone)
    if chosen is None and on_terminal():
        chosen = ask("Time zone of the site", time_zone, machine or "UTC")
    if chosen is not None:
        return chosen, ZONE
    if machine is None:
        note("the time zone of this machine is not known, so the site file says UTC; `--timezone` sets another one")
        return "UTC", f"Please check. {ZONE}"
    output.say(f"time zone: {machine}, as on this machine; `--timezone` sets another one")
    return machine, f"Please check: this is the time zone of the machine on which `init` was run. {ZONE}"


def domain(wishes: Wishes, *, needed: bool) -> str:
    """The domain of email addresses; empty if it is not known."""

    def understood(text: str) -> str:
        name = text.removeprefix("@").lower()
        if not name:
            return ""
        if "." not in name or any(each in name for each in "@{} \\/"):
            raise ValueError("write a domain, such as example.edu")
        return name

    given = from_option("--domain", wishes.domain, understood)
    if given is None and needed and on_terminal():
        return ask(
            f"Domain of email addresses, such as example.edu ({UNDECIDED}: decide later)",
            _or_undecided(understood),
            UNDECIDED,
        )
    return given or ""


# -- what values mean ------------------------------------------------------------------------------------------


def answers(wishes: Wishes, asked: Sequence[Question]) -> Answers:
    """What is decided by options, and by whoever can be asked. Raises click.BadParameter."""
    from sync.config.document import nearest
    from sync.mapping.choices import Answers

    columns = [each.column for each in asked if each.about == "status"]
    if unknown := [name for name in wishes.keep if name not in columns]:
        near = nearest(unknown[0], columns)
        meant = f". Did you mean `{near}`?" if near else ""
        known = f"choose from {', '.join(columns)}{meant}" if columns else "no export needs it"
        message = f"{', '.join(unknown)} is not a column that says which rows count; {known}"
        raise click.BadParameter(message, param_hint="'--keep'")
    for value, role in wishes.roles.items():
        from_option("--role", role, _role_for(value))
    if wishes.roles and not any(each.about == "role" for each in asked):
        message = "no export has a column with roles to decide on; leave out --role"
        raise click.BadParameter(message, param_hint="'--role'")
    keep = {name: [each.strip() for each in values.split(",")] for name, values in wishes.keep.items()}
    known_so_far = Answers(keep, wishes.roles)
    for question in asked if on_terminal() else ():
        known_so_far = known_so_far.with_more(_answer(question, known_so_far))
    return known_so_far


def roles() -> Sequence[str]:
    """The short names of Moodle's roles."""
    from sync.config.settings import ARCHETYPES

    return [*ARCHETYPES]


def _role_for(value: str) -> Understood[str]:
    from sync.config.document import nearest
    from sync.mapping.choices import NONE

    def understood(text: str) -> str:
        allowed = (*roles(), NONE)
        if text not in allowed:
            near = nearest(text, allowed)
            meant = f". Did you mean `{near}`?" if near else ""
            raise ValueError(f"`{text}` for {value} is not a role; choose from {', '.join(allowed)}{meant}")
        return text

    return understood


def _answer(question: Question, known: Answers) -> Answers:
    """What somebody answers to a question."""
    from sync.mapping.choices import NONE, Answers, called
    from sync.report.phrasing import count

    values = question.open(known)
    if not values:
        return Answers()
    shown = ", ".join(f"{called(value)} ({count(rows, 'row')})" for value, rows in question.counts.items())
    click.echo(f"{question.column} in {', '.join(question.files)} has these values: {shown}", err=True)
    if question.about == "status":
        text = f"Which of them count (separated by commas)? The others are left out ({UNDECIDED}: decide later)"
        kept = ask(text, _or_undecided(_values_of(question)), ",".join(map(called, question.likely)) or UNDECIDED)
        return Answers({question.column: kept.split(",")} if kept else {})
    click.echo(
        f"Moodle's roles are {', '.join(roles())}. Type {NONE} to leave the rows out, or {UNDECIDED} to decide later.",
        err=True,
    )
    given = {
        called(value): ask(
            f"Role for {called(value)}", _or_undecided(_role_for(value)), question.likely.get(value, UNDECIDED)
        )
        for value in values
    }
    return Answers(roles={value: role for value, role in given.items() if role})


def _values_of(question: Question) -> Understood[str]:
    """How a list of a column's values is understood."""
    from sync.mapping.choices import meant

    def understood(text: str) -> str:
        values = [each.strip() for each in text.split(",")]
        if unknown := [each for each in values if meant(each, question.counts) not in question.counts]:
            raise ValueError(f"{', '.join(unknown)} is not among these values; separate values with commas")
        return ",".join(values)

    return understood


def _or_undecided(understood: Understood[str]) -> Understood[str]:
    return lambda text: "" if text == UNDECIDED else understood(text)
