"""`forget` as it is typed: nothing of a person is left in reach, nobody else loses anything, and they stay away."""

from __future__ import annotations

import gzip
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sync.config.site import load
from sync.errors import StoreError
from sync.notify import outbox
from sync.state import database, open_store
from sync.workflows import forget
from tests.clock import Clock
from tests.state.postgresql import run_sql

from .conftest import BOB, CAT, QUIRINA, THEIRS, Registry, settings


def test_no_byte_of_the_person_is_left_but_a_tombstone(registry: Registry) -> None:
    settings(registry, 'retention: {older_than: 400d, reports: ["reports/*", "*.log"]}\n')
    _past(registry)
    assert len(registry.where(*THEIRS)) > 9
    code, said = registry.work.run("forget", "user=S1042", "--by", "Amy Jones")
    assert (code, registry.where(*THEIRS)) == (0, set())
    assert not any(text in said.lower() for text in THEIRS)
    for erased in (
        "changes in plans",
        "files rewritten",
        "files removed",
        "1 message waiting",
        "by Amy Jones (account ",
    ):
        assert erased in said
    for out_of_reach in ("Moodle: the account", "Emails and messages that have been sent", "Backups"):
        assert out_of_reach in said
    assert registry.where("bob", below="archive")


def _past(registry: Registry) -> None:
    """A few days on which the person was everywhere: exports, plans, runs, reports, a log, a message."""
    folder = registry.folder
    registry.night(QUIRINA, BOB)
    registry.night(("S1042", "qzonne", "Quirin", "Zonneveld"), BOB)
    registry.night(QUIRINA, BOB, CAT)
    (folder / "reports").mkdir()
    assert registry.work.run("report", "--html", str(folder / "reports" / "page.html"))[0] == 0
    assert registry.work.run("report", "--xlsx", str(folder / "reports" / "book.xlsx"))[0] == 0
    (folder / "nightly.log").write_text("started\nQuirina Zonneveld was renamed\nended\n")
    notes = sorted((folder / "archive").glob("*/r-*"))[-1] / "notes.csv.gz"
    notes.write_bytes(gzip.compress(b'ID,NOTE\nS2,fine\nS1042,"moved\nhouse"\n'))
    letter = outbox.Message("r-1", "mail", ("a@b.example",), datetime.now(UTC), b"Subject: x\n\nZonneveld, Quirina\n")
    outbox.keep(folder / "state.db.outbox", letter)
    for name in ("people.csv", "seats.csv", "courses.csv"):
        (folder / "inbox" / name).unlink(missing_ok=True)


def test_records_of_others_stay_as_they_were(registry: Registry) -> None:
    """Neither S10, whose identifier begins with theirs, nor anybody who has their name."""
    registry.night(("S1", "s1", "Ann", "Lee"), ("S10", "s10", "Ann", "Lee"), BOB)
    assert "other people have the same name" in registry.work.run("forget", "user=S1")[1]
    (people,) = [files["people.csv"] for files in registry.work.sets]
    assert people == "ID,LOGIN,FIRST,LAST\nS10,s10,Ann,Lee\nS2,bob,Bob,Lee\n"
    assert registry.where("s10@uni.example") == {"state.db"}


def test_what_only_looks_like_the_person_stays(registry: Registry) -> None:
    """Identifiers and addresses that contain theirs, a surname that is their username, a room of that number."""
    others = (("1042-B", "li.ping", "Ping", "Li"), ("AB-1042", "ab", "Student", "Roe"))
    registry.night(("1042", "li", "Wei", "Zonneveld"), *others)
    notes = sorted((registry.folder / "archive").glob("*/r-*"))[-1] / "notes.csv"
    notes.write_text("DAY,WHAT\n2026-10-42,room 1042\n2026-10-43,1042\n")
    left = registry.document("forget", "user=1042")["not_reached"]
    (people,) = [files["people.csv"] for files in registry.work.sets]
    assert people == "ID,LOGIN,FIRST,LAST\n1042-B,li.ping,Ping,Li\nAB-1042,ab,Student,Roe\n"
    assert notes.read_text() == "DAY,WHAT\n2026-10-42,room 1042\n2026-10-43,1042\n"
    assert [int(each["which"]) for each in left if each["code"] == "others"] != []
    assert registry.where("zonneveld") == set()


