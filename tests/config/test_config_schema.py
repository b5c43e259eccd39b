"""The JSON Schemas and the models agree, on YAML as an editor reads it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from sync.config.schemas import mapping_schema, site_schema

CASES = Path(__file__).parent / "cases"
SCHEMAS = {"site": site_schema(), "mapping": mapping_schema()}

USER = {
    "resource": "user",
    "sheet": {"file": "users.csv"},
    "fields": {"userid": "ID", "username": "N", "firstname": "F", "lastname": "L", "email": "E"},
}
SITE = {"site": {"url": "https://moodle.example.edu", "token": {"env": "NEXSIS_TOKEN"}}}


def good_documents() -> list[Any]:
    return [
        pytest.param("site" if file.name == "site.yaml" else "mapping", document, id=f"{file.relative_to(CASES)}:{at}")
        for file in sorted((CASES / "good").rglob("*.yaml"))
        for at, document in enumerate(yaml.safe_load_all(file.read_text("utf-8")))
        if document is not None
    ]


def complaints(kind: str, document: object) -> list[str]:
    return [error.json_path for error in Draft202012Validator(SCHEMAS[kind]).iter_errors(document)]


@pytest.mark.parametrize("kind", SCHEMAS)
def test_a_schema_is_a_schema(kind: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[kind])


@pytest.mark.parametrize(("kind", "document"), good_documents())
def test_what_loads_passes_with_an_editors_types(kind: str, document: object) -> None:
    assert complaints(kind, document) == []


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"resource": "users"}, "$.resource"),
        ({"resource": 7}, "$.resource"),
        ({"name": "two words"}, "$.name"),
        ({"colour": "red"}, "$"),
        ({"sheet": {"tab": "Staff"}}, "$.sheet"),
        ({"sheet": {"file": "a.csv", "header_row": 0}}, "$.sheet"),
        ({"sheet": {"file": "a.csv", "tab": None}}, "$.sheet"),
        ({"sheet": {"file": "a*.csv", "take": "some"}}, "$.sheet"),
        ({"columns": {"A": {"text": "{B}", "own": "always"}}}, "$.columns.A"),
        ({"fields": {}}, "$.fields"),
        ({"fields": {"userid": {"column": "A", "text": "{A}"}}}, "$.fields.userid"),
        ({"fields": {"userid": {"colum": "A"}}}, "$.fields.userid"),
        ({"fields": {"userid": {"column": "A", "then": ["shout"]}}}, "$.fields.userid"),
        ({"fields": {"userid": {"column": "A", "then": {"pad": 0}}}}, "$.fields.userid"),
        ({"fields": {"userid": {"column": "A", "then": {"pad": 1, "cut": 2}}}}, "$.fields.userid"),
        ({"fields": {"userid": {"column": "A", "else": "x"}}}, "$.fields.userid"),
        ({"fields": {"userid": {"first": ["A"], "column": "B"}}}, "$.fields.userid"),
        (
            {"fields": {"userid": {"column": "A", "values": {"sheet": {"file": "v.csv"}, "from": "X"}}}},
            "$.fields.userid",
        ),
        ({"fields": {"userid": {"column": "A", "lookup": {"sheet": "v.csv", "by": "X"}}}}, "$.fields.userid"),
        ({"mode": "absent"}, "$.mode"),
        ({"missing": "remove"}, "$.missing"),
        ({"missing": {"delete": {"after_files": 0}}}, "$.missing"),
        ({"mode": "delta", "missing": {"delete": {"after_files": 2}}}, "$"),
        ({"missing": {"set": {}}}, "$.missing"),
        ({"missing": {"set": {"a": [1]}}}, "$.missing"),
        ({"missing": {"set": {"a": 1}, "delete": {}}}, "$.missing"),
        ({"mode": "delta", "missing": "delete"}, "$"),
        ({"delete_when": {"ACTION": "D"}}, "$"),
        ({"scope": {"userid": []}}, "$.scope.userid"),
        ({"max_age": 3}, "$.max_age"),
    ],
)
def test_a_broken_mapping_fails(change: dict[str, Any], path: str) -> None:
    assert complaints("mapping", USER) == []
    assert path in complaints("mapping", USER | change)


@pytest.mark.parametrize(
    ("document", "paths"),
    [
        ({"include": "oneroster-users"}, []),
        ({"include": "oneroster-users", "delete_when": {"status": "gone"}}, []),
        ({"include": "oneroster-user"}, ["$.include"]),
        ({"include": "oneroster-users", "colour": "red"}, ["$"]),
    ],
)
def test_what_includes_a_shipped_mapping_needs_nothing_else(document: object, paths: list[str]) -> None:
    assert complaints("mapping", document) == paths


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"site": {"url": "https://moodle.example.edu"}}, "$.site"),
        ({"site": SITE["site"] | {"token": "0123456789abcdef"}}, "$.site.token"),
        ({"site": SITE["site"] | {"token": {"env": "A", "file": "b"}}}, "$.site.token"),
        ({"site": SITE["site"] | {"identifiers": "any"}}, "$.site.identifiers"),
        ({"guards": {"delete": {"percent": 101}}}, "$.guards.delete"),
        ({"guards": {"delete": True}}, "$.guards.delete"),
        ({"guards": {"rooster": {}}}, "$.guards"),
        ({"sending": {"permits": 0}}, "$.sending.permits"),
        ({"sending": {"timeout": 60}}, "$.sending.timeout"),
        ({"mapings": []}, "$"),
    ],
)
def test_a_broken_site_fails(change: dict[str, Any], path: str) -> None:
    assert complaints("site", SITE) == []
    assert path in complaints("site", SITE | change)


@pytest.mark.parametrize("guard", ["off", False, {"percent": "5"}, {"percent": 5}])
def test_a_guard_may_be_off_and_a_number_may_be_text(guard: object) -> None:
    assert complaints("site", SITE | {"guards": {"delete": guard}}) == []


def undescribed(schema: dict[str, Any], defs: dict[str, Any], path: str) -> list[str]:
    found = []
    for name, part in schema.get("properties", {}).items():
        target = defs.get(part.get("$ref", "").rpartition("/")[2], {})
        if not part.get("description") and not target.get("description"):
            found.append(f"{path}.{name}")
    return found


@pytest.mark.parametrize("kind", SCHEMAS)
def test_every_key_has_a_description(kind: str) -> None:
    schema = SCHEMAS[kind]
    parts = {"$": schema, **schema["$defs"]}
    assert [key for path, part in parts.items() for key in undescribed(part, schema["$defs"], path)] == []
