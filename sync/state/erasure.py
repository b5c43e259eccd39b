"""One person, erased from a store: their own records, those below them, and what texts about others say of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from sqlalchemy import Column, Connection, Table, bindparam, delete, or_, select, update

from sync.model import SEPARATOR, Hold, Issue
from sync.model.forgetting import Mentions
from sync.model.issue_texts import sentence, wording
from sync.model.resources import CATALOGUE, people_in, referring
from sync.state import packing, pauses
from sync.state.schema import about, approvals, changes, ledger, marks, plans, runs

CODE: Final = "erased"
"""The code of the issue of a plan from which something was erased."""

_OWN: Final = {ledger: ("resource", "match"), changes: ("plan", "n"), marks: ("kind", "resource", "match")}
"""The tables with records of objects, and their primary keys."""

_TEXTS: Final[Mapping[Table, Sequence[str]]] = {
    changes: ("slice", "key", "before", "after", "also"),
    ledger: ("key", "sent", "seen"),
}
"""Columns of records that belong to others."""


def images(connection: Connection, resource: str, match: str) -> list[dict[str, Any]]:
    """All that a store has known an object to be: its keys and its values, as they were sent or seen."""
    found = list[dict[str, Any]]()
    for table, names in ((ledger, ("key", "sent", "seen")), (changes, ("key", "before", "after"))):
        columns = [table.c[name] for name in names]
        rows = connection.execute(select(*columns).where(table.c.resource == resource, table.c.match == match))
        found += [packing.unpack(text) for row in rows for text in row if text is not None]
    return found


def erase(connection: Connection, resource: str, match: str, who: Mentions, on: str) -> Mapping[str, int]:
    """Erase a person; how much of each kind was erased, and what is left because it belongs to others (`left`).

    `match` is the person's folded identifier, `on` a day.
    """
    erased = Counter[str]()
    touched = set[str]()
    for table, key in _OWN.items():
        rows = [*_records(connection, table, key, resource, match)]
        touched |= {row.plan for row in rows} if table is changes else set()
        _delete(connection, table, key, rows)
        erased[table.name] += len(rows)
    erased += _from_plans(connection, who, touched, on)
    erased["texts"] += _from_texts(connection, who)
    erased["left"] += sum(_others(connection, table, names, who) for table, names in _TEXTS.items())
    return erased


def _records(connection: Connection, table: Table, key: Sequence[str], resource: str, match: str) -> Iterator[Any]:
    """The records of an object, and of all whose keys name it."""
    at = {name: [each.key.index(field) for field in referring(each, resource)] for name, each in CATALOGUE.items()}
    columns = [table.c[name] for name in dict.fromkeys((*key, "resource", "match"))]
    found = connection.execute(select(*columns).where(table.c.match.contains(match, autoescape=True)))
    for row in found:
        parts = row.match.split(SEPARATOR)
        if any(parts[place] == match for place in at.get(row.resource, ())):
            yield row


def _delete(connection: Connection, table: Table, key: Sequence[str], rows: Sequence[Any]) -> None:
    if rows:
        where = [table.c[name] == bindparam(f"its_{name}") for name in key]
        connection.execute(delete(table).where(*where), [{f"its_{n}": getattr(row, n) for n in key} for row in rows])


# -- plans -------------------------------------------------------------------------------------------------------


def _from_plans(connection: Connection, who: Mentions, touched: Collection[str], on: str) -> Counter[str]:
    """Issues about the person are dropped, and holds that name them lose their texts; those plans say so."""
    erased = Counter[str]()
    for row in connection.execute(select(plans.c.id, plans.c.issues, plans.c.holds)).all():
        here = row.id in touched
        if not here and not who.perhaps_in(row.issues) and not who.perhaps_in(row.holds):
            continue
        issues = packing.issues(row.issues)
        kept = [issue for issue in issues if not _about(issue, who)]
        holds = packing.holds(row.holds)
        bare = [_without(hold, who) for hold in holds]
        erased["issues"] += len(issues) - len(kept)
        erased["texts"] += sum(now != then for now, then in zip(bare, holds, strict=True))
        if here or len(kept) < len(issues) or bare != [*holds]:
            noted = [*(issue for issue in kept if issue.code != CODE), wording("erased", on=on).issue("notice")]
            values = {"issues": packing.pack(noted), "holds": packing.pack(bare)}
            connection.execute(update(plans).where(plans.c.id == row.id).values(values))
    return erased


def _about(issue: Issue, who: Mentions) -> bool:
    """Whether an issue mentions the person, or is about a record of theirs."""
    resource = CATALOGUE.get(issue.resource or "")
    personal = people_in(resource) if resource else ()
    key = packing.unpack(issue.key) if issue.key else {}
    if any(who.is_theirs(str(key.get(name, ""))) for name in personal):
        return True
    # A course may be called what they are called; then the text says nothing about them.
    namesake = any(who.is_theirs(str(value)) for value in key.values())
    texts = (issue.message, issue.hint) if key else (issue.message, issue.hint, issue.value)
    return _named(texts, who.addressed if namesake else who)


def _named(texts: Iterable[str | None], who: Mentions) -> bool:
    return who.within("\n".join(text for text in texts if text))


def _without(hold: Hold, who: Mentions) -> Hold:
    personal = people_in(CATALOGUE[hold.resource]) if hold.resource in CATALOGUE else ()
    named = {name for name in personal if who.is_theirs(hold.slice.get(name, ""))}
    if not named and not who.within(hold.message):
        return hold
    slice_ = {name: "" if name in named else value for name, value in hold.slice.items()}
    return replace(hold, slice=slice_, message=sentence("erased-hold"))


# -- other texts -------------------------------------------------------------------------------------------------


def _from_texts(connection: Connection, who: Mentions) -> int:
    """What the site said about other changes, why runs ended, who approved or paused, and what was read back."""
    said = (
        _replaced(connection, changes.c.error, ("plan", "n"), who),
        _replaced(connection, runs.c.reason, ("seq",), who),
        _replaced(connection, approvals.c.by, ("plan", "hold"), who),
        _replaced(connection, approvals.c.account, ("plan", "hold"), who),
    )
    return sum(said) + _from_pause(connection, who) + _from_certificates(connection, who)


def _replaced(connection: Connection, column: Column[Any], key: Sequence[str], who: Mentions) -> int:
    """Replace the texts of a column that mention the person; how many."""
    table = column.table
    keys = [table.c[name] for name in key]
    rows = connection.execute(select(*keys, column).where(column.is_not(None), column != "")).all()
    theirs = [row for row in rows if who.within(row[-1])]
    for row in theirs:
        where = [each == value for each, value in zip(keys, row[:-1], strict=True)]
        connection.execute(update(table).where(*where).values({column.name: sentence("erased-text")}))
    return len(theirs)


def _from_pause(connection: Connection, who: Mentions) -> int:
    """The pause lasts, whoever it mentions."""
    pause = pauses.load(connection)
    if pause is None:
        return 0
    account = _bare(pause.account or "", who) or None
    bare = replace(pause, by=_bare(pause.by, who), reason=_bare(pause.reason, who), account=account)
    if bare == pause:
        return 0
    pauses.save(connection, bare)
    return 1


def _bare(text: str, who: Mentions) -> str:
    return sentence("erased-text") if who.within(text) else text


def _from_certificates(connection: Connection, who: Mentions) -> int:
    count = 0
    for row in connection.execute(select(about).where(about.c.name.startswith("certificate "))).all():
        facts = packing.unpack(row.value)
        kept = [each for each in facts["exceptions"] if not _about(Issue(**each), who)]
        if len(kept) < len(facts["exceptions"]):
            value = packing.pack(facts | {"exceptions": kept})
            connection.execute(update(about).where(about.c.name == row.name).values(value=value))
            count += 1
    return count


def _others(connection: Connection, table: Table, names: Sequence[str], who: Mentions) -> int:
    """Records of others that contain what is the person's, such as an address that has passed to somebody else."""
    columns: list[Column[Any]] = [table.c[name] for name in names]
    possible = who.possible
    like = [column.icontains(text, autoescape=True) for column in columns for text in possible.alone]
    rows = connection.execute(select(*columns).where(or_(*like))) if like else ()
    return sum(_named(row, possible) for row in rows)
