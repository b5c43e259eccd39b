"""`init`: set up a site from its address, a token and sample exports."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from sync.cli.first_rows import show_first_rows
from sync.cli.help import WithExamples
from sync.cli.options import common
from sync.cli.output import Output, note, stdout
from sync.cli.prompts import ask, ask_secret, on_terminal
from sync.cli.time_zone import machine_zone
from sync.cli.typed import typed
from sync.cli.wiring import SystemClock
from sync.errors import ConfigError, Fault

if TYPE_CHECKING:
    from sync.config.secrets import TokenSource
    from sync.mapping.choices import Answers, Question
    from sync.workflows.init import Setup, Understanding

VARIABLE: Final = "NEXSIS_TOKEN"
TOKEN_FILE: Final = "token.txt"  # noqa: S105 - the name of a file
INBOX: Final = "inbox"
PAGE: Final = "preview.html"
TIMEOUT: Final = 30.0
"""Seconds to wait for the site's answer to a ping."""

FIRST: Final = 2
"""Rows of each export that are shown."""

UNDECIDED: Final = "undecided"

CHECK_ZONE = "Dates and times without a time zone are read in this one."
NEXT = """
Next steps
  1. Open {page}: it shows what would change in Moodle. Nothing has been sent.
  2. Read {mappings}, and correct what a comment asks you to check.
  3. nexsis-sync plan{site}    shows the changes again
  4. nexsis-sync apply{site}   sends them"""


