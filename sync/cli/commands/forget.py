"""`forget`: one person is erased, or released again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sync.cli.account import signature
from sync.cli.help import WithExamples
from sync.cli.options import common, identifiers
from sync.cli.output import Output, stdout
from sync.cli.wiring import SystemClock, load_config, opened_store, temporary_store

if TYPE_CHECKING:
    from sync.config.site import Config
    from sync.workflows.forget import Erasure, Person


@click.command(
    cls=WithExamples,
    examples=(
        "forget user=S1042 --dry-run",
        'forget user=S1042 --by "Amy Jones"',
        "forget user=S1042 --json > certificate.json",
        "forget user=S1042 --release",
    ),
)
@click.argument("key", metavar="user=ID", callback=lambda ctx, param, value: identifiers(ctx, param, (value,)))
@click.option("--dry-run", "dry", is_flag=True, help="Only count what would be erased.")
@click.option("--release", is_flag=True, help="Let the person's rows be used again. Restores nothing.")
@click.option("--by", default=None, metavar="NAME", help="Name of the person who decided this [the logged-in user].")
@common
def forget(output: Output, key: dict[str, list[str]], dry: bool, release: bool, by: str | None) -> int:
    """Erase a person from the state store, archive, reports and outbox. Prints a certificate that names nobody.

    Moodle is not changed. Rows about the person in later exports are reported but not used, until you release the
    person. Erasing cannot be undone.
    """
    from sync.workflows.forget import person

    if dry and release:
        raise click.UsageError("use either --dry-run or --release")
    config = load_config(output)
    ((resource, (identifier,)),) = key.items()
    one = person(config, resource, identifier)
    if release:
        return _release(output, config, one)
    made = (_rehearsed if dry else _erased)(config, one, str(signature(by)))
    _show(output, made, dry=dry)
    return 0


def _erased(config: Config, one: Person, by: str) -> Erasure:
    from sync.workflows.forget import erase, find

    with opened_store(config) as store, store.lock():
        return erase(config, store, one, find(config, store, one), by, SystemClock().now())


def _rehearsed(config: Config, one: Person, by: str) -> Erasure:
    """The certificate as it would be: a copy of the store is thrown away, and files stay as they are."""
    from sync.workflows.forget import find, forget_in_store

    with opened_store(config):  # it is made, or brought up to this release
        pass
    clock = SystemClock()
    with temporary_store(config, copied=True) as open_copy, open_copy(clock) as store:
        return forget_in_store(store, one, find(config, store, one), by, clock.now())


def _release(output: Output, config: Config, one: Person) -> int:
    with opened_store(config) as store, store.lock():
        known = store.release(one.resource.name, one.match)
    if output.json:
        import orjson

        stdout().write(orjson.dumps({"format": 1, "released": known}) + b"\n")
    output.say(
        "released: the next plan uses the person's rows again"
        if known
        else "nobody with this identifier was forgotten, so there is nothing to release"
    )
    return 0


def _show(output: Output, certificate: Erasure, *, dry: bool) -> None:
    from sync.report.erasure import certificate_document, certificate_lines

    erased, left = certificate.erased, certificate.out_of_reach
    facts = {
        "at": certificate.at.isoformat(timespec="seconds"),
        "by": certificate.by,
        "dry_run": dry,
        "tombstone": None if dry else certificate.tombstone,
    }
    if output.json:
        import orjson

        stdout().write(orjson.dumps(certificate_document(erased, left, facts)) + b"\n")
    stamp = f"On {certificate.at:%Y-%m-%d %H:%M %Z}, by {certificate.by}. Tombstone: {certificate.tombstone}"
    for line in certificate_lines(erased, left, stamp, dry=dry):
        output.say(line)
