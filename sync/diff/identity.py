"""Whom a row is about: objects on the site that a new or rejected row seems to mean under another identifier.

A row that is new, or cannot be used, is compared with the objects that no row names any more. The same identifier once
its zeros, digits, separators and marks are normalised is the same object, its identifier damaged on the way. The same
value in a field that is unique on the site (email, username, short name) is most likely the same object under a new
identifier. Either way, nothing that belongs to it is removed without approval.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.compute as pc

from sync.model import Conventions, Desired, Field, Issue, Observed, Resource
from sync.model.columns import rows_where
from sync.model.findings import cell, key_of, listed, shown
from sync.model.index import Index, Objects, among, guarding, no_objects, places
from sync.model.issue_texts import Wording, wording
from sync.model.resources import companion
from sync.model.values import arrow, by_distinct, fold, joined, part_of, pick, position, series, tallied, unpack

MOST = 1_000
"""Number of issues of one kind that are reported one by one; more are counted."""

IDENTIFIER = "identifier"
"""The evidence of an identifier that was damaged on the way; any other strong one is the name of a unique field."""

NAME, COMPANY, PART = "full-name", "company", "part-of-identifier"
"""The kinds of weak evidence."""

LIKENESS = ("old", "called", "new", "evidence", "claims", "file", "tab", "row")
"""Columns of likenesses beside `match` and `object`, those of the row (NA and -1: unreadable): `old` is the object that
seems to be meant, `called` its identifier as the site spells it, `new` the one in the row, `evidence` what both have in
common, joined by a blank; then the row's origin."""

GROUPED = re.compile(r"[+-]?\d{1,3}(?:[,.' \u2019]\d{3})+(?:[.,]0+)?")
DECIMAL = re.compile(r"([+-]?\d+)[.,]0*")
QUOTED = re.compile(r"""[='"\u2018\u2019\u201c\u201d`]+(.*?)['"\u2018\u2019\u201c\u201d`]*""", re.DOTALL)
ZEROS = r"^([^0-9]*)0+([0-9])"
PLAIN = "^[A-Za-z0-9_-]*$"
"""Identifiers that can differ only in case and zeros."""


def all_normalised(identifiers: pd.Series[Any]) -> pd.Series[Any]:
    """`normalised`, column by column: only what is not plain is looked at one by one."""
    array = arrow(identifiers)
    plain = pc.fill_null(pc.match_substring_regex(array, PLAIN), True)
    bare = series(pc.replace_substring_regex(pc.ascii_lower(array), ZEROS, r"\1\2"), identifiers.index)
    odd = ~np.asarray(plain)
    if odd.any():
        bare[odd] = by_distinct(identifiers[odd], normalised)
    return bare


def normalised(identifier: str) -> str:
    """An identifier without the changes that spreadsheets and copying make.

    Case, width, invisible marks, quotes, digits of other scripts, thousands marks, `.0` and zeros in front.
    """
    text = unicodedata.normalize("NFKC", identifier).casefold()
    text = "".join(_plain(c) for c in text).strip()
    if found := QUOTED.fullmatch(text):
        text = found[1].strip()
    if GROUPED.fullmatch(text):
        text = re.sub(r"[.,]0+$", "", text) if re.search(r"[.,]0{1,2}$", text) else text
        text = re.sub(r"[,.' \u2019]", "", text)
    elif found := DECIMAL.fullmatch(text):
        text = found[1]
    return re.sub(ZEROS, r"\1\2", text)


def _plain(character: str) -> str:
    """A character as an ASCII digit if it is a digit of any script; nothing for an invisible one."""
    if unicodedata.category(character) in {"Cf", "Cc", "Mn"}:
        return ""
    digit = unicodedata.decimal(character, None)
    return character if digit is None else str(digit)


def compared(column: pd.Series[Any], field: Field, conventions: Conventions) -> pd.Series[Any]:
    """Values of a unique field as the site compares them."""
    return column if field.kind == "email" or field.pattern else fold(column, conventions, field.compares)


@cache
def nothing_alike() -> pd.DataFrame:
    """No likenesses."""
    return no_objects("match", *LIKENESS).astype({"old": "int64", "row": "Int64"})


