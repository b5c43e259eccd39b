"""What `purge` and `forget` have removed: in words, and as JSON documents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sync.model.findings import listed
from sync.report.phrasing import count

PURGED: Final[Mapping[str, tuple[str, str]]] = {
    "plans": ("plan and its runs", "plans and their runs"),
    "changes": ("change", "changes"),
    "issues": ("issue", "issues"),
    "remembered": ("remembered record", "remembered records"),
    "sets": ("set of exports", "sets of exports"),
    "messages": ("old message", "old messages"),
    "reports": ("report file", "report files"),
    "backups": ("upgrade backup", "upgrade backups"),
}

ERASED: Final[Mapping[str, tuple[str, str]]] = {
    "ledger": ("remembered record", "remembered records"),
    "marks": ("note about a record", "notes about records"),
    "changes": ("change in a plan", "changes in plans"),
    "issues": ("issue in a plan", "issues in plans"),
    "texts": ("other text in the state store", "other texts in the state store"),
    "rewritten": ("file rewritten without the person's records", "files rewritten without the person's records"),
    "removed": ("file removed because it mentioned the person", "files removed because they mentioned the person"),
    "messages": ("message waiting to be sent", "messages waiting to be sent"),
}

OUT_OF_REACH: Final[Mapping[str, str]] = {
    "moodle": "Moodle: the account, and everything in it. Delete it there.",
    "sis": "The SIS, and the exports it delivers from now on: rows about the person are reported, but not used.",
    "sent": "Emails and messages that have been sent already.",
    "backups": "Backups and copies of the state store, the archive and the outbox.",
    "outputs": "Files written with --html, --xlsx, --rows or pull, and logs, unless `retention: reports` lists them.",
    "disk": "Disk blocks and file system snapshots that held the old data.",
    "server": "The write-ahead log, replicas and backups of PostgreSQL.",
    "upgrade": "An upgrade backup, which you should delete: {}",
    "settings": "A settings file that names the person, which you should edit: {}",
    "inbox": "An export in the inbox that names the person: {}",
    "name": "Entries that mention the person only by name: other people have the same name.",
    "value": "Entries that mention the person only by username or email address: other people have the same one.",
    "others": "Records of other people or courses that contain the same identifier, username or address: {}",
}
"""What a certificate names as not reached, by code; `{}` is which one, or how many."""


def purged_text(counts: Mapping[str, int], before: datetime, *, dry: bool = False) -> str:
    """`purged records from before 2026-11-23: 3 plans and their runs and 40 changes`."""
    what = _counted(counts, PURGED)
    since = f"from before {before:%Y-%m-%d}"
    if not what:
        return f"there is nothing {since} to purge"
    return f"{'would purge' if dry else 'purged'} records {since}: {what}"


def purge_document(counts: Mapping[str, int], before: datetime, *, dry: bool) -> dict[str, Any]:
    """The same for programs."""
    return {"format": 1, "before": before.isoformat(timespec="seconds"), "dry_run": dry, "purged": dict(counts)}


def certificate_lines(
    erased: Mapping[str, int], out_of_reach: Sequence[tuple[str, str]], stamp: str, *, dry: bool
) -> Iterator[str]:
    """A certificate for people; `stamp` says when, by whom and which tombstone is left."""
    what = _counted(erased, ERASED) or "nothing was stored"
    yield f"{'Would erase' if dry else 'Erased'}: {what}."
    if not dry:
        yield stamp
    yield "Not reached:"
    yield from (f"- {OUT_OF_REACH[code].format(which)}" for code, which in out_of_reach)


def certificate_document(
    erased: Mapping[str, int], out_of_reach: Sequence[tuple[str, str]], facts: Mapping[str, object]
) -> dict[str, Any]:
    """The same for programs; `facts` are the certificate's own: when, by whom, the tombstone."""
    counts = {name: erased.get(name, 0) for name in ERASED}
    left = [
        {"code": code, "which": which or None, "message": OUT_OF_REACH[code].format(which)}
        for code, which in out_of_reach
    ]
    return {"format": 1, **facts, "erased": counts, "not_reached": left}


def _counted(counts: Mapping[str, int], nouns: Mapping[str, tuple[str, str]]) -> str:
    parts = [count(counts[name], *noun) for name, noun in nouns.items() if counts.get(name)]
    return listed(parts) if parts else ""
