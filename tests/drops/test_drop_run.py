"""`run` takes a set once it is complete, and sends what it contains."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from sync.cli import wiring
from sync.state import open_store
from tests.clock import Clock
from tests.examples import LONG

from .office import A_SET, HEAD, MAPPINGS, Office, people


def test_a_set_is_taken_carried_out_and_lies_in_the_archive_under_the_run(work: Office) -> None:
    work.drop("s1")
    code, said = work.run("run")
    assert code == 0, said
    assert work.writes == ["PUT course/C1", "PUT user/s1"]
    assert (work.inbox, work.sets) == ({}, [A_SET])
    with open_store(f"sqlite:///{work.folder / 'state.db'}", Clock()) as store:
        run = store.run()
    (folder,) = (work.folder / "archive").glob("*/*")
    assert (folder.parent.name, folder.name) == (f"{run.started:%Y-%m-%d}", run.id)
    assert not (work.folder / "archive" / "under-way.json").exists()


def test_an_archive_on_another_file_system_gets_the_same(work: Office) -> None:
    elsewhere = Path("/dev/shm")
    if not os.access(elsewhere, os.W_OK) or elsewhere.stat().st_dev == work.folder.stat().st_dev:
        pytest.skip("needs /dev/shm as a file system of its own")
    with TemporaryDirectory(dir=elsewhere) as other:
        work.set_up(f"{{trigger: READY, archive: {other}/archive, refused: {other}/refused}}")
        work.drop("s1")
        before = {path.name: path.stat().st_mtime_ns for path in (work.folder / "inbox").iterdir()}
        code, said = work.run("run")
        assert code == 0, said
        (folder,) = Path(other, "archive").glob("*/*")
        assert (work.inbox, work.files(folder)) == ({}, A_SET)
        assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before
        assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
        work.drop("s1")
        work.put("people.csv", "ID\ns1\n")
        work.put("READY", "")
        assert work.run("run")[0] == 1
        assert len([*Path(other, "refused").glob("*/*/people.csv")]) == 1


def test_an_inbox_full_of_other_files_is_archived_with_the_set(work: Office) -> None:
    """Under `--full` 100,000 of them; it takes minutes at most, and says nothing of them."""
    many = 100_000 if LONG else 500
    for n in range(many):
        (work.folder / "inbox" / f"report-{n:06}.txt").write_bytes(b"x")
    work.drop("s1")
    assert work.run("plan", "--quiet")[0] == 2
    code, said = work.run("run")
    assert code == 0
    assert len(said.splitlines()) < 30
    assert (len(work.inbox), len(work.sets[0])) == (0, many + len(A_SET))


def test_without_drop_the_exports_stay(work: Office) -> None:
    work.set_up("")
    work.drop("s1")
    assert work.run("run")[0] == 0
    assert work.inbox == A_SET
    assert work.run("run", "--wait", "1m")[0] == 64
    assert work.run("watch")[0] == 1


def test_a_partial_set_is_reported_and_nothing_moves(work: Office) -> None:
    work.set_up("{trigger: READY, required: ['enrolments*.csv', people.csv]}")
    work.put("people.csv", people("s1"))
    before = work.inbox
    code, said = work.run("run")
    assert code == 1
    assert [
        name for name in ("enrolments*.csv has not arrived yet", "courses.csv has not arrived yet") if name not in said
    ] == []
    assert "people.csv has arrived, but its trigger file has not" in said
    assert (work.inbox, work.sets, work.writes) == (before, [], [])
    assert list(work.folder.glob("archive")) == []


def test_an_empty_inbox_is_reported(work: Office) -> None:
    work.drop("s1")
    work.run("run")
    code, said = work.run("run")
    assert code == 1
    assert "people*.csv has not arrived yet" in said


@pytest.fixture
def passing(work: Office, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Time that passes only while `run` waits."""
    clock = Clock()
    monkeypatch.setattr(wiring, "SystemClock", lambda: clock)
    monkeypatch.setattr("sync.cli.wiring.time.sleep", clock.pause)
    return clock


