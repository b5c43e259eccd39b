"""The plugin's own log: a line for each write and each refusal, about the last ten thousand of them."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from typing import Literal, get_args

from sync.sandbox.conventions import SiteConventions
from sync.sandbox.rules import Arguments, Json
from sync.sandbox.rules.queries import ChoiceParameter, CountParameter
from sync.sandbox.shapes import NUMERAL, TEXT, maybe, record

Level = Literal["fatal", "error", "warning", "info"]
LEVELS: tuple[Level, ...] = get_args(Level)

_KEPT = 10_000
_LONGEST = 10_000

_LIMIT, _OFFSET, _LEVEL = (
    CountParameter("limit", 100, least=1),
    CountParameter("offset", 0),
    ChoiceParameter("level", LEVELS),
)
QUERY = (_LIMIT, _OFFSET, _LEVEL)
SHAPE = record(
    id=NUMERAL,
    date_created=TEXT,
    level={"enum": list(LEVELS)},
    message=TEXT,
    detail=TEXT,
    params=TEXT,
    request_method=TEXT,
    request_url=TEXT,
    request_body=TEXT,
    response_body=TEXT,
    response_status_code=maybe(NUMERAL),
    ip=TEXT,
    user_agent=TEXT,
)


def get(db: sqlite3.Connection, conventions: SiteConventions, args: Arguments) -> Json:
    """Lines of the levels asked for, or of all, the newest first."""
    rows = db.execute(
        "SELECT CAST(id AS TEXT) AS id, date_created, level, message, detail, params, request_method, request_url,"
        " request_body, response_body, response_status_code, ip, user_agent FROM log"
        " WHERE instr(?, level) ORDER BY log.id DESC LIMIT ? OFFSET ?",
        (" ".join(_LEVEL.read(args) or LEVELS), _LIMIT.read(args), _OFFSET.read(args)),
    )
    return [dict(row) for row in rows]


def write(db: sqlite3.Connection, level: Level, message: str, detail: str = "", **request: str | None) -> None:
    """Add a line; `request` are the columns that say which call it was about, if any, cut where they are long.

    `date_created` is in UTC.
    """
    nothing = {"params": "", "request_method": "", "request_url": "", "request_body": "", "response_body": ""}
    nobody = {"response_status_code": None, "ip": "127.0.0.1", "user_agent": "Unknown User Agent"}
    about = {name: value and value[:_LONGEST] for name, value in {**nothing, **nobody, **request}.items()}
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S")
    added = db.execute(
        "INSERT INTO log (date_created, level, message, detail, params, request_method, request_url, request_body,"
        " response_body, response_status_code, ip, user_agent) VALUES (:now, :level, :message, :detail, :params,"
        " :request_method, :request_url, :request_body, :response_body, :response_status_code, :ip, :user_agent)",
        {**about, "now": now, "level": level, "message": message, "detail": detail},
    )
    db.execute("DELETE FROM log WHERE id <= ?", ((added.lastrowid or 0) - _KEPT,))
