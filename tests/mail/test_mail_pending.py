"""The program is killed between the end of its run and the mail: people are notified when the next one starts."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import pytest

from sync.state import open_store
from sync.workflows.runtime import Afterwards
from tests.clock import Clock
from tests.drops.office import Office, office, people
from tests.mail.mail_server import MailServer
from tests.mail.office import mail_section, subjects

HEAD = "Moodle sync, Autumn:"
TO = "[{address: all@i.example}, {address: change@i.example, when: [change, recovery]}]"
FAILED = f"[FAILED] {HEAD} 3 changes, 1 failed, 1 row with errors"

DIES = """
import os, signal
real = os.{step}
def work(path, *rest, **named):
    if {name!r} in str(path):
        os.kill(os.getpid(), signal.SIGKILL)
    return real(path, *rest, **named)
os.{step} = work
from sync.cli import main
main()
"""
WAITS = """
import signal, time
# What is started in the background is deaf to Ctrl-C, and so are its children.
signal.signal(signal.SIGINT, signal.default_int_handler)
real = time.sleep
def sleep(seconds):
    print("waiting", flush=True)
    real(60)
time.sleep = sleep
from sync.cli import main
main()
"""
BEFORE = {
    "no-mail-made": ("replace", ".letter"),
    "made-and-not-noted": ("open", "diary-"),
    "noted": ("unlink", ".owed"),
}
"""Where it is killed: in which step, on what."""


@pytest.fixture
def work(tmp_path: Path, capsys: pytest.CaptureFixture[str], plain: MailServer) -> Iterator[Office]:
    with office(tmp_path / "office", capsys) as made:
        file = made.folder / "site.yaml"
        file.write_text(file.read_text() + mail_section(plain.port, TO, "attach_up_to: 0MB, "))
        yield made


def drop(work: Office) -> None:
    """A set with somebody whom the site refuses: another account has that login."""
    work.sandbox.moodle.add_user("", "s2", "other@school.example")
    work.put("courses.csv", "ID,NAME\nC1,One\n")
    work.put("people.csv", f"{people('s1')}s2,s2,Amy,Lee\n")
    work.put("READY", "")


def dies(work: Office, *words: str, step: str = "replace", name: str = ".letter") -> None:
    process = work.start(*words, program=DIES.format(step=step, name=name))
    said = process.communicate()
    assert process.returncode == -signal.SIGKILL, said


@pytest.mark.parametrize(("step", "name"), BEFORE.values(), ids=BEFORE)
def test_a_run_without_a_mail_is_mailed_later_and_counts(work: Office, plain: MailServer, step: str, name: str) -> None:
    drop(work)
    dies(work, "run", step=step, name=name)
    assert plain.came == []
    code, said = work.run("run")
    assert (code, subjects(plain)) == (4, [("all", FAILED), ("change", FAILED)]), said
    assert "Done. 2 changes went through; 1 failed." in said
    assert work.run("run")[0] == 1
    assert [subject for _, subject in subjects(plain) if not subject.startswith("[NOT RUN]")] == []


def test_who_stops_the_program_while_it_mails_of_an_earlier_run_stops_it(
    work: Office, plain: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*arguments: object) -> None:
        raise KeyboardInterrupt

    drop(work)
    dies(work, "run")
    work.drop("s3")
    before = work.writes
    with monkeypatch.context() as patch:
        patch.setattr("sync.notify.deliver", stop)
        assert work.run("run") == (1, "\nnexsis-sync: interrupted; nothing was sent\n")
    assert (work.writes, plain.came) == (before, [])
    work.run("run")
    assert ("all", FAILED) in subjects(plain)


def test_an_interruption_before_a_run_has_ended_leaves_out_what_waits() -> None:
    afterwards, done = Afterwards(), list[str]()
    with pytest.raises(KeyboardInterrupt), afterwards.held_by_run():
        afterwards.do(lambda: done.append("mail"))
        raise KeyboardInterrupt
    assert done == []


def test_a_resume_killed_before_its_mail_is_mailed_by_the_next_command(work: Office, plain: MailServer) -> None:
    file = work.folder / "site.yaml"
    file.write_text(file.read_text().replace("permits: 1", "permits: 1, max_failures: 1, retries: 0"))
    away = ["user/s1"]
    work.hooks.append(lambda method, path: "error" if method == "PUT" and path.lstrip("/") in away else None)
    work.drop("s1", "s2")
    assert work.run("run")[0] == 5
    cut = f"[FAILED] {HEAD} 3 changes, interrupted after 1 change, 1 failed"
    assert subjects(plain) == [("all", cut), ("change", cut)]
    away.clear()
    dies(work, "resume")
    assert plain.came == []
    code, said = work.run("run")
    well = f"[RECOVERED] {HEAD} 3 changes"
    assert (code, subjects(plain)) == (0, [("all", well), ("change", well)]), said


@pytest.mark.races
def test_what_a_run_did_before_it_was_killed_is_mailed_by_the_next_command(work: Office, plain: MailServer) -> None:
    """The site has carried out the call whose answer the program is waiting for."""
    processes: list[subprocess.Popen[str]] = []
    started = Event()

    def kill(method: str, path: str) -> None:
        if method == "PUT" and path.endswith("user/s1"):
            started.wait()
            if processes:
                processes.pop().kill()

    work.hooks.append(kill)
    work.drop("s1", "s2")
    process = work.start("run")
    processes.append(process)
    started.set()
    assert process.wait() == -signal.SIGKILL
    assert plain.came == []
    code, said = work.run("run")
    cut, after = [subject for to, subject in subjects(plain) if to == "all"]
    assert cut == f"[FAILED] {HEAD} 3 changes, interrupted after 1 change, 2 unknown"
    assert (code, after.startswith("[RECOVERED]")) == (0, True), said


def test_another_run_at_work_is_no_trouble_for_those_who_get_mail(work: Office, plain: MailServer) -> None:
    drop(work)
    with open_store(f"sqlite:///{work.folder / 'state.db'}", Clock()) as store, store.lock():
        code, said = work.run("run")
    assert (code, plain.came) == (1, []), said
    assert "another nexsis-sync is using this store" in said
    assert not (work.folder / "state.db.outbox").exists()


def test_what_waits_for_exports_is_stopped_without_anything_begun(work: Office, plain: MailServer) -> None:
    work.put("courses.csv", "ID,NAME\nC1,One\n")
    for number in (signal.SIGINT, signal.SIGTERM):
        process = work.start("run", "--wait", "1h", program=WAITS)
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(number)
        _, said = process.communicate()
        assert process.returncode == 1
        assert "stopped while waiting for exports in" in said
    assert plain.came == []


def test_an_outbox_for_which_there_is_no_room_does_not_end_the_run(
    work: Office, plain: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(file: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device", str(file))

    work.drop("s1")
    with monkeypatch.context() as patch:
        patch.setattr("sync.notify.outbox.write", full)
        code, said = work.run("run")
    assert code == 0
    assert work.writes == ["PUT course/C1", "PUT user/s1"]
    assert "no email to all@i.example could be prepared: No space left on device" in said
    assert plain.came == []
    work.drop("s1")
    assert work.run("run")[0] == 0
    assert f"[OK] {HEAD} 2 changes" in [subject for _, subject in subjects(plain)]
