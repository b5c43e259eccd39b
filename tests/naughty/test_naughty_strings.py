"""Strings that break software, as names, descriptions and identifiers: intact or refused by row, and harmless.

The strings are those of `blns.json`, the Big List of Naughty Strings by Max Woolf, under the licence next to it.
"""

from __future__ import annotations

import csv
import email
import json
import re
from collections.abc import Iterator, Sequence
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from unicodedata import category
from zipfile import ZipFile

import pytest
from openpyxl.utils.escape import unescape

from tests.drops.office import MAPPINGS as COURSES_AND_PEOPLE
from tests.drops.office import Office, office
from tests.examples import LONG
from tests.mail.office import text_of
from tests.pull.office import read
from tests.report.page_reader import Page

STRINGS: list[str] = json.loads(Path(__file__).with_name("blns.json").read_text("utf-8"))
RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What makes a cell of a CSV file a formula."""

TAME = ["Tame", "Gentle"]
MAPPINGS = (
    COURSES_AND_PEOPLE
    + """---
resource: group
name: groups
sheet: groups.csv
fields: {courseid: COURSE, groupid: ID, name: NAME, description: TEXT}
---
resource: enrolment
name: enrolments
sheet: enrolments.csv
fields: {courseid: COURSE, userid: ID, roleid: {constant: student}}
"""
)
GUARDS = "guards: {create: off, rows: off}\n"
MAIL = "mail: {host: localhost, security: none, from: sync@i.example, to: [{address: all@i.example}]}\n"


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Office]:
    with office(tmp_path / "office", capsys) as made:
        made.set_up("", MAPPINGS)
        add(made, GUARDS)
        yield made


def add(here: Office, more: str) -> None:
    """Add to the site file."""
    with (here.folder / "site.yaml").open("a") as site:
        site.write(more)


def deliver(here: Office, names: Sequence[str], texts: Sequence[str]) -> None:
    """An export: people and courses with these names, groups and the identifiers of enrolments with these texts."""
    exports = {
        "courses.csv": [["ID", "NAME"], ["C1", "One"], *([f"K{n}", text] for n, text in enumerate(names))],
        "people.csv": [
            ["ID", "LOGIN", "FIRST", "LAST"],
            *([f"U{n}", f"u{n}", text, text] for n, text in enumerate(names)),
            ["U", "u", "Ann", "Lee"],
        ],
        "groups.csv": [
            ["COURSE", "ID", "NAME", "TEXT"],
            *(["C1", f"G{n}", text, text] for n, text in enumerate(texts)),
        ],
        "enrolments.csv": [["COURSE", "ID"], *(["C1", text] for text in texts), ["C1", "U"]],
    }
    for name, rows in exports.items():
        with (here.folder / "inbox" / name).open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream, quoting=csv.QUOTE_ALL).writerows(rows)


def document(here: Office) -> Any:
    """A plan as JSON."""
    return json.loads(here.run("plan", "--json", "--quiet")[1])


def reported(plan: Any, file: str) -> set[int]:
    """The rows of a file with issues, the first below the header as 0."""
    return {issue["row"] - 2 for issue in plan["issues"] if issue["file"] == file and issue["row"]}


def counted(plan: Any, resource: str) -> int:
    """How many more records of a resource are said to be in the same case as those that are named, at most."""
    said = (issue["message"] for issue in plan["issues"] if issue["resource"] == resource and not issue["row"])
    more = (re.search(r"of ([\d,]+) more ", text) for text in said)
    return max((int(found[1].replace(",", "")) for found in more if found), default=0)


def intact(text: str, original: str) -> bool:
    """Whether a text is the original one, but for blanks and invisible marks around it."""
    return text in original and visible(text) == visible(original)


def visible(text: str) -> str:
    return "".join(c for c in text if category(c) != "Cf").strip()


# -- what people read ------------------------------------------------------------------------------------------


def legible(said: str) -> bool:
    """Whether a text can do nothing to a terminal."""
    return all(line.isprintable() for line in said.replace("\r\n", "\n").split("\n"))


def runnable(source: str) -> set[tuple[str, str, str | None]]:
    """What a browser would run, load or follow: scripts, handlers, and addresses beyond the page."""
    tags = Page(source).tags
    follows = ("src", "srcset", "href", "action", "formaction", "background", "data")
    every = ((tag, name, value) for tag, attributes in tags for name, value in attributes.items())
    found = {each for each in every if each[1].startswith("on") or each[1] in follows}
    scripts = [tag for tag, _ in tags if tag in ("script", "iframe", "object", "embed", "svg", "img", "link", "base")]
    return {each for each in found if not (each[2] or "").startswith("#")} | {
        (tag, "times", str(scripts.count(tag))) for tag in scripts if tag != "svg"
    }


def is_text(book: Path) -> bool:
    """Whether a workbook has no cell that a spreadsheet would run or follow out of it."""
    with ZipFile(book) as parts:
        texts = [parts.read(name) for name in parts.namelist()]
    return not any(b"<f>" in text or b"<f " in text or b'TargetMode="External"' in text for text in texts)


def shown(here: Office) -> Iterator[tuple[str, str, EmailMessage]]:
    """A plan and a reconciliation as they are shown: on a terminal, as a page, and as an email."""
    page, book, mails = here.folder / "out.html", here.folder / "out.xlsx", here.folder / "mails"
    for commands in ([["plan", "--verbose"], ["report"]], [["reconcile"]]):
        commands[0] += ["--html", str(page), "--xlsx", str(book)]
        commands[-1] += ["--eml", str(mails)]
        said = "".join(here.run(*command)[1] for command in commands)
        (mail,) = mails.glob("*.eml")
        message = email.message_from_bytes(mail.read_bytes(), policy=default)
        assert isinstance(message, EmailMessage)
        assert is_text(book)
        yield said, page.read_text("utf-8"), message


def test_all_of_them_in_one_export_do_nothing_where_they_are_shown(here: Office) -> None:
    add(here, MAIL)
    deliver(here, TAME, TAME)
    tame = [*shown(here)]
    deliver(here, [], STRINGS)
    for (_, quiet, calm), (said, page, message) in zip(tame, shown(here), strict=True):
        assert legible(said)
        assert runnable(page) == runnable(quiet)
        assert message.keys() == calm.keys()
        assert not any("\n" in value or "\r" in value for value in message.values())
        assert legible(text_of(message))
        assert runnable(text_of(message, "html")) <= runnable(text_of(calm, "html"))


def test_all_of_them_are_planned_intact_or_refused_by_row(here: Office) -> None:
    deliver(here, [], STRINGS)
    plan = document(here)
    planned = {each["key"].get("groupid"): each["after"] for each in plan["changes"]}
    refused = reported(plan, "groups.csv")
    for n, text in enumerate(STRINGS):
        after = planned.get(f"G{n}")
        assert (after is None) == (n in refused), text
        assert after is None or (intact(after["name"], text) and intact(after["description"], text))
    named = {visible(STRINGS[n]).lower() for n in reported(plan, "enrolments.csv")}
    assert [text for text in STRINGS if visible(text) and visible(text).lower() not in named] == []
    assert [each["key"]["userid"] for each in plan["changes"] if each["resource"] == "enrolment"] == ["U"]


# -- what is sent and read back --------------------------------------------------------------------------------


def test_they_are_sent_intact_or_reported_by_row_and_explained(here: Office) -> None:
    sent = STRINGS if LONG else STRINGS[::20]
    deliver(here, sent, sent)
    code, said = here.run("run", "--verbose")
    assert code == 0
    assert legible(said)
    plan = document(here)  # a site that kept another name than it was sent is noticed when that is read
    assert plan["changes"] == []
    site = {userid: first for userid, _, first, _, _ in here.sandbox.moodle.users()}
    site |= {groupid: text for _, groupid, _, text in here.sandbox.moodle.groups()}
    for first, file in (("U", "people.csv"), ("G", "groups.csv")):
        kept = {n for n, text in enumerate(sent) if intact(site.get(f"{first}{n}", "\0"), text)}
        unnamed = set(range(len(sent))) - kept - reported(plan, file)
        assert len(unnamed) <= counted(plan, "user" if first == "U" else "group")
    for n in range(0, len(sent), 9):
        assert legible("".join(here.run("explain", key)[1] for key in (f"user=U{n}", f"user={sent[n]}")))


def test_all_of_them_are_exported_as_text(here: Office) -> None:
    here.sandbox.moodle.add_course("C1")
    for n, text in enumerate(STRINGS):
        here.sandbox.moodle.add_group("C1", f"G{n}", f"Group {n}", text)
    csv_file, book = here.folder / "out.csv", here.folder / "out.xlsx"
    for file in (csv_file, book):
        assert here.run("pull", "group", "--only", "courseid=C1", "--to", str(file))[0] == 0
    assert is_text(book)
    for file in (csv_file, book):
        texts = {row["groupid"]: unescape(row["description"]).removeprefix("'") for row in read(file)}
        assert [text for n, text in enumerate(STRINGS) if not intact(texts[f"G{n}"], text.removeprefix("'"))] == []
    cells = [cell for row in read(csv_file) for cell in row.values()]
    assert [
        cell for cell in cells if cell.startswith(RUNS) and not re.fullmatch(r"[+-]\d+(\.\d+)?(E[+-]?\d+)?", cell)
    ] == []