def _pairs(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """A callback for options: `NAME=VALUE`, as a dictionary."""
    found = {}
    for value in values:
        name, equals, rest = value.partition("=")
        if not name or not equals or not rest:
            raise click.BadParameter(f"`{value}` has no `=`; write {param.metavar}", ctx, param)
        found[name] = rest
    return found


@dataclass(frozen=True, slots=True)
class Given:
    """What is given by options; whatever is not is asked for, if somebody is there."""

    url: str | None
    token: str | None
    exports: Path | None
    timezone: str | None
    domain: str | None
    wish: str | None
    keep: Mapping[str, str]
    roles: Mapping[str, str]


@click.command(
    cls=WithExamples,
    examples=(
        "init",
        "init --url https://moodle.example.edu --token env:NEXSIS_TOKEN --exports inbox",
        "init --exports inbox --keep STATUS=ACTIVE,LEAVE --role S=student --role T=editingteacher",
    ),
)
@click.option("--url", metavar="URL", help="Address of the Moodle site.")
@click.option(
    "--token",
    metavar="KIND:NAME",
    help="Where the token is: env:VARIABLE, file:PATH or keyring:SERVICE. Never the token itself.",
)
@click.option(
    "--exports",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Folder with a sample of each export. It becomes the inbox.",
)
@click.option("--timezone", metavar="ZONE", help="Time zone of the site, such as Europe/London [that of this machine].")
@click.option("--mappings", "wish", metavar="NAME", help="Prefer these shipped mappings, if they fit the exports.")
@click.option(
    "--keep",
    callback=_pairs,
    multiple=True,
    metavar="COLUMN=VALUES",
    help="Rows with these values in this column count, such as STATUS=ACTIVE,LEAVE; can be repeated.",
)
@click.option(
    "--role",
    "roles",
    callback=_pairs,
    multiple=True,
    metavar="VALUE=ROLE",
    help="Moodle role for a role in the exports, such as S=student; `none` leaves its rows out. Can be repeated.",
)
@click.option("--domain", metavar="DOMAIN", help="Domain of email addresses, if the exports have only usernames.")
@common
def init(output: Output, **given: Any) -> int:
    """Set up a site from its address, a token and sample exports: site file, mappings, first preview. Sends nothing.

    Asks for whatever is not given by options, if it runs on a terminal. Files that exist are never overwritten.

    Exits with code 3 if something is on hold or not decided.
    """
    from sync.workflows import init as workflow

    wishes = Given(**given)
    file = Path(output.site)
    setup = _setup(output, wishes, file)
    samples = workflow.read_samples(setup.exports)
    found = workflow.understand(samples, _roles(), wishes.wish, setup.domain)
    if found.asks_domain and not setup.domain and on_terminal():
        setup = replace(setup, domain=ask("Domain of email addresses, such as example.edu", _domain))
        found = workflow.understand(samples, _roles(), wishes.wish, setup.domain)
    for fault in samples.faults:
        note(f"not read: {fault}")
    for line in _understood(found):
        output.say(line)
    if not found.anything:
        raise _nothing_to_map(found)
    answers = _answers(wishes, found)
    workflow.checked(setup, found, answers)
    written = workflow.write(setup, workflow.setup_files(setup, found, answers))
    output.say(f"\nWritten: {', '.join(path.as_posix() for path in written) or 'nothing, as all files are there'}")
    left = _left_over(setup, found, answers)
    for line in left:
        output.say(f"  {line}")
    code = _preview(output, file)
    if output.json:
        _write_json(file, written, found, left)
    if code == 1:
        return 1
    page = (file.parent / PAGE).as_posix()
    site = "" if output.site == "site.yaml" else f" --site {output.site}"
    output.say(NEXT.format(page=page, mappings=(file.parent / workflow.MAPPINGS).as_posix(), site=site))
    return 3 if left or code == 3 else 0


# -- the site --------------------------------------------------------------------------------------------------


def _setup(output: Output, given: Given, file: Path) -> Setup:
    """What is needed to reach the site and to read the exports. The site has answered, and accepts the token."""
    from sync.config.settings import site_address
    from sync.workflows.init import Setup

    default_exports = given.exports or (file.parent / INBOX if (file.parent / INBOX).is_dir() else None)
    default_token = given.token or (f"env:{VARIABLE}" if os.environ.get(VARIABLE) else None)
    if not on_terminal():
        missing = {"--url": given.url, "--token": default_token, "--exports": default_exports}
        _refuse_missing([name for name, value in missing.items() if value is None])
    url = _option("--url", given.url, site_address) or ask("Address of the Moodle site", site_address)
    source = _option("--token", default_token if not on_terminal() else given.token, _source)
    if source is None:
        where = "Where the token is, or will be: env:VARIABLE, file:PATH or keyring:SERVICE"
        source = ask(where, _source, default_token or f"file:{TOKEN_FILE}")
    secret = _secret(source, file)
    setup = Setup(file, url, source, "UTC", Path(), secret=secret)
    _check_connection(output, setup)
    exports = _option("--exports", None if given.exports is None else str(given.exports), _folder(file))
    if exports is None:
        shown = None if default_exports is None else default_exports.as_posix()
        exports = ask("Folder with the exports", _folder(file), shown) if on_terminal() else _folder(file)(shown or "")
    zone, why = _zone(output, given)
    domain = _option("--domain", given.domain, _domain) or ""
    return replace(setup, timezone=zone, exports=exports, zone_comment=why, domain=domain)


def _refuse_missing(missing: Sequence[str]) -> None:
    if missing:
        raise click.UsageError(f"Nobody can be asked here, so these options are needed: {', '.join(missing)}.")


def _option(name: str, given: str | None, understood: Any) -> Any:
    """The value of an option; None if it is not given. Raises click.BadParameter."""
    try:
        return None if given is None else understood(given)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=f"'{name}'") from None


def _source(text: str) -> TokenSource:
    """Where the token is. What was given is not repeated: it may be the token itself."""
    from sync.config.secrets import source_of

    kind, colon, name = text.partition(":")
    try:
        return source_of("token", {kind: name} if colon else None)
    except ValueError:
        message = "write env:VARIABLE (in capitals), file:PATH or keyring:SERVICE, never the token itself"
        raise ValueError(message) from None


def _secret(source: TokenSource, file: Path) -> str:
    """A token that is to be written into the file it belongs in; empty if it is there, or elsewhere."""
    from sync.errors import conceal

    if source.kind != "file" or os.path.lexists(file.parent / source.name) or not on_terminal():
        return ""
    secret = ask_secret(f"Token (not shown; it is written to {source.name}, which only you can read)")
    conceal(secret)
    return secret


def _check_connection(output: Output, setup: Setup) -> None:
    """Make sure that the API answers and accepts the token. Raises SiteRefused, ConfigError."""
    from sync.config.settings import SiteSettings
    from sync.config.site import token_of
    from sync.site import connect
    from sync.site.responses import ping

    site = SiteSettings.model_validate({"url": setup.url, "token": {setup.token.kind: setup.token.name}})
    with connect(site.api, setup.secret or token_of(site, setup.file)) as there:
        ping(there, TIMEOUT)
    output.say(f"{site.url}: the NexSIS API answers and accepts the token")


