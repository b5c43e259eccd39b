"""What the commands must do with every resource of the catalogue, over HTTP, against the sandbox.

A new resource is covered by its literal alone.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable

import pytest

from sync.model import Op, Resource
from sync.model.resources import CATALOGUE
from tests.contract.desk import Desk
from tests.contract.made_rows import Row, rows, write


def shown(resource: Resource) -> set[str]:
    """The fields besides the key that a read of the resource shows."""
    return {name for read in resource.reads[:1] for name in read.take} - set(resource.key)


def hidden(resource: Resource) -> set[str]:
    """The fields that are compared although no read shows them: the last value sent stands for them."""
    return {field.name for field in resource.state if field.send == "state"} - shown(resource)


def those(has: Callable[[Resource], object]) -> pytest.MarkDecorator:
    """Each resource for which that is true."""
    found = [name for name, resource in CATALOGUE.items() if has(resource)]
    return pytest.mark.parametrize("resource", [CATALOGUE[name] for name in found], ids=found)


def settled(desk: Desk, resource: Resource, **ops: int) -> None:
    """The plan has exactly so many changes of the resource; applied, each is one write, and nothing is left to do."""
    code, changes = desk.plan()
    own = Counter(change["op"] for change in changes if change["resource"] == resource.name)
    assert (code, own) == (2, Counter(ops))
    before = desk.writes()
    assert desk.type("apply") == 0
    assert desk.writes() - before == sum(change["status"] != "covered" for change in changes)
    assert desk.plan("--read", "full") == (0, [])


@those(lambda resource: True)
def test_create_update_delete_and_nothing_left_after_each(desk: Desk, resource: Resource) -> None:
    """What was updated is updated back in the plan that deletes the others."""
    desk.export(resource, rows(resource, 4))
    settled(desk, resource, create=4)
    if resource.updatable:
        desk.export(resource, [*rows(resource, 3, 1), rows(resource, 4)[3]])
        settled(desk, resource, update=3)
    left = 2 if resource.delete else 4
    if resource.updatable or resource.delete:
        write(desk.folder / "inbox", resource, rows(resource, left))
        settled(desk, resource, update=min(left, 3) if resource.updatable else 0, delete=4 - left)


@those(lambda resource: True)
def test_row_order_does_not_matter(desk: Desk, resource: Resource) -> None:
    desk.export(resource, rows(resource, 5))
    _, there = desk.plan()
    desk.export(resource, rows(resource, 5)[::-1])
    _, back = desk.plan()

    def said(changes: list[dict[str, object]]) -> list[tuple[object, ...]]:
        return [(each["n"], each["op"], each["key"], each["after"]) for each in changes]

    assert said(there) == said(back)


@those(lambda resource: True)
def test_a_site_that_holds_it_all_already_is_sent_only_what_nothing_reads(desk: Desk, resource: Resource) -> None:
    desk.export(resource, rows(resource, 3))
    assert desk.type("run") == 0
    before = desk.writes()
    for path in desk.folder.glob("state.db*"):
        path.unlink()
    code, changes = desk.plan()
    unreadable = hidden(resource) or not resource.reads
    assert (code, len(changes)) == ((2, 3) if unreadable else (0, 0))
    assert desk.type("apply") == 0
    assert desk.writes() - before == len(changes)


@those(lambda resource: True)
def test_what_a_sheet_no_longer_names_is_kept_by_default(desk: Desk, resource: Resource) -> None:
    text = (desk.folder / "mappings.yaml").read_text().replace("missing: delete\n", "")
    (desk.folder / "mappings.yaml").write_text(text)
    desk.export(resource, rows(resource, 4))
    assert desk.type("run") == 0
    write(desk.folder / "inbox", resource, rows(resource, 1))
    assert desk.plan("--read", "full") == (0, [])


def settled_by_one_more_plan(desk: Desk, resource: Resource, op: Op, its: list[Row]) -> None:
    """A plan that reads everything corrects exactly these objects, gives the site as the cause, and leaves nothing."""
    code, changes = desk.plan("--read", "full")
    result = [(change["resource"], change["op"], change["cause"], change["key"]) for change in changes]
    keys = [{name: row[name] for name in resource.key} for row in its]
    assert (code, result) == (2, [(resource.name, op, "site", key) for key in keys])
    assert desk.type("apply") == 0
    assert desk.plan("--read", "full") == (0, [])


@those(lambda resource: resource.updatable and shown(resource))
def test_what_was_changed_by_hand_is_changed_back(desk: Desk, resource: Resource) -> None:
    its, others = rows(resource, 3), rows(resource, 3, 1)
    desk.export(resource, its)
    assert desk.type("run") == 0
    edited = [row | {name: other[name] for name in shown(resource)} for row, other in zip(its, others, strict=True)]
    desk.by_hand(resource, "update", edited[:2])
    settled_by_one_more_plan(desk, resource, "update", its[:2])


@those(lambda resource: resource.reads and resource.delete)
def test_what_was_deleted_by_hand_is_made_anew(desk: Desk, resource: Resource) -> None:
    its = rows(resource, 3)
    desk.export(resource, its)
    assert desk.type("run") == 0
    desk.by_hand(resource, "delete", its[1:])
    settled_by_one_more_plan(desk, resource, "create", its[1:])


@those(lambda resource: not resource.updatable and shown(resource))
def test_what_cannot_be_changed_is_reported_and_left(desk: Desk, resource: Resource) -> None:
    desk.export(resource, rows(resource, 3))
    assert desk.type("run") == 0
    desk.export(resource, rows(resource, 3, 1))
    assert desk.type("plan", "--read", "full", "--json") == 0
    plan = json.loads(desk.capsys.readouterr().out)
    result = [issue["message"] for issue in plan["issues"] if issue["code"] == "cannot-change"]
    assert len(result) == 1
    assert resource.counted(3) in result[0]
    assert plan["changes"] == []
