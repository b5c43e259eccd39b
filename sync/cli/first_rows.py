"""The first rows of exports as a person sees them: before and after mapping."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sync.cli.output import Output

if TYPE_CHECKING:
    from sync.config.site import Config
    from sync.mapping.preview import SourceRow
    from sync.mapping.source import Source


def show_first_rows(output: Output, config: Config, sources: Sequence[Source], count: int) -> list[SourceRow]:
    """The first rows of every mapping, for people too: before mapping and, below that, after it."""
    from sync.mapping.preview import preview
    from sync.model.resources import CATALOGUE
    from sync.report.phrasing import plain, quoted

    found: list[SourceRow] = []
    for source in sources if count else ():
        output.say(f"\n{source.mapping.name} ({source.mapping.resource})")
        rows = preview(CATALOGUE[source.mapping.resource], source, config.conventions, count)
        found += rows
        for row in rows:
            came = ", ".join(
                f"{name}: {'(error)' if cell is None else quoted(cell)}" for name, cell in row.cells.items()
            )
            output.say(f"  {row.origin}: {came}")
            for after in row.after:
                output.say(f"    -> {', '.join(f'{name}: {quoted(value)}' for name, value in after.items())}")
            for issue in row.issues:
                output.say(f"    {issue.severity}: {plain(issue.message)}")
            if not row.after and not row.issues:
                output.say("    left out")
    return found
