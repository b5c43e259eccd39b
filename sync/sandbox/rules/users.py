"""Users."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping

from sync.sandbox.conventions import SiteConventions, without_nul
from sync.sandbox.rules import Arguments, Json, Text, bad, fitting, merged, missing
from sync.sandbox.shapes import TEXT, record

KEY = Text("userid", 255)
BODY = (
    Text("username", 100, clean=without_nul),
    Text("firstname", 100),
    Text("lastname", 100),
    Text("email", 100, clean=without_nul),
)
SHAPE = record(userid=TEXT, **{text.name: TEXT for text in BODY})


def found(db: sqlite3.Connection, conventions: SiteConventions, userid: str) -> sqlite3.Row:
    """The user's row; Refused (404) if there is none."""
    row: sqlite3.Row | None = db.execute("SELECT * FROM user WHERE same = ?", (conventions.same(userid),)).fetchone()
    if row is None:
        raise missing("User", userid)
    return row


def get(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> Json:
    return _shape(found(db, conventions, args.at["userid"]))


def put(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> Json:
    userid = args.at["userid"]
    same = conventions.same(userid)
    before = db.execute("SELECT * FROM user WHERE same = ?", (same,)).fetchone()
    values = merged(BODY, args.body, dict(before) if before else {})
    _check(values)
    _check_unique(db, conventions, values, before["id"] if before else None)
    fitting((KEY, *BODY), {"userid": userid, **values})
    if before:
        db.execute(
            "UPDATE user SET username = :username, firstname = :firstname, lastname = :lastname, email = :email,"
            " same_email = :same_email WHERE id = :id",
            {**values, "same_email": values["email"].lower(), "id": before["id"]},
        )
    else:
        insert(db, userid, same, values)
    return _shape(found(db, conventions, userid))


def delete(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> Json:
    db.execute("DELETE FROM user WHERE id = ?", (found(db, conventions, args.at["userid"])["id"],))
    return None


def insert(db: sqlite3.Connection, userid: str | None, same: str | None, values: Mapping[str, str]) -> None:
    """A new account."""
    db.execute(
        "INSERT INTO user (idnumber, same, username, firstname, lastname, email, same_email)"
        " VALUES (:userid, :same, :username, :firstname, :lastname, :email, :same_email)",
        {**values, "userid": userid, "same": same, "same_email": values["email"].lower()},
    )


def renumber(db: sqlite3.Connection, conventions: SiteConventions, user: sqlite3.Row, userid: str) -> None:
    """Act as an administrator who changes an account's ID number, or clears it."""
    # Not NULL, or what refers to the account would lose it, but a form that no call can ask for.
    same = conventions.same(userid) or f"\0{user['id']}"
    db.execute("UPDATE user SET idnumber = ?, same = ? WHERE id = ?", (userid, same, user["id"]))


def _check(values: Mapping[str, str]) -> None:
    if not re.fullmatch(r"[a-z0-9._@-]+", values["username"]):
        raise bad(f"Username {values['username']} may only contain a-z, 0-9, '.', '_', '-' and '@'.")
    if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s.]+", values["email"]):
        raise bad(f"Email {values['email']} is not an email address: its host needs a dot.")


def _check_unique(
    db: sqlite3.Connection, conventions: SiteConventions, values: Mapping[str, str], own: int | None
) -> None:
    others = "SELECT 1 FROM user WHERE id IS NOT ? AND "

    def found_by(condition: str, value: str) -> bool:
        return db.execute(others + condition, (own, value)).fetchone() is not None

    if found_by("username = ?", values["username"]):
        raise bad(f"Username already exists: {values['username']}.")
    if not conventions.shared_emails and found_by("same_email = ?", values["email"].lower()):
        raise bad(f"Email address already exists: {values['email']}.")


def _shape(user: sqlite3.Row) -> dict[str, object]:
    return {"userid": user["idnumber"], **{text.name: user[text.name] for text in BODY}}
