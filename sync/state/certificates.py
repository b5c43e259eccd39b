"""The certificates of runs: what was found when all that a run had written was read back."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, delete, select

from sync.model import Certificate, Issue
from sync.state import frames, packing
from sync.state.schema import about


def save(connection: Connection, run: str, certificate: Certificate) -> None:
    """Record the certificate of a run, in place of an earlier one."""
    row = (_name(run), packing.pack(certificate))
    frames.execute_many(connection, frames.upsert(about, connection.dialect.name), [row])


def load(connection: Connection, run: str) -> Certificate | None:
    """The certificate of a run, if it has one."""
    text = connection.scalar(select(about.c.value).where(about.c.name == _name(run)))
    if text is None:
        return None
    facts = packing.unpack(text)
    exceptions = tuple(Issue(**issue) for issue in facts["exceptions"])
    return Certificate(**(facts | {"at": datetime.fromisoformat(facts["at"]), "exceptions": exceptions}))


def drop(connection: Connection, of: Iterable[str]) -> None:
    """Remove the certificates of some runs."""
    connection.execute(delete(about).where(about.c.name.in_([_name(run) for run in of])))


def _name(run: str) -> str:
    return f"certificate {run}"
