"""A site whose exports are taken, with a person whose data can be searched for in every byte of it."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sync.cli.wiring import SystemClock
from tests.drops.office import MAPPINGS as COURSES_AND_PEOPLE
from tests.drops.office import Office, office
from tests.state.conftest import postgresql, server

__all__ = ["postgresql", "server"]

MAPPINGS = (
    COURSES_AND_PEOPLE
    + """---
resource: enrolment
name: seats
sheet: seats.csv
missing: delete
fields: {userid: ID, courseid: COURSE, roleid: {constant: student}}
"""
)
QUIRINA = ("S1042", "qzonne", "Quirina", "Zonneveld")
BOB, CAT, DAN = ("S2", "bob", "Bob", "Lee"), ("S3", "cat", "Cat", "Moe"), ("S4", "dan", "Dan", "Roe")
THEIRS = ("s1042", "qzonne", "quirina", "zonneveld")
"""What a byte of hers would be part of, in small letters."""

Person = tuple[str, str, str, str]


@dataclass
class Registry:
    """The office of a university, on a day of its own."""

    work: Office
    now: datetime

    @property
    def folder(self) -> Path:
        return self.work.folder

    def deliver(self, *people: Person) -> None:
        """Put a set into the inbox in which everybody is in the one course."""
        self.work.put("courses.csv", "ID,NAME\nC1,One\n")
        self.work.put("people.csv", "ID,LOGIN,FIRST,LAST\n" + "".join(f"{','.join(each)}\n" for each in people))
        self.work.put("seats.csv", "ID,COURSE\n" + "".join(f"{each[0]},C1\n" for each in people))
        self.work.put("READY", "")

    def night(self, *people: Person) -> None:
        """A run that has nothing to hold."""
        self.deliver(*people)
        code, said = self.work.run("run")
        assert code == 0, said

    def document(self, *words: str) -> dict[str, Any]:
        """The JSON of a command."""
        said: dict[str, Any] = json.JSONDecoder().raw_decode(self.work.run(*words, "--json")[1])[0]
        return said

    def where(self, *texts: str, below: str = "") -> set[str]:
        """The files in which one of the texts is, packed or not, whatever its case."""
        return {
            path.relative_to(self.folder).as_posix()
            for path in (self.folder / below).rglob("*")
            if path.is_file() and any(text.encode() in part for part in _parts(path.read_bytes()) for text in texts)
        }


def _parts(content: bytes) -> Iterator[bytes]:
    yield content.lower()
    if content.startswith(b"\x1f\x8b"):
        yield gzip.decompress(content).lower()
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            yield from (parts.read(name).lower() for name in parts.namelist())


@pytest.fixture
def registry(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    with office(tmp_path / "office", capsys) as work:
        work.set_up("{trigger: READY}", MAPPINGS)
        made = Registry(work, datetime.now(UTC))
        monkeypatch.setattr(SystemClock, "now", lambda _: made.now)
        yield made


def settings(registry: Registry, text: str) -> None:
    """Add sections to the site file."""
    with (registry.folder / "site.yaml").open("a") as file:
        file.write(text)


def days(count: int) -> timedelta:
    return timedelta(days=count)
