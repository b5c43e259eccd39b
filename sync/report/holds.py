"""Holds as people read them: what would happen to how many, where, and who they are."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import pandas as pd

from sync.model import Hold, Plan, Resource
from sync.model.findings import listed
from sync.model.resources import CATALOGUE
from sync.model.values import unpack
from sync.report import phrasing
from sync.report.display_names import Names, name_of, named_references
from sync.report.row_owners import Owner
from sync.report.summary import OPS

NAMED: Final = 10
"""People and other records that a hold names."""

MAPPING: Final = "mapping"
"""In a hold's slice: what asks for its changes, where it is not a place on the site."""

WAITING: Final = (
    (
        "This change looks like a mistake, so it is not sent until somebody approves it. "
        "If the export is wrong, correct it instead: the next plan will no longer contain this change."
    ),
    (
        "These changes look like a mistake, so they are not sent until somebody approves them. "
        "If the export is wrong, correct it instead: the next plan will no longer contain these changes."
    ),
)
APPROVED: Final = (
    "This change looked like a mistake and was put on hold. Somebody has approved it.",
    "These changes looked like a mistake and were put on hold. Somebody has approved them.",
)
APPROVED_FILES: Final = (
    "This file was put on hold. Somebody has approved it.",
    "These files were put on hold. Somebody has approved them.",
)
FOUND: Final[Mapping[str, tuple[str, str]]] = {
    "nothing-usable": ("No row in this file can be used.", "No row in these files can be used."),
    "scope-matches-nothing": (
        "The scope of this mapping matches no row of its file.",
        "The scopes of these mappings match no row of their files.",
    ),
}
"""What is said above the cards of holds, for one and for several."""


@dataclass(frozen=True, slots=True)
class HoldCard:
    """A hold in words.

    title:  what would happen: `Enrolments in Algebra (MATH-101): 12 of 14 would be removed`
    detail: the limit that was reached, and the mapping that asks for it; blank where there is neither
    owners: the first of those concerned, without what is the same for all of them
    others: how many more there are
    parts:  the holds that have the same cause; then they name those concerned
    """

    hold: Hold
    title: str
    detail: str
    owners: tuple[Owner, ...] = ()
    others: int = 0
    parts: tuple[HoldCard, ...] = ()


def hold_cards(plan: Plan, names: Names, holds: Collection[Hold]) -> list[HoldCard]:
    """These holds of a plan in words, in their order, each with its parts."""
    ids = [hold.id for hold in holds]
    changes = plan.changes[plan.changes["hold"].isin(ids)]
    cards = []
    for hold in holds:
        parts = [part for part in holds if part.part_of == hold.id]
        if hold.part_of not in ids:
            rows = changes[changes["hold"].isin([hold.id, *(part.id for part in parts)])]
            card = _text(hold, rows, names)
            each = (_text(part, changes[changes["hold"] == part.id], names) for part in parts)
            cards.append(replace(card, owners=(), others=0, parts=tuple(each)) if parts else card)
    return cards


def hold_intro(plan: Plan) -> str:
    """What the holds of a plan have in common, in a few sentences; those that are approved, if none needs approval."""
    waiting = plan.unapproved
    holds = waiting or plan.holds
    changes = sum(hold.count for hold in holds)
    if changes:
        return (WAITING if waiting else APPROVED)[changes != 1]
    if not waiting:
        return APPROVED_FILES[len(holds) != 1]
    found = " ".join(FOUND[guard][n != 1] for guard, n in phrasing.unusable(plan))
    return f"{found} Correct the export or the mapping, or approve if this is intended."


def _text(hold: Hold, rows: pd.DataFrame, names: Names) -> HoldCard:
    records = rows.drop_duplicates(["resource", "match"])
    owners = tuple(
        owner for name, of in records.groupby("resource", sort=False) for owner in _owners(name, of, hold, names)
    )
    mapping = hold.slice.get(MAPPING)
    # A reason without a number says no more than the message.
    measured = hold.count and any(character.isdigit() for character in hold.limit)
    details = [f"On hold because: {hold.limit}" if measured else "", f"Mapping: {mapping}" if mapping else ""]
    detail = " · ".join(filter(None, details))
    return HoldCard(hold, _title(hold, rows, names), detail, owners[:NAMED], len(records) - len(owners[:NAMED]))


