"""Records that are never removed because their course belongs to no term."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from sync.config.terms import OF_COURSES
from sync.diff.removals import claimed_by
from sync.diff.scope import named_by
from sync.mapping.source import Source
from sync.mapping.term_dates import TermDates
from sync.model import Conventions, Desired, Issue, Resource
from sync.model.columns import rows_where, selected
from sync.model.findings import listed
from sync.model.issue_texts import wording

EXAMPLES: Final = 3
"""Number of courses that are named."""


def of_no_term(
    resource: Resource, desired: Desired, sources: Sequence[Source], conventions: Conventions
) -> Iterator[Issue]:
    """For each mapping that removes by term, an issue about its records whose course is of none that are listed."""
    for source in sources:
        if source.term_dates is not None and source.mapping.deletes:
            yield from _of_no_term(resource, desired, source.mapping.name, source.term_dates, conventions)


def _of_no_term(
    resource: Resource, desired: Desired, name: str, term_dates: TermDates, conventions: Conventions
) -> Iterator[Issue]:
    claimed = claimed_by(desired.rows["claims"], frozenset({name})).to_numpy(dtype=bool)
    courses = rows_where(selected(desired.rows, [OF_COURSES]), claimed)[OF_COURSES]
    field = next(field for field in resource.keys if field.name == OF_COURSES)
    courses = courses[~named_by(courses, term_dates.listed, field, conventions).to_numpy()]
    if not len(courses):
        return
    names = courses.drop_duplicates()
    text = wording(
        "no-term",
        "one" if len(names) == 1 else "",
        objects=resource.counted(len(courses)),
        count=len(names),
        file=term_dates.file,
        examples=listed(names.head(EXAMPLES)),
    )
    yield text.issue("notice", resource=resource.name, file=term_dates.file, value=name)
