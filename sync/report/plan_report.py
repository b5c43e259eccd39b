"""What a report about a plan is made of, in whatever format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from sync.config.site import Config
from sync.model import Conventions, Plan, Run
from sync.model.values import no_rows
from sync.report.display_names import LedgerReader, Names, display_names
from sync.report.estimate import Throughput
from sync.report.groups import GroupColumn, group_columns, group_values
from sync.report.row_owners import ROW_COLUMNS, Owner, ResourceRow, names_with_rows, owners_by_row
from sync.report.summary import Summary, summarise


@dataclass(frozen=True, slots=True)
class PlanReport:
    """A plan, or a run of it, with everything needed to show it to people.

    plan:       its changes bear their present status, as `Store.plan` gives them
    store:      gives the names of those a change refers to; runs before this one are drawn if it is a `History`
    title:      what the site calls itself
    throughput: how fast calls are sent, for the estimate
    rows:       the rows with issues and what they refer to, as `issue_rows` gives them
    aliases:    names to use in place of those found in plan and store
    approvers:  who can approve what is on hold, in the site's words
    groups:     what changes can be filtered by
    grouped:    the values of the groups, as `group_values` gives them, in place of those found in plan and store
    before:     the preview to compare the plan with
    """

    plan: Plan
    conventions: Conventions
    store: LedgerReader
    run: Run | None = None
    title: str = ""
    throughput: Throughput | None = None
    rows: pd.DataFrame = field(default_factory=lambda: no_rows(*ROW_COLUMNS))
    aliases: Names | None = None
    approvers: str = ""
    groups: tuple[GroupColumn, ...] = ()
    grouped: pd.DataFrame | None = None
    before: Plan | None = None

    @classmethod
    def of(cls, config: Config, plan: Plan, store: LedgerReader, run: Run | None = None) -> PlanReport:
        """The report as the site file wants it; without rows, and not compared with anything."""
        return cls(
            plan,
            config.conventions,
            store,
            run,
            config.title,
            Throughput(permits=config.sending.permits),
            approvers=config.approvers,
            groups=group_columns(config.mappings, config.reports.group_by),
        )

    def group_values(self, changes: pd.DataFrame) -> pd.DataFrame:
        """The values of the groups for some of its changes, a row each, a column a group."""
        if self.grouped is not None:
            return self.grouped.loc[changes.index]
        return group_values(changes, self.groups, self.plan.changes, self.store.ledger, self.conventions)

    @property
    def summary(self) -> Summary:
        """The plan in numbers."""
        return summarise(self.plan, self.run, self.throughput)

    @property
    def names(self) -> Names:
        """The names of the objects that changes and rows with issues refer to."""
        if self.aliases is not None:
            return self.aliases
        return names_with_rows(self.plan.changes, self.rows, self.store.ledger, self.conventions)

    def names_of(self, changes: pd.DataFrame) -> Names:
        """What people call the objects that some of its changes refer to."""
        if self.aliases is not None:
            return self.aliases
        return display_names(changes, self.store.ledger, self.conventions, self.plan.changes)

    @property
    def owners(self) -> Mapping[ResourceRow, Owner]:
        """Whom or what the rows with issues are about."""
        return owners_by_row(self.rows, self.names)
