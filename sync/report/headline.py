"""A plan or run in a few plain sentences: the first thing anybody reads, on a terminal, in an email, on a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import pandas as pd

from sync.model import Run, Story
from sync.model.findings import listed
from sync.model.resources import CATALOGUE
from sync.model.values import part_of
from sync.plan.blocked import waiting
from sync.plan.losses import losing, perhaps_losing
from sync.plan.repeats import repeatable
from sync.report import phrasing
from sync.report.state import UNREAD, truncated
from sync.report.summary import NOT_DONE, OPS, Summary

WRONG: Final = {
    "failed": ("failed", "failed"),
    "unknown": ("has an unknown result", "have unknown results"),
    "skipped": ("was skipped", "were skipped"),
}
"""The words for one change, and for several."""

WELL: Final = ("went through", "went through")
LEFT: Final = ("is left", "are left")

COUNTING_DOWN: Final = {"counting-down": "removed", "counting-down-set": "changed"}
"""The issues about what waits, and what will be done with it."""

NAMED: Final = 3
"""Resources a headline names; the changes of all others are added up."""


def headline(summary: Summary) -> tuple[str, ...]:
    """At most three parts: the status, what changes for whom, and what needs approval or fixing.

    `Ready, but 2 rows have errors.`, `44 people to enrol and 254 to unenrol, in 6 courses.`, `2 rows in users.csv have
    errors.` What is not there is left out, since parts of plans are described by the same sentences; where nothing is
    there, that is said.
    """
    state = _run_state(summary) if summary.run else _plan_state(summary)
    besides = (*_withheld(summary), _losing(summary), _counting_down(summary), _refused_before(summary))
    moves = "; ".join(filter(None, (*_headlines(summary), *besides)))
    # What the status says already is not said again.
    said = (*_certified(summary.run), *_approvals(summary), _with_errors(summary))
    waits = "; ".join(part for part in said if part and part not in state)
    texts = tuple(sentence for sentence in (state, moves and f"{moves}.", waits and f"{waits}.") if sentence)
    return texts or ("Done. There was nothing to change." if summary.run else "Nothing to do.",)


def next_steps(summary: Summary) -> tuple[tuple[str, str], ...]:
    """The commands that continue from here, each with its purpose where that is not plain; none for a preview."""
    if summary.plan.preview:
        return ()
    status = summary.statuses
    steps = []
    cut = summary.run is not None and summary.run.state != "done"
    again = int(repeatable(summary.plan.changes).sum()) if summary.run else 0
    if status.get("sending") or cut:
        steps.append(("nexsis-sync resume", "continues the run"))
    elif again:
        steps.append(
            ("nexsis-sync resume", f"repeats {phrasing.count(again, 'change')} that failed for technical reasons")
        )
    elif len(summary.ready):
        steps.append((f"nexsis-sync apply {summary.plan.id}", ""))
    if any(status.get(name) for name in ("failed", "unknown")):
        steps.append(("nexsis-sync plan", "reads Moodle again and plans whatever still differs"))
    return tuple(steps)


def sentences(summary: Summary) -> tuple[str, ...]:
    """The sentences, the most important first."""
    return tuple(sentence for sentence in _sentences(summary) if sentence)


def _sentences(summary: Summary) -> Iterator[str]:
    counts = summary.counts
    if summary.run:
        yield _of_run(summary.run, summary.statuses)
        yield from _moves(counts[counts["status"] == "done"], phrasing.DONE)
        yield from (f"{text}." for text in _certified(summary.run))
    else:
        yield _of_plan(summary)
        yield from _moves(summary.ready, phrasing.TO_DO)
    besides = (_losing(summary), _counting_down(summary), _refused_before(summary))
    yield from (f"{text}." for text in besides if text)
    covered = counts["status"] == "covered"
    yield _automatic("Removed automatically by Moodle", counts[covered & ~counts["blocked"]])
    yield from (f"{text}." for text in _withheld(summary))
    yield _to_do("On hold until approved", counts[counts["status"] == "held"])
    yield from (f"{text}." for text in _unusable(summary))
    yield _to_do("Waiting for changes on hold", counts[(counts["status"] == "planned") & counts["blocked"]])
    yield _automatic(
        "Not removed yet, because other changes are on hold or were not made", counts[covered & counts["blocked"]]
    )
    yield _agreed(summary)
    yield _stays(len(summary.with_errors))


def _of_plan(summary: Summary) -> str:
    sent = _sent(summary)
    if len(summary.ready):
        return f"{sent} Ready. {summary.estimate}".strip()
    if sent:
        return sent
    if summary.statuses.get("held"):
        return "Everything is on hold: nothing will be sent until it is approved."
    return "Nothing to send." if summary.plan.unapproved or summary.plan.withheld else "Nothing to do."


def _sent(summary: Summary) -> str:
    past = {name: n for name, n in summary.statuses.items() if name not in ("planned", "held", "covered")}
    if {*past} == {"done"}:
        return f"Already sent: {phrasing.count(past['done'], 'change')}."
    return f"So far: {listed(f'{n:,} {phrasing.STATUSES[name]}' for name, n in past.items())}." if past else ""


def _of_run(run: Run, status: Mapping[str, int]) -> str:
    done = status.get("done", 0)
    wrong = listed(f"{status[name]:,} {name}" for name in NOT_DONE if name in status)
    went = f"{phrasing.count(done, 'change') if done else 'No changes'} went through"
    text = f"{went}; {wrong}." if wrong else f"{went}."
    if run.state == "done":
        return f"Done. {text}" if done or wrong else "Done. Nothing was sent."
    doubt, left = status.get("sending", 0), status.get("planned", 0)
    rest = f"{phrasing.count(left, 'change')} left."
    if doubt:
        made = "1 change may" if doubt == 1 else f"{doubt:,} changes may"
        rest = f"{made} have been made; `resume` checks this first. {rest if left else ''}".rstrip()
    return f"{_unended(run)} {text} {rest}"


def _unended(run: Run) -> str:
    """A sentence saying that a run has not ended, and why."""
    why = f": {phrasing.safe(run.reason)}" if run.reason else ""
    return f"Interrupted{why}." if run.state == "cut" else "Not finished."


def _moves(counts: pd.DataFrame, verbs: Mapping[str, str]) -> Iterator[str]:
    """Sentences like `Enrolments: 44 to add and 254 to remove, in 6 courses`."""
    for name, rows in counts.groupby("resource", sort=False):
        resource = CATALOGUE[str(name)]
        by_op = rows.groupby("op")["count"].sum()
        moves = listed(f"{by_op[op]:,} {verbs[op]}" for op in OPS if op in by_op)
        where = phrasing.slices(rows["slice"].nunique(), resource)
        yield f"{resource.title.capitalize()}: {moves}{', ' + where if where else ''}."


def _counting_down(summary: Summary) -> str:
    """`12 enrolments will be removed later, unless they are listed again`."""
    texts = (_later(summary, code, done) for code, done in COUNTING_DOWN.items())
    return "; ".join(text for text in texts if text)


def _later(summary: Summary, code: str, done: str) -> str:
    """What will be `done` later, according to the issues of a code; blank if that is nothing."""
    groups = [group for group in summary.issues if group.code == code]
    named = [(group.resource, sum(each.key is not None for each in group.issues)) for group in groups]
    counts = [resource.counted(count) for resource, count in named if resource]
    more = "more than " if any(each.key is None for group in groups for each in group.issues) else ""
    they = "it is" if sum(count for _, count in named) == 1 else "they are"
    return f"{more}{listed(counts)} will be {done} later, unless {they} listed again" if counts else ""


def _losing(summary: Summary) -> str:
    """`3 removals take a course grade or completion with them`; whatever is on hold counts too.

    Those of which that is not known are counted apart: `grades and completions are not known for 12 more removals`.
    """
    changes = summary.plan.changes
    counted = changes["status"].isin(["done"] if summary.run else ["planned", "held", "covered"]).to_numpy()
    n, others = (int((found(changes) & counted).sum()) for found in (losing, perhaps_losing))
    take, them = "took" if summary.run else "takes" if n == 1 else "take", "it" if n == 1 else "them"
    known = f"{phrasing.count(n, 'removal')} {take} a course grade or completion with {them}" if n else ""
    which = phrasing.count(others, "more removal" if n else "removal")
    unknown = f"grades and completions {'were' if summary.run else 'are'} not known for {which}" if others else ""
    return "; ".join(text for text in (known, unknown) if text)


def _refused_before(summary: Summary) -> str:
    """`12 changes that Moodle has refused before were not sent`."""
    n = sum(issue.code == "refused-before" for issue in summary.plan.issues)
    verb = ("was" if n == 1 else "were") if summary.run else ("is" if n == 1 else "are")
    return f"{phrasing.count(n, 'change')} that Moodle has refused before {verb} not sent" if n else ""


def _automatic(label: str, counts: pd.DataFrame) -> str:
    """A sentence like `Removed automatically by Moodle: 3 group members`."""
    sums = counts.groupby("resource", sort=False)["count"].sum()
    counted = listed(CATALOGUE[str(name)].counted(int(n)) for name, n in sums.items())
    return f"{label}: {counted}." if counted else ""


def _to_do(label: str, counts: pd.DataFrame) -> str:
    """A sentence like `On hold until approved: 12 enrolments to remove in 1 course`."""
    groups = counts.groupby(["resource", "op"], sort=False)
    parts = []
    for (name, op), rows in groups:
        resource = CATALOGUE[str(name)]
        number, where = resource.counted(int(rows["count"].sum())), phrasing.slices(rows["slice"].nunique(), resource)
        parts.append(f"{number} {phrasing.TO_DO[str(op)]} {where}".rstrip())
    return f"{label}: {listed(parts)}." if parts else ""


def _withheld(summary: Summary) -> Iterator[str]:
    """`12 deletes withheld (10 enrolments and 2 group members)`: what a run without deletes, for one, leaves out."""
    for op, counts in summary.plan.withheld.items():
        each = listed(CATALOGUE[name].counted(n) for name, n in counts.items())
        yield f"{phrasing.count(sum(counts.values()), op)} withheld ({each})"


def _certified(run: Run | None) -> Iterator[str]:
    """`Read back: 12 changes, 10 verified, 1 exception and 1 that the API cannot read`."""
    certificate = run.certificate if run else None
    if certificate is not None:
        parts = [phrasing.count(certificate.changes, "change"), f"{certificate.equal:,} verified"]
        parts += [phrasing.count(len(certificate.exceptions), "exception")] if certificate.exceptions else []
        parts += [f"{certificate.unread:,} that the API cannot read"] if certificate.unread else []
        yield f"Read back: {listed(parts)}"


def _agreed(summary: Summary) -> str:
    same = {name: total["unchanged"] for name, total in summary.totals.items() if total["unchanged"]}
    agreed = listed(CATALOGUE[name].counted(n) for name, n in same.items())
    return f"Unchanged: {agreed}." if same and not summary.run else ""


def _stays(rows: int) -> str:
    if not rows:
        return ""
    needs = "has errors; the record it refers to is" if rows == 1 else "have errors; the records they refer to are"
    return f"{phrasing.count(rows, 'row')} {needs} left unchanged."


# -- the headline ----------------------------------------------------------------------------------------------


def _plan_state(summary: Summary) -> str:
    return " ".join(part for part in (_sent(summary), _but(summary, "Ready") if len(summary.ready) else "") if part)


def _but(summary: Summary, state: str) -> str:
    """A state that is good, with the gravest reason why it is not `ok`, as in `Ready, but 12 rows have errors`."""
    against = next(_against(summary), "")
    return f"{state}, but {against}." if against else f"{state}."


def _against(summary: Summary) -> Iterator[str]:
    """Why the state of a plan or run is not `ok`, as `state_of` says, the gravest reason first."""
    issues = summary.plan.issues
    if any(issue.code == UNREAD for issue in issues):
        yield "not everything could be read from Moodle"
    yield from _approvals(summary)
    if files := truncated(issues):
        yield f"{phrasing.count(files, 'file')} {'looks' if files == 1 else 'look'} truncated"
    rows = [file for file, _, _ in summary.with_errors]
    if rows:
        yield _with_errors(summary) if len({*rows}) == 1 else f"{len(rows):,} rows have errors"


def _run_state(summary: Summary) -> str:
    """What went wrong, then what went well: `2 changes failed and 3 were skipped; 26 went through`."""
    run, status = summary.run, summary.statuses
    assert run is not None
    left = status.get("planned", 0) + status.get("sending", 0) if run.state != "done" else 0
    went = [(status.get(name, 0), does) for name, does in WRONG.items()]
    counts = [*went, (status.get("done", 0), WELL), (left, LEFT)]
    texts = [(f"{n:,}", "change" if n == 1 else "changes", does[n != 1]) for n, does in counts if n]
    parts = [" ".join(each if place == 0 else (each[0], each[2])) for place, each in enumerate(texts)]
    wrong = sum(name in status for name in WRONG)
    text = "; ".join(part for part in (listed(parts[:wrong]), listed(parts[wrong:])) if part)
    start = _unended(run) if run.state != "done" else "" if wrong or not text else _but(summary, "Done")
    return " ".join(part for part in (start, text and f"{text}.") if part)


def _headlines(summary: Summary) -> Iterator[str]:
    """What changes for whom: first what happens to people, then the rest by kind."""
    counts = summary.counts[summary.counts["status"] == "done"] if summary.run else summary.ready
    by_resource = {str(name): rows for name, rows in counts.groupby("resource", sort=False)}
    order = sorted(by_resource, key=lambda name: CATALOGUE[name].story is None)
    for name in order[:NAMED]:
        resource, rows = CATALOGUE[name], by_resource[name]
        if resource.story:
            text = _story(summary, name, resource.story)
            where = phrasing.slices(rows["slice"].nunique(), resource)
            yield f"{text}{', ' + where if where else ''}"
        else:
            verbs = phrasing.DONE if summary.run else phrasing.TO_DO
            sums = rows.groupby("op")["count"].sum()
            ops = [op for op in OPS if op in sums]
            first = f"{resource.counted(int(sums[ops[0]]))} {verbs[ops[0]]}"
            yield listed([first, *(f"{sums[op]:,} {verbs[op]}" for op in ops[1:])])
    rest = sum(int(by_resource[name]["count"].sum()) for name in order[NAMED:])
    if rest:
        yield phrasing.count(rest, "other change")


def _story(summary: Summary, name: str, story: Story) -> str:
    """`44 people to enrol, 1 to change role and 254 to unenrol`: each person is counted once."""
    changes = summary.plan.changes
    counted = (changes["status"] == "done") if summary.run else (changes["status"] == "planned") & ~waiting(changes)
    rows = changes[(changes["resource"] == name) & counted]
    who = part_of(rows["match"], [CATALOGUE[name].key.index(story.who)])
    people = who.groupby(rows["op"]).nunique()
    parts: list[str] = []
    for op in OPS:
        if op in people:
            n = int(people[op])
            one, many, past = story.does[op]
            noun = "" if parts else f" {story.noun[n != 1]}"
            parts.append(f"{n:,}{noun} {past if summary.run else one if n == 1 else many}")
    return listed(parts)


def _approvals(summary: Summary) -> Iterator[str]:
    """What needs approval: changes, and files or scopes without any."""
    if held := summary.statuses.get("held", 0):
        yield _approval(held, "change")
    yield from _unusable(summary)


def _unusable(summary: Summary) -> Iterator[str]:
    """`1 file with no usable rows needs approval`."""
    for guard, n in phrasing.unusable(summary.plan):
        yield _approval(n, *phrasing.UNUSABLE[guard])


def _approval(n: int, one: str, many: str = "") -> str:
    return f"{phrasing.count(n, one, many)} {'needs' if n == 1 else 'need'} approval"


def _with_errors(summary: Summary) -> str:
    """`2 rows in users.csv and 1 in courses.csv have errors`."""
    files = [file for file, _, _ in summary.with_errors]
    if not files:
        return ""
    counts = [(files.count(file), phrasing.safe(file, phrasing.LONGEST)) for file in dict.fromkeys(files)]
    (n, file), *others = counts
    text = listed([f"{phrasing.count(n, 'row')} in {file}", *(f"{n:,} in {file}" for n, file in others)])
    return f"{text} {'has' if len(files) == 1 else 'have'} errors"
