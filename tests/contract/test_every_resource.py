"""What the commands must do with every resource of the catalogue, over HTTP, against the sandbox.

A new resource is covered by its literal alone.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping

import pytest

from sync.model import Op, Resource
from sync.model.resources import CATALOGUE, ancestors, generations
from tests.contract.desk import Desk
from tests.contract.made_rows import Row, everything, key_of, rows, write


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


def test_row_order_does_not_matter(whole_desk: Desk) -> None:
    its = everything(5)
    whole_desk.export_all(its)
    _, there = whole_desk.plan()
    whole_desk.export_all({name: own[::-1] for name, own in its.items()})
    _, back = whole_desk.plan()

    def said(changes: list[dict[str, object]]) -> list[tuple[object, ...]]:
        return [(each["n"], each["op"], each["resource"], each["key"], each["after"]) for each in changes]

    assert Counter(each["resource"] for each in there) == {name: len(own) for name, own in its.items()}
    assert said(there) == said(back)


def test_a_site_that_holds_it_all_already_is_sent_only_what_nothing_reads(whole_desk: Desk) -> None:
    its = everything(3)
    whole_desk.export_all(its)
    assert whole_desk.type("run") == 0
    before = whole_desk.writes()
    for path in whole_desk.folder.glob("state.db*"):
        path.unlink()
    code, changes = whole_desk.plan()
    unreadable = [name for name, resource in CATALOGUE.items() if hidden(resource) or not resource.reads]
    assert (code, Counter(each["resource"] for each in changes)) == (2, {name: len(its[name]) for name in unreadable})
    assert whole_desk.type("apply") == 0
    assert whole_desk.writes() - before == len(changes)


def test_what_a_sheet_no_longer_names_is_kept_by_default(whole_desk: Desk) -> None:
    """Children first: what depends on something that is not listed either is kept anyway."""
    text = (whole_desk.folder / "mappings.yaml").read_text().replace("missing: delete\n", "")
    (whole_desk.folder / "mappings.yaml").write_text(text)
    whole_desk.export_all(everything(4))
    assert whole_desk.type("run") == 0
    fewer = everything(1)
    for generation in [*generations()][::-1]:
        whole_desk.export_all({resource.name: fewer[resource.name] for resource in generation})
        assert whole_desk.plan("--read", "full") == (0, [])


def settled_by_one_more_plan(desk: Desk, op: Op, its: Mapping[str, list[Row]]) -> None:
    """A plan that reads everything corrects exactly these objects, gives the site as the cause, and leaves nothing."""
    code, changes = desk.plan("--read", "full")
    result = [(change["resource"], change["op"], change["cause"], change["key"]) for change in changes]
    keys = [(name, op, "site", key_of(CATALOGUE[name], row)) for name, own in its.items() for row in own]
    assert (code, result) == (2, keys)
    assert desk.type("apply") == 0
    assert desk.plan("--read", "full") == (0, [])


def test_what_was_changed_by_hand_is_changed_back(whole_desk: Desk) -> None:
    its, others = everything(3), everything(3, 1)
    whole_desk.export_all(its)
    assert whole_desk.type("run") == 0
    changed = {name: its[name][:2] for name, resource in CATALOGUE.items() if resource.updatable and shown(resource)}
    for name, own in changed.items():
        resource = CATALOGUE[name]
        pairs = zip(own, others[name], strict=False)
        edited = [row | {field: other[field] for field in shown(resource)} for row, other in pairs]
        whole_desk.by_hand(resource, "update", edited)
    settled_by_one_more_plan(whole_desk, "update", changed)


PARENTS = {parent for resource in CATALOGUE.values() for parent, _ in ancestors(resource)}


@those(lambda resource: resource.reads and resource.delete and resource.name in PARENTS)
def test_what_was_deleted_by_hand_is_made_anew(desk: Desk, resource: Resource) -> None:
    its = rows(resource, 3)
    desk.export(resource, its)
    assert desk.type("run") == 0
    desk.by_hand(resource, "delete", its[1:])
    settled_by_one_more_plan(desk, "create", {resource.name: its[1:]})


def test_what_nothing_depends_on_and_was_deleted_by_hand_is_made_anew(whole_desk: Desk) -> None:
    its = everything(3)
    whole_desk.export_all(its)
    assert whole_desk.type("run") == 0
    leaves = [each for each in CATALOGUE.values() if each.reads and each.delete and each.name not in PARENTS]
    for resource in leaves:
        whole_desk.by_hand(resource, "delete", its[resource.name][1:])
    settled_by_one_more_plan(whole_desk, "create", {resource.name: its[resource.name][1:] for resource in leaves})


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
