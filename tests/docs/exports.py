"""The table of what exports may look like, made from the cases of the tests."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from tests.yaml_files import read_yaml

from .pages import ROOT

Rows = list[tuple[str, ...]]
SHEETS, SCENARIOS = ROOT / "tests/sheets", ROOT / "tests/plan/scenarios"

READ, REFUSED, ROWS, INCOMPLETE = "read", "file refused", "rows can't be used", "read as incomplete"
KEPT = "kept as Moodle has it"
PROTECTING = "ragged-row"
"""The issue of rows that cannot be used though all of their cells have a value."""


@cache
def kinds() -> Mapping[str, Mapping[str, Any]]:
    """The kinds of exports by group, with their cases."""
    found: Mapping[str, Mapping[str, Any]] = _of("kinds")
    return found


@cache
def _of(name: str) -> Any:
    return read_yaml(SHEETS / f"{name}.yaml")


def exports() -> Rows:
    """A row for each kind, with what becomes of it."""
    rows: Rows = [("In the export", "Result", "Reported as")]
    for group, members in kinds().items():
        rows.append((f"**{group}**", "", ""))
        rows += [(kind.replace("|", "\\|"), *_outcome(kind, cases)) for kind, cases in members.items()]
    return rows


def _outcome(kind: str, cases: Sequence[str] | Mapping[str, Sequence[str]]) -> tuple[str, str]:
    """What all cases of a kind have in common: the result, and the codes of issues."""
    outcomes = [*_outcomes(cases)]
    results = {result for result, _ in outcomes}
    if len(results) > 1:
        raise ValueError(f"the cases of `{kind}` end differently: {sorted(results)}")
    codes = sorted({code for _, found in outcomes for code in found})
    return results.pop(), ", ".join(f"`{code}`" for code in codes)


def _result(expected: Mapping[str, Any]) -> str:
    if "refused" in expected:
        return REFUSED
    if not expected.get("whole", True):
        return INCOMPLETE
    return ROWS if expected.get("damaged") or PROTECTING in expected.get("issues", []) else READ


def _outcomes(cases: Sequence[str] | Mapping[str, Sequence[str]]) -> Iterator[tuple[str, Sequence[str]]]:
    if not isinstance(cases, Mapping):
        for name in cases:
            expected = _of("dialects")[name]
            yield _result(expected), expected.get("issues", [])
    for code in cases["formats"] if isinstance(cases, Mapping) and "formats" in cases else ():
        unknown = "issue" in _of("number_formats")[code].values()
        yield (ROWS, ["unknown-format"]) if unknown else (READ, [])
    for name in cases["scenarios"] if isinstance(cases, Mapping) and "scenarios" in cases else ():
        text = (SCENARIOS / f"{name}.yaml").read_text("utf-8")
        yield KEPT, re.findall(r"damaged-text|encoding-guessed", text)
