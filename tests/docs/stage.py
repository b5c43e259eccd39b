"""A site and a folder in which the examples of the docs are run."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from shutil import copyfile, copytree
from typing import Any

import orjson
import pytest
from openpyxl import Workbook, load_workbook

from sync.cli import run
from sync.cli.wiring import SystemClock
from sync.sandbox import Sandbox, SandboxSettings, running

from .pages import ROOT, Block

SITE = "site:\n  url: here\n  token: {env: NEXSIS_TOKEN}\n"
GROUPS = "resource: group\nsheet: {file: g.csv}\nfields: {courseid: C, groupid: G, name: N}\n"
PEOPLE = ("S1", "S2", "S3", "S4", "S5", "S6", "T1", "T2")
COURSES = ("BIO-27", "HIS-27")
SHIPPED = ("oneroster", "sds")
POSITIONS = ("LECTURER", "HEAD")
GRADES = (
    ("S1", "BIO-27", 92, "2027-06-04T10:15:00+01:00"),
    ("S2", "BIO-27", 81.5, "2027-06-04T10:20:00+01:00"),
    ("S1", "HIS-27", 58, "2027-06-07T09:00:00+01:00"),
)
UNTOLD = {"plan": "", "site": "", "created": ""}
"""What differs each time."""

Plan = Mapping[str, Any]


@dataclass
class Stage:
    """Blocks are written to files, and the commands of `nexsis-sync` are run on them."""

    folder: Path
    sandbox: Sandbox
    capsys: pytest.CaptureFixture[str]
    patch: pytest.MonkeyPatch

    def act(self, blocks: Sequence[Block]) -> Iterator[tuple[object, object]]:
        """Run a section: write its files and run its commands; for each result, the actual and the documented one.

        A result is a dry run; it is applied before the next step, if there is one, unless it is a preview. One "on" a
        day is made at noon of that day, and so is everything after it.
        """
        planned = False
        begins = any(block.kind == "console" and "$ nexsis-sync init" in block.text for block in blocks)
        if not begins and not any(block.kind == "yaml" and block.name.startswith("site") for block in blocks):
            self.lay(Block("yaml", "site", SITE))
        if not begins and not any(
            block.kind == "yaml" and not block.name.startswith(("site", "columns")) for block in blocks
        ):
            self.lay(Block("yaml", "mappings/groups.yaml", GROUPS))
        for block in blocks:
            if planned:
                self.command("apply")
            on = re.fullmatch(r"Dry run(?: on (.+))?", block.name) if block.kind == "text" else None
            planned = on is not None
            if on and on[1]:
                self.come(on[1])
            if block.kind in ("yaml", "csv"):
                self.lay(block)
            elif planned:
                yield in_short(self.plan()), block.text
            elif (block.kind, block.name[:14]) == ("text", "Dry run as of "):
                yield in_short(self.plan("--as-of", block.name[14:])), block.text
            elif (block.kind, block.name) == ("json", "Plan"):
                yield {**self.plan(), **UNTOLD}, {**orjson.loads(block.text), **UNTOLD}
            elif block.kind == "text" and block.name.startswith("File "):
                yield (self.folder / block.name.removeprefix("File ")).read_text("utf-8"), block.text
            elif block.kind == "console":
                for line in block.text.splitlines():
                    yield from self.typed(line)

    def typed(self, line: str) -> Iterator[tuple[object, object]]:
        """Run a line of a console; its actual exit code and the documented one.

        PLAN is the newest plan, RUN its run.
        """
        if line.startswith("$ nexsis-sync "):
            words, _, note = line.removeprefix("$ nexsis-sync ").partition("#")
            words = words.replace("https://moodle.example.edu", self.sandbox.url)
            if "PLAN" in words:
                words = words.replace("PLAN", orjson.loads(self.command("report", "--json")[1])["plan"])
            if "RUN" in words:
                newest = orjson.loads(self.command("runs", "--json")[1])["plans"][0]
                words = words.replace("RUN", newest["runs"][0]["run"])
            code, _ = self.command(*words.split())
            printed = re.search(r"exit code (\d+)", note)
            yield code, int(printed[1]) if printed else 0

    def lay(self, block: Block) -> None:
        """Put a block where a user would. Rows may be a tab of a workbook, which is named after the file."""
        if block.kind == "csv":
            name, _, tab = block.name.partition(" ")
            file = self.folder / ("" if name == "aliases.csv" else "inbox") / Path(name).name
        elif block.name.startswith("site"):
            file, tab = self.folder / "site.yaml", ""
        elif block.name.startswith("columns"):
            file, tab = self.folder / block.name, ""
        else:
            name = re.sub(r"^mapping(\.yaml)?$", "example.yaml", block.name)
            file, tab = self.folder / "mappings" / Path(name).name, ""
        file.parent.mkdir(exist_ok=True)
        if tab:
            _add_tab(file, tab, block.text)
            return
        text = re.sub(r"^( +url:).*", rf"\1 {self.sandbox.url}", block.text, flags=re.MULTILINE)
        file.write_text(text, "utf-8")

    def come(self, day: str) -> None:
        """It is that day, and the exports have just been written."""
        now = datetime.fromisoformat(f"{day}T12:00+00:00")
        self.patch.setattr(SystemClock, "now", lambda self: now)
        for file in (self.folder / "inbox").iterdir():
            os.utime(file, (now.timestamp(), now.timestamp()))

    def unpack_shipped(self) -> None:
        """Put next to the site file what the docs say is there: shipped mappings, and an authority's file."""
        copyfile(ROOT / "tests" / "remote" / "localhost.pem", self.folder / "institution-ca.pem")
        for name in SHIPPED:
            copytree(ROOT / "mappings" / name, self.folder / name)

    def command(self, *words: str) -> tuple[int, str]:
        """Run a command; its exit code, and what it wrote to standard output."""
        self.capsys.readouterr()
        code = run([*words, "--site", str(self.folder / "site.yaml")])
        said = self.capsys.readouterr()
        assert code != 1, said.err
        return code, said.out

    def plan(self, *words: str) -> Plan:
        """A dry run."""
        plan: Plan = orjson.loads(self.command("plan", "--json", *words)[1])
        return plan


