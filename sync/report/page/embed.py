"""The changes as the page takes them: columns of compact JSON, the packed ones embedded as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

import numpy as np
import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from sync.errors import masked_json
from sync.model import SEPARATOR, Conventions, Resource
from sync.model.resources import CATALOGUE
from sync.model.values import TEXT, arrow
from sync.report.display_names import Names, named_references
from sync.report.labels import FLAGS, field_label, value_label
from sync.report.page.lines import CHANGES, ListTexts
from sync.report.subjects import SUBJECTS, subjects
from sync.report.summary import NOT_DONE

MOST: Final = 100_000
"""Number of changes in one page; all of them are in the workbook."""

NUMBERS: Final = ("n", "row")
PACKED: Final = ("key", "before", "after")
CODED: Final = ("resource", "op", "slice", "cause", "hold", "by", "file", "tab", "status", "error", "since")
GROUP, SUBJECT = "in.", "by."
"""How the names of columns begin that say what a change is in, and whom it concerns: `in.SCHOOL`, `by.course`."""

FIRST: Final = ("held", *NOT_DONE)
"""Statuses whose changes are never left out while there are others."""

# What could end the script element or, in old readers, a line of it. In JSON these occur only in texts.
ESCAPES: Final = {b"<": b"\\u003c", b"\xe2\x80\xa8": b"\\u2028", b"\xe2\x80\xa9": b"\\u2029"}


def chosen(changes: pd.DataFrame, most: int | None = None) -> pd.DataFrame:
    """The changes that find room, in sending order: what is on hold or failed first, then deletes, creates last."""
    most = MOST if most is None else most
    if len(changes) <= most:
        return changes
    ops = ["delete", "update", "create"]
    rank = changes["op"].map({op: place for place, op in enumerate(ops)})
    rank = rank.mask(changes["status"].isin(FIRST), -1)
    return changes.iloc[np.sort(np.argsort(rank.to_numpy(), kind="stable")[:most])]


def with_subjects(changes: pd.DataFrame, conventions: Conventions) -> pd.DataFrame:
    """The changes with a column for course and for person, those left out that no change concerns."""
    found = subjects(changes, conventions).dropna(axis="columns", how="all").add_prefix(SUBJECT)
    return pd.concat([changes, found], axis="columns")


def views(changes: pd.DataFrame) -> dict[str, str]:
    """What changes `with_subjects` can be read by, by the column's name."""
    nouns = {f"{SUBJECT}{name}": _noun(CATALOGUE[name]) for name in SUBJECTS}
    return {column: f"{noun} by {noun}" for column, noun in nouns.items() if column in changes}


def _noun(resource: Resource) -> str:
    return "person" if resource.personal else resource.noun


def embedded(
    changes: pd.DataFrame,
    names: Names,
    conventions: Conventions,
    total: int,
    texts: ListTexts = CHANGES,
    *,
    problems: Sequence[Sequence[str]] = (),
) -> str:
    """These changes out of `total`, and what is needed to show them, as JSON that can stand in a script element.

    A coded column is `{"of": its distinct values, "at": the place of each row's there, -1 for none}`; those whose
    names begin with `GROUP` or `SUBJECT` are among them. `problems` is the table of problems, its header first.
    """
    coded = [name for name in map(str, changes) if name in CODED or name.startswith((GROUP, SUBJECT))]
    parts = [
        _member("names", orjson.dumps({name: _joined(of) for name, of in names.items()})),
        _member(
            "resources", orjson.dumps({each: _resource(each, conventions) for each in changes["resource"].unique()})
        ),
        _member("says", orjson.dumps(asdict(texts))),
        _member("total", orjson.dumps(total)),
        *(_member(name, _numbers(changes[name])) for name in NUMBERS),
        _member("problems", orjson.dumps(problems)),
        *(_member(name, _coded(changes[name])) for name in coded),
        *(_member(name, _packed(changes[name])) for name in PACKED),
    ]
    text = b"{" + b",\n".join(parts) + b"}"
    for dangerous, escaped in ESCAPES.items():
        text = text.replace(dangerous, escaped)
    return masked_json(text).decode()


def _member(name: str, value: bytes) -> bytes:
    return orjson.dumps(name) + b":" + value


def _joined(of: Mapping[tuple[str, ...], str]) -> dict[str, str]:
    return {SEPARATOR.join(key): name for key, name in of.items()}


def _resource(name: str, conventions: Conventions) -> dict[str, Any]:
    """What is needed to show a resource's changes; `labels` and `values` are Moodle's, by field."""
    resource = CATALOGUE[name]
    codes = [*dict(conventions.roles), *FLAGS]
    shown = {
        field.name: {code: text for code in codes if (text := value_label(field, code, conventions)) != code}
        for field in resource.image
    }
    return {
        "one": resource.noun,
        "leads": named_references(resource),
        "labels": {field.name: field_label(resource, field.name) for field in resource.image},
        "values": {field: texts for field, texts in shown.items() if texts},
        "instants": [field.name for field in resource.image if field.kind == "instant"],
        "compared": [field.name for field in resource.state if field.send != "with"],
    }


def _numbers(column: pd.Series[Any]) -> bytes:
    numbers = pd.to_numeric(column).astype("Int64").fillna(-1).to_numpy(dtype="int64")
    return orjson.dumps(numbers, option=orjson.OPT_SERIALIZE_NUMPY)


def _coded(column: pd.Series[Any]) -> bytes:
    encoded = arrow(column).dictionary_encode()
    at = np.asarray(pc.fill_null(encoded.indices, -1))
    return orjson.dumps({"of": encoded.dictionary.to_pylist(), "at": at}, option=orjson.OPT_SERIALIZE_NUMPY)


def _packed(column: pd.Series[Any]) -> bytes:
    objects = pc.fill_null(arrow(column), "null")
    whole = pc.binary_join(
        pa.LargeListArray.from_arrays(pa.array([0, len(objects)], pa.int64()), objects), pa.scalar(",", TEXT)
    )
    joined: bytes = whole[0].as_buffer().to_pybytes()
    return b"[" + joined + b"]"
