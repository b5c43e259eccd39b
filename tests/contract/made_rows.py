"""Rows of any resource, made from what its literal in the catalogue says, with all that they stand on."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

from sync.model import Field, Resource
from sync.resources import CATALOGUE, ancestors

Row = dict[str, str]


def value(field: Field, n: int, round_: int) -> str:
    """A value that suits a field: another for each `n`, and another in each round."""
    made = {
        "identifier": f"{field.name.upper()}-{n}",
        "email": f"{field.name}{n}.{round_}@inst.example",
        "role": ("student", "teacher")[round_ % 2],
        "instant": f"2026-09-{n + 1:02}T08:00:0{round_}+00:00",
        "flag": str(round_ % 2),
        "number": f"{n}.{round_}5",
    }
    return made.get(field.kind, f"{field.name}{n}.{round_}")


def rows(resource: Resource, count: int, round_: int = 0) -> list[Row]:
    """Objects of a resource. Keys depend on their number alone; the other fields on the round too."""
    return [
        {f.name: value(f, n, 0 if f.name in resource.key else round_) for f in resource.fields} for n in range(count)
    ]


def below(resource: Resource, its: list[Row]) -> Iterator[tuple[Resource, list[Row]]]:
    """All that these rows stand on, parents first."""
    needed: dict[str, dict[tuple[str, ...], Row]] = {}
    for name, on in ancestors(resource):
        parent = CATALOGUE[name]
        for row in its:
            key = {there: row[here] for here, there in on.items()}
            others = {f.name: value(f, int(row[next(iter(on))].rpartition("-")[2]), 0) for f in parent.state}
            needed.setdefault(name, {})[tuple(key.values())] = {**key, **others}
    for name, found in CATALOGUE.items():
        if name in needed:
            yield found, list(needed[name].values())


def write(folder: Path, resource: Resource, its: list[Row]) -> None:
    """The rows as the resource's export."""
    with (folder / f"{resource.name}.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, [f.name for f in resource.fields])
        table.writeheader()
        table.writerows(its)


def mapping(resource: Resource, rest: Mapping[str, str]) -> str:
    """A mapping document whose columns are called as the fields are."""
    fields = "".join(f"  {f.name}: {f.name}\n" for f in resource.fields)
    more = "".join(f"{name}: {text}\n" for name, text in rest.items())
    return f"resource: {resource.name}\nsheet: {{file: {resource.name}.csv}}\n{more}fields:\n{fields}"
