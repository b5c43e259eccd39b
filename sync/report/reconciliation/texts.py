"""A reconciliation in words: kinds, the headline, and findings for people."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from sync.diff.reconciliation import DIFFERENCES, KINDS, Kind, Reconciliation
from sync.model import Conventions, Origin, Resource
from sync.model.findings import listed
from sync.model.resources import CATALOGUE
from sync.report import phrasing
from sync.report.display_names import Names, display_names, names_along
from sync.report.labels import labelled
from sync.report.printing import records
from sync.report.rows_with_errors import with_errors
from sync.report.state import UNREAD, State
from sync.report.summary import unpacked

TITLES: Final[Mapping[Kind, str]] = {
    "missing": "Missing in Moodle",
    "extra": "In Moodle, but not in the SIS",
    "lingering": "Gone from the SIS, kept in Moodle by another plugin",
    "different": "Different values",
    "suspended": "Suspended in Moodle",
    "edited": "Changed in Moodle since the last run",
    "kept": "Moodle keeps its own value",
    "unseen": "Not visible through the API",
}
MEANINGS: Final[Mapping[Kind, str]] = {
    "missing": "In the exports, but not in Moodle.",
    "extra": "In Moodle, but not in any export.",
    "lingering": "No longer in the exports. They stay in Moodle because of another plugin, such as manual enrolment.",
    "different": "In both, with different values.",
    "suspended": "In both, but suspended in Moodle: the person cannot enter the course. Plans do not change that.",
    "edited": "In both, but Moodle no longer has the values it had when it was last read.",
    "kept": "Moodle turned the value that was sent into another one. It is left as it is.",
    "unseen": "The API cannot read them back. They are assumed to be as they were sent.",
}
DAY: Final = 10
"""Characters of an ISO time that are its day."""

SHORT: Final[Mapping[str, str]] = {
    "agreeing": "agree", "missing": "missing", "extra": "not in SIS", "lingering": "still in Moodle",
    "different": "different", "suspended": "suspended", "edited": "edited", "kept": "kept", "unseen": "not visible",
}  # fmt: skip
"""Headers of the counts."""

COUNTED_TWICE: Final = "Records under 'kept' and 'not visible' are also counted as agreeing or different."

BRIEF_NAMES: Final[Mapping[Kind, str]] = {
    "missing": "missing", "extra": "not in the SIS", "lingering": "kept by another plugin",
    "different": "different", "suspended": "suspended", "edited": "edited in Moodle",
}  # fmt: skip
"""The differences as one line counts them."""


@dataclass(frozen=True, slots=True)
class FindingText:
    """A finding in words.

    fields: (name, what the sheets say, what the site holds); None where a side says nothing
    """

    key: Mapping[str, str]
    name: str
    fields: tuple[tuple[str, str | None, str | None], ...]
    notes: str
    origin: str


def headline(reconciliation: Reconciliation) -> str:
    """The first sentence anybody reads."""
    if reconciliation.differences:
        differ = "differs" if reconciliation.differences == 1 else "differ"
        return f"{phrasing.count(reconciliation.differences, 'record')} {differ} between the SIS and Moodle."
    return (
        "The SIS and Moodle agree."
        if is_complete(reconciliation)
        else "The SIS and Moodle agree, as far as Moodle could be read."
    )


def is_complete(reconciliation: Reconciliation) -> bool:
    """Whether everything could be read from the site."""
    return all(issue.code != UNREAD for issue in reconciliation.issues)


def state_of_reconciliation(reconciliation: Reconciliation) -> State:
    """Its state, as `state_of` gives that of a plan; what differs looks wrong until somebody has seen it."""
    if not is_complete(reconciliation):
        return "failed"
    return "doubtful" if reconciliation.differences or with_errors(reconciliation.issues) else "ok"


def summary_line(reconciliation: Reconciliation) -> str:
    """All in one line: `12 missing, 3 edited in Moodle`, `all 1,204 agree`."""
    sizes = reconciliation.findings["kind"].value_counts()
    parts = [f"{int(sizes[kind]):,} {text}" for kind, text in BRIEF_NAMES.items() if kind in sizes.index]
    agree = sum(reconciliation.agreeing.values())
    if not parts and agree == 1:
        parts = ["1 record agrees"]
    elif not parts:
        parts = [f"{'all ' if is_complete(reconciliation) else ''}{agree:,} agree" if agree else "nothing differs"]
    return ", ".join([*parts, *([] if is_complete(reconciliation) else ["Moodle did not answer everything"])])


def double_count_note(reconciliation: Reconciliation) -> str:
    """A note about how the counts are to be read, if they need one."""
    return COUNTED_TWICE if {"kept", "unseen"} & {*counted_columns(reconciliation)} else ""


def counted_columns(reconciliation: Reconciliation) -> list[str]:
    """Which of `SHORT` have something to count, in any resource."""
    return [of for of in SHORT if any(counts[of] for counts in reconciliation.counts.values())]


def counts_line(counts: Mapping[str, int]) -> str:
    """The counts of one resource: `3 agree, 1 missing`, `none`."""
    texts = {**SHORT, "agreeing": "agrees"} if counts["agreeing"] == 1 else SHORT
    return ", ".join(f"{counts[of]:,} {text}" for of, text in texts.items() if counts[of]) or "none"


def sentences(reconciliation: Reconciliation) -> Iterator[str]:
    """What differs, kind by kind, and what is for information."""
    if not is_complete(reconciliation):
        yield "Moodle did not answer everything; what could not be read is not compared."
    for kind, rows in by_kind(reconciliation.findings):
        sizes = rows.groupby("resource", sort=False).size()
        what = listed(CATALOGUE[str(name)].counted(int(n)) for name, n in sizes.items())
        yield f"{TITLES[kind]}: {what}{_holders(rows) if kind in ('extra', 'lingering') else ''}."


def _holders(rows: pd.DataFrame) -> str:
    """Who owns them, by how many: `(by plugin: manual 3, self 1)`."""
    sizes = rows["by"].dropna().value_counts()
    return f" (by plugin: {', '.join(f'{name} {n:,}' for name, n in sizes.items())})" if len(sizes) else ""


def by_kind(findings: pd.DataFrame) -> Iterator[tuple[Kind, pd.DataFrame]]:
    """The findings of each kind there is, those that need attention first."""
    for kind in KINDS:
        rows = findings[findings["kind"] == kind]
        if len(rows):
            yield kind, rows


def differs(kind: Kind) -> bool:
    """Whether it needs attention."""
    return kind in DIFFERENCES


def names_of_findings(
    reconciliation: Reconciliation,
    ledger: Callable[[str], pd.DataFrame],
    conventions: Conventions,
    rows: pd.DataFrame | None = None,
) -> Names:
    """What people call the objects that were found, and those of `rows`, as `issue_rows` gives them."""
    found = as_changes(reconciliation.findings)
    return display_names(found if rows is None or rows.empty else pd.concat([found, rows]), ledger, conventions)


def as_changes(findings: pd.DataFrame) -> pd.DataFrame:
    """Findings with the columns of the changes that would make Moodle agree with the SIS."""
    return findings.drop(columns="before").rename(columns={"sis": "after", "site": "before"})


def finding_text(resource: Resource, row: Mapping[str, Any], names: Names, conventions: Conventions) -> FindingText:
    """One finding, a row of the frame."""
    key, sis, site = (unpacked(row[name]) for name in ("key", "sis", "site"))
    fields = tuple((name, sis.get(name), site.get(name)) for name in dict.fromkeys([*sis, *site]))
    number = None if pd.isna(row["row"]) else int(row["row"])
    tab = None if pd.isna(row["tab"]) else row["tab"]
    return FindingText(
        key,
        " · ".join(names_along(names, resource, key)),
        fields,
        "; ".join(_notes(row, conventions)),
        "" if pd.isna(row["file"]) else str(Origin(row["file"], tab, number)),
    )


def notes(findings: pd.DataFrame, conventions: Conventions) -> pd.Series[Any]:
    """What there is to know of each finding beside its fields, in words; worked out once for each of a kind."""
    columns = ["resource", "kind", "by", "since", "before"]
    rows = findings[columns].assign(since=findings["since"].str[:DAY])
    # Only for what was edited do the values count; for all else, only whether there were any.
    rows["before"] = rows["before"].where(rows["kind"] == "edited", rows["before"].where(rows["before"].isna(), "{}"))
    of = rows.groupby(columns, sort=False, dropna=False).ngroup()
    texts = ["; ".join(_notes(row, conventions)) for row in records(rows[~of.duplicated()])]
    return pd.Series(texts, dtype="str").take(of.to_numpy()).set_axis(findings.index)


def _notes(row: Mapping[str, Any], conventions: Conventions) -> Iterator[str]:
    """What there is to know beside the fields."""
    before = unpacked(row["before"])
    if row["kind"] == "missing":
        if isinstance(row["before"], str):
            yield "used to be in Moodle"
        if isinstance(row["by"], str):
            yield f"in Moodle through the plugin {phrasing.safe(row['by'])} only"
    elif isinstance(row["by"], str):
        yield f"through the plugin {phrasing.safe(row['by'])}"
    if row["kind"] == "edited" and before:
        yield f"was {labelled(CATALOGUE[row['resource']], before, conventions)}"
    if row["kind"] == "unseen":
        yield f"sent {day(row['since'])}" if isinstance(row["since"], str) else "date unknown"


def day(since: str) -> str:
    """An ISO date or time as its day."""
    return since[:DAY]
