"""What keeps `watch` from taking exports is reported once, and so is its end."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest

from sync.cli import run, wiring
from sync.state import open_store
from sync.workflows import watch
from sync.workflows.runtime import Runtime
from tests.clock import Clock
from tests.drops.office import Office, office
from tests.mail.mail_server import MailServer, chat_tool
from tests.mail.office import mail_section, subjects, text_of

HEAD = "Moodle sync, Autumn:"
TO = (
    "[{address: all@i.example}, {address: p@i.example, what: problems, when: [change, recovery]},"
    " {address: held@i.example, what: held}]"
)
BACK = f"[RECOVERED] {HEAD} exports are being processed again"
HOUR = 3600.0

Step = Callable[[], object]


@pytest.fixture
def work(tmp_path: Path, capsys: pytest.CaptureFixture[str], plain: MailServer) -> Iterator[Office]:
    with office(tmp_path / "office", capsys) as made:
        made.set_up("{trigger: READY, keep: [departments.csv]}")
        file = made.folder / "site.yaml"
        file.write_text(file.read_text() + mail_section(plain.port, TO, "attach_up_to: 0MB, "))
        yield made


@pytest.fixture
def watches(work: Office, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Runs `watch`: it checks, a step is done, `each` seconds pass, and so on; after the last step it is stopped."""

    def watched(*steps: Step, each: float = HOUR) -> int:
        left, clock = [*steps], Clock()
        monkeypatch.setattr(wiring.SystemClock, "monotonic", lambda self: clock.time)

        def pause(runtime: Runtime, seconds: float, stop: Event) -> None:
            left.pop(0)()
            clock.pause(each)
            if not left:
                stop.set()

        monkeypatch.setattr(watch, "_pause", pause)
        return run(["watch", "--quiet", "--wait", "3h", "--site", str(work.folder / "site.yaml")])

    return watched


def nothing() -> None:
    """Time passes."""


def noted(server: MailServer, into: list[Sequence[tuple[str, str]]], step: Step = nothing) -> Step:
    """Note the mails that have arrived so far, then do a step."""

    def does() -> None:
        into.append(subjects(server))
        step()

    return does


def test_an_inbox_that_cannot_be_read_is_mailed_once_and_so_is_its_end(
    work: Office, watches: Callable[..., int], plain: MailServer
) -> None:
    inbox, came = work.folder / "inbox", list[Sequence[tuple[str, str]]]()
    inbox.rmdir()
    assert watches(noted(plain, came), nothing, noted(plain, came, inbox.mkdir), noted(plain, came), nothing) == 0
    says = f"[NOT RUN] {HEAD} the inbox cannot be read: No such file or directory"
    assert came == [[("all", says), ("p", says)], [], [("all", BACK), ("p", BACK)]]
    assert plain.came == []


def test_a_set_that_stays_incomplete_is_mailed_when_its_time_is_over(
    work: Office, watches: Callable[..., int], plain: MailServer
) -> None:
    came = list[Sequence[tuple[str, str]]]()
    work.put("departments.csv", "D\nX\n")
    work.put("READY", "")
    steps = [nothing, lambda: work.put("courses.csv", "ID,NAME\nC1,One\n"), lambda: work.put("READY", ""), nothing]
    watches(*steps, noted(plain, came, lambda: work.drop("s1")), noted(plain, came))
    says = f"[NOT RUN] {HEAD} people*.csv has not arrived yet"
    assert came[0] == [("all", says), ("p", says)]
    well = f"[RECOVERED] {HEAD}"
    assert came[1:] == [[("all", f"{well} 2 changes"), ("p", f"{well} nothing to fix")]]
    watches(*[nothing] * 9)
    assert plain.came == []


def test_what_is_missing_is_mailed_in_the_words_of_run(
    work: Office, watches: Callable[..., int], plain: MailServer
) -> None:
    work.put("courses.csv", "ID,NAME\nC1,One\n")
    assert work.run("run")[0] == 1
    by_run = text_of(plain.came[0][1])
    plain.came.clear()
    watches(*[nothing] * 5)
    by_watch = text_of(plain.came[0][1])
    missing = [line for line in by_run.splitlines() if "yet" in line]
    assert len(missing) > 1
    assert [line for line in missing if line not in by_watch] == []
    assert "The set is taken as soon as it is complete." in by_watch
    assert "--wait" not in by_watch


def test_a_site_file_with_mistakes_is_mailed_to_its_last_valid_recipients(
    work: Office, watches: Callable[..., int], plain: MailServer
) -> None:
    file, came = work.folder / "site.yaml", list[Sequence[tuple[str, str]]]()
    good = file.read_text()
    broken, mended = (lambda: file.write_text("site: 5\n")), (lambda: file.write_text(good))
    watches(broken, nothing, nothing, nothing, noted(plain, came, mended), noted(plain, came))
    assert [[to for to, _ in each] for each in came] == [["all", "p"], ["all", "p"]]
    assert came[0][0][1].startswith(f"[NOT RUN] {HEAD} ")
    assert came[1] == [("all", BACK), ("p", BACK)]
    watches(broken, mended, nothing)
    assert plain.came == []


