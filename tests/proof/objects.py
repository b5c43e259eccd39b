"""What a site holds, as far as a SIS speaks of it: every object by resource and key, with its fields."""

from __future__ import annotations

from collections.abc import Mapping

Key = tuple[str, ...]
"""The resource, then the parts of the object's key: `("enrolment", "0012345", "HIS210-01-2026AU")`."""

Fields = tuple[str, ...]

Objects = Mapping[Key, Fields]
"""The fields of every object, in this order:

user            username, firstname, lastname, email
course          fullname, shortname, startdate, categorypath
enrolment       role
group           name
group_member    nothing
"""


def course_of(key: Key) -> str | None:
    """The course in which an object is; None for a person."""
    resource, *parts = key
    return {"course": parts[0], "enrolment": parts[-1], "group": parts[0], "group_member": parts[0]}.get(resource)
