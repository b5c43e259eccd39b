"""Aliases: objects whose identifier in the exports is not the one that the site has for them.

An administrator lists them in a file with the columns `resource`, `old` and `new`. Until the site has the new
identifier too, rows that name it are about the object that is still there under the old one, in every resource that
refers to it; afterwards, rows that still name the old one are about the new one. An alias in doubt is not used.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, Final

import numpy as np
import pandas as pd

from sync.mapping.evaluate import Evaluated, Note, canonical, ignore_step
from sync.mapping.source import Renames
from sync.model import Conventions, Field, Issue, Resource, Sheet
from sync.model.columns import rows_where
from sync.model.findings import listed
from sync.model.issue_texts import wording
from sync.model.resources import CATALOGUE, ancestors
from sync.model.values import fold, no_rows, pick, position

COLUMNS: Final = ("resource", "old", "new")
"""Columns of the file."""

OWN: Final = tuple(
    name
    for name, resource in CATALOGUE.items()
    if len(resource.key) == 1 and resource.keys[0].compares == "by_conventions"
)
"""The resources that can have aliases: those that identify themselves."""


def read_aliases(sheet: Sheet, conventions: Conventions) -> tuple[pd.DataFrame, list[Issue]]:
    """The aliases of a file, without those in doubt, and what is wrong with these.

    Columns: resource, old and new; was and now: old and new as the site compares them; file, tab and row.
    """
    kind = Field("", kind="identifier")
    rows = pd.DataFrame({name: canonical(sheet.frame[name].fillna(""), kind, conventions) for name in COLUMNS})
    rows = rows.assign(was=fold(rows["old"], conventions), now=fold(rows["new"], conventions))
    rows = rows.assign(file=sheet.file, tab=sheet.tab, row=rows.index)
    rows = rows_where(rows, (rows[[*COLUMNS]] != "").any(axis="columns").to_numpy())
    rows, issues = settled(rows, _unreadable(rows))
    rows = rows.drop_duplicates(["resource", "was", "now"], ignore_index=True)
    rows, more = settled(rows, _contradictory(rows))
    return rows, [*issues, *more]


@cache
def no_aliases() -> pd.DataFrame:
    """None, with the columns of `read_aliases`."""
    return no_rows(*COLUMNS, "was", "now", "file", "tab").assign(row=pd.Series(dtype="int64"))


def both_listed(rows: pd.DataFrame, used: Mapping[str, pd.Series[Any]]) -> pd.Series[Any]:
    """The doubt of aliases both of whose names are in use: they are two objects. `used` are identifiers by resource."""
    both = np.zeros(len(rows), dtype=bool)
    for name, identifiers in used.items():
        here = position(rows["was"], identifiers) >= 0, position(rows["now"], identifiers) >= 0
        both |= (rows["resource"] == name).to_numpy() & here[0] & here[1]
    return _doubts(rows, {"both-listed": both})


def unfounded(rows: pd.DataFrame) -> pd.Series[Any]:
    """The doubt of aliases (with the column `state`) of which the site has neither object, or both."""
    return _doubts(rows, {each: rows["state"] == each for each in ("nowhere", "both")})


def settled(rows: pd.DataFrame, doubt: pd.Series[Any]) -> tuple[pd.DataFrame, list[Issue]]:
    """The aliases that nothing speaks against, and an issue for each of the others: what does, by its variant."""
    wrong = (doubt != "").to_numpy()
    return rows_where(rows, ~wrong), [*_not_used(rows.assign(doubt=doubt)[wrong])]


# -- what speaks against them ----------------------------------------------------------------------------------


def _unreadable(rows: pd.DataFrame) -> pd.Series[Any]:
    named = np.asarray([name in OWN for name in rows["resource"]], dtype=bool)
    doubts = {
        "incomplete": (rows[[*COLUMNS]] == "").any(axis="columns"),
        "resource": ~named,
        "same": rows["was"] == rows["now"],
    }
    return _doubts(rows, doubts)


def _contradictory(rows: pd.DataFrame) -> pd.Series[Any]:
    own = rows["resource"]
    old, new = own + " " + rows["was"], own + " " + rows["now"]
    doubts = {
        "two-new": old.duplicated(keep=False),
        "two-old": new.duplicated(keep=False),
        "chain": old.isin(new) | new.isin(old),
    }
    return _doubts(rows, doubts)


def _doubts(rows: pd.DataFrame, where: Mapping[str, Any]) -> pd.Series[Any]:
    """For each row the first variant that applies; blank if none does."""
    found = np.select([np.asarray(flags, dtype=bool) for flags in where.values()], [*where], "")
    return pd.Series(found, index=rows.index, dtype="str")


def _not_used(rows: pd.DataFrame) -> Iterable[Issue]:
    for row in rows.to_dict("records"):
        resource = CATALOGUE.get(row["resource"])
        text = wording("alias-not-used", row["doubt"], own=listed(OWN, "or")).given(
            given=row["resource"], old=row["old"], new=row["new"], object=resource.noun if resource else ""
        )
        yield text.issue(
            "error",
            resource=resource.name if resource else None,
            file=row["file"],
            tab=None if pd.isna(row["tab"]) else row["tab"],
            row=int(row["row"]),
            value=row["new"],
        )


# -- in the rows of exports ------------------------------------------------------------------------------------


def as_on_site(
    resource: Resource,
    name: str,
    evaluated: Evaluated,
    renames: Renames,
    conventions: Conventions,
    note: Note = ignore_step,
) -> Evaluated:
    """A field with identifiers as the site has them; `renames` as in a Source, `note` as for `evaluate_field`."""
    names = renames.get(_whose(resource.name).get(name, ""))
    if not names:
        return evaluated
    at = position(fold(evaluated.texts, conventions), pd.Series([*names], dtype="str"))
    if (at < 0).all():
        return evaluated
    there = pick(pd.Series([*names.values()], dtype="str"), at).set_axis(evaluated.texts.index)
    renamed = replace(evaluated, texts=there.fillna(evaluated.texts))
    note("aliases", "", renamed)
    return renamed


def key_on_site(
    resource: Resource, key: Mapping[str, str], renames: Renames, conventions: Conventions
) -> dict[str, str]:
    """A key, or a part of one, with identifiers as the site has them."""
    whose = _whose(resource.name)
    folded = fold(pd.Series([*key.values()], dtype="str"), conventions)
    pairs = zip(key.items(), folded, strict=True)
    return {name: renames.get(whose.get(name, ""), {}).get(own, text) for (name, text), own in pairs}


@cache
def _whose(name: str) -> Mapping[str, str]:
    """By field of a resource, the one whose objects it identifies."""
    resource = CATALOGUE[name]
    whose = {next(iter(on)): above for above, on in ancestors(resource) if len(on) == 1}
    return whose | ({resource.key[0]: resource.name} if len(resource.key) == 1 else {})
