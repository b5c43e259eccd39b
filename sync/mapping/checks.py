"""What a field may contain: pandera schemas made from the catalogue, and what their failures mean to a person."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from sync.model import Field, values
from sync.model.findings import shown
from sync.model.written import hidden, nothing, where_hidden

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pandera.pandas import SeriesSchema

    Column = pd.Series[Any]

MISSING, PATTERN, VOID, TOO_LONG = "missing-value", "pattern", "void", "too-long"
NOTHING, HIDDEN, TAGS = "nothing", "hidden", "tags"
FIX_IN_SIS = "Correct it in the SIS and export again."
NO_ID = f"{FIX_IN_SIS} If it means no ID, leave such rows out with `rows: drop` in the mapping."
RETYPE = "Retype the identifier in the SIS (do not paste it) and export again."
UNTAG = "Moodle treats `<` as the start of a tag unless a space follows it. Correct the name in the SIS."

TAG = r"<(?:>|[^ \t-\r>][^>]*(?:>|\z)|\z)"
"""What PHP removes as a tag, even an unfinished one. A `<` before a blank is not a tag."""


@dataclass(frozen=True, slots=True)
class RejectedValues:
    """Distinct values of a field that are refused.

    `at` flags which; `texts` are all of them as they were when refused, the first of them the `start`-th of the
    field's; `message` ends a sentence that begins with one, or is all of it where that is blank; `more` adds to it what
    is to be said of one alone (NA: nothing).
    """

    code: str
    at: NDArray[np.bool_]
    texts: Column
    message: str
    hint: str
    start: int = 0
    more: Column | None = None

    def why(self, n: int) -> str:
        """Why the n-th value of the field is refused."""
        n -= self.start
        text = self.texts.iloc[n]
        message = f"{shown(text)} {self.message}" if text else self.message
        more = self.more.iloc[n] if self.more is not None else None
        return f"{message}: {more}" if isinstance(more, str) else message

    def where(self, codes: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which of the field's codes belong to a value refused for this reason."""
        own = codes - self.start
        within = (own >= 0) & (own < len(self.at))
        flags: NDArray[np.bool_] = np.append(self.at, False)[np.where(within, own, -1)]
        return flags

    def moved(self, by: int) -> RejectedValues:
        """The same, for positions after this many other values."""
        return replace(self, start=self.start + by)


def code_of(field: Field) -> str:
    """The code of an issue about a value that a field cannot have."""
    kind = {"text": field.name, "instant": "date"}.get(field.kind, field.kind)
    return f"bad-{kind}"


@cache
def schema(field: Field) -> SeriesSchema:
    """The field as a schema of canonical text: NA means "not given", and passes."""
    # Imported here because it takes most of a second, which clean sheets need not spend.
    from pandera import pandas as pandera

    checks = [pandera.Check(stands, name=name) for name, stands in _checks(field)]
    # Without a dtype: checking that takes as long as all checks, and canonical values are text.
    return pandera.SeriesSchema(checks=checks, nullable=True)


def _checks(field: Field) -> Iterator[tuple[str, Callable[[Column], Any]]]:
    """The rules for the values of a field: the name of each check, and which values pass."""
    if field.required:
        yield MISSING, lambda column: column != ""
    if field.kind == "identifier":
        yield NOTHING, lambda column: ~_flags(nothing, column)
        yield HIDDEN, lambda column: ~_flags(hidden, column)
    if field.pattern is not None:
        pattern = field.pattern
        yield PATTERN, lambda column: (column == "") | column.str.fullmatch(pattern)
    if field.void is not None:
        void = field.void
        yield VOID, lambda column: column != void
    if field.max_len is not None:
        longest, name_too_long = field.max_len, f"[^/]{{{field.max_len + 1}}}"
        if field.kind == "path":
            yield TOO_LONG, lambda column: ~column.str.contains(name_too_long)
        else:
            yield TOO_LONG, lambda column: column.str.len() <= longest
    if field.strips_tags:
        yield TAGS, lambda column: (column == "") | ~_flags(_only_tags, column)


def _flags(which: Callable[[pa.Array], pa.Array], column: Column) -> pd.Series[bool]:
    return pd.Series(np.asarray(which(values.arrow(column))), index=column.index)


def _only_tags(texts: pa.Array) -> pa.Array:
    """Which texts are blank once Moodle has removed their tags, as PHP's strip_tags does."""
    tagged = pc.fill_null(pc.match_substring(texts, "<"), False)
    if not pc.any(tagged).as_py():
        return tagged
    left = pc.replace_substring_regex(texts, TAG, "")
    return pc.and_(tagged, pc.equal(pc.utf8_trim_whitespace(left), ""))


def refusals(field: Field, canonical: Column) -> Iterator[RejectedValues]:
    """The catalogue's objections to distinct canonical values (index 0, 1, 2 ...) of a field."""
    given = canonical.dropna()
    if all(bool(np.all(stands(given))) for _, stands in _checks(field)):
        return
    from pandera.errors import SchemaErrors

    try:
        schema(field).validate(canonical, lazy=True)
    except SchemaErrors as errors:
        cases = errors.failure_cases
        explained = np.zeros(len(canonical), dtype=bool)
        for check in cases["check"].unique():
            at = np.zeros(len(canonical), dtype=bool)
            at[cases.loc[cases["check"] == check, "index"].to_numpy(dtype="int64")] = True
            at &= ~explained
            if check == NOTHING:  # such a word may break other rules too, but is refused once
                explained = at
            code, message, hint = _wording(check, field)
            more = _where_hidden(canonical, at) if check == HIDDEN else None
            yield RejectedValues(code, at, canonical, message, hint, more=more)


def _where_hidden(canonical: Column, at: NDArray[np.bool_]) -> Column:
    return values.series(where_hidden(values.arrow(canonical.where(at))), canonical.index)


def _wording(check: str, field: Field) -> tuple[str, str, str]:
    if check == MISSING:
        return MISSING, f"{field.name} is blank, but is required", "Enter it in the SIS and export again."
    if check == NOTHING:
        return code_of(field), f"usually means an empty value and cannot be used as {field.name}", FIX_IN_SIS
    if check == HIDDEN:
        return code_of(field), "contains an invisible character", RETYPE
    if check == TAGS:
        return MISSING, f"consists only of tags, which Moodle removes: {field.name} would be blank", UNTAG
    if check == TOO_LONG and field.kind == "path":
        return (
            TOO_LONG,
            f"has a part longer than the {field.max_len} characters each name in {field.name} can have",
            FIX_IN_SIS,
        )
    if check == TOO_LONG:
        return TOO_LONG, f"is longer than the {field.max_len} characters that {field.name} can have", FIX_IN_SIS
    if check == VOID:
        return code_of(field), f"cannot be used as {field.name}: Moodle treats it as no ID at all", NO_ID
    return code_of(field), f"cannot be used as {field.name}: {field.pattern_hint}", _pattern_hint(field)


def _pattern_hint(field: Field) -> str:
    pattern = re.compile(field.pattern or "")
    if pattern.fullmatch("a") and not pattern.fullmatch("A"):
        return f"{FIX_IN_SIS} If capitals are the only problem, set `then: [lower]` for the field in the mapping."
    return FIX_IN_SIS
