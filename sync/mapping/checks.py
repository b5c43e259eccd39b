"""What a field may hold: pandera schemas made from the catalogue, and what their failures mean to a person."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sync.mapping.findings import shown
from sync.model import Field

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pandera.pandas import SeriesSchema

    Column = pd.Series[Any]

MISSING, PATTERN, VOID, TOO_LONG = "missing-value", "pattern", "void", "too-long"
MEND = "Correct it in the SIS and export again."
NO_ID = f"{MEND} Where it stands for none, leave such rows out with `rows: drop` in the mapping."


@dataclass(frozen=True, slots=True)
class Refusal:
    """Distinct values of a field that cannot stand.

    `at` flags which; `texts` are all of them as they were when refused, the first of them the `start`-th of the
    field's; `says` ends a sentence that begins with one, or is all of it where that is blank; `more` adds to it what
    is to be said of one alone (NA: nothing).
    """

    code: str
    at: NDArray[np.bool_]
    texts: Column
    says: str
    hint: str
    start: int = 0
    more: Column | None = None

    def why(self, n: int) -> str:
        """Why the n-th value of the field cannot stand."""
        n -= self.start
        text = self.texts.iloc[n]
        says = f"{shown(text)} {self.says}" if text else self.says
        more = self.more.iloc[n] if self.more is not None else None
        return f"{says}: {more}" if isinstance(more, str) else says

    def where(self, codes: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of the field's codes are of a value refused so."""
        own = codes - self.start
        within = (own >= 0) & (own < len(self.at))
        flags: NDArray[np.bool_] = np.append(self.at, False)[np.where(within, own, -1)]
        return flags

    def moved(self, by: int) -> Refusal:
        """The same, where so many other values stand before these."""
        return replace(self, start=self.start + by)


def code_of(field: Field) -> str:
    """The code of an issue about a value a field cannot take."""
    kind = {"text": field.name, "instant": "date"}.get(field.kind, field.kind)
    return f"bad-{kind}"


@cache
def schema(field: Field) -> SeriesSchema | None:
    """The field as a schema of canonical text, None if it may be any: what is NA is not said, and passes."""
    # Imported here because it takes most of a second, which commands that read no sheet need not spend.
    from pandera import pandas as pandera

    checks = []
    if field.required:
        checks.append(pandera.Check(lambda column: column != "", name=MISSING))
    if field.pattern is not None:
        pattern = field.pattern
        checks.append(pandera.Check(lambda column: (column == "") | column.str.fullmatch(pattern), name=PATTERN))
    if field.void is not None:
        void = field.void
        checks.append(pandera.Check(lambda column: column != void, name=VOID))
    if field.max_len is not None:
        longest = field.max_len
        checks.append(pandera.Check(lambda column: column.str.len() <= longest, name=TOO_LONG))
    return pandera.SeriesSchema("str", checks, nullable=True) if checks else None


def refusals(field: Field, canonical: Column) -> Iterator[Refusal]:
    """What the catalogue has against distinct canonical values (index 0, 1, 2 ...) of a field."""
    from pandera.errors import SchemaErrors

    if (all_may_be := schema(field)) is None:
        return
    try:
        all_may_be.validate(canonical, lazy=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases
        for check in cases["check"].unique():
            at = np.zeros(len(canonical), dtype=bool)
            at[cases.loc[cases["check"] == check, "index"].to_numpy(dtype="int64")] = True
            code, says, hint = _wording(check, field)
            yield Refusal(code, at, canonical, says, hint)


def _wording(check: str, field: Field) -> tuple[str, str, str]:
    if check == MISSING:
        return MISSING, f"{field.name} is blank, but must have a value", "Enter it in the SIS and export again."
    if check == TOO_LONG:
        return TOO_LONG, f"is longer than the {field.max_len} characters that {field.name} can have", MEND
    if check == VOID:
        return code_of(field), f"cannot be used as {field.name}: Moodle treats it as no ID at all", NO_ID
    return code_of(field), f"cannot be used as {field.name}: {field.pattern_says}", _mend(field)


def _mend(field: Field) -> str:
    pattern = re.compile(field.pattern or "")
    if pattern.fullmatch("a") and not pattern.fullmatch("A"):
        return f"{MEND} Where only capitals are in the way, write `then: [lower]` for the field in the mapping."
    return MEND
