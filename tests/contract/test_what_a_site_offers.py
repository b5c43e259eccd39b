"""What not every site has or allows: reported before anything is sent, and by `ping`."""

from __future__ import annotations

import re

import pytest

from sync.cli import run
from sync.model import Resource
from sync.model.resources import CATALOGUE
from sync.sandbox import SandboxSettings
from tests.contract.desk import OPT_IN, Desk
from tests.contract.made_rows import rows

OPTIONAL = [resource for resource in CATALOGUE.values() if resource.optional]
NO_WORKPLACE = pytest.mark.parametrize("settings", [SandboxSettings(workplace=False)], ids=["no-workplace"])
COURSE = pytest.mark.parametrize("resource", [CATALOGUE["course"]], ids=["course"])


def named(resource: Resource) -> str:
    return resource.name


def place(desk: Desk, resource: Resource) -> str:
    """File and line at which the mapping of the resource begins, as shown to people."""
    lines = (desk.folder / "mappings.yaml").read_text().splitlines()
    return f"mappings.yaml:{lines.index(f'resource: {resource.name}') + 1}"


@pytest.mark.parametrize("resource", [CATALOGUE[name] for name in OPT_IN], ids=named)
@pytest.mark.parametrize("command", ["check", "plan", "run"])
def test_what_no_call_undoes_needs_leave(desk: Desk, resource: Resource, command: str) -> None:
    site = desk.folder / "site.yaml"
    site.write_text(site.read_text().replace(resource.name, ""))
    desk.export(resource, rows(resource, 1))
    assert desk.type(command) == 1
    shown = desk.capsys.readouterr().err
    assert f"{place(desk, resource)}: {resource.title} are written only if the site file allows it" in shown
    assert f"allow: [{resource.name}]" in shown
    assert desk.site.requests == []


@COURSE
def test_leave_for_what_needs_none_is_a_slip(desk: Desk, resource: Resource) -> None:
    site = desk.folder / "site.yaml"
    site.write_text(site.read_text().replace("allow: [", f"allow: [{resource.name}, "))
    assert desk.type("check") == 1
    assert (
        f"site.yaml:4: allow, item 1: `{resource.name}` is not a resource that has to be allowed"
        in desk.capsys.readouterr().err
    )


@NO_WORKPLACE
@pytest.mark.parametrize("command", ["plan", "run"])
@pytest.mark.parametrize("resource", OPTIONAL, ids=named)
def test_what_the_site_does_not_have_is_refused_before_anything_is_sent(
    desk: Desk, resource: Resource, command: str
) -> None:
    desk.export(resource, rows(resource, 2))
    assert desk.type(command) == 1
    shown = desk.capsys.readouterr().err
    assert f"{place(desk, resource)}: the site has no {resource.title}" in shown
    assert "Moodle Workplace" in shown
    assert desk.writes() == 0


# -- ping ------------------------------------------------------------------------------------------------------


@COURSE
def test_ping_lists_what_the_site_offers_as_json(desk: Desk) -> None:
    code, found = desk.json("ping")
    assert code == 0
    assert found.pop("ms") > 0
    readable = [name for name, each in CATALOGUE.items() if each.reads]
    assert found == {
        "site": desk.site.url,
        "reachable": True,
        "token": True,
        "identifiers": None,
        "resources": dict.fromkeys(readable, True),
    }
    assert desk.writes() == 0


@COURSE
@NO_WORKPLACE
def test_ping_says_which_families_are_lacking(desk: Desk) -> None:
    assert run(["ping", "--site", str(desk.folder / "site.yaml")]) == 0
    shown = desk.capsys.readouterr().out.splitlines()
    assert shown[0].startswith(f"{desk.site.url}: the NexSIS API answers and accepts the token (")
    there = [each.title for each in CATALOGUE.values() if each.reads and not each.optional]
    lacking = [each.title for each in CATALOGUE.values() if each.reads and each.optional]
    assert f"it has: {', '.join(there)}" in shown
    assert f"it has no: {', '.join(lacking)}" in shown


@NO_WORKPLACE
@pytest.mark.parametrize("resource", OPTIONAL, ids=named)
def test_ping_names_mappings_for_what_is_lacking(desk: Desk, resource: Resource) -> None:
    assert desk.type("ping") == 1
    shown = desk.capsys.readouterr().err
    assert re.search(rf"^error: {place(desk, resource)}: the mapping \S+ is for {resource.title}, which", shown, re.M)


@COURSE
@pytest.mark.parametrize("said", ["ignore_case", "exact"])
@pytest.mark.parametrize(
    "settings", [SandboxSettings(), SandboxSettings(identifiers="exact")], ids=lambda each: each.identifiers
)
def test_ping_finds_out_how_identifiers_compare(
    desk: Desk, resource: Resource, settings: SandboxSettings, said: str
) -> None:
    compares = settings.identifiers
    site = desk.folder / "site.yaml"
    site.write_text(site.read_text().replace("timezone:", f"identifiers: {said}, timezone:"))
    desk.export(resource, rows(resource, 1))
    assert desk.type("run") == 0
    code, found = desk.json("ping")
    assert (code, found["identifiers"]) == (int(said != compares), compares)
    if said != compares:
        assert desk.type("ping") == 1
        assert f"`identifiers: {said}`, but this site needs `identifiers: {compares}`" in desk.capsys.readouterr().err