def test_a_store_that_stays_locked_is_mailed_and_one_that_is_used_for_a_while_is_not(
    work: Office, watches: Callable[..., int], plain: MailServer
) -> None:
    came = list[Sequence[tuple[str, str]]]()
    with ExitStack() as held:
        held.enter_context(held.enter_context(open_store(f"sqlite:///{work.folder / 'state.db'}", Clock())).lock())
        work.drop("s1")
        watches(nothing, nothing)
        assert plain.came == []
        watches(nothing, nothing, nothing, noted(plain, came), noted(plain, came, held.close), noted(plain, came))
    assert [[subject.partition("]")[0] for _, subject in each] for each in came] == [
        ["[NOT RUN", "[NOT RUN"], [], ["[RECOVERED", "[RECOVERED"],
    ]  # fmt: skip
    assert came[0][0][1].startswith(f"[NOT RUN] {HEAD} another nexsis-sync is using this store")


def test_an_archive_that_cannot_be_written_is_mailed(
    work: Office, watches: Callable[..., int], plain: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(at: Path, text: str) -> None:
        raise OSError(28, "No space left on device", str(at))

    came = list[Sequence[tuple[str, str]]]()
    work.drop("s1")
    with monkeypatch.context() as patch:
        patch.setattr("sync.inbox.archive.write", full)
        watches(noted(plain, came), noted(plain, came))
    says = f"[NOT RUN] {HEAD} the set cannot be moved: No space left on device"
    assert came == [[("all", says), ("p", says)], []]
    assert {*work.inbox} == {"READY", "courses.csv", "people.csv"}


def test_a_problem_outlives_the_watch_that_mailed_it_and_ends_with_the_status_before(
    work: Office, watches: Callable[..., int], plain: MailServer
) -> None:
    inbox = work.folder / "inbox"
    work.drop("s1", courses="")
    assert work.run("run")[0] == 1
    assert [to for to, _ in subjects(plain)] == ["all", "p"]
    inbox.rename(inbox.with_name("elsewhere"))
    watches(nothing)
    assert [to for to, _ in subjects(plain)] == ["all"]
    watches(nothing)
    assert plain.came == []
    inbox.mkdir()
    watches(nothing)
    assert subjects(plain) == [("all", f"[NOT RUN] {HEAD} exports are being processed again")]


def test_a_site_that_is_away_between_two_tries_is_not_well(
    work: Office, watches: Callable[..., int], plain: MailServer
) -> None:
    (work.folder / "token.txt").write_text("wrong")
    work.drop("s1")
    came = list[Sequence[tuple[str, str]]]()
    right = noted(plain, came, lambda: (work.folder / "token.txt").write_text(work.sandbox.token))
    watches(noted(plain, came), *[nothing] * 8, right, noted(plain, came), each=1.0)
    assert [[subject.partition("]")[0] for _, subject in each] for each in came] == [
        ["[NOT RUN", "[NOT RUN"], [], ["[RECOVERED", "[RECOVERED"],
    ]  # fmt: skip


def test_a_night_without_an_export_is_reported_once(
    work: Office, watches: Callable[..., int], plain: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = datetime.now(UTC)
    by = begun + timedelta(hours=1)
    with (work.folder / "site.yaml").open("a") as site:
        site.write(f"expect: {{by: '{by:%H:%M}'}}\n")
    work.drop("s1")
    assert work.run("run")[0] == 0
    hours = [0]
    monkeypatch.setattr(wiring.SystemClock, "now", lambda self: begun + timedelta(hours=hours[0]))
    subjects(plain)

    def passed(now: int) -> Step:
        return lambda: hours.__setitem__(0, now)

    assert watches(passed(20), passed(26), passed(30), passed(50), lambda: work.drop("s1", "s2"), passed(51)) == 0
    silent = [f"[NOT RUN] {HEAD} no export by {by + timedelta(days=n):%H:%M on %Y-%m-%d}" for n in (1, 2)]
    assert [says for to, says in subjects(plain) if to == "all"][:2] == silent


def test_a_monitoring_service_is_called_after_each_run(work: Office) -> None:
    with chat_tool() as tool:
        with (work.folder / "site.yaml").open("a") as site:
            site.write(f"heartbeat: {tool.url}\n")
        work.drop("s1")
        assert work.run("run")[0] == 0
        assert len(tool.calls) == 1
        work.run("pause", "exam board")
        assert work.run("run")[0] == 0
        assert tool.calls == ["/hook?key=s3cret"] * 2
    work.run("unpause")
    work.drop("s1", "s2")
    code, said = work.run("run")
    assert code == 0
    assert "note: the heartbeat address at 127.0.0.1 cannot be reached" in said


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("https://[s3cret", "address cannot be used: this is not a web address"),
        ("https://hc.example:s3cret/", "address cannot be used: this is not a web address"),
        ("http://hc.example/s3cret", "address cannot be used: the connection to hc.example would not be encrypted"),
        ("https://hc\t.example/s3cret", "address cannot be used: the address contains a space, a line break"),
        ("https://xn--a.example/s3cret", "address at xn--a.example cannot be reached"),
    ],
)
def test_a_monitoring_address_that_is_none_is_only_noted(
    work: Office, monkeypatch: pytest.MonkeyPatch, address: str, says: str
) -> None:
    monkeypatch.setenv("HEARTBEAT", address)
    with (work.folder / "site.yaml").open("a") as site:
        site.write("heartbeat: {env: HEARTBEAT}\n")
    work.drop("s1")
    code, said = work.run("run")
    assert code == 0
    assert f"note: the heartbeat {says}" in said
    assert "s3cret" not in said