def test_an_issue_about_a_course_that_is_called_as_they_are_stays(registry: Registry) -> None:
    registry.deliver(("104231", "qzonne", "Quirina", "Zonneveld"), BOB)
    registry.work.put("courses.csv", "ID,NAME\nC1,One\n104231,One\n104231,Two\n")
    registry.work.put("READY", "")
    registry.work.run("run")
    before = [each["message"] for each in registry.document("report")["issues"]]
    registry.work.run("forget", "user=104231")
    after = [each["message"] for each in registry.document("report")["issues"]]
    assert before
    assert after[: len(before)] == before


def test_exports_that_write_identifiers_in_another_way_lose_their_records_too(registry: Registry) -> None:
    mapping = registry.folder / "mappings" / "all.yaml"
    mapping.write_text(mapping.read_text().replace("{userid: ID,", "{userid: {text: 'STU-{ID}'},"))
    registry.night(QUIRINA, BOB)
    assert registry.work.run("forget", "user=STU-S1042")[0] == 0
    assert registry.where(*THEIRS) == set()


def test_what_belongs_to_others_as_well_is_named_in_the_certificate(registry: Registry) -> None:
    registry.night(QUIRINA, BOB)
    registry.night(("S1042", "qz2", "Quirina", "Zonneveld"), ("S2", "qzonne", "Bob", "Lee"))
    left = registry.document("forget", "user=S1042")["not_reached"]
    assert "value" in [each["code"] for each in left]
    assert registry.where("qzonne@uni.example") == {"state.db"}
    assert sorted(files["people.csv"] for files in registry.work.sets) == [
        "ID,LOGIN,FIRST,LAST\nS2,bob,Bob,Lee\n",
        "ID,LOGIN,FIRST,LAST\nS2,qzonne,Bob,Lee\n",
    ]


def test_a_pause_lasts_without_what_it_said_of_them(registry: Registry) -> None:
    registry.night(QUIRINA, BOB)
    registry.work.run("pause", "until Quirina Zonneveld has been moved", "--by", "Quirina Zonneveld")
    assert registry.work.run("forget", "user=S1042")[0] == 0
    assert registry.where(*THEIRS) == set()
    registry.deliver(BOB)
    assert "paused" in registry.work.run("run")[1]


# -- afterwards --------------------------------------------------------------------------------------------------


def test_a_row_of_theirs_is_reported_and_not_used_until_they_are_released(registry: Registry) -> None:
    registry.night(QUIRINA, BOB, CAT)
    registry.work.run("forget", "user=s1042")
    before = len(registry.work.writes)
    registry.night(QUIRINA, BOB, CAT)
    assert len(registry.work.writes) == before
    plan = registry.document("report")
    said = "row 2 is not used: it is about a person who has been forgotten"
    assert [(each["code"], each["file"], each["message"]) for each in plan["issues"]] == [
        ("forgotten", "people.csv", said),
        ("forgotten", "seats.csv", said),
    ]
    page, book = (registry.folder / name for name in ("page.html", "book.xlsx"))
    registry.work.run("report", "--html", str(page), "--xlsx", str(book), "--verbose")
    assert {name.split("/")[0] for name in registry.where(*THEIRS)} == {"archive"}
    assert "released" in registry.work.run("forget", "user=S1042", "--release")[1]
    registry.night(("S1042", "qzonne", "Rina", "Zonneveld"), BOB, CAT)
    assert registry.work.writes[before:] == ["PUT user/S1042"]


def test_an_explanation_says_that_their_rows_are_not_used_and_how_to_release_them(registry: Registry) -> None:
    registry.night(QUIRINA, BOB)
    registry.work.run("forget", "user=S1042")
    registry.deliver(QUIRINA, BOB)
    said = registry.work.run("explain", "user", "userid=S1042")[1]
    assert "row 2 is not used: it is about a person who has been forgotten" in said
    assert "forget user=ID --release" in said
    assert "would be created" not in said


def test_check_says_of_their_rows_what_a_plan_says(registry: Registry) -> None:
    registry.night(QUIRINA, BOB)
    registry.work.run("forget", "user=S1042")
    registry.deliver(QUIRINA, BOB)
    said = registry.work.run("check")[1]
    assert said.count("row 2 is not used: it is about a person who has been forgotten") == 2
    assert "users: 1 record" in said


def test_nobody_is_released_who_was_not_forgotten(registry: Registry) -> None:
    registry.night(BOB)
    assert registry.document("forget", "user=S2", "--release") == {"format": 1, "released": False}


