"""Where sheets, site and ledger differ, object by object. Pure; nothing is planned from it.

missing    in the SIS, not on the site
extra      on the site, not in the SIS
lingering  gone from the SIS, but still on the site through somebody else, such as by manual enrolment
different  on both sides, with other fields
suspended  on both sides, but not in force on the site
edited     the same, and the site is not as we last saw it: somebody changed it there
kept       the site has its own value of what was sent, and keeps it: no difference that could be closed
unseen     as it was sent; no read shows whether it still is
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Any, Final, Literal, get_args

import numpy as np
import pandas as pd

from sync.config.mappings import Mapping as MappingFile
from sync.diff.adoption import judged, named
from sync.diff.field_diff import Alignment, Compared, compare, field_of
from sync.diff.missing_set import set_before
from sync.model import SEPARATOR, Brings, Conventions, Issue, Resource
from sync.model.columns import filled, framed, rows_where
from sync.model.findings import listed, mappings_text
from sync.model.frames import fields_of, seen_text
from sync.model.index import Flags, Numbers, Objects, among, firsts, numbered, places
from sync.model.issue_texts import wording
from sync.model.values import joined, no_rows, pack, part_of, pick, unpack

Kind = Literal["missing", "extra", "lingering", "different", "suspended", "edited", "kept", "unseen"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
DIFFERENCES: Final[tuple[Kind, ...]] = ("missing", "extra", "lingering", "different", "suspended", "edited")
"""The kinds that need somebody's attention."""

FINDINGS: Final = (
    "kind", "resource", "match", "key", "sis", "site", "before", "by", "since", "file", "tab", "row",
)  # fmt: skip
"""Columns of what was found. `key`, `sis` (what the sheets say), `site` (what it holds) and `before` (what it held when
last seen) are packed; `by` is the owner, in the site's words; `since` an ISO date or time, when it was last seen or
sent; all but the first four may be NA. For differences the packed values have the fields that differ."""

Written = Callable[[str], pd.DataFrame]
"""What was last sent for the objects of a resource, and when: columns match, op and at."""

PLACES: Final = 3
"""Number of slices that are named if not all can be judged."""


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What sheets, site and ledger say of each other at one time.

    findings: the columns `FINDINGS`, in order of the catalogue, then of `KINDS`, then of keys
    agreeing: by resource, how many objects of the sheets are on the site as they should be
    """

    site: str
    made: datetime
    findings: pd.DataFrame
    agreeing: Mapping[str, int]
    issues: tuple[Issue, ...]

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """By resource, how many objects there are of each kind, `agreeing` first."""
        sizes = self.findings.groupby(["resource", "kind"], sort=False).size().to_dict()
        return {
            name: {"agreeing": agreeing, **{kind: int(sizes.get((name, kind), 0)) for kind in KINDS}}
            for name, agreeing in self.agreeing.items()
        }

    @property
    def differences(self) -> int:
        """How many objects need somebody's attention."""
        return int(self.findings["kind"].isin(DIFFERENCES).sum())


def reconcile(
    alignments: Mapping[str, Alignment], mappings: Sequence[MappingFile], written: Written, conventions: Conventions
) -> tuple[pd.DataFrame, dict[str, int], list[Issue]]:
    """What was found (columns `FINDINGS`), how many objects agree by resource, and what could not be judged.

    mappings: those that were read; resources without one are not reported
    """
    frames, agreeing, issues = [_nothing()], dict[str, int](), list[Issue]()
    owns = {name: frozenset(mapping.name for mapping in mappings if mapping.resource == name) for name in alignments}
    deltas = frozenset(mapping.name for mapping in mappings if mapping.mode == "delta")
    for name, alignment in alignments.items():
        own = owns[name]
        if own:
            (sent,) = numbered(alignment.index, written(name))
            compared = compare(alignment, conventions)
            beside = _beside(alignment, own, sent, _copied(alignment, alignments, owns))
            unlike = _any(compared.unlike.values(), len(compared.rows))
            suspended = ~unlike & _inactive(alignment, compared.rows["object"])
            found = [_missing(alignment), *beside, *_unlike(alignment, compared), _unseen(alignment, compared, sent)]
            found.append(_suspended(alignment, compared.rows.only(suspended)))
            frames += [_ordered(frame) for frame in sorted(found, key=_rank)]
            agreeing[name] = len(compared.rows) - int((unlike | suspended).sum())
            issues += _not_judged(alignment, own, deltas)
    return pd.concat([frame for frame in frames if len(frame)] or frames[:1], ignore_index=True), agreeing, issues


