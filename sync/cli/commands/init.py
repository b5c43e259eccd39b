"""`init`: set up a site from its address, a token and sample exports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from sync.cli import setup_questions
from sync.cli.excerpt import held_back
from sync.cli.first_rows import show_first_rows
from sync.cli.help import WithExamples
from sync.cli.options import common
from sync.cli.output import Output, note, stdout
from sync.cli.setup_questions import Wishes
from sync.cli.typed import typed
from sync.cli.wiring import SystemClock
from sync.errors import ConfigError, Fault

if TYPE_CHECKING:
    from sync.config.site import Config
    from sync.mapping.profiles import SheetProfile
    from sync.workflows.init import Setup, Understanding

PAGE: Final = "preview.html"
FIRST: Final = 2
"""Rows of each export that are shown."""

NEXT = """
Next steps
  1. Open {page}: it shows what would change in Moodle. Nothing has been sent.
  2. Read the files in {mappings}. Check what the comments ask you to, and correct it if necessary.
  3. nexsis-sync plan{site}    shows the changes again
  4. nexsis-sync apply{site}   sends them"""
TAKEN_OVER = """
Some records in your exports are in Moodle already. `apply` takes them over: from then on nexsis-sync keeps them as your
exports say, and may delete them if a mapping says so. To take them over without sending anything:
nexsis-sync adopt --apply{site}"""


def _pairs(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """A callback for options: `NAME=VALUE`, as a dictionary."""
    found = {}
    for value in values:
        name, _, rest = value.partition("=")
        if not name.strip() or not rest.strip():
            raise click.BadParameter(f"write {param.metavar}, not `{value}`", ctx, param)
        found[name.strip()] = rest.strip()
    return found


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
@click.option("--exports", metavar="FOLDER", help="Folder with a sample of each export. It becomes the inbox.")
@click.option("--timezone", metavar="ZONE", help="Time zone of the site, such as Europe/London [that of this machine].")
@click.option("--mappings", metavar="NAME", help="Prefer this collection of shipped mappings, if it fits the exports.")
@click.option(
    "--keep",
    callback=_pairs,
    multiple=True,
    metavar="COLUMN=VALUES",
    help="Use the rows with these values in this column, such as STATUS=ACTIVE,LEAVE. Can be repeated.",
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
def init(output: Output, **options: Any) -> int:
    """Set up a site from its address, a token and sample exports: site file, mappings, first preview. Sends no changes.

    On a terminal, asks for whatever is not given as an option. Existing files are never overwritten.

    Exits with code 3 if something is on hold or undecided.
    """
    from sync.workflows import init as workflow

    wishes, file = Wishes(**options), Path(output.site)
    setup_questions.refuse_missing(wishes, file)
    access = setup_questions.access(wishes, file)
    offered = workflow.check_connection(access, file)
    output.say(f"{access.url}: the NexSIS API answers and accepts the token")
    samples = workflow.read_samples(setup_questions.exports(wishes, file))
    for fault in samples.faults:
        note(f"not read: {fault}")
    zone, why = setup_questions.zone(output, wishes)
    setup = workflow.Setup(file, access, samples.folder, zone, why, setup_questions.domain(wishes, needed=False))
    request = workflow.SetupRequest(setup_questions.roles(), offered, wishes.mappings, setup.domain)
    found = workflow.understand(samples, request)
    if found.asks_domain and not setup.domain:
        setup = replace(setup, domain=setup_questions.domain(wishes, needed=True))
        found = workflow.understand(samples, replace(request, domain=setup.domain))
    setup_questions.refuse_useless(wishes, [each.name for each in found.recognised])
    for line in _understood(found):
        output.say(line)
    if not found.anything:
        raise _nothing_to_map(found)
    answers = setup_questions.answers(wishes, found.questions)
    workflow.checked(setup, found, answers)
    written = workflow.write(setup, workflow.setup_files(setup, found, answers))
    left = workflow.left_over(setup, found, answers)
    _say_written(output, written, left)
    return _finish(output, setup, found, written, left)


# -- what was found --------------------------------------------------------------------------------------------


def _understood(found: Understanding) -> Iterator[str]:
    """What the exports are, for people."""
    from sync.config.shipped import collections
    from sync.model.findings import listed

    for collection in found.recognised:
        files = listed(dict.fromkeys(sorted(sheet.file for sheet in collection.sheets)))
        yield f"Recognised: {collections()[collection.name].title} ({collection.name}): {files}"
        if collection.instead:
            yield f"  These would fit as well: {listed(collection.instead, 'or')} (--mappings NAME)"
    for proposal in found.proposals:
        titles = listed(each.resource.title for each in proposal.candidates)
        yield f"Proposed: {_called(proposal.sheet)} as {titles}"
        for each in proposal.candidates:
            for name, guess in each.guesses.items():
                columns = f" from {' and '.join(guess.columns)}" if guess.columns else ""
                if guess.doubt:
                    yield f"  {each.resource.called(name)}{columns}: {guess.doubt}"
    for unclear in found.unclear:
        yield f"Not mapped: {_called(unclear.sheet)}: {unclear.why}"
    for unused in found.unused:
        yield f"Not mapped: {_called(unused.sheet)}: {unused.why}"


def _called(sheet: SheetProfile) -> str:
    return f"{sheet.sheet.file}, tab {sheet.tab}" if sheet.tab is not None else sheet.sheet.file


def _nothing_to_map(found: Understanding) -> ConfigError:
    """That no mapping can be written."""
    hint = "Write a mapping for it (docs/mapping/tutorial.md). Nothing was written."
    why = [(each.sheet, f"no mapping can be proposed: {each.why}") for each in found.unclear]
    why += [(each.sheet, f"no mapping can be proposed: {each.why}") for each in found.unused]
    return ConfigError(*(Fault(message, _called(sheet), hint) for sheet, message in why))


def _say_written(output: Output, written: Sequence[Path], left: Sequence[str]) -> None:
    names = ", ".join(path.as_posix() for path in written)
    output.say(f"\nWritten: {names}" if written else "\nNothing was written: all files are there already")
    if left:
        output.say("\nNot decided:")
    for line in left:
        output.say(f"  {line}")


# -- the first preview -----------------------------------------------------------------------------------------


def _finish(output: Output, setup: Setup, found: Understanding, written: Sequence[Path], left: Sequence[str]) -> int:
    """Show what the exports would do, and what comes next; the exit code."""
    from sync.config.site import load
    from sync.workflows.init import MAPPINGS
    from sync.workflows.sources import gather

    folder, config = setup.file.parent, load(setup.file)
    output.say("\nThe first rows of each export, before and after mapping:")
    show_first_rows(output, config, gather(config), FIRST)
    page = (folder / PAGE).as_posix()
    code, known = _preview(output, config, page)
    if output.json:
        _write_json(setup, found, written, left)
    if code == 1:
        return 1
    site = "" if output.site == "site.yaml" else f" --site {output.site}"
    if known:
        output.say(TAKEN_OVER.format(site=site))
    output.say(NEXT.format(page=page, mappings=(folder / MAPPINGS).as_posix(), site=site))
    return 3 if left or code == 3 else 0


def _preview(output: Output, config: Config, page: str) -> tuple[int, bool]:
    """Show what Moodle has already, if it has any of it, and the first plan.

    The exit code of the plan, and whether Moodle has something already.
    """
    from sync.state import open_store

    site, words = config.file.as_posix(), ["plan", "--html", page]
    with held_back() as held:
        code = typed(words, output, site)
    if code == 1:
        return code, False
    with open_store(config.state, SystemClock()) as store:
        counts = store.plan().summary.values()
    known = any(each["unchanged"] or each["update"] for each in counts)
    if known:
        output.say("\n$ nexsis-sync adopt")
        typed(["adopt"], output, site)
    output.say(f"\n$ nexsis-sync {' '.join(words)}")
    if printed := held.text().rstrip():
        click.echo(printed)
    return code, known


def _write_json(setup: Setup, found: Understanding, written: Sequence[Path], left: Sequence[str]) -> None:
    import orjson

    from sync.errors import masked_json

    proposed = [(each.sheet, [one.resource.name for one in each.candidates]) for each in found.proposals]
    facts = {
        "format": 1,
        "site": str(setup.file),
        "written": [str(path) for path in written],
        "recognised": [{"mappings": each.name, "instead": each.instead} for each in found.recognised],
        "proposed": [{"file": sheet.sheet.file, "tab": sheet.tab, "resources": names} for sheet, names in proposed],
        "unclear": [
            {"file": each.sheet.sheet.file, "tab": each.sheet.tab, "reason": each.why} for each in found.unclear
        ],
        "undecided": left,
        "page": str(setup.file.parent / PAGE),
    }
    stdout().write(masked_json(orjson.dumps(facts)) + b"\n")
