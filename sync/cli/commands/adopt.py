"""`adopt`: what the site holds and nexsis-sync has not made. Sends nothing."""

from __future__ import annotations

import click

from sync.cli.help import WithExamples
from sync.cli.options import common
from sync.cli.output import Output, stdout
from sync.cli.wiring import opened_context, with_current_exports


@click.command(
    cls=WithExamples,
    examples=(
        "adopt",
        "adopt --apply",
    ),
)
@click.option("--apply", "applied", is_flag=True, help="Take over what is in the exports.")
@common
def adopt(output: Output, applied: bool) -> int:
    """List what Moodle has that nexsis-sync does not manage yet, and take over what is in the exports. Sends nothing.

    What is in no export is only listed. The first removals of each mapping stay on hold.

    Exits with code 0 if there is nothing (more) to take over, 2 if there is, 4 if Moodle did not answer everything.
    """
    from sync.report.adoption import show, write_json
    from sync.workflows import adopt as workflow
    from sync.workflows.exit_codes import adopt_code
    from sync.workflows.sources import gather

    with opened_context(output) as context:
        sources = gather(with_current_exports(context.config))
        there = workflow.adoptable(context, sources)
        if applied:
            workflow.adopt(context.store, there)
    if output.json:
        write_json(there.site, there.found, there.issues, stdout(), applied=applied)
    else:
        show(there.found, there.issues, output.console(), applied=applied, verbose=output.verbose)
    return adopt_code(there, applied=applied)
