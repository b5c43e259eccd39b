"""Rows of any resource, made from its literal in the catalogue, with everything they depend on.

What a site must have before any call, because no call can create it, is in `institution.yaml`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

from sync.model import Field, Resource
from sync.model.resources import CATALOGUE, ancestors

Row = dict[str, str]

INSTITUTION = Path(__file__).with_name("institution.yaml")

ONLY_THIS = {"group": "new", "lock": "1"}
"""Fields for which the API accepts certain values only, or that it cannot undo."""

NUMBERS = {"categoryid"}
"""Identifiers that are Moodle's own numbers."""


def identifier(name: str, n: int) -> str:
    """The nth identifier of that name."""
    return str(n + 1) if name in NUMBERS else f"{name.upper()}-{n}"


def values(resource: Resource, about: str, n: int, round_: int) -> Row:
    """Values for the fields besides the key: different for each `about`, and different in each round.

    If there are several instants, they are in the order of their fields; `n` is their day.
    """
    instants = [f.name for f in resource.state if f.kind == "instant"]

    def value(field: Field) -> str:
        made = {
            "email": f"{about}.{round_}@inst.example",
            "role": ("student", "teacher")[round_ % 2],
            "flag": str(round_ % 2),
            "number": f"{n}.{round_}5",
        }
        if field.kind == "instant":
            return f"2026-{9 + instants.index(field.name):02}-{n + 1:02}T08:00:0{round_}+00:00"
        return ONLY_THIS.get(field.name) or made.get(field.kind, f"{field.name}-{about}.{round_}")

    return {field.name: value(field) for field in resource.state}


def rows(resource: Resource, count: int, round_: int = 0) -> list[Row]:
    """Objects of a resource. Keys depend on their number only; the other fields on the round too."""
    return [
        {name: identifier(name, n) for name in resource.key} | values(resource, str(n), n, round_) for n in range(count)
    ]


def below(resource: Resource, its: list[Row]) -> Iterator[tuple[Resource, list[Row]]]:
    """Everything these rows depend on, parents first."""
    needed: dict[str, dict[tuple[str, ...], Row]] = {}
    for name, on in ancestors(resource):
        parent = CATALOGUE[name]
        for n, row in enumerate(sorted(its, key=lambda row: row[resource.key[0]])):
            key = {there: row[here] for here, there in on.items()}
            about = "-".join(key.values()).lower()
            needed.setdefault(name, {})[tuple(key.values())] = {**key, **values(parent, about, n, 0)}
    for name, found in CATALOGUE.items():
        if name in needed:
            yield found, list(needed[name].values())


def everything(count: int, round_: int = 0) -> dict[str, list[Row]]:
    """Objects of every resource, and everything they depend on that is not among them."""
    found = {name: rows(resource, count, round_) for name, resource in CATALOGUE.items()}
    for resource in CATALOGUE.values():
        for parent, needed in below(resource, rows(resource, count)):
            there = [key_of(parent, row) for row in found[parent.name]]
            found[parent.name] += [row for row in needed if key_of(parent, row) not in there]
    return found


def key_of(resource: Resource, row: Row) -> Row:
    """The key of a row."""
    return {name: row[name] for name in resource.key}


def write(folder: Path, resource: Resource, its: list[Row]) -> None:
    """The rows as the resource's export."""
    with (folder / f"{resource.name}.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, [f.name for f in resource.fields])
        table.writeheader()
        table.writerows(its)


def mapping(resource: Resource, rest: Mapping[str, str]) -> str:
    """A mapping document whose columns have the names of the fields."""
    fields = "".join(f"  {f.name}: {f.name}\n" for f in resource.fields)
    more = "".join(f"{name}: {text}\n" for name, text in rest.items())
    return f"resource: {resource.name}\nsheet: {{file: {resource.name}.csv}}\n{more}fields:\n{fields}"
