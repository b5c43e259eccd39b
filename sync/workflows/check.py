"""`check`: everything that can be found out from mappings and sheets alone, without the site."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sync.config.entries import InboxContents
from sync.config.mappings import Mapping
from sync.config.site import Config
from sync.diff.contributions import contributions
from sync.diff.dependencies import apart
from sync.diff.removals import claimed_by
from sync.mapping.source import Source
from sync.model import Desired, Issue
from sync.model.forgetting import Tombstones
from sync.model.resources import CATALOGUE
from sync.plan.guard_context import Stop
from sync.plan.usability_guards import unusable
from sync.sheets.patterns import meant
from sync.workflows.aliases import applied_offline
from sync.workflows.desired import build_desired
from sync.workflows.inputs import inputs_of
from sync.workflows.open_files import open_file_issues


@dataclass(frozen=True, slots=True)
class Checked:
    """The result of a check: by resource the desired rows, their issues, and by mapping what would be on hold."""

    desired: dict[str, Desired]
    issues: list[Issue]
    holds: list[tuple[Mapping, Stop]]


def check_sheets(config: Config, sources: Sequence[Source], stones: Tombstones | None = None) -> Checked:
    """Make desired rows of all sheets, and check what can be checked without the site.

    The sources have the scope of a day. `stones` are those of forgotten people, whose rows are not used.

    Files with no usable rows are on hold, as in a plan that has seen no file before.
    """
    named = applied_offline(config, sources)
    desired, issues = build_desired(config, named.sources, stones)
    issues += [*named.issues, *apart(desired, sources), *open_file_issues(config)]
    return Checked(desired, issues, [*_holds(config, sources, desired)])


def _holds(config: Config, sources: Sequence[Source], desired: dict[str, Desired]) -> Iterator[tuple[Mapping, Stop]]:
    found, inputs = contributions(desired, sources, config.conventions), inputs_of(config, sources)
    for source in sources:
        mapping = source.mapping
        own = [each for each in inputs if each.mapping == mapping.name]
        for stop in unusable(mapping, found[mapping.name], own, ()):
            yield mapping, stop


def holds_exports(config: Config, there: InboxContents) -> bool:
    """Whether there are exports in an inbox, or what may be one and cannot be read."""
    choices = [choice for mapping in config.mappings for choice in (*mapping.sheets, *mapping.manifests)]
    wanted = [choice.file for choice in (*choices, *(config.terms.sheets if config.terms else ()))]
    return bool(there.files) or any(meant(pattern, each.name) for pattern in wanted for each in there.unusable)


def removals_asked(mapping: Mapping, desired: Desired) -> int:
    """How many objects the sheet of a delta removes."""
    return int(claimed_by(desired.removals["claims"], frozenset({mapping.name})).sum())


def unnamed_fields(mapping: Mapping) -> list[str]:
    """Fields of a mapping that are not in the API reference: the site may know them all the same."""
    return [name for name in mapping.fields if CATALOGUE[mapping.resource].field(name) is None]
