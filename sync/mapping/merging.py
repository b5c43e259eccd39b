"""Objects of all mappings of a resource -> one row for each object. Values unique on the site stay unique."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sync.mapping.groups import RowGroups, ordered
from sync.mapping.objects import merge, origins
from sync.model import Conventions, Field, Issue, Resource, values
from sync.model.findings import LIMIT, Columns, Finding, cell, key_of, key_text, shown
from sync.model.issue_texts import Wording, wording

if TYPE_CHECKING:
    from numpy.typing import NDArray


def unite(
    resource: Resource, rows: Sequence[pd.DataFrame], columns: Columns, conventions: Conventions
) -> tuple[pd.DataFrame, list[Finding]]:
    """One row for each object from several mappings, given in order of precedence, and the values that were overruled.

    For each field the first mapping that says a value wins; `claims` names all, `also` names their rows. `columns`
    are as in Desired.
    """
    together = ordered(pd.concat(rows, ignore_index=True) if len(rows) > 1 else rows[0])
    fields = [name for name in fields_of(resource, columns) if name in together.columns]
    groups = RowGroups.by_match(together)
    if groups.single:
        return together, []
    merged = merge(together, groups, fields)
    merged["claims"] = groups.joined(together["claims"], " ")
    merged["also"] = groups.joined(_mentions(together, groups), "; ")
    return merged, list(_overruled(resource, together, groups, columns, conventions))


def _mentions(rows: pd.DataFrame, groups: RowGroups) -> pd.Series[Any]:
    first = np.zeros(len(rows), dtype=bool)
    first[groups.starts] = True
    own = origins(rows)
    return rows["also"].where(first, own.where(rows["also"].isna(), own + "; " + rows["also"].fillna("")))


def fields_of(resource: Resource, columns: Columns) -> list[str]:
    """The fields the mappings contain, the key first."""
    return list(dict.fromkeys([*resource.key, *(name for fields in columns.values() for name in fields)]))


def _overruled(
    resource: Resource, rows: pd.DataFrame, groups: RowGroups, columns: Columns, conventions: Conventions
) -> Iterator[Finding]:
    """A notice for each field and pair of mappings with different values, with their number and one example."""
    for name in fields_of(resource, columns):
        field = resource.field(name) or Field(name)
        winner = groups.first_value(rows[name])[groups.of]
        value = rows[name].take(winner).reset_index(drop=True)
        same = rows[name] == value if name in resource.key else values.same(rows[name], value, field, conventions)
        lost = (rows[name].notna() & ~same).to_numpy()
        pairs = pd.DataFrame({"won": rows["claims"].take(winner[lost]).to_numpy(), "lost": rows["claims"][lost]})
        for (won, loser), cases in pairs.groupby(["won", "lost"]):
            at = cases.index[0]
            row = rows.loc[at].to_dict()
            text = wording(
                "overruled",
                "one" if len(cases) == 1 else "",
                first=won,
                second=loser,
                field=field.called,
                objects=resource.counted(len(cases)),
                key=key_text(resource, row),
                used=shown(value[at]),
                unused=shown(row[name]),
            )
            where = cell(columns, row, [name])
            issue = text.issue("notice", resource=resource.name, value=row[name], **where)
            yield Finding(text.like("notice", resource=resource.name), 1, [issue])


def duplicates(
    resource: Resource, rows: pd.DataFrame, columns: Columns, conventions: Conventions
) -> tuple[NDArray[np.bool_], list[Finding]]:
    """Which objects share a value that must be unique on the site, and an issue for each of them."""
    shared, findings = np.zeros(len(rows), dtype=bool), []
    for field in (field for field in conventions.unique(resource) if field.name in rows.columns):
        column = rows[field.name].mask(rows[field.name] == "")
        folded = column if field.kind == "email" else values.fold(column, conventions, field.compares)
        at = folded.notna().to_numpy() & folded.duplicated(keep=False).to_numpy()
        if at.any():
            shared |= at
            cases = _sharing(resource, rows[at].assign(match=folded[at]), field.name, columns)
            like = _duplicate(resource, field.name).like("error", resource=resource.name)
            findings.append(Finding(like, int(at.sum()), cases))
    return shared, findings


def _duplicate(resource: Resource, name: str, more: int = 0) -> Wording:
    """What is said of a value that two objects share, and this many more."""
    return wording(
        f"duplicate-{name}", "several" if more else "", field=resource.called(name), objects=resource.title, more=more
    )


def _sharing(resource: Resource, rows: pd.DataFrame, name: str, columns: Columns) -> Iterator[Issue]:
    """An issue for each row; those that share a value have the same `match`."""
    rows = ordered(rows)
    groups = RowGroups.by_match(rows)
    start = groups.starts[groups.of]
    other = rows.take(np.where(start == np.arange(len(rows)), start + 1, start)[:LIMIT])
    pairs = zip(rows[:LIMIT].to_dict("records"), other.to_dict("records"), origins(other), strict=True)
    for (row, twin, place), size in zip(pairs, groups.sizes[groups.of], strict=False):
        text = _duplicate(resource, name, size - 2).given(
            value=shown(row[name]), key=key_text(resource, row), other=key_text(resource, twin), place=place
        )
        where = cell(columns, row, [name])
        yield text.issue("error", resource=resource.name, value=row[name], key=key_of(resource, row), **where)
