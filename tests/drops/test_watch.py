"""`watch`: sets are taken as they arrive, each once, in order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from threading import Event

import pytest

from sync.sandbox import Fault
from sync.state import open_store
from tests.clock import Clock

from .office import HEAD, Office, line, people

EVERY = ("--every", "1s", "--json")

WRITER = """
import sys
with open(sys.argv[1], "w") as file:
    file.write(sys.argv[2]); file.flush()
    print("begun", flush=True)
    sys.stdin.readline()
    file.write(sys.argv[3])
"""


def test_a_file_written_slowly_is_taken_once_when_whole(work: Office) -> None:
    """Another process writes it; `watch` has looked at the first piece before the second one arrives."""
    work.put("courses.csv", "ID,NAME\nC1,One\n")
    path = work.folder / "inbox" / "people.csv"
    pipe = subprocess.PIPE
    pieces = [HEAD + "s1,s1,An", "n,Lee\ns2,s2,Ann,Lee\n"]
    with subprocess.Popen([sys.executable, "-c", WRITER, path, *pieces], stdin=pipe, stdout=pipe, text=True) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        watch = work.start("watch", *EVERY)
        assert "people.csv has arrived, but its trigger file has not" in str(line(watch)["waiting"])
        writer.communicate("go on\n")
    work.put("READY", "")
    shown = line(watch)
    assert (shown["state"], shown["changes"]) == ("done", {"done": 3})
    assert [files["people.csv"] for files in work.sets] == ["".join(pieces)]
    watch.send_signal(signal.SIGTERM)
    out, err = watch.communicate()
    assert (watch.returncode, out) == (0, ""), err
    assert work.writes == ["PUT course/C1", "PUT user/s1", "PUT user/s2"]


def test_two_sets_in_one_minute_are_two_runs_in_order(work: Office) -> None:
    watch = work.start("watch", *EVERY)
    work.drop("s1")
    first = line(watch)
    work.drop("s1", "s2")
    second = line(watch)
    watch.send_signal(signal.SIGINT)
    assert watch.wait() == 0
    assert [first["code"], second["code"]] == [0, 0]
    assert first["run"] != second["run"]
    assert [files["people.csv"] for files in work.sets] == [people("s1"), people("s1", "s2")]
    assert work.writes == ["PUT course/C1", "PUT user/s1", "PUT user/s2"]


def test_a_second_version_of_the_files_is_a_second_set_where_nothing_triggers(work: Office) -> None:
    work.set_up("{settle: 1s}")
    for names in (("s1",), ("s1", "s2")):
        work.drop(*names)
        code, said = work.run("watch", "--once", *EVERY)
        assert code == 0, said
    assert [files["people.csv"] for files in work.sets] == [people("s1"), people("s1", "s2")]


def test_two_sets_that_lie_there_already_are_taken_in_the_order_of_their_triggers(work: Office) -> None:
    work.set_up("{trigger: '*.go'}")
    start = time.time() - 1000
    for night, names in enumerate([("s1",), ("s1", "s2")], start=1):
        for name, text in {
            f"people-{night}.csv": people(*names),
            f"{night}/x.csv": "A\n1\n",
            f"z{3 - night}.go": "",
        }.items():
            os.utime(work.put(name, text), (start + night * 100, start + night * 100))
    os.utime(work.put("courses.csv", "ID,NAME\nC1,One\n"), (start + 100, start + 100))
    code, said = work.run("watch", "--once", *EVERY)
    assert code == 0, said
    assert {*work.sets[0]} == {"courses.csv", "people-1.csv", "1/x.csv", "z2.go"}
    assert {*work.inbox} == {"people-2.csv", "2/x.csv", "z1.go"}
    os.utime(work.put("courses.csv", "ID,NAME\nC1,One\n"), (start + 150, start + 150))
    assert work.run("watch", "--once", *EVERY)[0] == 0
    assert {*work.sets[1]} == {"courses.csv", "people-2.csv", "2/x.csv", "z1.go"}


def test_a_failing_run_does_not_end_it(work: Office) -> None:
    (work.folder / "token.txt").write_text("wrong")
    work.drop("s1")
    watch = work.start("watch", *EVERY)
    assert "token" in str(line(watch)["waiting"])
    assert work.inbox == {}
    (work.folder / "token.txt").write_text(work.sandbox.token)
    shown = line(watch)
    assert (shown["state"], shown["code"]) == ("done", 0)
    work.drop("s1", courses="")
    shown = line(watch)
    assert (shown["code"], shown["refused"]) == (1, ["the file is empty"])
    watch.send_signal(signal.SIGTERM)
    assert watch.wait() == 0


def test_it_waits_while_another_is_at_work(work: Office) -> None:
    watch = work.start("watch", *EVERY)
    with open_store(f"sqlite:///{work.folder / 'state.db'}", Clock()) as store, store.lock():
        work.drop("s1")
        assert f"process {os.getpid()} on" in str(line(watch)["waiting"])
        assert work.writes == []
    assert line(watch)["state"] == "done"


def test_stopped_in_a_run_it_goes_on_with_it_the_next_time(work: Office) -> None:
    met, asked = Event(), Event()

    def hold(method: str, path: str) -> Fault | None:
        if method == "PUT" and path.endswith("user/s1"):
            met.set()
            asked.wait()
        return None

    work.hooks.append(hold)
    work.drop("s1", "s2")
    watch = work.start("watch", *EVERY)
    met.wait()
    watch.send_signal(signal.SIGTERM)
    assert watch.stderr is not None
    while "stopping" not in watch.stderr.readline():
        pass
    asked.set()
    out, err = watch.communicate()
    assert watch.returncode == 5, err
    assert '"state":"cut"' in out
    assert work.run("watch", "--once", *EVERY)[0] == 0
    assert work.writes == ["PUT course/C1", "PUT user/s1", "PUT user/s2"]
    assert len(work.sets) == 1


@pytest.mark.parametrize(("text", "code"), [("soon", 64), ("0s", 64)])
def test_a_time_without_a_unit_is_wrong_usage(work: Office, text: str, code: int) -> None:
    assert work.run("watch", "--every", text)[0] == code


def test_one_line_a_set_for_people(work: Office) -> None:
    work.drop("s1")
    code, said = work.run("watch", "--once", "--quiet")
    assert (code, said) == (0, "")
    work.drop("s2")
    code, said = work.run("watch", "--once")
    (shown,) = said.splitlines()
    assert "  r-" in shown
    assert shown.endswith("done: 1 done")