def test_a_plan_that_names_the_person_can_no_longer_be_applied(registry: Registry) -> None:
    registry.night(BOB)
    registry.deliver(QUIRINA, BOB)
    assert registry.work.run("plan")[0] == 2
    registry.work.run("forget", "user=S1042")
    code, said = registry.work.run("apply")
    assert code == 1
    assert "some of its records have been removed from the state store" in said


def test_exports_from_which_somebody_was_erased_are_never_planned_again(registry: Registry) -> None:
    registry.night(QUIRINA, BOB)
    assert registry.work.run("plan")[0] == 0
    registry.work.run("forget", "user=S1042")
    code, said = registry.work.run("plan")
    assert (code, "a person has been erased from the last exports" in said) == (1, True)


# -- what stands in the way --------------------------------------------------------------------------------------


def test_a_dry_run_changes_no_byte(registry: Registry) -> None:
    registry.night(QUIRINA, BOB)
    before = {name: (registry.folder / name).read_bytes() for name in registry.where("")}
    made = registry.document("forget", "user=S1042", "--dry-run")
    assert (made["dry_run"], made["tombstone"]) == (True, None)
    assert made["erased"]["changes"] == 2
    assert made["erased"]["rewritten"] == 2
    assert {name: (registry.folder / name).read_bytes() for name in registry.where("")} == before


def test_it_waits_for_nothing_while_a_run_is_at_work(registry: Registry) -> None:
    registry.night(QUIRINA, BOB)
    with open_store(load(registry.folder / "site.yaml").state, Clock()) as store, store.lock():
        code, said = registry.work.run("forget", "user=S1042")
    assert (code, "another nexsis-sync is using this store" in said) == (1, True)
    assert registry.where("zonneveld")


def test_after_an_interruption_it_is_done_again(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    registry.night(QUIRINA, BOB)
    with monkeypatch.context() as patched:
        patched.setattr(forget, "forget_in_store", _interrupted)
        assert registry.work.run("forget", "user=S1042")[0] == 1
    assert registry.where(*THEIRS)
    assert registry.work.run("forget", "user=S1042")[0] == 0
    assert registry.where(*THEIRS) == set()


def _interrupted(*_: object) -> None:
    raise StoreError("the disk is full")


def test_another_process_that_reads_the_log_of_the_database(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "PATIENCE", 0)
    registry.night(QUIRINA, BOB)
    reader = sqlite3.connect(registry.folder / "state.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM changes").fetchall()
    code, said = registry.work.run("forget", "user=S1042")
    reader.close()
    assert (code, "another process is still reading" in said) == (1, True)
    assert registry.work.run("forget", "user=S1042")[0] == 0
    assert registry.where(*THEIRS) == set()


def test_a_set_that_is_being_carried_out_comes_first(registry: Registry) -> None:
    registry.night(QUIRINA, BOB)
    (registry.folder / "archive" / "under-way.json").write_text(
        '[{"name": "2026-11-23/r-1", "run": "r-1", "state": "taken", "why": "", "text": "why.txt"}]'
    )
    code, said = registry.work.run("forget", "user=S1042")
    assert (code, "a set of exports is still being processed" in said) == (1, True)
    assert registry.where("zonneveld")


def test_only_people_can_be_forgotten(registry: Registry) -> None:
    registry.night(BOB)
    assert registry.work.run("forget", "course=C1")[0] == 1
    assert registry.work.run("forget", "S2")[0] == 64


def test_somebody_nobody_knows_gets_a_tombstone_too(registry: Registry) -> None:
    registry.night(BOB)
    made = registry.document("forget", "user=S1042")
    assert set(made["erased"].values()) == {0}
    registry.night(QUIRINA, BOB)
    assert registry.work.writes.count("PUT user/S1042") == 0


def test_nothing_is_left_in_the_files_of_a_postgresql_server(postgresql: str, registry: Registry) -> None:
    settings(registry, f"state: {postgresql}\n")
    registry.night(QUIRINA, BOB)
    registry.night(("S1042", "qzonne", "Quirin", "Zonneveld"), BOB)
    assert registry.work.run("forget", "user=S1042")[0] == 0
    heaps = Path(postgresql.partition("host=")[2]) / "data" / "base"
    run_sql(postgresql, "CHECKPOINT")
    named = [path for path in heaps.rglob("*") if path.is_file() and b"onneveld" in path.read_bytes()]
    assert (named, registry.where(*THEIRS)) == ([], set())