def _folder(file: Path) -> Any:
    """How the name of a folder with exports is understood."""

    def understood(text: str) -> Path:
        folder = Path(text)
        if not folder.is_dir():
            raise ValueError(f"there is no folder {text}")
        if file.absolute().parent.is_relative_to(folder.absolute()):
            raise ValueError("the site file would be among the exports; put the exports into a folder of their own")
        return folder

    return understood


def _zone(output: Output, given: Given) -> tuple[str, str]:
    """The time zone, and a comment for the site file."""
    from sync.config.scalars import time_zone

    machine = machine_zone()
    chosen = _option("--timezone", given.timezone, time_zone)
    if chosen is None and on_terminal():
        chosen = ask("Time zone of the site", time_zone, machine or "UTC")
    if chosen is not None:
        return chosen, CHECK_ZONE
    if machine is None:
        note("the time zone of this machine is not known, so the site file says UTC; `--timezone` sets another one")
        return "UTC", f"Please check: the time zone of your institution. {CHECK_ZONE}"
    output.say(f"time zone: {machine}, as on this machine; `--timezone` sets another one")
    return machine, f"The time zone of the machine on which this was set up. {CHECK_ZONE}"


def _domain(text: str) -> str:
    domain = text.strip().removeprefix("@").lower()
    if not domain or "." not in domain or any(each in domain for each in "@{} \\/"):
        raise ValueError("write a domain, such as example.edu")
    return domain


def _roles() -> Sequence[str]:
    from sync.config.settings import ARCHETYPES

    return [*ARCHETYPES]


# -- what was found --------------------------------------------------------------------------------------------


def _understood(found: Understanding) -> Iterator[str]:
    """What the exports are, for people."""
    from sync.config.shipped import collections
    from sync.model.findings import listed

    for each in found.recognised:
        files = listed(sorted(sheet.file for sheet in each.sheets))
        yield f"Recognised: {collections()[each.name].title} ({each.name}): {files}"
        if each.instead:
            yield f"  These would fit as well: {listed(each.instead, 'or')} (--mappings NAME)"
    for proposal in found.proposals:
        titles = listed(each.resource.title for each in proposal.candidates)
        yield f"Proposed: {_name(proposal.sheet)} as {titles}"
        for each in proposal.candidates:
            for name, guess in each.guesses.items():
                columns = f" from {' and '.join(guess.columns)}" if guess.columns else ""
                if guess.doubt:
                    yield f"  {each.resource.called(name)}{columns}: {guess.doubt}"
    for unclear in found.unclear:
        yield f"Not mapped: {_name(unclear.sheet)}: {unclear.why}"
    for sheet in found.unused:
        yield f"Not mapped: {_name(sheet)}: the mappings for this format do not need it"


def _name(sheet: Any) -> str:
    return f"{sheet.sheet.file}, tab {sheet.tab}" if sheet.tab is not None else str(sheet.sheet.file)


def _nothing_to_map(found: Understanding) -> ConfigError:
    """That no mapping can be written."""
    hint = "Write a mapping for it: docs/mapping/tutorial.md shows how. Nothing was written."
    return ConfigError(
        *(Fault(f"no mapping can be proposed: {each.why}", _name(each.sheet), hint) for each in found.unclear)
    )


def _left_over(setup: Setup, found: Understanding, answers: Answers) -> list[str]:
    """What is not decided, a sentence each."""
    from sync.mapping.choices import undecided

    left = [*undecided(found.questions, answers)]
    if found.recognised and found.asks_domain and not setup.domain:
        left.append("email addresses end in @school.example: set your domain in the mappings (--domain sets it)")
    return left


# -- questions -------------------------------------------------------------------------------------------------


def _answers(given: Given, found: Understanding) -> Answers:
    """What is decided by options, and by whoever can be asked. Raises click.BadParameter."""
    from sync.mapping.choices import Answers

    columns = [each.column for each in found.questions if each.about == "status"]
    if unknown := [name for name in given.keep if name not in columns]:
        known = f"choose from {', '.join(columns)}" if columns else "no export has such a column"
        raise click.BadParameter(f"no values of {', '.join(unknown)} have to be judged; {known}", param_hint="'--keep'")
    for value, role in given.roles.items():
        _option("--role", role, _role_name(value))
    keep = {name: [each.strip() for each in values.split(",")] for name, values in given.keep.items()}
    answers = Answers(keep, given.roles)
    for question in found.questions if on_terminal() else ():
        answers = answers.with_more(_asked(question, answers))
    return answers


