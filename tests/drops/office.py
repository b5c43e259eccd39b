"""A site whose exports are taken out of the inbox, and the real commands that do it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import pytest

from sync.cli import run
from sync.sandbox import Fault, Sandbox, SandboxSettings, running

ROOT = Path(__file__).parents[2]
HEAD = "ID,LOGIN,FIRST,LAST\n"
TRIGGERED = "{trigger: READY}"
MAPPINGS = """\
resource: course
name: courses
sheet: courses.csv
fields: {courseid: ID, fullname: NAME, shortname: ID}
---
resource: user
name: people
sheet: people*.csv
fields: {userid: ID, username: LOGIN, firstname: FIRST, lastname: LAST, email: {text: "{LOGIN}@uni.example"}}
"""

Hook = Callable[[str, str], Fault | None]


def people(*names: str) -> str:
    """An export of people."""
    return HEAD + "".join(f"{name},{name},Ann,Lee\n" for name in names)


A_SET = {"READY": "", "courses.csv": "ID,NAME\nC1,One\n", "people.csv": people("s1")}
"""What `Office.drop("s1")` delivers."""


@dataclass
class Office:
    """A folder with everything a site needs, and a sandbox of its own."""

    folder: Path
    sandbox: Sandbox
    capsys: pytest.CaptureFixture[str]
    stack: ExitStack
    hooks: list[Hook] = field(default_factory=list)

    def set_up(self, drop: str, mappings: str = MAPPINGS) -> None:
        """Write the site file with this `drop:`."""
        site = f'site: {{url: "{self.sandbox.url}", token: {{file: token.txt}}}}\nsending: {{permits: 1}}\n'
        (self.folder / "site.yaml").write_text(f"{site}drop: {drop}\n" if drop else site)
        (self.folder / "token.txt").write_text(self.sandbox.token)
        for name in ("inbox", "mappings"):
            (self.folder / name).mkdir(exist_ok=True)
        (self.folder / "mappings" / "all.yaml").write_text(mappings)

    def drop(self, *names: str, courses: str = "ID,NAME\nC1,One\n") -> None:
        """Deliver a set: courses, people and, last of all, the trigger."""
        self.put("courses.csv", courses)
        self.put("people.csv", people(*names))
        self.put("READY", "")

    def put(self, name: str, text: str) -> Path:
        """Put a file into the inbox."""
        path = self.folder / "inbox" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    def run(self, *words: str) -> tuple[int, str]:
        """Run a command in this process: its exit code and its output."""
        self.capsys.readouterr()
        code = run([*words, "--site", str(self.folder / "site.yaml")])
        said = self.capsys.readouterr()
        return code, said.out + said.err

    def start(self, *words: str, program: str = "from sync.cli import main; main()") -> subprocess.Popen[str]:
        """Start a command as a process, ended at the latest with the test."""
        process = subprocess.Popen(
            [sys.executable, "-c", program, *words],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.stack.enter_context(process)
        self.stack.callback(process.kill)
        return process

    @property
    def writes(self) -> list[str]:
        """All write calls, in order."""
        return [f"{each.method} {each.path.lstrip('/')}" for each in self.sandbox.requests if each.method != "GET"]

    @property
    def sets(self) -> list[dict[str, str]]:
        """The sets in the archive, in the order they were taken: file name to text."""
        return self.lying("archive")

    @property
    def refused(self) -> list[dict[str, str]]:
        """The sets that were refused."""
        return self.lying("refused")

    def lying(self, folder: str) -> list[dict[str, str]]:
        """The sets below a folder."""
        found = sorted((self.folder / folder).glob("*/r-*"), key=lambda path: (path.name[:17], path.stat().st_mtime_ns))
        return [self.files(path) for path in found]

    @property
    def inbox(self) -> dict[str, str]:
        """The files in the inbox."""
        return self.files(self.folder / "inbox")

    def files(self, folder: Path) -> dict[str, str]:
        """The files of a folder and below it: name to text."""
        return {
            path.relative_to(folder).as_posix(): path.read_text()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }


@contextmanager
def office(folder: Path, capsys: pytest.CaptureFixture[str], token: str = "sandbox") -> Iterator[Office]:
    """An office whose site is empty. Its hooks see every request before it is carried out, and may make it fail."""
    hooks: list[Hook] = []

    def fault(method: str, path: str, count: int) -> Fault | None:
        return next((found for hook in hooks if (found := hook(method, path))), None)

    folder.mkdir(exist_ok=True)
    with running(SandboxSettings(faults=fault, token=token)) as sandbox, ExitStack() as stack:
        made = Office(folder, sandbox, capsys, stack, hooks)
        made.set_up(TRIGGERED)
        yield made


def line(process: subprocess.Popen[str]) -> dict[str, object]:
    """The next line of a `watch --json`."""
    assert process.stdout is not None
    shown: dict[str, object] = orjson.loads(process.stdout.readline())
    return shown
