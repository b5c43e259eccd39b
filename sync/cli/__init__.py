"""The command line: wiring, printing, exit codes; nothing else.

Every command lives in a module of its name in `commands`, imported only when it is called: `--help` is quick. They
share `options`, `help`, what is printed (`output`, `mailing`), `wiring` (how site and store are opened) and `signals`.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

import click

from sync.cli.help import COMPLETION, OTHER_SHELLS, PROGRAM, GroupWithExamples, write_lines
from sync.cli.signals import StoppedAtOnce, ended, terminable
from sync.errors import Interrupted, NexsisSyncError

USAGE = 64
CUT_OFF = 5

AT_ONCE = "stopped at once; `nexsis-sync resume` checks what was in progress, and continues"

COMMANDS = {
    "demo": "Try everything with sample data in a sandbox. Start here.",
    "init": "Set up a site from its address, a token and sample exports.",
    "mappings": "List or copy the mappings that come with nexsis-sync.",
    "check": "Check the site file, mappings and exports, without Moodle.",
    "plan": "Compare the exports with Moodle, store a plan, show the dry run.",
    "apply": "Send a stored plan, except what is on hold.",
    "approve": "Approve changes that a guard has put on hold.",
    "run": "The nightly job: take the exports, plan, then send what is not on hold.",
    "watch": "Process exports as they arrive, as `run` does.",
    "resume": "Continue an interrupted run.",
    "rollback": "Plan how to undo a run.",
    "pause": "Stop runs from sending anything for now.",
    "unpause": "End the pause.",
    "reconcile": "Compare the exports with Moodle, and report what differs.",
    "adopt": "List what Moodle has already, and take over what is in the exports.",
    "explain": "Explain why a user, a course or an enrolment is as it is.",
    "guards": "Show what guards would have put on hold in past exports.",
    "report": "Show an earlier plan or run, in any format.",
    "runs": "List plans and runs, or show one.",
    "pull": "Export grades, enrolments, logs and more from Moodle to a file.",
    "purge": "Remove old plans, runs, exports and messages.",
    "forget": "Erase one person, and print a certificate.",
    "state": "Upgrade, back up or copy the state store.",
    "ping": "Check the connection, the token and what the site offers.",
    "doctor": "Examine this machine, the site file, the connection and the state store.",
    "sandbox": "Run a Moodle sandbox on this machine.",
    "schema": "Print the JSON Schema of site or mapping files, for editors.",
}


class _Commands(GroupWithExamples):
    """Finds commands by name, importing only the one that is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = getattr(import_module(f"sync.cli.commands.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_lines("Examples", (f"{PROGRAM} demo", f"{PROGRAM} plan --help"), formatter)
        write_lines(f"Shell completion ({OTHER_SHELLS})", (COMPLETION,), formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([*COMMANDS.items()])


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="nexsis-sync")
def program() -> None:
    """Keep a Moodle site in step with a student information system.

    Reads its exports, shows a dry run, and sends only the changes that are needed.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program, and exit with its code."""
    terminable()
    search_for_garbage_seldom()
    leave(run(arguments))


def search_for_garbage_seldom() -> None:
    """Most of what a short command creates is the modules it imports.

    Searching them for garbage, after every few hundred new objects and by the interpreter as it exits, would take a
    fifth of the command's time. A plan of a few rows, with all that it imports, makes fewer objects than this.
    """
    gc.set_threshold(300_000)


def leave(code: int) -> NoReturn:
    """Exit with this code, without a last search for garbage: after a million rows, that would take 0.4 s."""
    gc.freeze()
    if threading.active_count() > 1:  # requests that were given up are still waited for, and would keep the program
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code, as the contract lists them."""
    try:
        code = program.main(args=arguments, prog_name=PROGRAM, standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return USAGE
    except NexsisSyncError as error:
        for fault in error.faults:
            click.echo(f"nexsis-sync: {fault}", err=True)
        return error.exit_code
    except (KeyboardInterrupt, click.Abort) as error:
        if isinstance(error.__cause__, StoppedAtOnce):  # click has made it an Abort
            click.echo(f"nexsis-sync: {AT_ONCE}", err=True)
            return CUT_OFF
        click.echo(f"nexsis-sync: {Interrupted()}", err=True)
        return Interrupted.exit_code
    except BrokenPipeError:
        return 0
    except Exception:
        if not ended():
            raise
        click.echo(f"nexsis-sync: {Interrupted()}", err=True)  # pydantic, for one, makes an error of its own of it
        return Interrupted.exit_code
    return code if isinstance(code, int) else 0
