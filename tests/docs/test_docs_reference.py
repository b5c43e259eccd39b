"""The docs list every key, command, option and guard."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml

from sync.cli import USAGE, program
from sync.plan.guards import GUARDS

from .pages import NAMES, PAGES, ROOT, everything, sections
from .reference import TABLES, renewed


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_tables_are_what_the_program_checks(page: Path) -> None:
    text = page.read_text("utf-8")
    assert text == renewed(text), "update them: python -m tests.docs.reference"


def test_every_table_stands_somewhere() -> None:
    text = "".join(page.read_text("utf-8") for page in PAGES)
    assert set(re.findall(r"<!-- table: ([\w-]+) -->", text)) == set(TABLES)


def _keys(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for name, below in value.items():
            yield str(name)
            yield from _keys(below)
    elif isinstance(value, list):
        for below in value:
            yield from _keys(below)


@pytest.mark.parametrize(
    ("pages", "table"), [("mapping/*.md", "mapping-keys"), ("reference/site-file.md", "site-keys")]
)
def test_every_key_has_an_example(pages: str, table: str) -> None:
    found = (ROOT / "docs").glob(pages)
    blocks = [block for page in found for section in sections(page) for block in section.of("yaml")]
    shown = {key for block in blocks for document in yaml.safe_load_all(block.text) for key in _keys(document)}
    listed = [re.findall(r"\w+", row[0])[-1] for row in TABLES[table]()[1:]]
    assert [key for key in listed if key not in shown] == []


def test_every_guard_is_listed_in_the_order_they_are_asked() -> None:
    named = {"large_part": "deletes", "many_deletes": "deletes", "many_deletes_over_time": "deletes"}
    named |= {"many_deletes_of_a_part": "deletes"}
    named |= {"many_updates": "updates", "many_creates": "creates"}
    names = [named.get(guard.__name__, guard.__name__.replace("_", "-")) for guard in GUARDS]
    listed = re.findall(r"^\| `([\w-]+)`", (ROOT / "docs/guards/index.md").read_text("utf-8"), re.MULTILINE)
    assert listed == [*dict.fromkeys(names)]


def test_every_exit_code_is_listed() -> None:
    text = (ROOT / "docs/operations/exit-codes.md").read_text("utf-8")
    codes = re.findall(r"^\| (\d+) \|", text, re.MULTILINE)
    assert [*map(int, codes)] == [0, 1, 2, 3, 4, 5, USAGE]


def _anchors(page: Path) -> set[str]:
    """The anchors of a page's headings."""
    titles = [re.sub(r"[^\w\s-]", "", section.title).strip().lower() for section in sections(page)]
    return {re.sub(r"[-\s]+", "-", title) for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_links_lead_somewhere(page: Path) -> None:
    lost = []
    for link in re.findall(r"\]\((?!https?:)([^)]+)\)", page.read_text("utf-8")):
        path, _, anchor = link.partition("#")
        there = page.parent / path if path else page
        if not there.exists() or (anchor and anchor not in _anchors(there)):
            lost.append(link)
    assert lost == []


SHELL = [line for section in everything() for block in section.of("sh") for line in block.text.splitlines()]


@pytest.mark.parametrize("line", [line for line in SHELL if line.startswith("nexsis-sync ")])
def test_a_command_that_is_not_run_here_would_be_understood(line: str) -> None:
    _, name, *words = shlex.split(line)
    command = program.get_command(click.Context(program), name)
    assert command is not None
    command.make_context(name, words)


def test_the_checks_install_and_test_as_the_readme_says() -> None:
    checks = (ROOT / ".ci/run").read_text("utf-8").replace('"', "")
    lines = [
        line
        for section in sections(ROOT / "README.md")
        for block in section.of("sh")
        for line in block.text.splitlines()
    ]
    listed = [step.removeprefix(".venv/bin/") for line in lines for step in line.split(" && ") if ".venv/bin/" in step]
    assert len(listed) == 4
    assert [step for step in listed if f"bin/{step}" not in checks] == []
