"""`rollback`: plan what undoes a run."""

from __future__ import annotations

from pathlib import Path

import click

from sync.cli.help import WithExamples
from sync.cli.options import common, html_option, xlsx_option
from sync.cli.output import Output, show, write_html, write_xlsx
from sync.cli.wiring import opened_context


@click.command(
    cls=WithExamples,
    examples=(
        "rollback r-20261123T020100-77ab10",
        "rollback r-20261123T020100-77ab10 --created --html undo.html",
    ),
)
@click.argument("run_id", metavar="RUN")
@click.option("--created", is_flag=True, help="Also delete what the run created. Needs approval.")
@html_option
@xlsx_option
@common
def rollback(output: Output, run_id: str, created: bool, html: Path | None, xlsx: Path | None) -> int:
    """Plan how to undo a run, and list what cannot be restored. Sends no changes; `apply` sends the plan.

    Exits with the codes of `plan`: 2 if there is something to undo, 3 if something is on hold.
    """
    from sync.workflows.exit_codes import plan_code
    from sync.workflows.rollback import make_rollback

    with opened_context(output) as context:
        made = make_rollback(context, run_id, created=created)
        show(output, context.config, context.store, made)
        write_html(html, context.config, context.store, made, tuple)
        write_xlsx(xlsx, context.config, context.store, made, tuple)
    return plan_code(made)
