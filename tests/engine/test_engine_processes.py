"""Real processes, really killed: the program, and a sandbox in another process."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sync.cli import run
from sync.cli.signals import IN_FLIGHT
from sync.state import open_store
from tests.clock import Clock
from tests.ports import reserved_port

PEOPLE = 40
SITE = """\
site: {{url: "{url}", token: {{file: token.txt}}, timezone: Europe/London}}
state: sqlite:///state.db
sending: {{timeout: 5m, retries: 1, patience: 2s}}
"""
MAPPINGS = """\
resource: course
name: courses
sheet: {file: courses.csv}
fields: {courseid: ID, fullname: NAME, shortname: ID}
---
resource: user
name: people
sheet: {file: people.csv}
fields: {userid: ID, username: LOGIN, firstname: FIRST, lastname: LAST, email: {text: "{LOGIN}@uni.example"}}
---
resource: enrolment
name: rosters
sheet: {file: rosters.csv}
fields: {userid: ID, courseid: COURSE, roleid: ROLE}
"""
PROGRAM = (sys.executable, "-c", "from sync.cli import main; main()")
SANDBOX = (sys.executable, "-m", "tests.engine.held_sandbox")
HELD = 15
"""The sandbox holds what it receives after this number of writes."""
ROOT = Path(__file__).parents[2]


@dataclass
class Site:
    """A folder with everything a site needs, and the processes that work in it."""

    folder: Path
    stack: ExitStack
    port: int
    sandbox: subprocess.Popen[str] = field(init=False)

    def start(self, *command: str, program: Sequence[str] = PROGRAM) -> subprocess.Popen[str]:
        """One command as a process of its own, ended at the latest with the test."""
        pipe, path = subprocess.PIPE, os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
        process = subprocess.Popen(
            [*program, *command],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": path},
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            text=True,
        )
        self.stack.enter_context(process)
        self.stack.callback(process.kill)
        return process

    def serve(self, held: int = HELD) -> None:
        """Start the sandbox; the second time with all its data."""
        self.sandbox = self.start(str(self.port), str(held), program=SANDBOX)
        assert self.sandbox.stdout is not None
        assert self.sandbox.stdout.readline()

    def let_go(self) -> None:
        """From now on, the sandbox holds nothing."""
        assert self.sandbox.stdin is not None
        self.sandbox.stdin.close()

    def run(self, *command: str) -> tuple[int, str]:
        """Run one command to its end: exit code and output."""
        process = self.start(*command)
        out, err = process.communicate()
        return process.returncode, out + err

    def type(self, *command: str) -> int:
        """Run one command in this process, which did not run the ones before it: its exit code."""
        return run([*command, "--site", str(self.folder / "site.yaml")])

    @property
    def writes(self) -> list[tuple[str, str]]:
        """Write requests that the sandbox has received so far, except for a line being written."""
        log = self.folder / "requests.jsonl"
        whole = log.read_text("utf-8").rpartition("\n")[0] if log.exists() else ""
        requests = [json.loads(line) for line in whole.splitlines()]
        assert not [request for request in requests if request["race"]]
        return [(r["method"], r["path"]) for r in requests if r["method"] != "GET"]

    def in_the_middle(self) -> None:
        """Wait until the sandbox holds what it receives."""
        assert self.sandbox.stdout is not None
        assert self.sandbox.stdout.readline() == "held\n"

    @property
    def statuses(self) -> Counter[str]:
        """The changes of the newest plan by status."""
        with open_store(f"sqlite:///{self.folder / 'state.db'}", Clock()) as store:
            return Counter(store.plan().changes["status"])

    def agrees(self) -> None:
        """Check that nothing is left to do, everything is there, and only lost answers made anything be sent twice."""
        assert (self.type("plan", "--read", "full"), self.statuses.total()) == (0, 0)
        assert len(set(self.writes)) == 2 * PEOPLE + 2


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site with a plan, before anything is sent, and a port that stays its own."""
    folder = tmp_path_factory.mktemp("planned")
    people = [f"S{n},u{n},Ann,Lee" for n in range(PEOPLE)]
    rosters = [f"S{n},C{n % 2},student" for n in range(PEOPLE)]
    (folder / "inbox").mkdir()
    (folder / "mappings").mkdir()
    for name, lines in {
        "inbox/courses.csv": ["ID,NAME", "C0,Zero", "C1,One"],
        "inbox/people.csv": ["ID,LOGIN,FIRST,LAST", *people],
        "inbox/rosters.csv": ["ID,COURSE,ROLE", *rosters],
        "mappings/all.yaml": [MAPPINGS],
        "token.txt": ["sandbox"],
    }.items():
        (folder / name).write_text("\n".join(lines) + "\n", "utf-8")
    with reserved_port() as port:
        (folder / "site.yaml").write_text(SITE.format(url=f"http://127.0.0.1:{port}"), "utf-8")
        with ExitStack() as stack:
            site = Site(folder, stack, port)
            site.serve()
            assert site.type("plan") == 2
        yield site


@pytest.fixture
def site(planned: Site, tmp_path: Path) -> Iterator[Site]:
    """That site, running, in a folder and with processes of its own."""
    shutil.copytree(planned.folder, tmp_path, dirs_exist_ok=True)
    with ExitStack() as stack:
        site = Site(tmp_path, stack, planned.port)
        site.serve()
        yield site


@pytest.mark.races
def test_killed_in_the_middle_and_gone_on_with(site: Site) -> None:
    apply = site.start("apply")
    site.in_the_middle()
    apply.send_signal(signal.SIGKILL)
    apply.wait()
    assert len(site.writes) < PEOPLE
    site.let_go()
    assert site.type("resume") == 0
    site.agrees()
    assert len(site.writes) <= 2 * PEOPLE + 2 + 4  # calls that were in progress may have been sent twice


def test_nobody_is_let_in_while_another_is_at_work(site: Site) -> None:
    with open_store(f"sqlite:///{site.folder / 'state.db'}", Clock()) as store, store.lock():
        code, said = site.run("apply")
    assert code == 1
    assert f"process {os.getpid()} on " in said
    assert site.writes == []


@pytest.mark.races
def test_interrupted_it_waits_for_what_is_in_flight(site: Site) -> None:
    apply = site.start("apply")
    site.in_the_middle()
    apply.send_signal(signal.SIGINT)
    assert apply.stderr is not None
    err = "".join(iter(apply.stderr.readline, f"{IN_FLIGHT}\n"))
    site.let_go()
    out, rest = apply.communicate()
    err += rest
    assert apply.returncode == 5, out + err
    assert "resume" in out + err
    counts = site.statuses
    assert counts["done"] == len(site.writes) < PEOPLE
    assert set(counts) == {"done", "planned"}
    assert site.type("resume") == 0
    assert len(site.writes) == 2 * PEOPLE + 2
    site.agrees()


@pytest.mark.races
def test_the_site_goes_away_and_comes_back(site: Site) -> None:
    apply = site.start("apply")
    site.in_the_middle()
    site.sandbox.kill()
    site.sandbox.wait()
    out, err = apply.communicate()
    assert apply.returncode == 5, out + err
    site.serve(held=3 * PEOPLE)
    assert site.type("resume") == 0
    site.agrees()
