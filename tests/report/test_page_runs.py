"""The chart of the last runs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sync.model import Outcome, Run, Status
from sync.state import open_store
from tests.clock import Clock
from tests.report import report_plans as plans
from tests.report.page_reader import Page, page


def test_the_last_thirty_runs_are_drawn(tmp_path: Path) -> None:
    with open_store("sqlite://", Clock()) as store:
        for n in range(33):
            at = datetime(2026, 10, 1, tzinfo=UTC) + timedelta(days=n)
            store.save_plan(replace(plans.night(), id=f"p-{n}", created=at))
            store.start_run(Run(f"r-{n}", f"p-{n}", at, None, "running"))
        read = page(tmp_path, plans.night(), store=store)
    assert "What the last 30 runs did" in read.text
    begun = {a["datetime"] for a in read.of("time")}
    assert {"2026-10-04T02:00:00+02:00", "2026-11-02T01:00:00+01:00"} <= begun
    assert "2026-10-03T02:00:00+02:00" not in begun


def test_a_run_is_drawn_as_what_it_did_and_did_not_do(tmp_path: Path) -> None:
    night = plans.night()
    sent: list[int] = night.changes.loc[night.changes["status"] == "planned", "n"].tolist()
    nights: tuple[tuple[Status, ...], ...] = (("done",) * 4, (), ("done", "done", "failed", "unknown", "skipped"))
    with open_store("sqlite://", Clock()) as store:
        store.save_plan(night)
        for n, statuses in enumerate(nights):
            begun = plans.CREATED + timedelta(hours=n)
            store.start_run(Run(f"r-{n}", night.id, begun, begun, "done" if statuses else "cut"))
            tried, sent = sent[: len(statuses)], sent[len(statuses) :]
            store.intend(night.id, f"r-{n}", tried)
            store.settle(night.id, [Outcome(*each) for each in zip(tried, statuses, strict=True)], [], [])
        read = page(tmp_path, night, store=store)
    assert "added changed removed failed on hold not sent" in read.text
    assert columns(read) == [["create", "update"], [], ["create", "failed", "held", "left"]]
    table = read.text[read.text.index("Started added") :].replace("\u2013", "-")
    for at, row in ((3, "1 3 - - - - finished"), (4, "- - - - - - interrupted"), (5, "2 - - 3 3 3 finished")):
        assert f"23 November 2026, 0{at}:00 {row} (this plan)" in table


@pytest.mark.parametrize(
    ("did", "broken", "highest"),
    [
        ((900, 3, 12, 0, 7), ("900 on 1 October 2026, 02:00",), "12 changes"),
        ((60, 12), (), ""),
        ((60, 0), (), ""),
        ((4000, 900, *[10] * 9), ("4,000 on 1 October 2026, 02:00", "900 on 2 October 2026, 02:00"), "10 changes"),
        ((4000, 900, *[10] * 8), ("4,000 on 1 October 2026, 02:00", "900 on 2 October 2026, 02:00"), ""),
    ],
)
def test_a_run_that_did_far_more_than_others_is_drawn_broken(
    did: tuple[int, ...], broken: tuple[str, ...], highest: str, tmp_path: Path
) -> None:
    with open_store("sqlite://", Clock()) as store:
        for n, count in enumerate(did):
            at = datetime(2026, 10, 1, tzinfo=UTC) + timedelta(days=n)
            people = plans.plan(*(plans.change("create", "user", f"S{k}", status="done") for k in range(count)))
            store.save_plan(replace(people, id=f"p-{n}", created=at))
            store.start_run(Run(f"r-{n}", f"p-{n}", at, at, "done"))
        read = page(tmp_path, plans.night(), store=store)
    said = f"than fit: {'; '.join(broken)}. The tallest column without a break has {highest}."
    assert (said in read.text) == bool(highest)
    assert len(read.of("path")) == (len(broken) if highest else 0)


def columns(read: Page) -> list[list[str | None]]:
    """What the pieces of each column of the chart of runs are, from the bottom."""
    rects = read.of("rect")
    pieces = [a for a in rects if (a.get("y") or "").endswith("%")]
    marks = [a for a in rects if (a["class"] or "").startswith("mark")]
    return [[a["class"] for a in pieces if a["x"] == mark["x"]] for mark in marks]
