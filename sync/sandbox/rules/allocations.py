"""What allocations to programs and to certifications have in common: both are of one user to one such thing."""

from __future__ import annotations

import sqlite3

from sync.sandbox.conventions import SiteConventions
from sync.sandbox.rules import ApiRefusal, Arguments, institution, users


def pair(
    db: sqlite3.Connection, conventions: SiteConventions, kind: institution.Kind, ask: Arguments
) -> tuple[int, int]:
    """Moodle's own ids of the thing and the user in the path; Refused (404) if there is none of either."""
    thing = institution.found(db, conventions, kind, ask.at[f"{kind}id"])
    return thing, users.found(db, conventions, ask.at["userid"])["id"]


def missing(kind: institution.Kind, ask: Arguments) -> ApiRefusal:
    """Both are there, but not allocated."""
    return ApiRefusal(404, "not_found", f"User {ask.at['userid']} is not allocated to {kind} {ask.at[f'{kind}id']}.")
