"""Ctrl-C and SIGTERM, at each moment of each command that talks to the site: real processes, real signals."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any

import pytest

from sync.cli.signals import StoppedAtOnce, terminable
from sync.errors import StoreError
from sync.sandbox import Fault
from sync.state import journal, open_store, plans
from sync.workflows import apply as workflow
from tests.clock import Clock
from tests.drops.office import Office, office
from tests.examples import LONG

PING = "GET /ping"
READ = "GET /course/C1"

BEFORE = [
    ("ping", PING),
    ("plan", PING),
    ("plan", READ),
    ("run", READ),
    ("apply", PING),
    ("resume", PING),
    ("reconcile", READ),
    ("adopt", READ),
]
"""Commands, and the calls during which nothing has been sent yet."""

SENDING = [("apply", "PUT /user/s1"), ("run", "PUT /user/s1"), ("resume", "PUT /user/s2")]
"""Commands, and the calls during which something has been sent, and something is left."""

BOTH = (signal.SIGINT, signal.SIGTERM)


@pytest.fixture
def work(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Office]:
    with office(tmp_path / "office", capsys) as made:
        made.set_up("")
        made.drop("s1", "s2", "s3")
        yield made


def prepared(work: Office, command: str) -> None:
    """What the command needs."""
    if command == "apply":
        assert work.run("plan")[0] == 2
    if command == "resume":
        site, failed = work.folder / "site.yaml", Event()

        def fail(method: str, path: str) -> Fault | None:
            broken = method == "PUT" and path in ("/user/s2", "/user/s3")
            return "error" if broken and not failed.is_set() else None

        site.write_text(site.read_text().replace("permits: 1", "permits: 1, retries: 0"))
        work.hooks.append(fail)
        assert work.run("run")[0] == 4
        failed.set()


def signalled(work: Office, command: str, call: str, number: signal.Signals) -> tuple[int, str]:
    """Run a command, and send the signal while that call is in progress; a read isn't answered before the end."""
    met, go_on = Event(), Event()

    def hold(method: str, path: str) -> Fault | None:
        if f"{method} {path}".startswith(call) and not go_on.is_set():
            met.set()
            go_on.wait(600)
        return None

    work.hooks.append(hold)
    process = work.start(command)
    assert met.wait(600)
    process.send_signal(number)
    if call.startswith("PUT"):
        assert process.stderr is not None
        while "stopping" not in process.stderr.readline():
            pass
        go_on.set()
    out, err = process.communicate()
    go_on.set()
    return process.returncode, out + err


def cases(*commands: object) -> list[object]:
    """All of them with one of the signals in turn; with both in the long form."""
    return [(each, number) for n, each in enumerate(commands) for number in (BOTH if LONG else [BOTH[n % 2]])]


@pytest.mark.parametrize(("where", "number"), cases(*BEFORE if LONG else BEFORE[2::2]))
def test_before_anything_is_sent_it_is_1_and_leaves_nothing(
    work: Office, where: tuple[str, str], number: signal.Signals
) -> None:
    command, call = where
    prepared(work, command)
    before = (known(work), work.writes)
    code, said = signalled(work, command, call, number)
    assert (code, said.splitlines()[-1]) == (1, "nexsis-sync: interrupted; nothing was sent"), said
    assert (known(work), work.writes) == before


@pytest.mark.parametrize(("where", "number"), cases(*SENDING if LONG else SENDING[1:2]))
def test_while_changes_are_sent_it_is_5_and_resume_continues(
    work: Office, where: tuple[str, str], number: signal.Signals
) -> None:
    command, call = where
    prepared(work, command)
    code, said = signalled(work, command, call, number)
    assert code == 5, said
    assert "Interrupted: stopped by request." in said
    assert "nexsis-sync resume" in said
    assert work.run("resume")[0] == 0
    assert work.run("resume") == (1, f"nexsis-sync: run {known(work)[1][0]} is complete: there is nothing to resume\n")


