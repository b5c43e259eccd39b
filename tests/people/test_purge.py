"""`purge` and `retention:`: what is old is gone in every byte, and guards still know what they need."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sync.config.site import load
from sync.notify import outbox
from sync.notify.expiry import older
from sync.state import open_store
from sync.workflows.purge import report_files
from tests.clock import Clock

from .conftest import BOB, CAT, DAN, QUIRINA, Registry, days, settings


@pytest.fixture
def old(registry: Registry) -> Registry:
    """Two nights of long ago, in the second of which an account was renamed, and one of today."""
    registry.now -= days(500)
    registry.night(("S1042", "qzonne", "Olwen", "Vane"), BOB)
    registry.now += days(1)
    registry.night(QUIRINA, BOB, CAT)
    registry.now += days(499)
    registry.night(QUIRINA, BOB, CAT, DAN)
    return registry


def test_old_records_are_gone_and_totals_are_left(old: Registry) -> None:
    _leave_files(old.folder, old)
    counts = old.document("purge", "--older-than", "400d")["purged"]
    assert counts == {
        "plans": 2,
        "changes": 8,
        "issues": 0,
        "remembered": 0,
        "sets": 2,
        "messages": 1,
        "reports": 0,
        "backups": 1,
    }
    assert old.where("olwen") == set()
    assert len(old.work.sets) == 1
    *_, first = old.document("runs")["plans"]
    assert first["changes"] == 5
    plan = old.document("report", first["plan"])
    assert (plan["changes"], [issue["code"] for issue in plan["issues"]]) == ([], ["purged"])
    assert set(old.document("purge", "--older-than", "400d")["purged"].values()) == {0}


def _leave_files(folder: Path, registry: Registry) -> None:
    (folder / "state.db.before-0002").write_text("Olwen Vane")
    letter = outbox.Message("r-1", "mail", ("a@b.example",), registry.now, b"Subject: Olwen Vane\n\n")
    outbox.keep(folder / "state.db.outbox", letter)
    for path in (folder / "state.db.before-0002", folder / "state.db.outbox" / "r-1.letter"):
        _age(path, registry)


def _age(path: Path, registry: Registry) -> None:
    long_ago = (registry.now - days(450)).timestamp()
    os.utime(path, (long_ago, long_ago))


def test_the_next_night_is_as_it_would_have_been(old: Registry) -> None:
    old.work.run("purge", "--older-than", "400d")
    old.night(QUIRINA, ("S2", "bob", "Robert", "Lee"), CAT, DAN)


def test_a_dry_run_changes_no_byte(old: Registry) -> None:
    before = {name: (old.folder / name).read_bytes() for name in old.where("")}
    said = old.work.run("purge", "--older-than", "400d", "--dry-run")[1]
    assert said.startswith("would purge records from before ")
    assert "2 plans and their runs, 8 changes and 2 sets of exports" in said
    assert {name: (old.folder / name).read_bytes() for name in old.where("")} == before


def test_after_each_run_what_the_site_file_limits_is_purged(old: Registry) -> None:
    settings(old, "retention: {older_than: 400d}\n")
    old.deliver(QUIRINA, BOB, CAT)
    assert "purged records from before " in old.work.run("run")[1]
    assert old.where("olwen") == set()
    assert "purge" not in old.work.run("apply")[1]


def test_the_newest_plan_and_its_exports_are_kept_however_old(registry: Registry) -> None:
    registry.now -= days(500)
    registry.night(QUIRINA, BOB)
    registry.now += days(500)
    assert set(registry.document("purge", "--older-than", "400d")["purged"].values()) == {0}


def test_what_a_rollback_has_undone_is_not_forgotten(registry: Registry) -> None:
    """The run that renamed somebody was undone; the exports still ask for it, and it stays on hold."""
    renamed = ("S1042", "qzonne", "New", "Name")
    registry.now -= days(500)
    registry.night(QUIRINA, BOB)
    registry.night(renamed, BOB)
    second, first = (plan["runs"][0]["run"] for plan in registry.document("runs")["plans"])
    registry.work.run("rollback", second)
    assert registry.work.run("apply")[0] == 0
    registry.now += days(500)
    registry.deliver(renamed, BOB, CAT)
    registry.work.run("plan")
    assert registry.document("purge", "--older-than", "400d")["purged"]["plans"] == 1
    registry.work.run("run")
    assert {hold["guard"] for hold in registry.document("report")["holds"]} >= {"rolled-back"}
    code, said = registry.work.run("rollback", first)
    assert (code, "its records have been purged" in said) == (1, True)


def test_what_guards_still_need_stays(old: Registry) -> None:
    code, said = old.work.run("purge", "--older-than", "7d")
    assert (code, "Keep at least 31 days" in said) == (1, True)
    settings(old, "guards: {window: 60d}\n")
    assert "Keep at least 60 days" in old.work.run("purge", "--older-than", "45d")[1]
    settings(old, "calendar: [{from: 2031-12-18, to: 2032-01-06, guards: {window: 90d}}]\n")
    assert "Keep at least 90 days" in old.work.run("purge", "--older-than", "70d")[1]
    settings(old, "retention: {older_than: 7d}\n")
    assert "keep at least 31 days" in old.work.run("runs")[1]


def test_without_an_age_nothing_is_purged(old: Registry) -> None:
    assert old.work.run("purge")[0] == 64
    settings(old, "retention: {older_than: 400d}\n")
    assert old.document("purge")["purged"]["plans"] == 2


def test_it_waits_for_nothing_while_a_run_is_at_work(old: Registry) -> None:
    with open_store(load(old.folder / "site.yaml").state, Clock()) as store, store.lock():
        assert old.work.run("purge", "--older-than", "400d")[0] == 1
        assert old.work.run("purge", "--older-than", "400d", "--dry-run")[0] == 0
    assert len(old.work.sets) == 3


def test_a_folder_that_cannot_be_removed_stops_it_and_it_can_be_done_again(
    old: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("sync.workflows.purge.remove_set", _closed)
        code, said = old.work.run("purge", "--older-than", "400d")
    assert (code, "Permission denied" in said) == (1, True)
    assert old.document("purge", "--older-than", "400d")["purged"]["plans"] == 2


def _closed(folder: Path) -> None:
    raise PermissionError(13, "Permission denied", str(folder))


def test_reports_that_emails_link_to_are_purged(registry: Registry) -> None:
    settings(registry, "mail: {host: localhost, security: none, from: a@b.example, to: [{address: c@d.example}]}\n")
    reports = registry.folder / "reports"
    reports.mkdir()
    registry.night(BOB)
    for name in ("r-1-abc.html", "r-1-abc.xlsx", "notes.txt"):
        (reports / name).write_text("Zonneveld")
        _age(reports / name, registry)
    assert registry.document("purge", "--older-than", "400d")["purged"]["reports"] == 2
    assert [path.name for path in reports.iterdir()] == ["notes.txt"]


def test_patterns_of_reports_do_not_reach_what_the_program_needs(old: Registry) -> None:
    """Neither live exports nor settings, however old, even if a pattern reaches them through a link."""
    settings(old, 'retention: {older_than: 400d, reports: ["*", "*/*", "*/*/*/*"]}\n')
    old.deliver(QUIRINA)
    (old.folder / "linked").symlink_to(old.folder / "inbox")
    (old.folder / "state.db-wal").touch()
    files = [path for path in old.folder.rglob("*") if path.is_file()]
    (old.folder / "nightly.log").write_text("Quirina Zonneveld\n")
    for path in (*files, old.folder / "nightly.log"):
        _age(path, old)
    assert report_files(load(old.folder / "site.yaml")) == [old.folder / "nightly.log"]
    assert old.document("purge")["purged"]["reports"] == 1
    assert (old.folder / "inbox" / "people.csv").exists()
    assert old.work.run("forget", "user=S1042")[0] == 0
    assert old.where("s1042", below="inbox") == {"inbox/people.csv", "inbox/seats.csv"}


def test_a_file_that_vanishes_meanwhile_is_nothing_old(tmp_path: Path) -> None:
    assert [*older([tmp_path / "gone.log"], datetime.now(UTC))] == []
