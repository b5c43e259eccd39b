"""A plan or run in a few plain sentences: the first thing anybody reads, on a terminal, in a mail, on a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import pandas as pd

from sync.model import Run
from sync.report import words
from sync.report.facts import OPS, Facts
from sync.resources import CATALOGUE

NOT_DONE: Final = ("failed", "unknown", "skipped")


def verdict(facts: Facts) -> tuple[str, ...]:
    """The sentences, the most important first."""
    return tuple(sentence for sentence in _sentences(facts) if sentence)


def _sentences(facts: Facts) -> Iterator[str]:
    counts = facts.counts
    if facts.run:
        yield _of_run(facts.run, facts.statuses)
        yield from _moves(counts[counts["status"] == "done"], words.DONE)
    else:
        yield _of_plan(facts)
        yield from _moves(facts.ready, words.TO_DO)
    covered = counts["status"] == "covered"
    yield _along("No call needed, since the site takes them along", counts[covered & ~counts["stuck"]])
    yield _to_do("Held until approved", counts[counts["status"] == "held"])
    yield _to_do("Waiting for what is held", counts[(counts["status"] == "planned") & counts["stuck"]])
    yield _along("Going along with what is held or not done", counts[covered & counts["stuck"]])
    yield _agreed(facts)
    yield _rejected(sum(total["rejected"] for total in facts.totals.values()))


def _of_plan(facts: Facts) -> str:
    status = facts.statuses
    past = [f"{n:,} {name}" for name, n in status.items() if name not in ("planned", "held", "covered")]
    sent = f"Already sent: {words.listed(past)}." if past else ""
    if len(facts.ready):
        calls, seconds = facts.estimate.calls, facts.estimate.seconds
        ready = f"Ready. {words.count(calls, 'call')} to send, which takes about {words.span(seconds)}."
        return f"{sent} {ready}".lstrip()
    if sent:
        return sent
    return "Nothing goes before it is approved." if status.get("held") else "Nothing to do."


def _of_run(run: Run, status: Mapping[str, int]) -> str:
    went = f"{words.count(status.get('done', 0), 'call')} went through"
    wrong = words.listed(f"{status[name]:,} {name}" for name in NOT_DONE if name in status)
    told = f"{went}; {wrong}." if wrong else f"{went}."
    if run.state == "done":
        return f"Done. {told}"
    left = status.get("planned", 0) + status.get("sending", 0)
    why = f": {words.safe(run.reason)}" if run.reason else ""
    start = f"Cut off{why}. " if run.state == "cut" else "Not finished. "
    return f"{start}{told} {words.count(left, 'call')} left."


def _moves(counts: pd.DataFrame, verbs: Mapping[str, str]) -> Iterator[str]:
    """Sentences like `Enrolments: 44 to add and 254 to remove, in 6 courses`."""
    for name, rows in counts.groupby("resource", sort=False):
        resource = CATALOGUE[str(name)]
        by_op = rows.groupby("op")["count"].sum()
        moves = words.listed(f"{by_op[op]:,} {verbs[op]}" for op in OPS if op in by_op)
        where = words.slices(rows["slice"].nunique(), resource)
        yield f"{resource.title.capitalize()}: {moves}{', ' + where if where else ''}."


def _along(says: str, counts: pd.DataFrame) -> str:
    """A sentence like `No call needed, since the site takes them along: 3 group members`."""
    sums = counts.groupby("resource", sort=False)["count"].sum()
    gone = words.listed(CATALOGUE[str(name)].counted(int(n)) for name, n in sums.items())
    return f"{says}: {gone}." if gone else ""


def _to_do(says: str, counts: pd.DataFrame) -> str:
    """A sentence like `Held until approved: 12 enrolments to remove in 1 course`."""
    groups = counts.groupby(["resource", "op"], sort=False)
    parts = []
    for (name, op), rows in groups:
        resource = CATALOGUE[str(name)]
        number, where = resource.counted(int(rows["count"].sum())), words.slices(rows["slice"].nunique(), resource)
        parts.append(f"{number} {words.TO_DO[str(op)]} {where}".rstrip())
    return f"{says}: {words.listed(parts)}." if parts else ""


def _agreed(facts: Facts) -> str:
    same = {name: total["unchanged"] for name, total in facts.totals.items() if total["unchanged"]}
    agreed = words.listed(CATALOGUE[name].counted(n) for name, n in same.items())
    return f"As they should be already: {agreed}." if same and not facts.run else ""


def _rejected(rows: int) -> str:
    if not rows:
        return ""
    mend = "needs mending; what it speaks of stays" if rows == 1 else "need mending; what they speak of stays"
    return f"{words.count(rows, 'row')} {mend} as it is."
