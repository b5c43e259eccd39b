"""Rows in somebody else's layout: a file that says for each column what it is made from.

    columns:
      STUDENT: userid
      GRADE: {column: gradeletter, values: {A-: A1}, else: U}

Values are made as in mapping files. A value that cannot be made is an issue, and its cell stays empty.
"""

from __future__ import annotations

from collections import abc
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import numpy as np
import pandas as pd
import pyarrow.compute as pc
from pydantic import AfterValidator
from pydantic import Field as Key

from sync.config.document import Document, read, suggestion, validate
from sync.config.rules import Rule, Rules
from sync.config.scalars import Name, Strict
from sync.errors import ConfigError, Fault
from sync.export.texts import texts
from sync.export.writers import RowWriter
from sync.mapping.evaluate import Evaluated, evaluate_field
from sync.mapping.lookups import Library
from sync.mapping.table import tabulate
from sync.model import Conventions, Field, Issue, Sheet
from sync.model.issue_texts import sentence, wording
from sync.model.values import arrow, series

MOST: Final = 1_000
"""Issues reported one by one; beyond that they are counted."""

_EPOCH: Final = datetime.fromtimestamp(0, UTC)


def _of_the_row_alone(rule: Rule) -> Rule:
    if "own" in rule.model_fields_set:
        raise ValueError("own: sets who owns a field in Moodle and has no meaning here")
    if any(rule.lookups):
        raise ValueError("no other sheets are read here; list the values themselves below values:")
    return rule


class ColumnLayout(Strict):
    """What the columns of a file are made from, in their order."""

    columns: Annotated[abc.Mapping[Name, Annotated[Rules, AfterValidator(_of_the_row_alone)]], Key(min_length=1)] = Key(
        description="Name of the column: its value, as in mapping files, built from the columns that are read."
    )


def read_layout(path: Path, known: Sequence[str]) -> ColumnLayout:
    """Read a layout of rows that have the `known` columns. Raises ConfigError with every fault of the file."""
    documents, faults = read(path, path.as_posix())
    if len(documents) != 1 and not faults:
        faults = [Fault("this file must contain one YAML document with columns: in it", where=path.as_posix())]
    if faults:
        raise ConfigError(*faults)
    (document,) = documents
    layout, faults = validate(document, ColumnLayout, document.data, None)
    faults += _unknown(document, layout, known) if layout else []
    if faults or layout is None:
        raise ConfigError(*faults)
    return layout


def _unknown(document: Document, layout: ColumnLayout, known: Sequence[str]) -> Iterator[Fault]:
    for name, rule in layout.columns.items():
        for column in rule.columns:
            if column not in known:
                message = f"`{column}` is not one of the columns that are read"
                yield document.fault(("columns", name), message, suggestion(column, known))


@dataclass
class LayoutWriter:
    """A table that takes rows as they are read and passes them on in the layout.

    `file` is the name under which issues refer to its rows.
    """

    table: RowWriter
    layout: ColumnLayout
    file: str
    conventions: Conventions
    _issues: list[Issue] = field(default_factory=list)
    _unlisted: int = 0
    _rows: int = 0

    @property
    def issues(self) -> list[Issue]:
        """Values that could not be made: the first `MOST` of them, and one issue that counts the others."""
        if not self._unlisted:
            return self._issues
        rest = wording("not-listed", "cell" if self._unlisted == 1 else "cells", count=self._unlisted)
        return [*self._issues, rest.issue("error", file=self.file)]

    def write(self, frame: pd.DataFrame) -> None:
        """Add rows."""
        # A header has a row too, as a person counts.
        rows = pd.RangeIndex(self._rows + 2, self._rows + 2 + len(frame))
        cells = pd.DataFrame({name: series(column, rows) for name, column in texts(frame).items()}, index=rows)
        table = tabulate([Sheet(self.file, None, cells, "", _EPOCH)])
        made = {
            name: evaluate_field(
                rule, Field(name, kind="instant" if rule.date else "text"), table, Library(), self.conventions
            )
            for name, rule in self.layout.columns.items()
        }
        for name, evaluated in made.items():
            self._report(name, evaluated)
        self.table.write(pd.DataFrame({name: _cells(evaluated) for name, evaluated in made.items()}))
        self._rows += len(frame)

    def _report(self, name: str, evaluated: Evaluated) -> None:
        for refusal in evaluated.refusals:
            at = np.flatnonzero(refusal.where(evaluated.codes))
            issues = at[: MOST - len(self._issues)].tolist()
            for n in issues:
                code = int(evaluated.codes[n])
                value, row = evaluated.source[code].as_py(), self._rows + 2 + n
                issue = refusal.wording.like("error", file=self.file, row=row, column=name, value=value)
                message = sentence("left-empty", wrong=refusal.why(code))
                self._issues.append(replace(issue, message=message, hint=sentence("fix-columns")))
            self._unlisted += len(at) - len(issues)


def _cells(evaluated: Evaluated) -> pd.Series[str]:
    return series(pc.fill_null(arrow(evaluated.column), ""))
