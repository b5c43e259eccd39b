"""What the values of a sheet's columns look like: how many there are, whether each occurs once, their form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from sync.mapping.dates import date_form
from sync.model import Sheet

if TYPE_CHECKING:
    Counts = pd.Series[int]
    Texts = pd.Series[Any]

FEW: Final = 15
"""Most distinct values of a column that has codes."""


@dataclass(frozen=True, slots=True)
class Profile:
    """The values of one column, or of several joined: how often each occurs, the most frequent first.

    Blank cells are left out; `rows` counts all rows.
    """

    rows: int
    counts: Counts

    @property
    def filled(self) -> int:
        """In how many rows there is a value."""
        return int(self.counts.sum())

    @property
    def values(self) -> Texts:
        """The distinct values, the most frequent first."""
        return pd.Series(self.counts.index, dtype="str")

    @property
    def identifies(self) -> bool:
        """Whether every row has a value, and each a different one."""
        return 0 < self.rows == self.filled == len(self.counts)

    @property
    def coded(self) -> bool:
        """Whether there are so few values that they may be codes."""
        return 0 < len(self.counts) <= FEW

    def share(self, pattern: str) -> float:
        """The share of rows with a value whose whole value matches a regular expression; 0 without any value."""
        fits = self.values.str.fullmatch(pattern, case=False).to_numpy(dtype=bool)
        return float(self.counts.to_numpy()[fits].sum() / self.filled) if self.filled else 0.0

    def within(self, other: Profile) -> float:
        """The share of distinct values that another column has as well."""
        return float(self.counts.index.isin(other.counts.index).mean()) if len(self.counts) else 0.0

    @property
    def date(self) -> str | None:
        """The format of `date:` that reads all values; None if none does, or if it is not clear which."""
        return date_form(self.values) if len(self.counts) else None


@dataclass(frozen=True, slots=True)
class SheetProfile:
    """A sheet whose columns are to be understood: its file, or the pattern for it, and its columns in order."""

    file: str
    tab: str | None
    sheet: Sheet
    columns: Mapping[str, Profile]

    def joined(self, names: Sequence[str], separator: str) -> Profile:
        """The profile of columns whose values are joined; a row counts if all of them have a value."""
        if len(names) == 1:
            return self.columns[names[0]]
        cells = [_filled(self.sheet.frame[name]) for name in names]
        whole = pd.concat(cells, axis="columns").dropna()
        texts = whole.iloc[:, 0].str.cat(whole.iloc[:, 1:], sep=separator)
        return Profile(len(self.sheet.frame), texts.value_counts())


def profile(sheet: Sheet, file: str) -> SheetProfile:
    """The profile of a sheet that a mapping would read as `file`."""
    frame = sheet.frame
    columns = {str(name): Profile(len(frame), _filled(frame[name]).value_counts()) for name in frame.columns}
    return SheetProfile(file, sheet.tab, sheet, columns)


def _filled(cells: Texts) -> Texts:
    texts = cells.astype("str").str.strip()
    return texts[(texts != "").fillna(value=False)]
