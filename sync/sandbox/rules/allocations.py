"""What allocations to programs and to certifications have in common: both are of one user to one such thing."""

from __future__ import annotations

import sqlite3

from sync.sandbox.manners import Manners
from sync.sandbox.rules import Ask, Refused, institution, users


def pair(db: sqlite3.Connection, manners: Manners, kind: institution.Kind, ask: Ask) -> tuple[int, int]:
    """Moodle's own ids of the thing and the user in the path; Refused (404) if there is none of either."""
    thing = institution.found(db, manners, kind, ask.at[f"{kind}id"])
    return thing, users.found(db, manners, ask.at["userid"])["id"]


def missing(kind: institution.Kind, ask: Ask) -> Refused:
    """Both are there, but not allocated."""
    return Refused(404, "not_found", f"User {ask.at['userid']} is not allocated to {kind} {ask.at[f'{kind}id']}.")
