"""Aliases at the beginning of a comparison: from here on, sheets and ledger name objects as the site does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from sync.config.site import Config
from sync.errors import SheetError
from sync.mapping.aliases import COLUMNS, OWN, both_listed, no_aliases, read_aliases, settled, unfounded
from sync.mapping.lookups import Library
from sync.mapping.rows import listed
from sync.mapping.source import Renames, Source
from sync.model import Conventions, Issue, Sheet
from sync.model.findings import listed as enumerated
from sync.model.issue_texts import wording
from sync.model.resources import CATALOGUE
from sync.observe.alias_states import Asked, not_asking, with_states
from sync.sheets import Wanted, read, require


@dataclass(frozen=True, slots=True)
class Named:
    """The sources with what their identifiers are called on the site (`renames`), and what to say about aliases.

    `moved` are aliases (columns as `read_aliases`) whose objects have their new identifier on the site since the last
    run.
    """

    sources: tuple[Source, ...]
    renames: Renames
    moved: pd.DataFrame
    issues: tuple[Issue, ...]

    @classmethod
    def of(cls, sources: Sequence[Source], aliases: pd.DataFrame, issues: Iterable[Issue]) -> Named:
        """What aliases say of which it is known how their objects are called on the site."""
        renames = _renames(aliases)
        moved = aliases[aliases["moved"].to_numpy(dtype=bool)]
        return cls(tuple(replace(source, renames=renames) for source in sources), renames, moved, tuple(issues))


def applied(
    config: Config,
    sources: Sequence[Source],
    ledger: Callable[[str], pd.DataFrame],
    asked: Asked = not_asking,
) -> Named:
    """Apply the aliases of the site file, as far as nothing speaks against them.

    ledger: what is remembered of a resource. Raises SheetError if the file cannot be read.
    """
    if config.aliases is None:
        return Named(tuple(sources), {}, no_aliases(), ())
    rows, issues = _of_file(config, sources)
    rows = with_states(rows, {name: ledger(name) for name in OWN}, asked)
    rows, doubtful = settled(rows, unfounded(rows))
    return Named.of(sources, rows, [*issues, *doubtful, *_news(rows)])


def applied_offline(config: Config, sources: Sequence[Source]) -> Named:
    """The same without a ledger: every object is taken to be on the site under its old identifier."""
    if config.aliases is None:
        return Named(tuple(sources), {}, no_aliases(), ())
    rows, issues = _of_file(config, sources)
    return Named.of(sources, rows.assign(state="old", moved=False), issues)


def _of_file(config: Config, sources: Sequence[Source]) -> tuple[pd.DataFrame, list[Issue]]:
    """The aliases of the file that the exports do not contradict, and what is wrong with the others."""
    sheet = _sheet(config)
    rows, issues = read_aliases(sheet, config.conventions)
    rows, doubtful = settled(rows, both_listed(rows, _used(sources, config.conventions) if len(rows) else {}))
    read_issues = (issue for issue in sheet.issues if issue.code != "no-rows")
    return rows, [*read_issues, *issues, *doubtful]


def _sheet(config: Config) -> Sheet:
    assert config.aliases is not None
    sheet = read(config.aliases, wanted=Wanted(COLUMNS))
    if faults := require(sheet, COLUMNS):
        raise SheetError(*faults)
    return sheet


def _used(sources: Sequence[Source], conventions: Conventions) -> dict[str, pd.Series[str]]:
    """The identifiers in use, by resource, as the resource's own sheets list them."""
    library = Library({choice: sheets for source in sources for choice, sheets in source.others.items()})
    return {
        name: pd.concat([listed(CATALOGUE[name], source, conventions, library) for source in own])
        for name in OWN
        if (own := [source for source in sources if source.mapping.resource == name])
    }


def _renames(rows: pd.DataFrame) -> Renames:
    """What stands for what in the sheets."""
    found: dict[str, dict[str, str]] = {}
    for row in rows.to_dict("records"):
        one, other = (row["now"], row["old"]) if row["state"] == "old" else (row["was"], row["new"])
        found.setdefault(row["resource"], {})[one] = other
    return found


def _news(rows: pd.DataFrame) -> Iterator[Issue]:
    """What an administrator may do in Moodle, and what has been done there: a list of each for each resource."""
    moved = rows["moved"].to_numpy(dtype=bool)
    for code, where in (("aliases-in-use", rows["state"] == "old"), ("aliases-done", moved)):
        for name, own in rows[where].groupby("resource", sort=False):
            pairs = enumerated(f"{row['old']} (now {row['new']})" for row in own.to_dict("records"))
            one = "one" if len(own) == 1 else ""
            objects = CATALOGUE[str(name)].counted(len(own))
            text = wording(code, one, objects=objects, pairs=pairs, file=own["file"].iloc[0])
            yield text.issue("notice", resource=str(name), file=own["file"].iloc[0])
