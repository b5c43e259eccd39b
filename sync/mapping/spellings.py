"""Identifiers that PHP compares, written in several ways in one sheet and slice: `1` and `01` in a course."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sync.mapping.clashes import Clashes
from sync.mapping.groups import Groups, ordered
from sync.mapping.roles import RankedRows
from sync.mapping.rows import MappedRows
from sync.model import Conventions, Field, Resource, values
from sync.model.findings import Finding

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]


def spelt_apart(
    resource: Resource, statement: MappedRows, rows: pd.DataFrame, conventions: Conventions
) -> tuple[Flags, list[Finding]]:
    """Which rows write an identifier of their key otherwise than others of their slice, and what is told of them.

    Whoever they mean, the site cannot tell them apart: the group `01` of one row would be the group `1` of another.
    """
    apart = np.zeros(len(rows), dtype=bool)
    findings: list[Finding] = []
    for field in (each for each in resource.keys if each.compares == "as_php"):
        if (values.fold(rows[field.name], conventions, field.compares) != rows[field.name]).any():
            flags, finding = _apart(resource, field, statement, rows, conventions)
            apart |= flags
            findings.append(finding)
    return apart, findings


def _apart(
    resource: Resource, field: Field, statement: MappedRows, rows: pd.DataFrame, conventions: Conventions
) -> tuple[Flags, Finding]:
    within = tuple(dict.fromkeys((*resource.slice, field.name)))
    one = values.match_of(rows, resource.named(within), conventions)
    spellings = pd.DataFrame({"one": one, "text": rows[field.name]}).drop_duplicates()
    several = spellings["one"][spellings["one"].duplicated().to_numpy()]
    flags: Flags = values.position(one, several) >= 0
    alike = ordered(rows[flags].assign(match=one[flags]))
    groups = Groups.by_match(alike)
    differs = {field.name: np.ones(len(groups), dtype=bool)}
    standing = RankedRows(alike, np.zeros(len(groups), dtype=bool))
    return flags, Clashes(resource, statement, standing, groups, differs, within).spellings(field)
