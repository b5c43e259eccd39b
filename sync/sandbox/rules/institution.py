"""Parts of the institution that no call creates: programs, certifications, departments, positions."""

from __future__ import annotations

import sqlite3
from typing import Literal

from sync.sandbox.conventions import SiteConventions
from sync.sandbox.rules import ApiRefusal, Arguments, missing, users

Kind = Literal["program", "certification", "department", "position"]

API_USER = "2"
"""The API's own account in Moodle: its first administrator."""


def found(db: sqlite3.Connection, conventions: SiteConventions, kind: Kind, key: str) -> int:
    """Moodle's own id of it; Refused (404) if there is none."""
    row = db.execute("SELECT id FROM institution WHERE kind = ? AND same = ?", (kind, conventions.same(key))).fetchone()
    if row is None:
        raise missing(kind.capitalize(), key)
    return int(row["id"])


def put(db: sqlite3.Connection, conventions: SiteConventions, kind: Kind, key: str, name: str) -> None:
    """A new one, or another name for an existing one."""
    db.execute(
        "INSERT INTO institution (kind, idnumber, same, name) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (kind, same) DO UPDATE SET name = excluded.name",
        (kind, key, conventions.same(key), name),
    )


def allocated_pair(
    db: sqlite3.Connection, conventions: SiteConventions, kind: Kind, args: Arguments
) -> tuple[int, int]:
    """Moodle's own ids of the object and the user in the path; Refused (404) if either is missing."""
    thing = found(db, conventions, kind, args.at[f"{kind}id"])
    return thing, users.found(db, conventions, args.at["userid"])["id"]


def not_allocated(kind: Kind, args: Arguments) -> ApiRefusal:
    """Both exist, but are not allocated."""
    return ApiRefusal(404, "not_found", f"User {args.at['userid']} is not allocated to {kind} {args.at[f'{kind}id']}.")