@cache
def _nothing() -> pd.DataFrame:
    return no_rows(*FINDINGS).astype({"row": "Int64"})


def _found(kind: Kind, resource: Resource, rows: pd.DataFrame, **columns: Any) -> pd.DataFrame:
    """Findings of one kind; `rows` have `match` and `key`, and an origin if the sheets list them."""
    if not len(rows):
        return _nothing()
    columns |= {name: rows[name] for name in ("key", "file", "tab") if name in rows}
    given = {"kind": kind, "resource": resource.name, "match": rows["match"], **columns}
    row = rows["row"].astype("Int64") if "row" in rows else pd.array([pd.NA] * len(rows), dtype="Int64")
    blank = filled(None, rows.index)
    return framed({name: row if name == "row" else given.get(name, blank) for name in FINDINGS}, rows.index)


def _rank(frame: pd.DataFrame) -> int:
    return KINDS.index(frame["kind"].iloc[0]) if len(frame) else 0


def _ordered(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sort_values("match", kind="stable", ignore_index=True)


def _any(flags: Iterable[Flags], length: int) -> Flags:
    found = np.zeros(length, dtype=bool)
    for each in flags:
        found |= each
    return found


def _of(rows: pd.DataFrame, resource: Resource) -> pd.DataFrame:
    """The same with the key packed."""
    return rows.assign(key=pack(rows, resource.key))


# -- one side alone --------------------------------------------------------------------------------------------


def _missing(alignment: Alignment) -> pd.DataFrame:
    """What the sheets list and the site does not have; `before`, what it had before the object was removed there."""
    rows, observed = alignment.desired.rows, alignment.observed
    there = among(rows["object"], observed.rows["object"])
    unread = among(rows["object"], observed.failed)
    gone = rows_where(rows, ~there & ~unread)
    if not len(gone):
        return _nothing()
    at = places(gone["object"], alignment.ledger["object"])
    before = pick(alignment.ledger["seen"], at).fillna(pick(alignment.ledger["sent"], at))
    by = pick(observed.foreign["by"], places(gone["object"], observed.foreign["object"]))
    sis = pack(gone, compared_fields(alignment))
    return _found("missing", alignment.resource, _of(gone, alignment.resource), sis=sis, before=before, by=by)


def _inactive(alignment: Alignment, objects: Objects) -> Flags:
    """Which objects are on the site, but not in force."""
    inactive = alignment.observed.inactive
    return np.zeros(len(objects), dtype=bool) if inactive is None else among(objects, inactive)


def _suspended(alignment: Alignment, rows: pd.DataFrame) -> pd.DataFrame:
    """What both sides have, but the site has it suspended."""
    sis = pack(rows, compared_fields(alignment))
    return _found("suspended", alignment.resource, _of(rows, alignment.resource), sis=sis)


def compared_fields(alignment: Alignment) -> list[str]:
    """The fields besides the key that the sheets contain, and that are a state."""
    names = fields_of(alignment.resource, alignment.desired.rows)
    return [name for name in names if field_of(alignment.resource, name).send == "state"]


def _beside(alignment: Alignment, own: frozenset[str], sent: pd.DataFrame, copied: Flags) -> list[pd.DataFrame]:
    """What is on the site and not in the sheets: ours or to be adopted; others'; and of the latter, what was once ours.

    copied: which of the foreign objects are copies that the sheets bring about
    """
    resource, observed, ledger = alignment.resource, alignment.observed, alignment.ledger
    # What has the values of `missing: set` is as it should be, though no sheet lists it.
    done = among(observed.rows["object"], set_before(alignment.leaving, observed.rows))
    rows = rows_where(observed.rows, judged(alignment, observed.rows["object"], own) & ~done)
    unknown = _of(observed.unknown, resource)
    keys = [pick(frame["key"], places(rows["object"], frame["object"])) for frame in (ledger, unknown)]
    whose = " ".join(resource.reads[0].ours.values()) if resource.reads else ""
    ours = _found(
        "extra",
        resource,
        rows.assign(key=keys[0].fillna(keys[1])),
        site=seen_text(resource, rows),
        **({"by": whose} if whose else {}),
    )
    strange = judged(alignment, observed.foreign["object"], own) & ~copied
    foreign = rows_where(observed.foreign, strange)
    names = [field.name for field in resource.state if field.name in foreign]
    claimed = ledger["object"][(ledger["claims"] != "").to_numpy()]
    once = among(foreign["object"], claimed) | among(foreign["object"], sent["object"])

    def found(kind: Kind, flags: Flags) -> pd.DataFrame:
        part = rows_where(foreign, flags)
        return _found(kind, resource, _of(part, resource), site=pack(part, names), by=part["by"])

    others, lingering = found("extra", ~once), found("lingering", once)
    return [pd.concat([ours, others], ignore_index=True) if len(others) else ours, lingering]


def _copied(alignment: Alignment, alignments: Mapping[str, Alignment], owns: Mapping[str, frozenset[str]]) -> Flags:
    """Which foreign objects are just copies, made because of the sheets, of what is in the sheets or on the site.

    If the original is not in the sheets, it is reported itself; when it is removed, so is the copy.
    """
    foreign = alignment.observed.foreign
    copied = np.zeros(len(foreign), dtype=bool)
    for maker in alignments.values():
        for brings in maker.resource.brings:
            theirs = (foreign["by"] == brings.by).to_numpy(dtype=bool)
            if brings.resource == alignment.resource.name and theirs.any():
                frames = (alignment.desired.rows, alignment.observed.rows, foreign[~theirs])
                own = np.concatenate([frame["object"].to_numpy() for frame in frames])
                makers = maker.index.texts(_stated(maker, owns[maker.resource.name]))
                origins = _origins(alignment.resource, foreign["match"][theirs], maker.resource, makers, brings)
                real = origins[among(alignment.index.numbers(origins), own)]
                copied[real.index] = True
    return copied


def _stated(alignment: Alignment, own: frozenset[str]) -> Numbers:
    """Everything that counts as listed: what the sheets refer to, and what they asked for before and do not show."""
    claimed = alignment.ledger["object"][alignment.ledger["claims"] != ""].to_numpy()
    known = np.concatenate([named(alignment), claimed])
    return known[~judged(alignment, known, own) & firsts(known)]


def _origins(
    resource: Resource, copies: pd.Series[Any], maker: Resource, makers: pd.Series[Any], brings: Brings
) -> pd.Series[Any]:
    """What each copy may be a copy of: one match for every object that makes it, at the index of the copy."""
    to = part_of(makers, [maker.key.index(name) for name in brings.to])
    links = {name: part_of(makers, [maker.key.index(here)]) for here, name in brings.of.items()}
    at = part_of(copies, [resource.key.index(name) for name in brings.to.values()])
    kept = {name: part_of(copies, [place]) for place, name in enumerate(resource.key) if name not in links}
    each = pd.DataFrame({"at": at, **kept}).reset_index()
    pairs = each.merge(pd.DataFrame({"at": to, **links}), on="at").set_index("index")
    return joined([pairs[name] for name in resource.key])


def _not_judged(alignment: Alignment, own: frozenset[str], deltas: frozenset[str]) -> list[Issue]:
    """Why absence from the sheets of some mappings means nothing: an issue for each cause."""
    partial, guarded = own - alignment.desired.complete, alignment.desired.guarded
    unplaced = partial & {*guarded["claims"][guarded["match"].isna() & guarded["slice"].isna()]}
    shut = guarded[guarded["slice"].notna() & guarded["claims"].isin([*(own - partial)])]
    places = [f"`{place.replace(SEPARATOR, ' ')}`" for place in shut["slice"].unique()]
    within = listed([*places[:PLACES], *["others"] * (len(places) > PLACES)])
    causes = (
        (wording("not-judged", "changes"), partial & deltas),
        (wording("not-judged", "keyless"), unplaced - deltas),
        (wording("not-judged"), partial - deltas - unplaced),
        (wording("not-judged", "keyless-within", places=within), {*shut["claims"]}),
    )
    return [
        text.given(objects=alignment.resource.title, mappings=mappings_text(sorted(named))).issue(
            "notice", resource=alignment.resource.name
        )
        for text, named in causes
        if named
    ]


# -- both sides ------------------------------------------------------------------------------------------------


def _unlike(alignment: Alignment, compared: Compared) -> list[pd.DataFrame]:
    """Objects whose fields differ, by who changed them, and those whose values the site keeps as its own."""
    length = len(compared.rows)
    edited = _any(compared.edited.values(), length)
    unlike = _any(compared.unlike.values(), length) & ~edited
    kept = _any(compared.kept.values(), length)
    return [
        _fields("different", alignment, compared, unlike, compared.unlike),
        _fields("edited", alignment, compared, edited, compared.unlike),
        _fields("kept", alignment, compared, kept, compared.kept),
    ]


def _fields(
    kind: Kind, alignment: Alignment, compared: Compared, at: Flags, which: Mapping[str, Flags]
) -> pd.DataFrame:
    """Some of the objects on both sides, with their values of only these fields."""
    if not at.any():
        return _nothing()
    rows, seen = compared.rows.only(at), compared.seen.only(at)
    place = places(rows["object"], alignment.ledger["object"])
    names = [*which]
    before, sent = (unpack(pick(alignment.ledger[name], place), names) for name in ("seen", "sent"))
    asked = {name: pd.Series(which[name][at]) for name in names}
    wanted = {name: rows[name].where(asked[name]) for name in names}
    # What no read shows is taken to be as it was sent.
    holds = {name: seen[name].fillna(sent[name]).where(asked[name]) for name in names}
    held = {name: before[name].where(asked[name]) for name in names}
    sis, site, was = (pack(pd.DataFrame(each, index=rows.index), names) for each in (wanted, holds, held))
    return _found(kind, alignment.resource, _of(rows, alignment.resource), sis=sis, site=site, before=was)


def _unseen(alignment: Alignment, compared: Compared, sent: pd.DataFrame) -> pd.DataFrame:
    """Objects that no read shows, and those of which some fields are not shown; since when they are taken on trust."""
    names = compared_fields(alignment)
    blind = {name: compared.seen[name].isna() & compared.rows[name].notna() for name in names}
    whole = not alignment.resource.reads
    at = _any((flags.to_numpy(dtype=bool) for flags in blind.values()), len(compared.rows)) | whole
    if not at.any():
        return _nothing()
    rows = compared.rows.only(at)
    place = places(rows["object"], alignment.ledger["object"])
    values = unpack(pick(alignment.ledger["sent"], place), names)
    hidden = {name: values[name].where(blind[name][at].reset_index(drop=True) | whole) for name in names}
    site = pack(pd.DataFrame(hidden, index=rows.index), names)
    return _found(
        "unseen", alignment.resource, _of(rows, alignment.resource), site=site, since=_since(alignment, rows, sent)
    )


def _since(alignment: Alignment, rows: pd.DataFrame, sent: pd.DataFrame) -> pd.Series[Any]:
    """When each object was last sent, or else last read."""
    at = places(rows["object"], alignment.ledger["object"])
    days = alignment.ledger["checked"].to_numpy(dtype="int64")
    known = {int(day): date.fromordinal(int(day)).isoformat() for day in np.unique(days) if day > 0}
    checked = pd.Series(days, dtype="int64").map(known).astype("str")
    return pick(sent["at"], places(rows["object"], sent["object"])).fillna(pick(checked, at))