def likenesses(
    resource: Resource, desired: Desired, observed: Observed, ledger: pd.DataFrame, conventions: Conventions
) -> pd.DataFrame:
    """What rows seem to mean besides what they say: columns match, object and `LIKENESS`.

    Only for resources without parents: they identify themselves.
    """
    if resource.refs:
        return nothing_alike()
    olds = unnamed(desired, observed)
    if not len(olds):
        return nothing_alike()
    unique = conventions.unique(resource)
    rows = suspects(resource, desired, observed, [field.name for field in unique])
    if not len(rows):
        return nothing_alike()
    key = resource.key[0]
    pairs = [same_values(all_normalised(rows[key]), all_normalised(olds["match"]), IDENTIFIER)]
    for field in unique:
        if field.name in rows and field.name in olds:
            here, there = (compared(alignment[field.name], field, conventions) for alignment in (rows, olds))
            pairs.append(same_values(here, there, field.name))
    both = pd.concat(pairs, ignore_index=True)
    if not len(both):
        return nothing_alike()
    found = both.groupby(["at", "of"])["evidence"].agg(" ".join).reset_index()
    evidence = found["evidence"].astype("str")
    return described(resource, rows.iloc[found["at"]], olds.iloc[found["of"]], evidence, ledger)


def unnamed(desired: Desired, observed: Observed) -> pd.DataFrame:
    """What is on the site, and no row of its own resource names any more."""
    known = observed.rows
    named = among(known["object"], desired.rows["object"]) | among(known["object"], desired.guarded["object"])
    return rows_where(known, ~named)


def described(
    resource: Resource, rows: pd.DataFrame, olds: pd.DataFrame, evidence: pd.Series[Any], ledger: pd.DataFrame
) -> pd.DataFrame:
    """Rows and the objects that they seem to mean, one by one: columns match, object and `LIKENESS`."""
    key = resource.key[0]
    row, old = rows.reset_index(drop=True), olds.reset_index(drop=True)
    spelled = pick(ledger["key"], places(old["object"], ledger["object"]))
    called = unpack(spelled, [key])[key].fillna(old["match"])
    columns = {"old": old["object"], "called": called, "new": row[key], "evidence": evidence}
    return row[["match", "object", "claims", "file", "tab", "row"]].assign(**columns)


def lookalikes(resource: Resource, desired: Desired, observed: Observed, ledger: pd.DataFrame) -> pd.DataFrame:
    """What rows of known people and courses seem to mean instead, as returned by `likenesses`.

    A row that is new or is there twice, beside an object that no row names and whose whole key is the same once it
    is normalised: `12` and `0012` are two people, but this row is about `0012` and has lost its zeros.
    """
    if not resource.refs:
        return nothing_alike()
    rows = desired.rows
    odd = ~among(rows["object"], observed.rows["object"]) | rows["also"].notna().to_numpy()
    if not odd.any():
        return nothing_alike()
    known = rows_where(ledger, ~among(ledger["object"], rows["object"]))
    if not len(known):
        return nothing_alike()
    rows, keys = rows_where(rows, odd), unpack(known["key"], resource.key).assign(match=known["match"])
    found = same_values(_whole(rows, resource), _whole(keys, resource), IDENTIFIER)
    if not len(found):
        return nothing_alike()
    row, old = rows.iloc[found["at"]].reset_index(drop=True), known.iloc[found["of"]].reset_index(drop=True)
    names = list(resource.key)
    columns = {
        "old": old["object"],
        "called": keys.iloc[found["of"]][names].agg(" / ".join, axis="columns").reset_index(drop=True),
        "new": row[names].agg(" / ".join, axis="columns"),
        "evidence": found["evidence"].astype("str"),
    }
    return row[["match", "object", *names, "claims", "file", "tab", "row"]].assign(**columns)


def _whole(rows: pd.DataFrame, resource: Resource) -> pd.Series[Any]:
    """The whole key, normalised part by part; if the site distinguishes case, as the site compares it."""
    parts = [
        all_normalised(rows[field.name]) if field.compares == "by_conventions" else part_of(rows["match"], [at])
        for at, field in enumerate(resource.keys)
    ]
    return joined(parts)


def left_out(index: Index, desired: Desired, alike: pd.DataFrame) -> Desired:
    """The same without rows that seem to mean another object; what they say and what they mean is guarded."""
    if not len(alike):
        return desired
    out = among(desired.rows["object"], alike["object"])
    both = pd.concat([alike[["object", "claims"]], alike[["old", "claims"]].rename(columns={"old": "object"})])
    return replace(
        desired,
        rows=desired.rows[~out].reset_index(drop=True),
        guarded=guarding(index, desired.guarded, both),
        rejected_by=tallied(desired.rejected_by, desired.rows["claims"][out]),
    )


