"""What is listed again and still has the values that it got while it was missing: it gets back what it had before.

That is the value in its row; or, where no column feeds the field, the one that the site had before a run set another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import orjson
import pandas as pd

from sync.diff.missing_set import Values, field_names
from sync.model import Desired, Issue, Resource
from sync.model.columns import filled, framed, rows_where, with_columns
from sync.model.frames import fields_of
from sync.model.index import Flags
from sync.model.issue_texts import wording
from sync.model.values import position, unpack

Updates = Callable[[str, Sequence[str]], pd.DataFrame]
"""What runs have changed in some objects (resource, matches): columns as in `Store.updates`; in order of the runs."""


def set_back(
    resource: Resource, desired: Desired, ledger: pd.DataFrame, values: Values, updates: Updates
) -> tuple[Desired, list[Issue]]:
    """The desired rows with a value in the fields that are to be set back, and issues where it is not known any more.

    ledger: its ledger rows; `values`: what its mappings set; nothing changes if that is nothing
    """
    names = field_names(values)
    if not names:
        return desired, []
    fed = fields_of(resource, desired.rows)
    unfed = [name for name in names if name not in fed]
    rows = with_columns(desired.rows, **{name: filled(None, desired.rows.index) for name in unfed})
    known = _perhaps_set(ledger, values, names)
    at = position(rows["match"], known["match"])
    listed = np.flatnonzero(at >= 0)
    issues = list[Issue]()
    if len(listed):
        earlier = _earlier(updates(resource.name, rows["match"].iloc[listed].tolist()), names)
        certain = known.iloc[at[listed]]
        for name in names:
            own = _Returning(rows, listed, name, certain[name])
            rows, missing = own.with_values(earlier.get(name, {}))
            issues += [_unknown(resource, rows.iloc[place], name) for place in missing]
    return replace(desired, rows=rows, unfed=frozenset(unfed)), issues


def _perhaps_set(ledger: pd.DataFrame, values: Values, names: Sequence[str]) -> pd.DataFrame:
    """What may have such a value because of a run: its match, and for each field whether that is certain.

    It is if the value was what was sent last. Where it is unknown what was sent last, or whether it was applied, the
    journal says what there was before.
    """
    mentions = np.zeros(len(ledger), dtype=bool)
    for name in names:
        mentions |= ledger["sent"].str.contains(f'"{name}":', regex=False).to_numpy(dtype=bool)
    unknown = ledger["sent"].isna().to_numpy() & (ledger["owned"] == 1).to_numpy()
    rows = ledger[mentions | unknown].reset_index(drop=True)
    sent, seen = unpack(rows["sent"], names), unpack(rows["seen"], names)
    ours = {name: sent[name].isin({own[name] for own in values.values() if name in own}) for name in names}
    unseen = (sent.notna() & seen.isna()).any(axis="columns")
    perhaps = np.logical_or.reduce([rows["sent"].isna(), unseen, *ours.values()])
    return rows_where(framed({"match": rows["match"], **ours}, rows.index), perhaps)


def _earlier(updates: pd.DataFrame, names: Sequence[str]) -> dict[str, dict[str, str | None]]:
    """By field and match, the value that an object is to get back; None if it has got it back."""
    found: dict[str, dict[str, str | None]] = {name: {} for name in names}
    for match, rows in updates.groupby("match", sort=False):
        steps = [_Step.of(row) for row in rows.to_dict("records")]
        for name in names:
            changing = [step for step in steps if step.changes(name)]
            value = _before_sets(changing, name)
            if value is not None:
                found[name][str(match)] = None if changing[-1].has_given(name, value) else value
    return found


@dataclass(frozen=True, slots=True)
class _Step:
    """One update of an object: what it had before and after; `listed` if a row of a file asked for it.

    done: it is known to have been carried out
    """

    before: dict[str, str]
    after: dict[str, str]
    listed: bool
    done: bool

    @classmethod
    def of(cls, row: dict[Any, Any]) -> _Step:
        before, after = (orjson.loads(row[side]) if isinstance(row[side], str) else {} for side in ("before", "after"))
        return cls(before, after, isinstance(row["file"], str), row["status"] == "done")

    def changes(self, name: str) -> bool:
        """Whether it gives a field another value."""
        return name in self.after and self.after[name] != self.before.get(name)

    def has_given(self, name: str, value: str) -> bool:
        """Whether the object is known to have had this value afterwards: another one was set in Moodle then."""
        return self.done and self.after[name] == value


def _before_sets(steps: Sequence[_Step], name: str) -> str | None:
    """What the last row of a file has set, or what was there before everything that has been set since."""
    value: str | None = None
    for step in reversed(steps):
        if step.listed:
            return step.after[name] if value is None else value
        value = step.before.get(name)
    return value


@dataclass(frozen=True, slots=True)
class _Returning:
    """Desired rows, which of them may have to be set back (positions), and one field.

    certain: which of those have the value that they got while they were missing
    """

    rows: pd.DataFrame
    at: np.ndarray[Any, np.dtype[np.intp]]
    name: str
    certain: pd.Series[bool]

    def with_values(self, earlier: dict[str, str | None]) -> tuple[pd.DataFrame, list[int]]:
        """The rows with the earlier value where they have none, and the positions of those where it is not known."""
        column = self.rows[self.name].copy()
        blank: Flags = column.iloc[self.at].isna().to_numpy()
        matches = self.rows["match"].iloc[self.at]
        column.iloc[self.at[blank]] = matches.map(earlier).astype("str")[blank].array
        unknown = blank & ~matches.isin([*earlier]).to_numpy() & self.certain.to_numpy(dtype=bool)
        return with_columns(self.rows, **{self.name: column}), self.at[unknown].tolist()


def _unknown(resource: Resource, row: pd.Series[Any], name: str) -> Issue:
    key = {part: str(row[part]) for part in resource.key}
    text = wording("not-set-back", key=" / ".join(key.values()), field=resource.called(name))
    row_ = None if pd.isna(row["row"]) else int(row["row"])
    packed = orjson.dumps(key).decode()
    return text.issue("warning", resource=resource.name, file=str(row["file"]), row=row_, key=packed)