def _role_name(value: str) -> Any:
    """How the role for a value is understood; empty if it is not decided."""
    from sync.mapping.choices import NONE

    def understood(text: str) -> str:
        allowed = (*_roles(), NONE)
        if text not in allowed:
            raise ValueError(f"`{text}` for {value} is not a role; choose from {', '.join(allowed)}")
        return text

    return understood


def _asked(question: Question, answers: Answers) -> Answers:
    """What somebody answers to a question."""
    from sync.mapping.choices import Answers, called

    values = question.open(answers)
    if not values:
        return Answers()
    shown = ", ".join(f"{called(value)} ({count:,} rows)" for value, count in question.counts.items())
    click.echo(f"{question.column} in {', '.join(question.files)} has: {shown}", err=True)
    if question.about == "status":
        text = f"Which of them count? The others are left out ({UNDECIDED}: decide later)"
        kept = ask(text, _values(question), ",".join(map(called, question.likely)) or UNDECIDED)
        return Answers({question.column: kept} if kept else {})
    roles: dict[str, str] = {}
    for value in values:
        text = f"Role for {called(value)}: {', '.join((*_roles(), 'none'))}, or {UNDECIDED}"
        role = ask(text, _unless_undecided(_role_name(value)), question.likely.get(value, UNDECIDED))
        roles |= {called(value): role} if role else {}
    return Answers(roles=roles)


def _values(question: Question) -> Any:
    """How a list of values is understood; none if it is not decided."""
    from sync.mapping.choices import meant

    def understood(text: str) -> list[str]:
        if text == UNDECIDED:
            return []
        values = [each.strip() for each in text.split(",")]
        if unknown := [each for each in values if meant(each, question.counts) not in question.counts]:
            raise ValueError(f"{', '.join(unknown)} is not among these values; separate values with commas")
        return values

    return understood


def _unless_undecided(understood: Any) -> Any:
    return lambda text: "" if text == UNDECIDED else understood(text)


# -- the first preview -----------------------------------------------------------------------------------------


def _preview(output: Output, file: Path) -> int:
    """Show the first rows, and the first plan; what Moodle has already is shown as well. The exit code of the plan."""
    site = file.as_posix()
    _show_rows(output, site)
    page = (file.parent / PAGE).as_posix()
    code = _step(output, ["plan", "--html", page], site)
    if code != 1 and _has_records(site):
        _step(output, ["adopt"], site)
    return code


def _show_rows(output: Output, site: str) -> None:
    from sync.config.site import load
    from sync.workflows.sources import gather

    config = load(site)
    output.say("\nThe first rows of each export, before and after mapping:")
    show_first_rows(output, config, gather(config), FIRST)


def _step(output: Output, words: Sequence[str], site: str) -> int:
    output.say(f"\n$ nexsis-sync {' '.join(words)}")
    return typed(words, output, site)


def _has_records(site: str) -> bool:
    """Whether Moodle has some of what the exports list, by the newest plan."""
    from sync.config.site import load
    from sync.state import open_store

    with open_store(load(site).state, SystemClock()) as store:
        counts = store.plan().summary.values()
    return any(each["unchanged"] or each["update"] for each in counts)


def _write_json(file: Path, written: Sequence[Path], found: Understanding, left: Sequence[str]) -> None:
    import orjson

    from sync.errors import masked_json

    facts = {
        "format": 1,
        "site": str(file),
        "written": [str(path) for path in written],
        "recognised": [{"mappings": each.name, "instead": each.instead} for each in found.recognised],
        "proposed": [
            {
                "file": each.sheet.sheet.file,
                "tab": each.sheet.tab,
                "resources": [one.resource.name for one in each.candidates],
            }
            for each in found.proposals
        ],
        "unclear": [
            {"file": each.sheet.sheet.file, "tab": each.sheet.tab, "reason": each.why} for each in found.unclear
        ],
        "undecided": left,
        "page": str(file.parent / PAGE),
    }
    stdout().write(masked_json(orjson.dumps(facts)) + b"\n")
