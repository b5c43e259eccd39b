"""Commands that another command runs as if they had been typed."""

from __future__ import annotations

from collections.abc import Sequence

from sync.cli.output import Output


def typed(words: Sequence[str], output: Output, site: str) -> int:
    """Run a command on a site as the command line does, with the output options of the command that runs it.

    Its exit code.
    """
    from sync.cli import run

    wishes = {"--quiet": output.quiet or output.json, "--verbose": output.verbose, "--no-color": output.no_color}
    return run([*words, "--site", site, *(name for name, wished in wishes.items() if wished)])
