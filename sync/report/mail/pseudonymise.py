"""Plans and reconciliations without people: they become words, the same each time, that identify nobody.

A word is a keyed hash; without the key nobody can find out whose it is, not even by trying all identifiers.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final

import pandas as pd

from sync.diff.reconciliation import Reconciliation
from sync.model import SEPARATOR, Conventions, Field, Hold, Issue, Plan, Resource, Run
from sync.model.issue_texts import sentence
from sync.model.resources import CATALOGUE, lineage
from sync.model.values import arrow, by_distinct, fold, match_of, pack, unpack
from sync.report.display_names import Names

LETTERS: Final = 8
"""Letters of a word: among 50,000 people, the chance that two have the same is one in a thousand."""


def hidden(plan: Plan, key: bytes, conventions: Conventions) -> Plan:
    """The plan with words instead of people's identifiers, names and addresses.

    What issues and answers say in free text is left out, since it may contain anything; where they come from stays.
    """
    return replace(
        plan,
        changes=_by_resource(plan.changes, partial(_hidden_changes, key=key, conventions=conventions)),
        holds=tuple(_hidden_hold(hold, key, conventions) for hold in plan.holds),
        issues=tuple(_hidden_issue(issue) for issue in plan.issues),
    )


def hidden_reconciliation(reconciliation: Reconciliation, key: bytes, conventions: Conventions) -> Reconciliation:
    """The same for a reconciliation: its findings have the same words as a plan's changes."""
    hide = partial(_hidden_objects, packed=("sis", "site", "before"), key=key, conventions=conventions)
    issues = tuple(_hidden_issue(issue) for issue in reconciliation.issues)
    return replace(reconciliation, findings=_by_resource(reconciliation.findings, hide), issues=issues)


def hidden_run(run: Run) -> Run:
    """A run without the words of the site, in which anybody may be named."""
    return replace(run, reason="")


def hidden_names(names: Names, changes: pd.DataFrame) -> Names:
    """The names of courses and groups; people have the words in the hidden changes."""
    found = {name: {} if CATALOGUE[name].personal else dict(called) for name, called in names.items()}
    for name in changes["resource"].unique():
        resource = CATALOGUE[str(name)]
        who = people(resource)
        keys = unpack(changes["key"][changes["resource"] == name], [*who])
        for here, ancestor in who.items():
            found.setdefault(ancestor.name, {}).update(
                {(each,): each for each in arrow(keys[here].drop_duplicates()).to_pylist()}
            )
    return found


def pseudonym(resource: Resource, match: str, key: bytes) -> str:
    """The word that stands for somebody: `user-h3k7qz2a`."""
    return f"{resource.noun}-{_digest(key, resource.name, match)}"


def people(resource: Resource) -> Mapping[str, Resource]:
    """The key fields of a resource that identify people, and as what."""
    return {here: ancestor for ancestor, on in lineage(resource) if ancestor.personal for here in on}


# -- parts -----------------------------------------------------------------------------------------------------


def _digest(key: bytes, *texts: str) -> str:
    digest = hmac.digest(key, SEPARATOR.join(texts).encode(), "sha256")
    return base64.b32encode(digest).decode().lower()[:LETTERS]


def _pseudonyms(column: pd.Series[Any], resource: Resource, key: bytes, conventions: Conventions) -> pd.Series[Any]:
    return by_distinct(fold(column, conventions), partial(_pseudonym, resource, key))


def _pseudonym(resource: Resource, key: bytes, match: str) -> str:
    return pseudonym(resource, match, key)


def _by_resource(rows: pd.DataFrame, hide: Callable[[pd.DataFrame, Resource], pd.DataFrame]) -> pd.DataFrame:
    """The rows with those of each resource hidden, in their original order."""
    parts = [hide(rows[rows["resource"] == name], CATALOGUE[str(name)]) for name in rows["resource"].unique()]
    return pd.concat(parts).sort_index().astype(rows.dtypes.to_dict()) if parts else rows


def _hidden_objects(
    rows: pd.DataFrame, resource: Resource, packed: tuple[str, ...], key: bytes, conventions: Conventions
) -> pd.DataFrame:
    """Objects with words in their keys and in these columns of packed values."""
    keys = _hidden_part(unpack(rows["key"], resource.key), people(resource), key, conventions)
    return rows.assign(
        key=pack(keys, resource.key),
        match=match_of(keys, resource.keys, conventions),
        **{name: _hidden_fields(rows, name, resource, key) for name in packed},
    )


def _hidden_changes(rows: pd.DataFrame, resource: Resource, key: bytes, conventions: Conventions) -> pd.DataFrame:
    slices = _hidden_part(unpack(rows["slice"], resource.slice), people(resource), key, conventions)
    return _hidden_objects(rows, resource, ("before", "after"), key, conventions).assign(
        slice=pack(slices, resource.slice),
        chain=pd.Series(pd.NA, index=rows.index, dtype="str"),
        error=_hidden_errors(rows),
    )


def _hidden_part(
    frame: pd.DataFrame, who: Mapping[str, Resource], key: bytes, conventions: Conventions
) -> pd.DataFrame:
    texts = [str(name) for name in frame.columns if name in who]
    return frame.assign(**{name: _pseudonyms(frame[name], who[name], key, conventions) for name in texts})


def _hidden_fields(rows: pd.DataFrame, column: str, resource: Resource, key: bytes) -> pd.Series[Any]:
    """The fields that identify somebody as words: other values are other words, so that a change is still visible."""
    names = [field.name for field in resource.image]
    values = unpack(rows[column], names)
    for field in resource.state:
        if resource.personal or field.kind == "email":
            texts = values[field.name]
            # Two people of one name have different words for it: otherwise the frequent ones could be guessed.
            hidden_values = by_distinct(rows["match"] + SEPARATOR + texts, partial(_hidden_value, resource, field, key))
            values[field.name] = hidden_values.where(texts != "", "")
    return pack(values, names).where(rows[column].notna())


def _hidden_value(resource: Resource, field: Field, key: bytes, value: str) -> str:
    return f"hidden-{_digest(key, resource.name, field.name, value)[:4]}"


def _hidden_errors(rows: pd.DataFrame) -> pd.Series[Any]:
    status = pd.to_numeric(rows["http_status"]).astype("Int64").astype("str")
    texts = ("Moodle answered " + status).fillna("the message is hidden")
    return texts.where(rows["error"].notna())


def _hidden_hold(hold: Hold, key: bytes, conventions: Conventions) -> Hold:
    who = people(CATALOGUE[hold.resource])
    if not hold.count:
        return replace(hold, message="")  # it quotes the sheet
    if not {*who} & {*hold.slice}:
        return hold
    frame = pd.DataFrame([dict(hold.slice)], dtype="str")
    hidden_values = _hidden_part(frame, who, key, conventions).iloc[0].to_dict()
    return replace(hold, slice={str(name): value for name, value in hidden_values.items()}, message="")


def _hidden_issue(issue: Issue) -> Issue:
    return replace(issue, message=sentence("hidden"), value=None, hint="", key=None)
