"""One mapping and its sheet -> what the sheet says, row by row, and what its bad rows protect."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from sync import values
from sync.mapping import rows as selection
from sync.mapping.checks import Refusal
from sync.mapping.evaluate import Evaluated, evaluate
from sync.mapping.findings import Finding, headers, listed, shown
from sync.mapping.models import Mapping as SheetMapping
from sync.model import Field, Issue, Manners, Resource, Sheet

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]

RAGGED = "ragged-row"


@dataclass(frozen=True, slots=True)
class Statement:
    """What a sheet says.

    rows:    match, fields..., gone, row; one for each good row that counts, in the sheet's order
    guarded: match, slice, claims; as in Desired
    unkeyed: number of bad rows whose key cannot be read
    """

    mapping: SheetMapping
    sheet: Sheet
    rows: pd.DataFrame
    guarded: pd.DataFrame
    unkeyed: int
    findings: tuple[Finding, ...]


def state(resource: Resource, mapping: SheetMapping, sheet: Sheet, manners: Manners) -> Statement:
    """What a sheet says, by its mapping. The sheet has all columns the mapping names.

    A row is bad if it is ragged, if a cell it needs is an error value, if it fits neither of two lists of `rows:`,
    or if a field cannot stand; of a row that says its object is gone, only the key must stand.
    """
    frame, ragged, unexpected = _counted(mapping, sheet)
    gone = selection.all_fit(mapping.delete_when, frame)
    fields = {name: evaluate(rule, _field(resource, name), frame, manners) for name, rule in _rules(resource, mapping)}
    keyless = _any((fields[name].unfit for name in resource.key), len(frame))
    looked_at = frame[[*mapping.rows.keep, *mapping.rows.drop, *mapping.delete_when]]
    unfit = (each.unfit & ~gone for name, each in fields.items() if name not in resource.key)
    bad = ragged | keyless | looked_at.isna().any(axis=1).to_numpy() | _any([*unexpected.values(), *unfit], len(frame))
    where = _Where(resource, mapping, sheet, frame.index.to_numpy(dtype="int64"))
    findings = [
        *(where.unexpected(column, frame[column], flags & ~ragged) for column, flags in unexpected.items()),
        *(
            where.refused(name, each, refusal, ~ragged if name in resource.key else ~(ragged | gone))
            for name, each in fields.items()
            for refusal in each.refusals
        ),
    ]
    columns = {name: each.column for name, each in fields.items()}
    key = pd.DataFrame({name: columns[name] for name in resource.key})
    match = values.match_of(key, resource.key, manners)
    slices = _slices(resource, fields, key, manners)
    said = {"match": match, **columns, "gone": gone, "row": where.row}
    return Statement(
        mapping,
        sheet,
        rows=_chosen(pd.DataFrame(said), ~bad),
        guarded=_guarded(match, slices, bad, keyless, ragged, mapping.name),
        unkeyed=int(keyless.sum()),
        findings=tuple(findings),
    )


def _guarded(
    match: pd.Series[Any], slices: pd.Series[Any], bad: Flags, keyless: Flags, ragged: Flags, claims: str
) -> pd.DataFrame:
    """What bad rows protect. In a ragged row cells may stand in each other's place: its key may be another's."""
    spoken = guards(match[bad].mask(keyless[bad]), slices[bad].where(keyless[bad]), claims)
    anything = pd.Series(pd.NA, index=range(min(1, int(ragged.sum()))), dtype="str")
    return pd.concat([spoken, guards(anything, None, claims)], ignore_index=True)


def guards(match: pd.Series[Any], slices: pd.Series[Any] | None, claims: str | pd.Series[Any]) -> pd.DataFrame:
    """What is protected, as in Desired: each thing once."""
    frame = pd.DataFrame({"match": match, "slice": pd.NA if slices is None else slices, "claims": claims})
    return frame.astype("str").drop_duplicates(ignore_index=True)


def _counted(mapping: SheetMapping, sheet: Sheet) -> tuple[pd.DataFrame, Flags, Mapping[str, Flags]]:
    """The cells of the rows that count, which of them are ragged, and which are unexpected, by column.

    A ragged row always counts: a cell that says it is left out may be another column's.
    """
    broken = [issue.row for issue in sheet.issues if issue.code == RAGGED]
    ragged = np.asarray(sheet.frame.index.isin(broken)) if broken else np.zeros(len(sheet.frame), dtype=bool)
    choice = selection.choose(mapping.rows, sheet.frame)
    counted = choice.counted | ragged
    frame = sheet.frame[list(mapping.columns)]
    if counted.all():
        return frame, ragged, choice.unexpected
    return frame[counted], ragged[counted], {name: flags[counted] for name, flags in choice.unexpected.items()}


def _rules(resource: Resource, mapping: SheetMapping) -> Iterator[tuple[str, Any]]:
    for name, rule in mapping.fields.items():
        # A key is always said: without one, a row speaks of nothing.
        yield name, rule.model_copy(update={"own": "always"}) if name in resource.key else rule


def _field(resource: Resource, name: str) -> Field:
    return resource.field(name) or Field(name)


def _any(flags: Any, length: int) -> Flags:
    result = np.zeros(length, dtype=bool)
    for each in flags:
        result |= each
    return result


def _chosen(frame: pd.DataFrame, flags: Flags) -> pd.DataFrame:
    return frame if flags.all() else frame[flags].reset_index(drop=True)


def _slices(resource: Resource, fields: Mapping[str, Evaluated], key: pd.DataFrame, manners: Manners) -> pd.Series[Any]:
    """The slice of every row, folded; NA where a part of it cannot be read, or the resource has none."""
    if not resource.slice:
        return pd.Series(pd.NA, index=key.index, dtype="str")
    unread = _any((fields[name].unfit for name in resource.slice), len(key))
    return values.match_of(key, resource.slice, manners).mask(unread)


@dataclass(frozen=True, slots=True)
class _Where:
    """What the issues of one sheet have in common, and the number of each row."""

    resource: Resource
    mapping: SheetMapping
    sheet: Sheet
    row: NDArray[np.int64]

    def unexpected(self, column: str, cells: pd.Series[Any], at: Flags) -> Finding:
        """Rows that fit neither list of `rows:`."""
        keep, drop = self.mapping.rows.keep[column], self.mapping.rows.drop[column]
        says = f"is neither to be kept ({listed(keep, 'or')}) nor to be dropped ({listed(drop, 'or')})"
        hint = f"List it in the mapping under `keep` or `drop` of {column}; until then its object stays as it is."
        like = self._like("unexpected-status", hint, column)
        told = zip(self.row[at].tolist(), cells[at], strict=True)
        cases = (replace(like, row=row, value=text, message=f"{shown(text)} {says}") for row, text in told)
        return Finding(like, int(at.sum()), cases)

    def refused(self, name: str, field: Evaluated, refusal: Refusal, told: Flags) -> Finding:
        """Rows whose value for a field cannot stand."""
        at = np.flatnonzero(field.where(refusal) & told)
        hint = f"{refusal.hint} {self._unread()}" if name in self.resource.key else refusal.hint
        like = self._like(refusal.code, hint, headers(self.mapping, [name]))
        return Finding(like, len(at), (self._refused(like, int(n), field, refusal) for n in at))

    def _unread(self) -> str:
        near = " and ".join(self.resource.slice)
        where = f"in the same {near} or, if that cannot be read either, by this mapping" if near else "by this mapping"
        return f"Until then absence deletes nothing {where}."

    def _refused(self, like: Issue, n: int, field: Evaluated, refusal: Refusal) -> Issue:
        code = int(field.codes[n])
        message = refusal.why(code)
        return replace(like, row=int(self.row[n]), value=field.source[code].as_py(), message=message)

    def _like(self, code: str, hint: str, column: str | None) -> Issue:
        return Issue(code, "error", "", hint, self.resource.name, self.sheet.file, self.sheet.tab, column=column)
