"""The command line: wiring, printing, exit codes; nothing else.

Every command lives in a module of its own kind and is imported only when it is called, so that `--help` is quick.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module

import click

from sync.errors import NexsisSyncError

USAGE = 64
CUT_OFF = 5

COMMANDS = {
    "demo": ("sync.cli.trying", "The main job on shipped samples against an embedded site. Start here."),
    "check": ("sync.cli.planning", "Check config, mappings and sheets, without the site."),
    "plan": ("sync.cli.planning", "Compare sheets and site, store a plan, print the dry run."),
    "apply": ("sync.cli.applying", "Send a stored plan, but for what is held."),
    "approve": ("sync.cli.applying", "Release what a guard holds."),
    "run": ("sync.cli.applying", "The nightly job: take the exports, plan, then apply what is not held."),
    "watch": ("sync.cli.watching", "Take exports as they arrive, and do for each set what `run` does."),
    "resume": ("sync.cli.applying", "Go on with a run that was cut off."),
    "reconcile": ("sync.cli.explaining", "Compare exports, site and memory, and tell what differs."),
    "explain": ("sync.cli.explaining", "Why a user, a course or an enrolment is as it is."),
    "report": ("sync.cli.history", "Show a plan or run again, in any format."),
    "runs": ("sync.cli.history", "List plans and runs, or show one."),
    "pull": ("sync.cli.pulling", "Read grades, enrolments, logs ... out of the site, into a file."),
    "ping": ("sync.cli.pinging", "Is the site there, is the token right, what does it offer?"),
    "sandbox": ("sync.cli.trying", "Serve the embedded site on loopback."),
    "schema": ("sync.cli.trying", "JSON Schema of site or mapping files, for editors."),
}


class _Commands(click.Group):
    """Finds commands by name, importing only the one that is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command = getattr(import_module(COMMANDS[cmd_name][0]), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, says) for name, (_, says) in COMMANDS.items()])


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="nexsis-sync")
def program() -> None:
    """Make a Moodle site agree with a student information system.

    Exports in, a dry run to read, the fewest API calls out.
    """


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program and leave with its exit code."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit code, as the contract lists them."""
    try:
        code = program.main(args=arguments, prog_name="nexsis-sync", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return USAGE
    except NexsisSyncError as error:
        for fault in error.faults:
            click.echo(f"nexsis-sync: {fault}", err=True)
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("nexsis-sync: stopped", err=True)
        return CUT_OFF
    except BrokenPipeError:
        return 0
    return code if isinstance(code, int) else 0