def suspects(resource: Resource, desired: Desired, observed: Observed, fields: Sequence[str]) -> pd.DataFrame:
    """Rows that are new, and rows that cannot be used, with these fields: it is unclear whom they mean."""
    rows, refused = desired.rows, desired.refused
    there = among(rows["object"], observed.rows["object"]) | among(rows["object"], observed.foreign["object"])
    wanted = ["match", "object", *resource.key, *fields, "claims", "file", "tab", "row"]
    new = rows.loc[~there, [name for name in wanted if name in rows]]
    return new if refused is None or not len(refused) else pd.concat([new, refused], ignore_index=True)


def same_values(left: pd.Series[Any], right: pd.Series[Any], evidence: str) -> pd.DataFrame:
    """Positions on both sides (`at`, `of`) with the same value, not blank or NA, and what that is `evidence` of."""
    left, right = (column.reset_index(drop=True) for column in (left, right))
    left = left[(left.fillna("") != "").to_numpy() & (position(left, right) >= 0)]
    right = right[position(right, left) >= 0]
    one = pd.DataFrame({"value": left, "at": left.index})
    found = one.merge(pd.DataFrame({"value": right, "of": right.index}), on="value")
    return found[["at", "of"]].assign(evidence=evidence)


def damaged(alike: pd.DataFrame) -> pd.Series[Any]:
    """Which likenesses are of an identifier that was damaged: it is the same object for certain."""
    return alike["evidence"].str.split(" ").str[0] == IDENTIFIER


def in_the_way(alike: pd.DataFrame, leaving: Objects) -> pd.DataFrame:
    """Likenesses whose rows cannot be carried out, because the object they seem to mean stays.

    It stays either because it is certainly the same one or because it still has the unique value. Where it
    is to be deleted (it is in `leaving`), the row comes behind that delete, which is looked at first.
    """
    if not len(alike):
        return alike
    return alike[damaged(alike).to_numpy(dtype=bool) | ~among(alike["old"], leaving)]


def issues(resource: Resource, desired: Desired, alike: pd.DataFrame) -> Iterator[Issue]:
    """An issue for each sound row that seems to mean another, which names both; after the first, a count.

    What is wrong with the other rows has been said already.
    """
    if not len(alike):
        return
    alike = alike[among(alike["object"], desired.rows["object"])]
    shown_ones = alike.head(MOST)
    for row, certain in zip(shown_ones.to_dict("records"), damaged(shown_ones), strict=True):
        text = _damaged(resource, row) if certain else _renamed(resource, row)
        yield text.issue(
            "error",
            resource=resource.name,
            value=row["new"],
            key=key_of(resource, {resource.key[0]: row["new"]} | row),
            **cell(desired.columns, row, resource.key),
        )
    if len(alike) > len(shown_ones):
        rest = wording("new-identifier", "more", count=len(alike) - len(shown_ones))
        yield rest.issue("error", resource=resource.name)


def in_common(resource: Resource, evidence: str) -> str:
    """What two objects have in common, as it follows `the same`: `Username`, `full name and courses`."""
    kinds = evidence.split()
    texts = {NAME: "full name"}
    if COMPANY in kinds:
        texts[COMPANY] = "people" if companion(resource).personal else companion(resource).title
    same = [texts.get(kind) or resource.called(kind) for kind in kinds if kind != PART]
    return listed(same) or "identifier except for one part"


def alias_row(resource: Resource, old: str, new: object) -> str:
    """The row of a file of aliases that makes two identifiers one, as CSV: `user,S3,N3`."""
    cells = ('"' + text.replace('"', '""') + '"' if {'"', ","} & {*text} else text for text in (old, str(new)))
    return ",".join([resource.name, *cells])


def _damaged(resource: Resource, row: dict[Any, Any]) -> Wording:
    new, old = row["new"], row["called"]
    # No identifier contains a slash, so this splits a key of several parts.
    parts = [(n, o) for n, o in zip(new.split(" / "), old.split(" / "), strict=False) if n != o]
    if all(n.lstrip("0") == o.lstrip("0") for n, o in parts):
        length = max(len(each) for pair in parts for each in pair)
        return wording("lost-zeros", new=new, old=old, length=length, objects=resource.title)
    meant = " / ".join(o for _, o in parts)
    return wording("damaged-identifier", new=shown(new), old=old, meant=meant, objects=resource.title)


def _renamed(resource: Resource, row: dict[Any, Any]) -> Wording:
    same = in_common(resource, row["evidence"])
    text = wording("new-identifier", object=resource.noun, old=row["called"], same=same, objects=resource.title)
    text = text.given(alias=alias_row(resource, row["called"], row["new"]))
    return text.given(new=row["new"]) if row["new"] else replace(text, variant="blank")
