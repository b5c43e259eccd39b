"""Conversations with the API, as files: `METHOD path [body] -> status [answer]`, below the facts they show.

The stage: users S1 (kim, Kim Poe) and S2 (lee, Lee Coe), courses C1 and C2, group G1 and grade category 6 of C1,
program P12, certification C12, department D5, positions P4 and P5. An answer is `html`, `empty`, or JSON that must have
at least the given values; a message must contain the given text.
"""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest

from tests.sandbox.quotations import scenarios

SCENARIOS = {name: [line for line in lines if not line.startswith("> ")] for name, lines in scenarios()}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_scenario(client: httpx.Client, scenario: str) -> None:
    for line in SCENARIOS[scenario]:
        match = re.fullmatch(r"(\w+) (\S+) ?(.*) -> (\d+) (.+)", line)
        assert match, line
        method, path, body, status, expected = match.groups()
        answer = client.request(method, path, json=json.loads(body) if body else None)
        assert answer.status_code == int(status), (line, answer.text)
        if expected == "html":
            assert answer.headers["Content-Type"].startswith("text/html"), line
            continue
        assert answer.headers["Content-Type"] == "application/json; charset=utf-8", line
        if expected == "empty":
            assert answer.content == b"", line
        else:
            assert_says(answer.json(), json.loads(expected), line)


def assert_says(answer: Any, expected: Any, line: str) -> None:
    if isinstance(expected, list):
        assert len(answer) == len(expected), (line, answer)
        for one, other in zip(answer, expected, strict=True):
            assert_says(one, other, line)
    elif isinstance(expected, dict):
        said = {name: answer[name] for name in expected}
        assert expected.get("message", "") in said.get("message", ""), (line, answer)
        assert said | {"message": ""} == expected | {"message": ""}, (line, answer)
    else:
        assert answer == expected, line
