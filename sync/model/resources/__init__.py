"""THE CATALOGUE: every kind of thing the engine keeps in step, one literal each, parents before children.

Nothing else in the engine names a resource. A new one is a new literal; its place here is its stage in a plan.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from sync.model import Pull, Resource
from sync.model.resources.core import COURSE, ENROLMENT, GROUP, GROUP_MEMBER, USER
from sync.model.resources.coursework import CATEGORY_GRADE, COMPLETION, METALINK
from sync.model.resources.reading import READ_ONLY
from sync.model.resources.workplace import CERTIFICATION_ALLOCATION, JOB_ASSIGNMENT, MANAGER, PROGRAM_ALLOCATION

__all__ = [
    "CATALOGUE",
    "CATEGORY_GRADE",
    "CERTIFICATION_ALLOCATION",
    "COMPLETION",
    "COURSE",
    "ENROLMENT",
    "GROUP",
    "GROUP_MEMBER",
    "JOB_ASSIGNMENT",
    "MANAGER",
    "METALINK",
    "PROGRAM_ALLOCATION",
    "PULLS",
    "USER",
    "ancestors",
    "companion",
    "delete_stage",
    "generations",
    "lineage",
    "people_in",
    "put_stage",
    "referring",
]

CATALOGUE: Mapping[str, Resource] = MappingProxyType(
    {
        resource.name: resource
        for resource in (
            COURSE,
            USER,
            ENROLMENT,
            GROUP,
            METALINK,
            GROUP_MEMBER,
            COMPLETION,
            PROGRAM_ALLOCATION,
            CERTIFICATION_ALLOCATION,
            JOB_ASSIGNMENT,
            MANAGER,
            CATEGORY_GRADE,
        )
    }
)

PULLS: Mapping[str, tuple[Pull, ...]] = MappingProxyType(
    {name: resource.pulls for name, resource in CATALOGUE.items() if resource.pulls} | dict(READ_ONLY)
)
"""What can be exported, by the name of the resource; if there are several ways, the first is the default."""


def ancestors(resource: Resource) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Every resource this one depends on, near or far: (its name, {field here: key field there})."""
    for ref in resource.refs:
        yield ref.resource, ref.on
        for name, on in ancestors(CATALOGUE[ref.resource]):
            far = {here: on[there] for here, there in ref.on.items() if there in on}
            if len(far) == len(on):
                yield name, far


def lineage(resource: Resource) -> Iterator[tuple[Resource, Mapping[str, str]]]:
    """A resource itself and all it depends on: {key field here: key field there}."""
    yield resource, {part: part for part in resource.key}
    for name, on in ancestors(resource):
        yield CATALOGUE[name], on


def referring(resource: Resource, of: str) -> tuple[str, ...]:
    """The key fields of a resource that name an object of another one, or of itself: for `user`, a manager has two."""
    if resource.name == of:
        return resource.key
    whole = len(CATALOGUE[of].key)
    named = dict.fromkeys(here for name, on in ancestors(resource) if name == of and len(on) == whole for here in on)
    return tuple(name for name in named if name in resource.key)


def people_in(resource: Resource) -> tuple[str, ...]:
    """The key fields of a resource that identify people."""
    personal = [name for name, each in CATALOGUE.items() if each.personal]
    return tuple(dict.fromkeys(field for name in personal for field in referring(resource, name)))


def companion(resource: Resource) -> Resource:
    """The other resource that a resource's `company` names: for users the courses, for courses the users."""
    return next(CATALOGUE[ref.resource] for ref in CATALOGUE[resource.company].refs if ref.resource != resource.name)


def generations() -> tuple[tuple[Resource, ...], ...]:
    """The catalogue by depth: each resource comes after all those that it refers to."""
    depths: dict[str, int] = {}
    for name, resource in CATALOGUE.items():
        depths[name] = max((depths[ref.resource] + 1 for ref in resource.refs), default=0)
    return tuple(
        tuple(CATALOGUE[name] for name, depth in depths.items() if depth == generation)
        for generation in sorted({*depths.values()})
    )


def put_stage(resource: Resource) -> int:
    """Stage of creates and updates: parents before children."""
    return list(CATALOGUE).index(resource.name) + 1


def delete_stage(resource: Resource) -> int:
    """Stage of deletes: after all writes, children before parents."""
    return 2 * len(CATALOGUE) + 1 - put_stage(resource)
