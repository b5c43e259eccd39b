"""The story of an object, put together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import pandas as pd

from sync.config.site import Config
from sync.errors import Fault, NexsisSyncError
from sync.mapping.aliases import key_on_site
from sync.mapping.desired import build
from sync.mapping.source import Source
from sync.mapping.tracing import TracedRow, trace
from sync.model import SEPARATOR, Clock, Comparison, Conventions, Desired, Issue, Origin, Plan, Resource, Site, Store
from sync.model.findings import listed
from sync.model.frames import records
from sync.model.index import indexes
from sync.model.resources import CATALOGUE
from sync.model.values import no_rows, part_of, unpack
from sync.report.explanation.contents import Dependents, Explanation, Key, RememberedState, SentChange, unpacked
from sync.workflows.aliases import applied
from sync.workflows.explain.future import Premises, future
from sync.workflows.explain.meaning import Files, folded_text, match_text, meant, near
from sync.workflows.explain.outlook import Evidence, ask, outlook
from sync.workflows.forgotten import without_forgotten


def explain(
    config: Config, sources: Sequence[Source], store: Store, site: Site | None, clock: Clock, words: Sequence[str]
) -> list[Explanation]:
    """The story of every object that the identifiers mean.

    Objects in sheets or ledger come before those only in past plans, and these before those only on the site. Without a
    site, it is not asked. Raises ValueError as `meant` does, and NexsisSyncError with what was perhaps meant if
    none is known.
    """
    named = applied(config, sources, store.ledger)
    files = Files(config, named.sources)
    premises = Premises(files, sources, store, clock)
    objects = [(each, key_on_site(each, key, named.renames, config.conventions)) for each, key in meant(words)]
    known = [each for each in objects if _known(files, store, *each)]
    known = known or [each for each in objects if _once(files, store, *each)]
    plans = store.plans()
    stories = [_story(premises, site, plans, resource, key) for resource, key in known or objects]
    found = stories if known else [each for each in stories if each.now.state == "there"]
    if not found:
        raise _unknown(words, near(files, store, words), asked=site is not None)
    return found


def _unknown(words: Sequence[str], near: Sequence[str], *, asked: bool) -> NexsisSyncError:
    where = "in the exports, the state store or Moodle" if asked else "in the exports or the state store"
    hint = f"Did you mean {listed(near, 'or')}?" if near else "Use the identifier from the SIS."
    return NexsisSyncError(Fault(f"nothing called {' '.join(words)} was found {where}", hint=hint))


def _known(files: Files, store: Store, resource: Resource, key: Key) -> bool:
    """Whether sheets or ledger refer to it."""
    match = match_text(resource, key, files.conventions)
    return bool(files.count(resource, key) or len(_recalled(store, resource, match)))


def _once(files: Files, store: Store, resource: Resource, key: Key) -> bool:
    """Whether any plan ever had a change for it."""
    return bool(len(store.history(resource.name, match_text(resource, key, files.conventions))))


def _recalled(store: Store, resource: Resource, match: str) -> pd.DataFrame:
    rows = store.recall(resource.name, match)
    return rows[(rows["match"] == match).to_numpy()].reset_index(drop=True)


def _story(premises: Premises, site: Site | None, plans: Sequence[Plan], resource: Resource, key: Key) -> Explanation:
    files, store = premises.files, premises.store
    conventions, match = files.conventions, match_text(resource, key, files.conventions)
    matching = [(each, each.with_key(key, conventions)) for each in files.keyed(resource)]
    sources = [each.narrowed(hits) for each, hits in matching if hits.any()]
    traced = [trace(resource, source, key, conventions, files.library) for source in sources]
    rows = tuple(row for found, _ in traced for row in found)
    desired, issues = _desired(resource, sources, store, conventions) if sources else (None, [])
    ledger = _recalled(store, resource, match)
    spelled = _spelled(key, desired, ledger, match)
    index = indexes()[resource.name]
    responses, now = ask(files, site, resource, index, spelled, desired)
    history = store.history(resource.name, match)
    newest = plans[0] if plans else None
    concern = _concerning(resource, key, rows, newest, conventions)
    known = _remembered(ledger)
    found_now = dict.fromkeys([*(issue for _, found in traced for issue in found), *issues])
    return Explanation(
        resource,
        spelled,
        rows,
        _wanted(resource, desired, match),
        (*found_now, *_only_planned(concern, found_now)),
        tuple(_sent(history, plans, store)),
        known,
        now,
        outlook(files, Evidence(resource, index, match, desired, ledger, responses, history, newest)),
        future(premises, resource, spelled, known),
        tuple(_below(files, store, resource, spelled)),
    )


def _desired(
    resource: Resource, sources: Sequence[Source], store: Store, conventions: Conventions
) -> tuple[Desired, list[Issue]]:
    """What the rows say should be true, of nobody who was forgotten, and their issues."""
    desired, issues = build(resource, sources, conventions)
    stones = store.tombstones()
    if stones is None:
        return desired, issues
    return without_forgotten(resource, desired, issues, stones, conventions)


def _spelled(key: Key, desired: Desired | None, ledger: pd.DataFrame, match: str) -> Key:
    """The key as the sheets spell it, or else the ledger; as it was asked for if neither knows it."""
    names = list(key)
    frames = [desired.rows] if desired is not None else []
    for frame in (*frames, unpack(ledger["key"], names).assign(match=ledger["match"])):
        own = frame[(frame["match"] == match).to_numpy(dtype=bool)]
        if len(own):
            return records(own[names])[0]
    return key


def _wanted(resource: Resource, desired: Desired | None, match: str) -> Key | None:
    rows = desired.rows[(desired.rows["match"] == match).to_numpy()] if desired is not None else no_rows()
    if not len(rows):
        return None
    other = {"match", "claims", "file", "tab", "row", "also", *resource.key}
    return {str(name): str(value) for name, value in rows.iloc[0].items() if name not in other and not pd.isna(value)}


def _concerning(
    resource: Resource, key: Key, rows: Iterable[TracedRow], newest: Plan | None, conventions: Conventions
) -> list[Issue]:
    """The issues of the newest plan about these rows, or about the object itself or the slice it is in."""
    places = {(row.origin.file, row.origin.tab, row.origin.row) for row in rows}
    about: dict[Comparison, set[str]] = {}
    for fields in (resource.keys, resource.named(resource.slice)):
        # A key with a part that PHP compares is taken as it is written: a text of several parts is not a number.
        compares: Comparison = "as_php" if any(each.compares == "as_php" for each in fields) else "by_conventions"
        for between in (" ", " / ") if fields else ():
            text = between.join(key[each.name] for each in fields)
            about.setdefault(compares, set()).add(folded_text(text, conventions, compares))

    def concerns(issue: Issue) -> bool:
        if (issue.file, issue.tab, issue.row) in places:
            return True
        said = issue.value or ""
        return said != "" and any(folded_text(said, conventions, how) in texts for how, texts in about.items())

    return [issue for issue in (newest.issues if newest else ()) if issue.resource == resource.name and concerns(issue)]


def _only_planned(planned: Iterable[Issue], now: Iterable[Issue]) -> Iterator[Issue]:
    """What only the newest plan found. Where both found the same, the plan may count it in other objects as well."""
    known = {_problem(issue) for issue in now}
    yield from dict.fromkeys(issue for issue in planned if _problem(issue) not in known)


def _problem(issue: Issue) -> tuple[object, ...]:
    return issue.code, issue.file, issue.tab, issue.row, issue.column


def _sent(history: pd.DataFrame, plans: Sequence[Plan], store: Store) -> Iterator[SentChange]:
    """Every change of it that a run sent, the oldest first, even those made by deleting something else."""
    holds = {(plan.id, hold.id): hold for plan in plans for hold in plan.holds}
    runs = {run.id: run for run in store.runs()}
    first = {run.plan: run for run in runs.values()}
    for row in history.astype(object).where(history.notna(), None).to_dict("records"):
        run = runs.get(row["run"]) or (first.get(row["plan"]) if row["status"] == "covered" else None)
        if run is not None:
            hold = holds.get((row["plan"], row["hold"]))
            yield SentChange(
                plan=row["plan"],
                run=run.id,
                at=run.started,
                op=row["op"],
                before=unpacked(row["before"]),
                after=unpacked(row["after"]),
                cause=row["cause"],
                status=row["status"],
                error=row["error"],
                hold=row["hold"],
                approved_by=hold.approved_by if hold else None,
                approved_at=hold.approved_at if hold else None,
                origin=Origin(row["file"], row["tab"], row["row"]) if row["file"] else None,
            )


def _remembered(ledger: pd.DataFrame) -> RememberedState | None:
    for row in ledger.astype(object).where(ledger.notna(), None).to_dict("records"):
        sent, seen = (None if row[name] is None else unpacked(row[name]) for name in ("sent", "seen"))
        return RememberedState(sent, seen, bool(row["owned"]), tuple(row["claims"].split()), int(row["checked"]))
    return None


def _below(files: Files, store: Store, resource: Resource, key: Key) -> Iterator[Dependents]:
    for child in CATALOGUE.values():
        for ref in child.refs:
            if ref.resource == resource.name and set(ref.on.values()) <= set(key):
                on = {here: key[there] for here, there in ref.on.items()}
                rows, remembered = files.count(child, on), _remembered_below(store, child, on, files.conventions)
                if rows or remembered:
                    yield Dependents(child, on, rows, remembered)


def _remembered_below(store: Store, child: Resource, on: Key, conventions: Conventions) -> int:
    folded = {f.name: folded_text(on[f.name], conventions, f.compares) for f in child.named(on)}
    rows = store.recall(child.name, next(iter(folded.values())))
    if not len(rows):
        return 0
    at = part_of(rows["match"], [child.key.index(name) for name in folded])
    return int((at == SEPARATOR.join(folded.values())).sum())