def _title(hold: Hold, rows: pd.DataFrame, names: Names) -> str:
    resource = CATALOGUE[hold.resource]
    where = _where(resource, hold, names)
    if not hold.count:
        return f"{where}: {hold.limit}"
    concerned = {*rows["resource"]}
    if len(concerned) > 1 and resource.name in concerned:
        return f"{_whose(resource, hold, names) or where}: {hold.count:,} changes on hold"
    # What is held for the sake of objects that it would remove automatically has changes of another resource.
    own = {*rows.loc[rows["resource"] == resource.name, "op"]} or {*rows["op"]}
    verbs = " or ".join(phrasing.DONE[op] for op in OPS if op in own)
    return f"{where}: {_share(hold, own)} {f'would be {verbs}' if verbs else 'on hold'}"


def _where(resource: Resource, hold: Hold, names: Names) -> str:
    """`Enrolments in Algebra (MATH-101)`, `Enrolments of Ada van Dyk (S1)`, `Enrolments`."""
    title = resource.title[:1].upper() + resource.title[1:]
    place = {part: value for part, value in hold.slice.items() if part != MAPPING}
    over = next((other for other in CATALOGUE.values() if {*other.key} == {*place}), None)
    if not place or over is resource:
        return title
    noun = over.noun if over else listed(map(phrasing.part, place))
    name, key = name_of(names, over, place) if over else "", " / ".join(place.values())
    return (
        f"{title} {'of' if over and over.personal else 'in'} {phrasing.with_id(name, key) if name else f'{noun} {key}'}"
    )


def _whose(resource: Resource, hold: Hold, names: Names) -> str:
    """`User Ada van Dyk (S1)`, if the hold is about one object of its own resource."""
    if {*hold.slice} != {*resource.key}:
        return ""
    name, key = name_of(names, resource, hold.slice), " / ".join(hold.slice[part] for part in resource.key)
    return f"{resource.noun.capitalize()} {phrasing.with_id(name, key) if name else key}"


def _share(hold: Hold, ops: Collection[str]) -> str:
    """`12 of 14`, `all 14`; the number alone where the population is not what it is a part of."""
    if "create" in ops or hold.population < hold.count:
        return f"{hold.count:,}"
    if hold.population > hold.count:
        return f"{hold.count:,} of {hold.population:,}"
    whole = hold.count > 1 and {*hold.slice} & {*CATALOGUE[hold.resource].slice}
    return f"all {hold.count:,}" if whole else f"{hold.count:,}"


def _owners(name: object, rows: pd.DataFrame, hold: Hold, names: Names) -> Iterator[Owner]:
    """The first records of one resource that are concerned, each by what tells it from the others."""
    resource = CATALOGUE[str(name)]
    keys = unpack(rows["key"], resource.key)
    people = {part for other, here in named_references(resource) if CATALOGUE[other].personal for part in here}
    free = [part for part in resource.key if part not in hold.slice] or [*resource.key]
    parts = [part for part in free if part in people or keys[part].nunique() > 1] or free
    for row in keys.head(NAMED).to_dict("records"):
        key = {str(part): str(value) for part, value in row.items()}
        yield Owner(" · ".join(_names(resource, parts, key, names)), " / ".join(key[part] for part in parts))


def _names(resource: Resource, parts: Collection[str], key: Mapping[str, str], names: Names) -> Iterator[str]:
    """What people call those records a key leads to of which one of the `parts` is."""
    for other, here in named_references(resource):
        called = names.get(other, {}).get(tuple(key[part] for part in here))
        if called and here[-1] in parts:
            yield called