def staged(folder: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Stage]:
    """A stage whose site already has some people, courses, grades and parts of an institution."""
    with running(SandboxSettings()) as sandbox, pytest.MonkeyPatch.context() as patch:
        for userid in PEOPLE:
            sandbox.moodle.add_user(userid, userid.lower())
        for courseid in COURSES:
            sandbox.moodle.add_course(courseid)
        sandbox.moodle.add_program("INDUCTION", "Induction")
        sandbox.moodle.add_certification("FIRST-AID", "First aid")
        sandbox.moodle.add_department("PHYSICS", "Physics")
        for positionid in POSITIONS:
            sandbox.moodle.add_position(positionid, positionid.title())
        sandbox.moodle.add_grade_category("BIO-27", 6, "Coursework")
        for userid, courseid, grade, at in GRADES:
            sandbox.moodle.add_grade(userid, courseid, grade, timemodified=at)
        yield Stage(folder, sandbox, capsys, patch)


def _add_tab(file: Path, name: str, text: str) -> None:
    """Write rows to a tab of a workbook, which is created if needed."""
    book = load_workbook(file) if file.exists() else Workbook()
    tab = book.create_sheet(name)
    for row in csv.reader(text.splitlines()):
        tab.append(row)
    book.save(file)


def in_short(plan: Plan) -> str:
    """A plan as the docs show it: a line for each change, hold and issue."""
    lines = [_change(change) for change in plan["changes"]]
    lines += [f"hold {hold['guard']}: {hold['count']} of {hold['population']}" for hold in plan["holds"]]
    lines += [_issue(issue) for issue in plan["issues"]]
    return "\n".join(lines or ["nothing to do"]) + "\n"


def _change(change: Mapping[str, Any]) -> str:
    before, after = change["before"] or {}, change["after"] or {}
    what = []
    if change["op"] == "create":
        what = [f"{name} {value or 'empty'}" for name, value in after.items()]
    elif change["op"] == "update":
        differing = [name for name in after if before.get(name) != after[name]]
        what = [f"{name} {before.get(name)} -> {after[name]}" for name in differing]
    noun = change["resource"].replace("_", " ")
    status = "" if change["status"] == "planned" else f" ({change['status']})"
    head = f"{change['op']} {noun} {' / '.join(change['key'].values())}{status}"
    return f"{head}: {', '.join(what)}" if what else head


def _issue(issue: Mapping[str, Any]) -> str:
    tab = f", tab {issue['tab']}" if issue["tab"] else ""
    row = f", row {issue['row']}" if issue["row"] else ""
    column = f", column {issue['column']}" if issue["column"] else ""
    where = f": {issue['file']}{tab}{row}{column}" if issue["file"] else ""
    return f"{issue['severity']} {issue['code']}{where}"
