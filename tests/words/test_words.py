"""No text for people uses the phrases of `forbidden.toml`: not in the sources, the docs, the help, the schemas.

What the product writes while the suite runs is looked through by `rendered.py`; here it is shown that it looks.
"""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Callable, Iterator, Mapping
from email.message import EmailMessage
from typing import Any

import click
import jinja2
import pytest
from rich.console import Console
from xlsxwriter import Workbook

from sync.cli import COMMANDS, program
from sync.config.schemas import mapping_schema, site_schema
from sync.errors import Fault
from sync.model import Hold, Issue
from sync.report.workbook.texts import markup

from .rendered import KEY
from .wording import HERE, allowed, slips

ROOT = HERE.parents[1]
SOURCES = sorted(ROOT.glob("sync/**/*.py"))
TEXTS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "sync/**/*.j2", "sync/**/*.js", "sync/**/*.toml", "mappings/**/*.yaml")
    for path in ROOT.glob(pattern)
    if path.name != "header_words.toml"  # how exports are spelt, not what the product says
)
GLOSSARY = "We mend it tonight."


def found(texts: Iterator[str] | list[str]) -> list[str]:
    return [str(slip) for text in texts for slip in slips(text) if not allowed(slip)]


def literals(source: str) -> Iterator[str]:
    """All texts in a module, docstrings too, without the names of code that they quote; values in them are `{}`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield re.sub("`[a-z_]+`|^ *[a-z_]+:", "", node.value, flags=re.MULTILINE)


def helps(command: click.Command, name: str) -> Iterator[str]:
    """The help of a command, and of those below it."""
    context = click.Context(command, info_name=name)
    yield command.get_help(context)
    if isinstance(command, click.Group):
        for each in command.list_commands(context):
            below = command.get_command(context, each)
            assert below is not None
            yield from helps(below, f"{name} {each}")


def descriptions(schema: Any) -> Iterator[str]:
    """All descriptions of a JSON Schema."""
    parts = schema.values() if isinstance(schema, Mapping) else schema if isinstance(schema, list) else ()
    if isinstance(schema, Mapping) and isinstance(schema.get("description"), str):
        yield schema["description"]
    for part in parts:
        yield from descriptions(part)


def test_the_sources_use_no_forbidden_phrase() -> None:
    assert {path: slips for path in SOURCES if (slips := found(literals(path.read_text("utf-8"))))} == {}


def test_pages_and_templates_use_no_forbidden_phrase() -> None:
    assert {path: slips for path in TEXTS if (slips := found([path.read_text("utf-8")]))} == {}


def test_no_help_text_uses_a_forbidden_phrase() -> None:
    texts = list(helps(program, "nexsis-sync"))
    assert len(texts) > len(COMMANDS)
    assert found(texts) == []


@pytest.mark.parametrize("schema", [site_schema(), mapping_schema()], ids=["site", "mapping"])
def test_no_description_of_a_key_uses_a_forbidden_phrase(schema: Mapping[str, Any]) -> None:
    texts = list(descriptions(schema))
    assert texts
    assert found(texts) == []


def test_few_places_are_allowed() -> None:
    lines = (HERE / "allowed.txt").read_text("utf-8").splitlines()
    assert sum(bool(line) and not line.startswith("#") for line in lines) < 20


def in_workbook(text: str) -> None:
    with Workbook(io.BytesIO(), {"in_memory": True}) as book:
        book.add_worksheet().write_string(0, 0, text)


def in_subject(text: str) -> None:
    EmailMessage()["Subject"] = text


def in_template(text: str) -> None:
    list(jinja2.Template("<b>{{ text }}</b>").generate(text=text))


SINKS: Mapping[str, Callable[[str], object]] = {
    "fault": lambda text: Fault("", hint=text),
    "issue": lambda text: Issue("", "error", text),
    "hold": lambda text: Hold("", "", "", {}, 0, 0, "", text),
    "echo": click.echo,
    "console": lambda text: Console(file=io.StringIO(), width=12).print(text),
    "rendered": lambda text: jinja2.Template("{{ text }}").render(text=text),
    "generated": in_template,
    "subject": in_subject,
    "workbook": in_workbook,
    "row of a workbook": markup,
}


@pytest.mark.parametrize("sink", SINKS)
def test_whatever_the_product_writes_is_looked_through(sink: str, pytestconfig: pytest.Config) -> None:
    SINKS[sink](f"{GLOSSARY} ({sink})")
    found = pytestconfig.stash[KEY].slips()
    assert [text.partition("`")[2].partition("`")[0] for text in found] == ["mend", "tonight"]


def test_a_phrase_is_found_wherever_its_line_is_broken() -> None:
    assert [slip.found for slip in slips("It is on\nhold; the run goes\n  on tomorrow.")] == ["goes on"]
    assert list(slips("It is on hold; the run continues tomorrow.")) == []


@pytest.mark.parametrize(
    "text", ["has 1 rows", "and 1 more holds", "1 changes on this page", "1 more are in the workbook", "1 user have"]
)
def test_one_of_something_is_not_said_as_of_several(text: str) -> None:
    assert len(list(slips(text))) == 1


@pytest.mark.parametrize(
    "text", ["1 row", "11 rows", "2.1 rows", "1 more change is", "2,001 changes", "courses 1\nusers 2"]
)
def test_one_of_something_and_several_are_said_as_they_are(text: str) -> None:
    assert list(slips(text)) == []