def test_after_the_end_of_a_run_its_exit_code_stays(work: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    assert work.run("plan")[0] == 2

    def stop(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sync.cli.output._print", stop)
    code, said = work.run("apply")
    (run,) = known(work)[1]
    assert (code, said) == (
        0,
        f"nexsis-sync: interrupted after the end of run {run}; `nexsis-sync report {run}` shows it\n",
    )


def test_after_the_end_of_a_run_that_was_cut_off_the_next_command_is_named(
    work: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = work.folder / "site.yaml"
    site.write_text(site.read_text().replace("permits: 1", "permits: 1, retries: 0, max_failures: 1"))
    work.hooks.append(lambda method, path: "error" if (method, path) == ("PUT", "/user/s2") else None)
    assert work.run("plan")[0] == 2

    def stop(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sync.cli.output._print", stop)
    code, said = work.run("apply")
    assert code == 5
    assert said.endswith("shows it; `nexsis-sync resume` continues it\n")


def test_the_second_signal_may_come_just_after_the_end(work: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    assert work.run("plan")[0] == 2

    def stopped(*arguments: Any) -> None:
        send(*arguments)
        raise StoppedAtOnce

    send = workflow._apply
    monkeypatch.setattr("sync.workflows.apply._apply", stopped)
    code, said = work.run("apply")
    (run,) = known(work)[1]
    assert (code, said) == (
        0,
        f"nexsis-sync: interrupted after the end of run {run}; `nexsis-sync report {run}` shows it\n",
    )


def test_while_a_run_is_read_back_it_has_ended(work: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    assert work.run("plan")[0] == 2

    def stop(*arguments: object) -> None:
        raise StoppedAtOnce

    monkeypatch.setattr("sync.workflows.apply.verify", stop)
    code, said = work.run("apply", "--verify")
    (run,) = known(work)[1]
    assert (code, said) == (
        0,
        f"nexsis-sync: interrupted after the end of run {run}; `nexsis-sync report {run}` shows it\n",
    )


def test_a_store_that_fails_while_a_run_is_read_back_is_reported(work: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    assert work.run("plan")[0] == 2

    def full(*arguments: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr("sync.state.certificates.save", full)
    code, said = work.run("apply", "--verify")
    assert code == 4
    assert "4 changes went through" in said
    assert "what this run has written could not be verified: the disk is full" in said


@pytest.mark.parametrize(
    ("closed", "code", "sentence"),
    [
        (False, 5, "was interrupted: the disk is broken\n    `nexsis-sync resume` continues it once the state store"),
        (True, 4, "has ended, but its result cannot be read: the disk is broken\n    `nexsis-sync report r-"),
    ],
)
def test_a_store_that_cannot_be_read_after_a_run(
    work: Office, monkeypatch: pytest.MonkeyPatch, closed: bool, code: int, sentence: str
) -> None:
    assert work.run("plan")[0] == 2

    def until_something_is_sent(real: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object) -> object:
            if work.writes:
                raise StoreError("the disk is broken")
            return real(*arguments)

        return call

    monkeypatch.setattr("sync.state.plans.load", until_something_is_sent(plans.load))
    if not closed:
        monkeypatch.setattr("sync.state.journal.settle", until_something_is_sent(journal.settle))
    came, said = work.run("apply", "--json")
    assert (came, said[:19]) == (code, "nexsis-sync: run r-"), said
    assert sentence in said


# -- outages ---------------------------------------------------------------------------------------------------

OUTAGES: list[tuple[Fault, float]] = [("maintenance", 20.0 if LONG else 0.5), ("db_down", 30.0 if LONG else 0.5)]


@pytest.mark.parametrize(("fault", "seconds"), OUTAGES)
def test_an_outage_in_the_middle_is_waited_out_in_real_time(work: Office, fault: Fault, seconds: float) -> None:
    began: list[float] = []

    def down(method: str, path: str) -> Fault | None:
        if path == "/user/s2" and method == "PUT" and not began:
            began.append(monotonic())
        return fault if began and monotonic() - began[0] < seconds else None

    work.hooks.append(down)
    code, said = work.run("run")
    assert code == 0, said
    assert "4 changes went through" in said
    assert sorted(set(work.writes)) == ["PUT course/C1", "PUT user/s1", "PUT user/s2", "PUT user/s3"]


@pytest.fixture
def really_terminable() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in BOTH}
    terminable()
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("really_terminable")
def test_sigterm_is_ctrl_c() -> None:
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.usefixtures("really_terminable")
def test_a_signal_of_which_a_library_makes_an_error_ends_the_program(
    work: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def load(*arguments: object) -> None:
        with suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
        raise RuntimeError("no schema")

    monkeypatch.setattr("sync.config.site.load", load)
    assert work.run("plan") == (1, "nexsis-sync: interrupted; nothing was sent\n")


@pytest.mark.usefixtures("really_terminable")
def test_so_does_one_that_comes_after_the_end_of_a_run_but_the_exit_code_stays(
    work: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert work.run("plan")[0] == 2

    def render(*arguments: object) -> None:
        with suppress(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGTERM)
        raise RuntimeError("no schema")

    monkeypatch.setattr("sync.cli.output._print", render)
    code, said = work.run("apply")
    (run,) = known(work)[1]
    assert (code, said) == (
        0,
        f"nexsis-sync: interrupted after the end of run {run}; `nexsis-sync report {run}` shows it\n",
    )


def known(work: Office) -> tuple[list[str], list[str]]:
    """The plans and runs in the store, which nobody holds."""
    with open_store(f"sqlite:///{work.folder / 'state.db'}", Clock()) as store, store.lock():
        return [each.id for each in store.plans()], [each.id for each in store.runs()]