def test_missing_files_are_waited_for_as_long_as_asked(
    work: Office, passing: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    work.put("courses.csv", "ID,NAME\nC1,One\n")

    def pause(seconds: float) -> None:
        passing.pause(seconds)
        if passing.time == 600:
            work.drop("s1")

    monkeypatch.setattr("sync.cli.wiring.time.sleep", pause)
    assert work.run("run", "--wait", "9m")[0] == 1
    assert passing.time == 540
    assert work.run("run", "--wait", "30m")[0] == 0
    assert passing.time == 600


WRITER = """
import sys
for n, piece in enumerate(sys.stdin):
    with open(sys.argv[1], "a") as file:
        file.write(piece[:7]); file.flush(); file.write(piece[7:])
    print(n, flush=True)
"""


def test_a_file_written_in_pieces_is_taken_once_when_whole(
    work: Office, passing: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process writes the next piece whenever the inbox has been looked at twice."""
    work.set_up("{settle: 4s}")
    work.put("courses.csv", "ID,NAME\nC1,One\n")
    path = work.folder / "inbox" / "people.csv"
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    pieces = [HEAD, *(f"s{n},s{n},Ann,Lee\n" for n in range(5))]
    left = list(pieces)

    def pause(seconds: float) -> None:
        passing.pause(seconds)
        assert writer.stdin is not None and writer.stdout is not None
        if left and passing.time % 2 == 0:
            writer.stdin.write(left.pop(0))
            writer.stdin.flush()
            writer.stdout.readline()

    monkeypatch.setattr("sync.cli.wiring.time.sleep", pause)
    with writer:
        code, said = work.run("run")
    assert code == 0, said
    assert work.sets == [{"courses.csv": "ID,NAME\nC1,One\n", "people.csv": "".join(pieces)}]
    assert work.writes == ["PUT course/C1", *(f"PUT user/s{n}" for n in range(5))]
    assert passing.time == 2 * len(pieces) + 4


def test_files_that_keep_changing_are_reported(work: Office, passing: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    work.set_up("{settle: 10s}")
    log = work.put("export.log", "")

    def pause(seconds: float) -> None:
        passing.pause(seconds * 5)
        log.write_text(log.read_text() + "x")

    monkeypatch.setattr("sync.cli.wiring.time.sleep", pause)
    code, said = work.run("run")
    assert code == 1
    assert "files are still being written" in said
    assert passing.time == 3600


@pytest.mark.parametrize(
    ("courses", "says"),
    [
        ("", "courses.csv: the file is empty"),
        ("CODE,TITLE\nC1,One\n", "column 'ID' is missing"),
        ("<html><body>Log in</body></html>", "the file is a web page"),
    ],
)
def test_a_set_that_cannot_be_read_is_refused_as_a_whole_and_the_next_one_is_taken(
    work: Office, courses: str, says: str
) -> None:
    work.drop("s1", courses=courses)
    code, said = work.run("run")
    assert (code, work.writes, work.inbox) == (1, [], {})
    (refused,) = work.refused
    assert says in refused["why.txt"]
    assert says in said
    assert {*refused} == {"READY", "courses.csv", "people.csv", "why.txt"}
    assert "Traceback" not in said
    work.drop("s1")
    assert work.run("run")[0] == 0


def test_unfinished_and_hidden_files_are_no_exports(work: Office) -> None:
    names = ["people.csv.part", "x.tmp", "x.FILEPART", "~$people.xlsx", ".people.csv", ".x/people.csv"]
    for name in names:
        work.put(name, "half")
    work.drop("s1")
    assert work.run("run")[0] == 0
    assert {*work.inbox} == {*names}


def test_what_is_kept_stays_and_goes_along_with_every_set(work: Office) -> None:
    work.set_up("{trigger: READY, keep: 'base/*'}", MAPPINGS_WITH_BASE)
    kept = work.put("base/people-0.csv", people("s0"))
    for name in ("s1", "s2"):
        work.drop(name)
        assert work.run("run")[0] == 0
    assert work.inbox == {"base/people-0.csv": kept.read_text()}
    assert [files["base/people-0.csv"] for files in work.sets] == [people("s0")] * 2
    assert sorted(work.writes) == ["PUT course/C1", "PUT user/s0", "PUT user/s1", "PUT user/s2"]


MAPPINGS_WITH_BASE = MAPPINGS.replace("people*.csv", '{file: "**/people*.csv", take: all}')

HOLDING = """\
resource: user
name: people
sheet: people.csv
mode: delta
delete_when: {FIRST: gone}
fields: {userid: ID, username: LOGIN, firstname: FIRST, lastname: LAST, email: {text: "{LOGIN}@uni.example"}}
"""


def test_what_a_plan_holds_can_be_approved_and_applied_after_the_files_were_moved(work: Office) -> None:
    work.set_up("{trigger: READY}", HOLDING)
    work.drop("s1", "s2")
    assert work.run("run")[0] == 0
    work.set_up("{trigger: READY}", HOLDING + "max_age: 3d\n")
    work.put("people.csv", HEAD + "s1,s1,gone,Lee\n")
    work.put("READY", "")
    code, said = work.run("run")
    assert code == 3, said
    with open_store(f"sqlite:///{work.folder / 'state.db'}", Clock()) as store:
        plan = store.plan().id
    assert work.run("approve", plan, "--all")[0] == 0
    code, said = work.run("apply")
    assert code == 0, said
    assert work.writes[-1] == "DELETE user/s1"


def test_whoever_only_looks_sees_the_set_taken_last_until_a_new_one_is_complete(work: Office) -> None:
    work.drop("s1")
    work.run("run")
    code, said = work.run("plan")
    assert code == 0, said
    assert "no new exports in the inbox" in said
    work.put("people.csv", people("s1", "s2"))
    assert work.run("plan")[0] == 0
    work.drop("s1", "s2")
    code, said = work.run("plan")
    assert code == 2, said
    assert "no newer exports" not in said
    assert work.run("check")[0] == 0
    assert work.run("run")[0] == 0
    assert work.writes[-1] == "PUT user/s2"


def test_the_problem_rows_of_a_taken_set_are_in_the_workbook_of_its_report(work: Office) -> None:
    work.drop("s1")
    work.put("people.csv", people("s1") + "s2,s two!,Ann,Lee\n")
    work.put("READY", "")
    assert work.run("run")[0] == 0
    book = work.folder / "report.xlsx"
    assert work.run("report", "--xlsx", str(book))[0] == 0
    from openpyxl import load_workbook

    cells = {cell.value for tab in load_workbook(book) for row in tab.iter_rows() for cell in row}
    assert "s two!" in cells


def test_a_site_that_refuses_leaves_the_set_to_the_next_run_in_order(work: Office) -> None:
    (work.folder / "token.txt").write_text("wrong")
    for names in (["s1"], ["s1", "s2"]):
        work.drop(*names)
        assert work.run("run")[0] == 1
        assert work.inbox == {}
    (work.folder / "token.txt").write_text(work.sandbox.token)
    code, said = work.run("run")
    assert code == 0, said
    assert work.writes == ["PUT course/C1", "PUT user/s1", "PUT user/s2"]
    assert [len(files) for files in work.sets] == [3, 3]
    with open_store(f"sqlite:///{work.folder / 'state.db'}", Clock()) as store:
        assert len(store.runs()) == 2


@pytest.fixture
def failing(work: Office) -> list[str]:
    """People whose PUT fails; a run is interrupted by the first of them."""
    site = (work.folder / "site.yaml").read_text()
    (work.folder / "site.yaml").write_text(site.replace("permits: 1", "permits: 1, max_failures: 1, retries: 0"))
    names: list[str] = []
    work.hooks.append(lambda method, path: "error" if method == "PUT" and path.split("/")[-1] in names else None)
    return names


def test_a_set_cut_off_twice_makes_way_for_a_newer_one(work: Office, failing: list[str]) -> None:
    failing.append("bad")
    work.drop("bad", "worse")
    assert work.run("run")[0] == 5
    work.drop("s1")
    code, said = work.run("run")
    assert code == 5, said
    assert "was interrupted twice" in said
    assert "PUT user/s1" in work.writes
    assert not (work.folder / "archive" / "under-way.json").exists()


def test_a_run_gone_on_with_by_hand_is_not_done_again(work: Office, failing: list[str]) -> None:
    failing.append("s1")
    work.drop("s1", "s2")
    assert work.run("run")[0] == 5
    failing.clear()
    code, said = work.run("resume")
    assert code in (0, 4), said
    assert not (work.folder / "archive" / "under-way.json").exists()
    sent = work.writes
    assert "courses.csv has not arrived yet" in work.run("run")[1]
    assert work.writes == sent
    with open_store(f"sqlite:///{work.folder / 'state.db'}", Clock()) as store:
        assert len(store.runs()) == 1


def test_an_archive_in_the_inbox_is_refused(work: Office) -> None:
    work.set_up("{archive: inbox/archive}")
    code, said = work.run("check")
    assert code == 1
    assert "the archive folder cannot be inside the inbox" in said


def test_the_day_of_the_archive_is_the_sites(work: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    site = (work.folder / "site.yaml").read_text()
    (work.folder / "site.yaml").write_text(site.replace("token:", "timezone: Pacific/Auckland, token:"))
    monkeypatch.setattr(wiring.SystemClock, "now", lambda self: datetime(2026, 11, 23, 14, 30, tzinfo=UTC))
    work.drop("s1")
    code, said = work.run("run")
    assert code == 0, said
    (folder,) = (work.folder / "archive").glob("*/*")
    assert folder.relative_to(work.folder / "archive").as_posix().startswith("2026-11-24/r-20261123T143000-")


def test_where_another_run_was_the_last_one_of_a_set_a_text_beside_it_says_so(work: Office, failing: list[str]) -> None:
    failing.append("s1")
    work.drop("s1", "s2")
    assert work.run("run")[0] == 5
    assert list(work.folder.glob("archive/*/runs.txt")) == []
    failing.clear()
    assert work.run("run")[0] == 0
    (folder,) = work.folder.glob("archive/*/r-*")
    with open_store(f"sqlite:///{work.folder / 'state.db'}", Clock()) as store:
        last, first = (run.id for run in store.runs())
    assert folder.name == first
    assert (folder.parent / "runs.txt").read_text() == f"{first}: its last run was {last}\n"
    assert work.run("plan")[0] == 0


@pytest.mark.parametrize("inside", [False, True])
def test_of_a_link_the_archive_has_the_text(work: Office, inside: bool) -> None:
    """The link leads out of the inbox, which is allowed, or to another file of the set, which is taken before it."""
    site = work.folder / "site.yaml"
    site.write_text(f"{site.read_text()}follow_links: {str(not inside).lower()}\n")
    target = work.put("a-2026-11-23.csv", people("s1")) if inside else work.folder / "export.csv"
    target.write_text(people("s1"))
    (work.folder / "inbox" / "people.csv").symlink_to(target)
    work.put("courses.csv", "ID,NAME\nC1,One\n")
    work.put("READY", "")
    code, said = work.run("run")
    assert code == 0, said
    assert (work.inbox, work.sets[0]["people.csv"]) == ({}, people("s1"))
    assert [path for path in work.folder.rglob("*") if path.is_symlink()] == []
    assert target.exists() != inside
