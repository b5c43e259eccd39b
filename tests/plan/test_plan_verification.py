"""What a run has written is read back and compared with what was sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from threading import Event
from typing import Any

from sync.apply.verification import verify
from sync.model import Run
from sync.workflows.exit_codes import run_code
from tests.plan.plan_scenario import Stage

SETTLED = {"users": ["S[1-8]"], "courses": ["C1"], "enrolments": ["S[1-8] C1"], "groups": ["C1 G"]}
NIGHT = {
    "users": ["S1 LOGIN=s2", "S2 LOGIN=s1", "S3 FIRST=Amy", "S[4-8]", "N1"],
    "enrolments": ["S[2-8] C1", "N1 C1"],
    "members": ["C1 G S2"],
}


def run_of(stage: Callable[[dict[str, Any]], Stage], *edits: str) -> tuple[Stage, Run]:
    """A run whose results were changed in Moodle before they are read back."""
    there = stage({"mappings": {"enrolments": {"missing": "delete"}}, "settled": SETTLED})
    there.bring(NIGHT)
    there.apply(there.plan("full"))
    there.edit(edits)
    run = there.store.run("r-1")
    certificate = verify(there.store.journal(run.id), there.world.connection, there.config.conventions, Event())
    there.store.certify(run.id, certificate)
    return there, there.store.run("r-1")


def test_all_that_can_be_read_is_verified(stage: Callable[[dict[str, Any]], Stage]) -> None:
    there, run = run_of(stage)
    assert run.certificate is not None
    # Of a username that changed hands, only the last of three calls counts.
    assert (run.certificate.changes, run.certificate.equal, run.certificate.unread) == (7, 6, 1)
    assert run.certificate.exceptions == ()
    assert run_code(there.store.plan(run.plan), run) == 0


def test_what_is_not_as_it_was_sent_is_listed(stage: Callable[[dict[str, Any]], Stage]) -> None:
    there, run = run_of(stage, "users S3 FIRST=Eva", "enrolments S1 C1", "delete users N1")
    assert run.certificate is not None
    assert (run.certificate.changes, run.certificate.equal, run.certificate.unread) == (7, 2, 1)
    assert {issue.message for issue in run.certificate.exceptions} == {
        "user S3: First name is `Eva` in Moodle, although `Amy` was sent",
        "user N1 is not in Moodle, although Moodle accepted it",
        "enrolment S1, C1 is still in Moodle, although Moodle accepted its deletion",
        "enrolment N1, C1 is not in Moodle, although Moodle accepted it",
    }
    plan = there.store.plan(run.plan)
    assert run_code(plan, run) == 4
    assert run_code(plan, replace(run, certificate=None)) == 0


def test_a_value_that_moodle_ignores_is_listed(stage: Callable[[dict[str, Any]], Stage]) -> None:
    mappings = {"enrolments": {"missing": {"set": {"enrolstatus": 1}}}}
    settled = {"users": ["S[1-40]"], "courses": ["C1"], "enrolments": ["S[1-40] C1"]}
    there = stage({"mappings": mappings, "allow": "enrolment.enrolstatus", "settled": settled})
    there.bring({"enrolments": ["S[2-40] C1"]})
    assert there.apply(there.plan("full")) == []
    certificate = verify(there.store.journal("r-1"), there.world.connection, there.config.conventions, Event())
    assert (certificate.changes, certificate.equal) == (1, 0)
    assert [issue.message for issue in certificate.exceptions] == [
        "enrolment S1, C1: enrolstatus is `0` in Moodle, although `1` was sent"
    ]


def test_what_is_not_read_because_somebody_stops_it_is_listed(stage: Callable[[dict[str, Any]], Stage]) -> None:
    there, run = run_of(stage)
    stop = Event()
    stop.set()
    asked = len(there.sandbox.requests)
    certificate = verify(there.store.journal(run.id), there.world.connection, there.config.conventions, stop)
    assert len(there.sandbox.requests) == asked
    assert (certificate.changes, certificate.equal, certificate.unread) == (7, 0, 1)
    assert {issue.message.partition(" could ")[2] for issue in certificate.exceptions} == {
        "not be read back: stopped by request"
    }
