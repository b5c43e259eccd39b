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
from sync.model.issue_texts import Wording, wording
from sync.model.written import hidden, nothing, where_hidden

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from pandera.pandas import SeriesSchema

    Column = pd.Series[Any]

MISSING, PATTERN, VOID, TOO_LONG = "missing-value", "pattern", "void", "too-long"
NOTHING, HIDDEN, TAGS = "nothing", "hidden", "tags"

TAG = r"<(?:>|[^ \t-\r>][^>]*(?:>|\z)|\z)"
"""What PHP removes as a tag, even an unfinished one. A `<` before a blank is not a tag."""


@dataclass(frozen=True, slots=True)
class RejectedValues:
    """Distinct values of a field that are refused.

    `at` flags which; `texts` are all of them as they were when refused, the first of them the `start`-th of the
    field's; `wording` says why, with the refused text as its `value`; `details` hold what applies to one alone.
    """

    at: NDArray[np.bool_]
    texts: Column
    wording: Wording
    start: int = 0
    details: Column | None = None

    @property
    def code(self) -> str:
        """The code of an issue about one of them."""
        return self.wording.code

    def why(self, n: int) -> str:
        """Why the n-th value of the field is refused."""
        n -= self.start
        detail = self.details.iloc[n] if self.details is not None else ""
        return self.wording.given(value=shown(self.texts.iloc[n]), detail=detail).message

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

    checks = [pandera.Check(_by_column(stands), name=name) for name, stands in _checks(field)]
    # Without a dtype: checking that takes as long as all checks, and canonical values are text.
    return pandera.SeriesSchema(checks=checks, nullable=True)


def _by_column(stands: Callable[[pa.Array], pa.Array]) -> Callable[[Column], pd.Series[bool]]:
    return lambda column: pd.Series(np.asarray(stands(values.arrow(column))), index=column.index)


def _checks(field: Field) -> Iterator[tuple[str, Callable[[pa.Array], pa.Array]]]:
    """The rules for the values of a field: the name of each check, and which texts pass."""
    if field.required:
        yield MISSING, lambda texts: pc.not_equal(texts, "")
    if field.kind == "identifier":
        yield NOTHING, lambda texts: pc.invert(nothing(texts))
        yield HIDDEN, lambda texts: pc.invert(hidden(texts))
    if field.pattern is not None:
        pattern = field.pattern
        yield PATTERN, lambda texts: pc.or_(pc.equal(texts, ""), _matching(texts, pattern))
    if field.void is not None:
        void = field.void
        yield VOID, lambda texts: pc.not_equal(texts, void)
    if field.max_len is not None:
        longest, name_too_long = field.max_len, f"[^/]{{{field.max_len + 1}}}"
        if field.kind == "path":
            yield TOO_LONG, lambda texts: pc.invert(pc.match_substring_regex(texts, name_too_long))
        else:
            yield TOO_LONG, lambda texts: pc.less_equal(pc.utf8_length(texts), longest)
    if field.strips_tags:
        yield TAGS, lambda texts: pc.or_(pc.equal(texts, ""), pc.invert(_only_tags(texts)))


def _matching(texts: pa.Array, pattern: str) -> pa.Array:
    return pa.array(values.series(texts).str.fullmatch(pattern).to_numpy(dtype=bool))


def _only_tags(texts: pa.Array) -> pa.Array:
    """Which texts are blank once Moodle has removed their tags, as PHP's strip_tags does."""
    tagged = pc.fill_null(pc.match_substring(texts, "<"), False)
    if not pc.any(tagged).as_py():
        return tagged
    left = pc.replace_substring_regex(texts, TAG, "")
    return pc.and_(tagged, pc.equal(pc.utf8_trim_whitespace(left), ""))


def refusals(field: Field, canonical: Column) -> Iterator[RejectedValues]:
    """The catalogue's objections to distinct canonical values (index 0, 1, 2 ...) of a field."""
    given = values.arrow(canonical).drop_null()
    if all(pc.all(stands(given)).as_py() is not False for _, stands in _checks(field)):
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
            details = _where_hidden(canonical, at) if check == HIDDEN else None
            yield RejectedValues(at, canonical, _wording(check, field), details=details)


def _where_hidden(canonical: Column, at: NDArray[np.bool_]) -> Column:
    return values.series(where_hidden(values.arrow(canonical.where(at))), canonical.index)


def _wording(check: str, field: Field) -> Wording:
    if check == MISSING:
        return wording(MISSING, field=field.called)
    if check == TAGS:
        return wording(MISSING, TAGS, field=field.called)
    if check == TOO_LONG:
        return wording(TOO_LONG, "path" if field.kind == "path" else "", limit=field.max_len, field=field.called)
    if check == PATTERN:
        lower = "capitals" if _wants_lower_case(field) else ""
        return wording(code_of(field), lower, field=field.called, rule=field.pattern_hint)
    return wording(code_of(field), check, field=field.called)


def _wants_lower_case(field: Field) -> bool:
    pattern = re.compile(field.pattern or "")
    return bool(pattern.fullmatch("a")) and not pattern.fullmatch("A")
