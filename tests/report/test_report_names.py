"""The names of a plan's objects."""

from __future__ import annotations

from string import Formatter

import pandas as pd
import pytest

from sync.model import LEDGER, Conventions, Resource
from sync.model.resources import CATALOGUE
from sync.report.display_names import Names, display_names, identified, name_of, named_references, names_along
from tests.report import report_plans as plans

RESOURCES = list(CATALOGUE.values())


def ledger(*rows: tuple[str, str | None, str | None]) -> pd.DataFrame:
    """What is remembered: match, sent, seen."""
    full = [(match, "{}", sent, seen, "", 1, 1) for match, sent, seen in rows]
    frame = pd.DataFrame(full, columns=list(LEDGER))
    return frame.astype(dict.fromkeys(("match", "key", "sent", "seen", "claims"), "str"))


def user(names_: tuple[str, str]) -> str:
    return f'{{"firstname":"{names_[0]}","lastname":"{names_[1]}"}}'


SOURCES = {
    "planned before all": (("New", "Name"), ("Old", "Name"), ("Sent", "Name"), "New Name"),
    "what was before it is sent": (None, ("Old", "Name"), ("Sent", "Name"), "Old Name"),
    "what is remembered": (None, None, ("Sent", "Name"), "Sent Name"),
}


@pytest.mark.parametrize(("after", "before", "sent", "shown"), SOURCES.values(), ids=SOURCES)
def test_the_newest_name_counts(
    after: tuple[str, str] | None, before: tuple[str, str] | None, sent: tuple[str, str], shown: str
) -> None:
    def fields(name: tuple[str, str] | None) -> dict[str, str] | None:
        return dict(zip(("firstname", "lastname"), name, strict=True)) if name else None

    op = "update" if after else "delete"
    changes = [plans.change("create", "enrolment", "S1/C1")]
    if before:
        changes.append(plans.change(op, "user", "S1", before=fields(before), after=fields(after)))
    known = ledger(("s1", user(sent), user(("Seen", "Name"))))
    found = display_names(plans.plan(*changes).changes, lambda _: known, Conventions())
    assert found["user"] == {("S1",): shown}


def test_a_name_in_parts_is_put_together_from_wherever_they_are() -> None:
    change = plans.change("update", "user", "S1", before={}, after={"lastname": "Carver"})
    known = ledger(("s1", '{"firstname":"Amy"}', user(("Anna", "Bauer"))))
    assert display_names(plans.plan(change).changes, lambda _: known, Conventions())["user"] == {("S1",): "Amy Carver"}


def test_half_a_name_is_a_name_and_none_is_none() -> None:
    changes = [plans.change("create", "user", f"S{n}", after={"lastname": name}) for n, name in ((1, "Lee"), (2, ""))]
    assert display_names(plans.plan(*changes).changes, lambda _: ledger(), Conventions()) == {"user": {("S1",): "Lee"}}


def test_identifiers_are_equal_as_the_site_takes_them() -> None:
    change = plans.change("create", "enrolment", "s1/C1")
    known = ledger(("s1", user(("Ada", "Lee")), None))
    assert display_names(plans.plan(change).changes, lambda _: known, Conventions())["user"] == {("s1",): "Ada Lee"}


def test_an_object_is_called_by_all_it_leads_to() -> None:
    found: Names = {"user": {("S1",): "Ada"}, "course": {("C1",): "Algebra"}, "group": {("C1", "G1"): "Tuesdays"}}
    member = {"courseid": "C1", "groupid": "G1", "userid": "S1"}
    assert names_along(found, CATALOGUE["group_member"], member) == ("Ada", "Algebra", "Tuesdays")
    assert names_along(found, CATALOGUE["group"], member) == ("Tuesdays", "Algebra")
    assert name_of(found, CATALOGUE["group"], member) == "Tuesdays"
    assert name_of(found, CATALOGUE["enrolment"], member) == ""


@pytest.mark.parametrize("resource", RESOURCES, ids=list(CATALOGUE))
def test_the_catalogue_names_fields_there_are(resource: Resource) -> None:
    shown = {field for _, field, _, _ in Formatter().parse(resource.name_format) if field}
    assert shown <= {field.name for field in resource.fields}
    assert resource.story is None or resource.story.who in resource.key
    assert all(set(here) <= set(resource.key) for _, here in named_references(resource))


IDENTIFIED = {
    "one": ("user", {"userid": "S1"}, (), "S1 Amy Jones"),
    "without a name": ("user", {"userid": "S 2"}, (), '"S 2"'),
    "several": ("enrolment", {"userid": "S1", "courseid": "C1"}, (), "user S1 Amy Jones, course C1"),
    "within a course": ("enrolment", {"userid": "S1", "courseid": "C1"}, ("courseid",), "S1 Amy Jones"),
    "a linked course": (
        "metalink",
        {"parent_courseid": "C1", "metalink_courseid": "C2"},
        (),
        "parent course C1, linked course C2",
    ),
    "a group": ("group", {"courseid": "C1", "groupid": "G"}, ("courseid",), "G Lab"),
}


@pytest.mark.parametrize(("resource", "key", "within", "shown"), IDENTIFIED.values(), ids=IDENTIFIED)
def test_identifiers_have_names_beside_them(
    resource: str, key: dict[str, str], within: tuple[str, ...], shown: str
) -> None:
    names: Names = {"user": {("S1",): "Amy Jones"}, "group": {("C1", "G"): "Lab"}}
    assert identified(names, CATALOGUE[resource], key, within) == shown


def test_names_of_a_few_changes_come_from_all_of_the_plan() -> None:
    changes = plans.plan(
        plans.change("create", "user", "S1", after={"firstname": "Amy", "lastname": "Jones"}),
        plans.change("create", "enrolment", "S1/C1", after={"roleid": "student"}),
    ).changes
    shown = display_names(changes[1:], lambda _: ledger(), Conventions(), changes)
    assert shown["user"] == {("S1",): "Amy Jones"}
