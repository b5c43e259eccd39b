"""What the site says of an object now, and what would happen next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pandas as pd

from sync.diff.compare import ChangedMappings, diff
from sync.diff.countdown import nothing_waits
from sync.diff.damaged_text import guessed_files
from sync.diff.field_diff import Alignment
from sync.diff.identity import nothing_alike
from sync.diff.renumbering import nothing_moved
from sync.model import Desired, Plan, Resource, Site
from sync.model.frames import unnamed
from sync.model.index import Index, indexed, no_objects
from sync.model.values import arrow, match_of
from sync.observe.observed import observe
from sync.observe.read_plan import Expected, ReadPlan
from sync.observe.reading import Arriving, Responses
from sync.report.explanation.contents import Key, Next, Outlook, SiteState, unpacked
from sync.site.requests import read_request
from sync.site.responses import classify
from sync.workflows.explain.meaning import Files, match_text


def ask(
    files: Files, site: Site | None, resource: Resource, index: Index, key: Key, desired: Desired | None
) -> tuple[Responses | None, SiteState]:
    """Ask the site for the object, with the read that plans use."""
    if not resource.reads:
        return None, SiteState("not readable")
    if site is None:
        return None, SiteState("not asked")
    read, conventions = resource.reads[0], files.conventions
    extra = unnamed(resource, desired.rows) if desired is not None else ()
    request = read_request(read, key, extra)
    response = site.send(request, files.config.sending.timeout.total_seconds())
    classification = classify(request, response)
    path = f"/{request.path}"
    if classification.kind not in ("done", "absent"):
        return None, SiteState("not told", path, classification.message)
    keys = pd.DataFrame([{name: key[name] for name in read.by}], dtype="str")
    keys = keys.assign(at=index.space(read.by).numbers(match_of(keys, resource.named(read.by), conventions)))
    asked = ReadPlan(read, keys, tuple(dict.fromkeys((*extra, *read.ours))))
    arriving = Arriving(resource, index, asked, conventions)
    if classification.kind == "done":
        arriving.take(0, response.data)
    else:
        arriving.missing(0)
    responses = arriving.responses()
    if arriving.faults:
        return None, SiteState("not told", path, arriving.faults[0].message)
    own = (responses.rows["match"] == match_text(resource, key, conventions)).to_numpy(dtype=bool)
    responses = replace(responses, rows=responses.rows[own].reset_index(drop=True))
    holds = tuple(_held(resource, responses))
    return responses, SiteState("there" if holds else "not there", path, holds=holds)


def _held(resource: Resource, responses: Responses) -> Iterator[tuple[str, Key]]:
    ours = [*responses.plan.read.ours]
    names = [name for name in responses.rows.columns if name not in {"match", "object", "ours", *resource.key, *ours}]
    for row in responses.rows.to_dict("records"):
        whose = " ".join(str(row[name]) for name in ours)
        yield whose, {str(name): str(row[name]) for name in names if not pd.isna(row[name])}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of one object: what the sheets want, what is remembered, what the site said, what was planned.

    history: every change that any plan had for it, as `Store.history`; `newest`: the newest plan
    """

    resource: Resource
    index: Index
    match: str
    desired: Desired | None
    ledger: pd.DataFrame
    responses: Responses | None
    history: pd.DataFrame
    newest: Plan | None


def outlook(files: Files, evidence: Evidence) -> Outlook:
    """What would happen next, according to the newest plan or else to what is known now."""
    resource, match, desired, ledger = evidence.resource, evidence.match, evidence.desired, evidence.ledger
    waiting = _waiting(evidence.history, evidence.newest)
    if waiting:
        return waiting
    if desired is not None and (desired.guarded["match"] == match).any():
        return Outlook("protected")
    if desired is None or not len(desired.rows):
        return _unnamed(files, ledger, evidence.responses)
    desired, ledger = indexed(resource, evidence.index, desired, ledger)
    nobody = no_objects("match", *resource.key)
    observed = observe(Expected(resource, evidence.index, desired, ledger, nobody), evidence.responses)
    alignment = Alignment(
        resource=resource,
        index=evidence.index,
        desired=desired,
        observed=observed,
        ledger=ledger,
        leaving=ledger.iloc[:0],
        countdown=nothing_waits(),
        wanted=nobody,
        alike=nothing_alike(),
        resembling=nothing_alike(),
        mappings=frozenset(source.mapping.name for source in files.sources),
        guessed=guessed_files(issue for source in files.sources for sheet in source.sheets for issue in sheet.issues),
        moved=nothing_moved(),
    )
    changes = diff(alignment, ChangedMappings(), 0, files.conventions).changes
    for row in changes[(changes["match"] == match).to_numpy(dtype=bool)].to_dict("records"):
        return Outlook("differs", row["op"], unpacked(row["before"]), unpacked(row["after"]))
    return Outlook("agrees")


def _waiting(history: pd.DataFrame, newest: Plan | None) -> Outlook | None:
    """What the newest plan would still do with it."""
    rows = history[(history["plan"] == (newest.id if newest else "")) & history["status"].isin(["planned", "held"])]
    for row in rows.to_dict("records"):
        hold = next((each for each in newest.holds if each.id == row["hold"]), None) if newest else None
        held = hold if row["status"] == "held" else None
        what: Next = "held" if row["status"] == "held" else "planned"
        return Outlook(what, row["op"], unpacked(row["before"]), unpacked(row["after"]), row["plan"], held)
    return None


def _unnamed(files: Files, ledger: pd.DataFrame, responses: Responses | None) -> Outlook:
    """What happens to an object that is in no row."""
    there = responses is None or len(responses.rows) > 0
    if not len(ledger) or not there:
        return Outlook("not ours" if responses is not None and there else "nothing")
    claims = set(arrow(ledger["claims"]).to_pylist()[0].split())
    leaves = {each.name for each in files.config.mappings if each.deletes}
    if not int(ledger["owned"].iloc[0]):
        return Outlook("not ours")
    if claims and claims <= leaves and any(each.sets for each in files.config.mappings if each.name in claims):
        return Outlook("set")
    waits = {each.name for each in files.config.mappings if each.wait is not None}
    return Outlook(("waits" if claims & waits else "leaves") if claims and claims <= leaves else "kept")
