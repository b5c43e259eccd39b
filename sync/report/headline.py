"""A plan or run in a few plain sentences: the first thing anybody reads, on a terminal, in a mail, on a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import pandas as pd

from sync.model import Run, Story
from sync.model.resources import CATALOGUE
from sync.model.values import part_of
from sync.plan.blocked import waiting
from sync.report import phrasing
from sync.report.summary import NOT_DONE, OPS, Summary

WRONG: Final = {
    "failed": ("failed", "failed"),
    "unknown": ("is unknown", "are unknown"),
    "skipped": ("was skipped", "were skipped"),
}
"""What is said of one change, and of several."""

WELL: Final = ("went through", "went through")
LEFT: Final = ("is left", "are left")

TELLING: Final = 3
"""Resources a headline speaks of; the changes of all others are added up."""


def headline(facts: Summary) -> tuple[str, ...]:
    """At most three sentences: how it stands, what changes for whom, and what waits for a person.

    `Ready.`, `44 people join and 254 leave, in 6 courses.`, `2 rows in users.csv need mending.` What is not there is
    not spoken of, since a part of a plan is told in the same words; where nothing is, that is said.
    """
    state = _run_state(facts.run, facts.statuses) if facts.run else _plan_state(facts)
    moves = "; ".join(_headlines(facts))
    waits = "; ".join(part for part in (_waiting(facts), _empty(facts), _to_mend(facts)) if part)
    said = tuple(sentence for sentence in (state, moves and f"{moves}.", waits and f"{waits}.") if sentence)
    return said or ("Done. Nothing was to be changed." if facts.run else "Nothing to do.",)


def next_steps(facts: Summary) -> tuple[tuple[str, str], ...]:
    """The commands that go on from here, each with what it is good for where that is not plain."""
    status = facts.statuses
    steps = []
    cut = facts.run is not None and facts.run.state != "done"
    if status.get("sending") or (cut and status.get("planned")):
        steps.append(("nexsis-sync resume", ""))
    elif len(facts.ready):
        steps.append((f"nexsis-sync apply {facts.plan.id}", ""))
    if any(status.get(name) for name in ("failed", "unknown")):
        steps.append(("nexsis-sync plan", "looks at the site again; what still differs is planned anew"))
    return tuple(steps)


def verdict(facts: Summary) -> tuple[str, ...]:
    """The sentences, the most important first."""
    return tuple(sentence for sentence in _sentences(facts) if sentence)


def _sentences(facts: Summary) -> Iterator[str]:
    counts = facts.counts
    if facts.run:
        yield _of_run(facts.run, facts.statuses)
        yield from _moves(counts[counts["status"] == "done"], phrasing.DONE)
    else:
        yield _of_plan(facts)
        yield from _moves(facts.ready, phrasing.TO_DO)
    covered = counts["status"] == "covered"
    yield _along("No call needed, since the site takes them along", counts[covered & ~counts["stuck"]])
    yield _to_do("Held until approved", counts[counts["status"] == "held"])
    yield f"{empty}." if (empty := _empty(facts)) else ""
    yield _to_do("Waiting for what is held", counts[(counts["status"] == "planned") & counts["stuck"]])
    yield _along("Taken along with what is held or not done", counts[covered & counts["stuck"]])
    yield _agreed(facts)
    yield _stays(len(facts.mend))


def _of_plan(facts: Summary) -> str:
    sent = _sent(facts)
    if len(facts.ready):
        return f"{sent} Ready. {facts.estimate}".strip()
    if sent:
        return sent
    if facts.statuses.get("held"):
        return "Nothing goes before it is approved."
    return "Nothing to send." if facts.plan.unapproved else "Nothing to do."


def _sent(facts: Summary) -> str:
    past = [f"{n:,} {name}" for name, n in facts.statuses.items() if name not in ("planned", "held", "covered")]
    return f"Already sent: {phrasing.listed(past)}." if past else ""


def _of_run(run: Run, status: Mapping[str, int]) -> str:
    done = status.get("done", 0)
    wrong = phrasing.listed(f"{status[name]:,} {name}" for name in NOT_DONE if name in status)
    went = f"{phrasing.count(done, 'call') if done else 'No call'} went through"
    told = f"{went}; {wrong}." if wrong else f"{went}."
    if run.state == "done":
        return f"Done. {told}"
    left = status.get("planned", 0) + status.get("sending", 0)
    return f"{_unended(run)} {told} {phrasing.count(left, 'call')} left."


def _unended(run: Run) -> str:
    """That a run is not over, and why."""
    why = f": {phrasing.safe(run.reason)}" if run.reason else ""
    return f"Cut off{why}." if run.state == "cut" else "Not finished."


def _moves(counts: pd.DataFrame, verbs: Mapping[str, str]) -> Iterator[str]:
    """Sentences like `Enrolments: 44 to add and 254 to remove, in 6 courses`."""
    for name, rows in counts.groupby("resource", sort=False):
        resource = CATALOGUE[str(name)]
        by_op = rows.groupby("op")["count"].sum()
        moves = phrasing.listed(f"{by_op[op]:,} {verbs[op]}" for op in OPS if op in by_op)
        where = phrasing.slices(rows["slice"].nunique(), resource)
        yield f"{resource.title.capitalize()}: {moves}{', ' + where if where else ''}."


def _along(says: str, counts: pd.DataFrame) -> str:
    """A sentence like `No call needed, since the site takes them along: 3 group members`."""
    sums = counts.groupby("resource", sort=False)["count"].sum()
    gone = phrasing.listed(CATALOGUE[str(name)].counted(int(n)) for name, n in sums.items())
    return f"{says}: {gone}." if gone else ""


def _to_do(says: str, counts: pd.DataFrame) -> str:
    """A sentence like `Held until approved: 12 enrolments to remove in 1 course`."""
    groups = counts.groupby(["resource", "op"], sort=False)
    parts = []
    for (name, op), rows in groups:
        resource = CATALOGUE[str(name)]
        number, where = resource.counted(int(rows["count"].sum())), phrasing.slices(rows["slice"].nunique(), resource)
        parts.append(f"{number} {phrasing.TO_DO[str(op)]} {where}".rstrip())
    return f"{says}: {phrasing.listed(parts)}." if parts else ""


def _agreed(facts: Summary) -> str:
    same = {name: total["unchanged"] for name, total in facts.totals.items() if total["unchanged"]}
    agreed = phrasing.listed(CATALOGUE[name].counted(n) for name, n in same.items())
    return f"Unchanged: {agreed}." if same and not facts.run else ""


def _stays(rows: int) -> str:
    if not rows:
        return ""
    mend = "needs mending; what it speaks of stays" if rows == 1 else "need mending; what they speak of stays"
    return f"{phrasing.count(rows, 'row')} {mend} as it is."


# -- the headline ----------------------------------------------------------------------------------------------


def _plan_state(facts: Summary) -> str:
    return " ".join(part for part in (_sent(facts), "Ready." if len(facts.ready) else "") if part)


def _run_state(run: Run, status: Mapping[str, int]) -> str:
    """What went wrong, then what went well: `2 changes failed and 3 were skipped; 26 went through`."""
    left = status.get("planned", 0) + status.get("sending", 0) if run.state != "done" else 0
    went = [(status.get(name, 0), does) for name, does in WRONG.items()]
    counts = [*went, (status.get("done", 0), WELL), (left, LEFT)]
    said = [(f"{n:,}", "change" if n == 1 else "changes", does[n != 1]) for n, does in counts if n]
    parts = [" ".join(each if place == 0 else (each[0], each[2])) for place, each in enumerate(said)]
    wrong = sum(name in status for name in WRONG)
    told = "; ".join(part for part in (phrasing.listed(parts[:wrong]), phrasing.listed(parts[wrong:])) if part)
    start = _unended(run) if run.state != "done" else "" if wrong or not told else "Done."
    return " ".join(part for part in (start, told and f"{told}.") if part)


def _headlines(facts: Summary) -> Iterator[str]:
    """What changes for whom: first what people do, then the rest by what it is."""
    counts = facts.counts[facts.counts["status"] == "done"] if facts.run else facts.ready
    by_resource = {str(name): rows for name, rows in counts.groupby("resource", sort=False)}
    order = sorted(by_resource, key=lambda name: CATALOGUE[name].story is None)
    for name in order[:TELLING]:
        resource, rows = CATALOGUE[name], by_resource[name]
        if resource.story:
            told = _story(facts, name, resource.story)
            where = phrasing.slices(rows["slice"].nunique(), resource)
            yield f"{told}{', ' + where if where else ''}"
        else:
            verbs = phrasing.DONE if facts.run else phrasing.TO_DO
            sums = rows.groupby("op")["count"].sum()
            ops = [op for op in OPS if op in sums]
            first = f"{resource.counted(int(sums[ops[0]]))} {verbs[ops[0]]}"
            yield phrasing.listed([first, *(f"{sums[op]:,} {verbs[op]}" for op in ops[1:])])
    rest = sum(int(by_resource[name]["count"].sum()) for name in order[TELLING:])
    if rest:
        yield phrasing.count(rest, "other change")


def _story(facts: Summary, name: str, story: Story) -> str:
    """`44 people join, 1 changes role and 254 leave`: each person is counted once, whatever the number of changes."""
    changes = facts.plan.changes
    told = (changes["status"] == "done") if facts.run else (changes["status"] == "planned") & ~waiting(changes)
    rows = changes[(changes["resource"] == name) & told]
    who = part_of(rows["match"], [CATALOGUE[name].key.index(story.who)])
    people = who.groupby(rows["op"]).nunique()
    parts: list[str] = []
    for op in OPS:
        if op in people:
            n = int(people[op])
            one, many, past = story.does[op]
            noun = "" if parts else f" {story.noun[n != 1]}"
            parts.append(f"{n:,}{noun} {past if facts.run else one if n == 1 else many}")
    return phrasing.listed(parts)


def _waiting(facts: Summary) -> str:
    held = facts.statuses.get("held", 0)
    return f"{phrasing.count(held, 'change')} {'waits' if held == 1 else 'wait'} for approval" if held else ""


def _empty(facts: Summary) -> str:
    """`1 sheet with nothing usable needs approval`."""
    holds = facts.plan.unapproved
    found = phrasing.nothing_usable(holds)
    return f"{found} {'needs' if sum(not hold.count for hold in holds) == 1 else 'need'} approval" if found else ""


def _to_mend(facts: Summary) -> str:
    """`2 rows in users.csv and 1 in courses.csv need mending`."""
    files = [file for file, _, _ in facts.mend]
    if not files:
        return ""
    counts = [(files.count(file), phrasing.safe(file, phrasing.LONGEST)) for file in dict.fromkeys(files)]
    (n, file), *others = counts
    told = phrasing.listed([f"{phrasing.count(n, 'row')} in {file}", *(f"{n:,} in {file}" for n, file in others)])
    return f"{told} {'needs' if len(files) == 1 else 'need'} mending"
