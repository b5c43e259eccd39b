"""`doctor`: everything that a support person would ask."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from sync.cli.help import WithExamples
from sync.cli.options import common
from sync.cli.output import Output, stdout
from sync.cli.wiring import SystemClock, load_site, opened_store

if TYPE_CHECKING:
    from sync.workflows.doctor import Diagnosis

COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


@click.command(
    cls=WithExamples,
    examples=(
        "doctor",
        "doctor --json",
        "doctor --send-test",
    ),
)
@click.option("--send-test", is_flag=True, help="Send a test message to all recipients of emails, and to the webhook.")
@common
def doctor(output: Output, send_test: bool) -> int:
    """Examine everything that runs depend on, and say how to fix what is wrong.

    One line each for this machine, the site file, the mappings, the token, the connection, the inbox, the state store,
    and mail and webhook settings. Changes nothing, and shows no secrets, so its output can be sent to others. Exits
    with code 0 if nothing fails, otherwise with 1.
    """
    found: list[Diagnosis] = []
    for finding in _findings(output, send_test):
        found.append(finding)
        if not output.json:
            _say(output, finding)
    failed = any(each.status == "fail" for each in found)
    if output.json:
        import orjson

        from sync.errors import masked_json

        stdout().write(masked_json(orjson.dumps({"format": 1, "ok": not failed, "findings": found})) + b"\n")
    return int(failed)


def _findings(output: Output, send_test: bool) -> Iterator[Diagnosis]:
    """Everything in turn; if the site file cannot be used, only what needs none."""
    from sync.config.site import token
    from sync.errors import ConfigError
    from sync.site import connect
    from sync.workflows import doctor as examine

    clock = SystemClock()
    yield from examine.machine(clock.now())
    try:
        config, of_mappings = load_site(output)
    except ConfigError as error:
        for fault in error.faults:
            message = f"{fault.where}: {fault.message}" if fault.where else fault.message
            yield examine.Diagnosis("site-file", "fail", message, fault.hint)
        return
    yield examine.disk(config.folder)
    yield from examine.settings(config, of_mappings, clock.now())
    yield from examine.connection(
        config, lambda: connect(config.site.api, token(config), ca_file=config.ca_file), opened_store, clock
    )
    yield from examine.store(config, opened_store, clock.now())
    yield from examine.notifying(config, clock.now(), send_test=send_test)


def _say(output: Output, finding: Diagnosis) -> None:
    """`ok    disk: 40.1 GB free in /srv/sync`, and what to do below it. `--quiet` leaves out what is ok."""
    from sync.errors import legible_lines

    if output.quiet and finding.status == "ok":
        return
    status = f"{finding.status:<5}"
    if not output.no_color:
        status = click.style(status, fg=COLOURS[finding.status])
    click.echo(f"{status} {legible_lines(f'{finding.check}: {finding.message}')}")
    if finding.hint:
        click.echo(f"      {legible_lines(finding.hint)}")
