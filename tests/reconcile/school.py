"""A small school: its exports, its site after a first run, and the two commands that only read."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import orjson
import pytest

from sync.cli import run
from sync.sandbox import Fault, Moodle, Sandbox, SandboxSettings, running
from sync.site import Client

SITE = """
site: {{url: "{url}", token: {{file: token}}, timezone: Europe/London}}
mappings: [mappings.yaml]
sending: {{retries: 0}}
guards: {{delete: off, roster: off, update: off, create: off, rows: off, used_before: off}}
"""
MAPPINGS = """
resource: course
sheet: courses.csv
fields: {courseid: ID, fullname: NAME, shortname: ID}
---
resource: user
name: people
sheet: people.csv
rows: {keep: {STATUS: [ACTIVE]}, drop: {STATUS: [LEFT]}}
fields:
  userid: ID
  username: {column: LOGIN, then: [strip, lower]}
  firstname: FIRST
  lastname: LAST
  email: {text: "{LOGIN}@school.example", then: [lower]}
---
resource: enrolment
sheet: enrolments.csv
fields: {userid: WHO, courseid: WHERE, roleid: {column: ROLE, values: {S: student, T: teacher}}}
missing: delete
---
resource: group
sheet: groups.csv
fields: {courseid: WHERE, groupid: ID, name: NAME}
---
resource: group_member
sheet: members.csv
fields: {courseid: WHERE, groupid: GROUP, userid: WHO}
"""
EXPORTS = {
    "courses.csv": ("ID,NAME", "BIO,Biology", "HIS,History"),
    "people.csv": (
        "ID,LOGIN,FIRST,LAST,STATUS",
        "S1,ALee,Amy,Lee,ACTIVE",
        "S2,BDam,Ben,Dam,ACTIVE",
        "S3,CCho,Cara,Cho,ACTIVE",
    ),
    "enrolments.csv": ("WHO,WHERE,ROLE", "S1,BIO,S", "S2,BIO,S", "S3,BIO,T", "S1,HIS,S"),
    "groups.csv": ("WHERE,ID,NAME", "BIO,G1,Mondays"),
    "members.csv": ("WHERE,GROUP,WHO", "BIO,G1,S1"),
}
WRITES = ("PUT", "POST", "DELETE")


@dataclass
class School:
    """A folder with exports, and the site."""

    folder: Path
    site: Sandbox
    capsys: pytest.CaptureFixture[str]

    @property
    def moodle(self) -> Moodle:
        return self.site.moodle

    def type(self, *words: str) -> int:
        """Run a command."""
        self.capsys.readouterr()
        return run([*words, "--site", str(self.folder / "site.yaml")])

    def said(self) -> tuple[str, str]:
        """What it wrote to standard output and standard error."""
        out, err = self.capsys.readouterr()
        return out, err

    def json(self, *words: str) -> tuple[int, Any]:
        """Run a command with JSON output; its exit code and its answer."""
        code = self.type(*words, "--json")
        out, err = self.said()
        assert code != 1, err
        return code, orjson.loads(out)

    def export(self, **lines: tuple[str, ...]) -> None:
        """Write exports; those not given stay as they are."""
        for name, text in lines.items():
            (self.folder / "inbox" / f"{name}.csv").write_text("\n".join(text) + "\n", "utf-8")

    def without(self, name: str, line: str) -> None:
        """Take a line out of an export."""
        self.export(**{name: tuple(each for each in EXPORTS[f"{name}.csv"] if each != line)})

    @cached_property
    def by_hand(self) -> Client:
        """Somebody who changes the site manually."""
        return Client(self.site.url, self.site.token)

    def break_site(self) -> None:
        """From now on nothing answers at its address."""
        text = (self.folder / "site.yaml").read_text()
        (self.folder / "site.yaml").write_text(text.replace(self.site.url, "http://127.0.0.1:9"))

    @property
    def writes(self) -> int:
        """How many writes the site has received so far."""
        return sum(request.method in WRITES for request in self.site.requests)


@contextmanager
def opened(
    folder: Path, capsys: pytest.CaptureFixture[str], settings: SandboxSettings | None = None
) -> Iterator[School]:
    """A school before its first run."""
    (folder / "inbox").mkdir(parents=True)
    (folder / "token").write_text("sandbox")
    (folder / "mappings.yaml").write_text(MAPPINGS)
    with running(settings or SandboxSettings()) as site:
        (folder / "site.yaml").write_text(SITE.format(url=site.url))
        school = School(folder, site, capsys)
        school.export(**{name.removesuffix(".csv"): lines for name, lines in EXPORTS.items()})
        yield school


def found(answer: Mapping[str, Any], kind: str) -> list[tuple[Any, ...]]:
    """The findings of a kind: resource and key."""
    return [(each["resource"], *each["key"].values()) for each in answer["findings"] if each["kind"] == kind]


@dataclass(frozen=True)
class Kept:
    """The state of a school after its first run, from which tests start as often as needed.

    Its site keeps running, at the address in its store; it fails to answer for paths that end like one of `unwell`.
    """

    school: School
    unwell: set[str]
    site: bytes

    def again(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> School:
        """The school in a folder of its own."""
        shutil.copytree(self.school.folder, folder, dirs_exist_ok=True)
        self.school.moodle.restore(self.site)
        self.school.site.requests.clear()
        self.unwell.clear()
        return School(folder, self.school.site, capsys)


class _Unheard:
    def readouterr(self) -> tuple[str, str]:
        return "", ""


def unheard() -> pytest.CaptureFixture[str]:
    """Takes the place of `capsys` where the output of commands is not needed."""
    return cast("pytest.CaptureFixture[str]", _Unheard())


@contextmanager
def kept(folder: Path, prepare: Callable[[School], object] = lambda school: None) -> Iterator[Kept]:
    """A school after its first run, prepared in some way before it."""
    unwell: set[str] = set()

    def fault(method: str, path: str, count: int) -> Fault | None:
        return "error" if any(path.endswith(end) for end in unwell) else None

    with opened(folder, unheard(), SandboxSettings(faults=fault)) as school:
        prepare(school)
        assert school.type("run", "--quiet") == 0
        yield Kept(school, unwell, school.moodle.snapshot())


@pytest.fixture(scope="session")
def after_first_night(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    """A school whose exports were sent once, for all tests that start there."""
    with kept(tmp_path_factory.mktemp("school") / "kept") as found:
        yield found


@pytest.fixture
def school(after_first_night: Kept, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> School:
    """A school whose exports were sent once."""
    return after_first_night.again(tmp_path, capsys)
