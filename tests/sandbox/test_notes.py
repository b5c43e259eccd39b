"""What was measured on a real Moodle is imitated, fact by fact: `notes.toml` names the tests, and they quote it."""

from __future__ import annotations

import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from sync.cli.commands.sandbox import sandbox as command
from sync.sandbox import SandboxSettings
from tests.sandbox.quotations import documented, quoted

NOTES: dict[str, list[dict[str, Any]]] = tomllib.loads(Path(__file__).with_name("notes.toml").read_text("utf-8"))
FACTS = [fact for facts in NOTES.values() for fact in facts]
QUOTED = quoted()
OPTIONS = {option for parameter in command.params for option in parameter.opts}
SETTINGS = {field.name for field in fields(SandboxSettings)}


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact["says"])
def test_a_fact_is_quoted_by_the_tests_that_it_names(fact: dict[str, Any]) -> None:
    assert fact["tests"] != []
    assert QUOTED[fact["says"]] == set(fact["tests"])


def test_every_quotation_is_a_fact() -> None:
    assert QUOTED.keys() - {fact["says"] for fact in FACTS} == set()


def test_every_oddity_has_an_entry() -> None:
    named = {name for fact in FACTS for name in fact["tests"]}
    oddities = {name for name, _ in documented() if name.startswith("test_oddities: ")}
    assert oddities - named == set()


@pytest.mark.parametrize("option", sorted({fact["option"] for fact in FACTS if "option" in fact}))
def test_an_option_of_a_fact_is_one_of_the_command_and_a_setting(option: str) -> None:
    assert option in OPTIONS
    assert option.removeprefix("--").replace("-", "_") in SETTINGS
