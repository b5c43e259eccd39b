"""Fields and values as Moodle's own pages call them."""

from __future__ import annotations

import pytest

from sync.model import Conventions
from sync.model.resources import CATALOGUE
from sync.report.labels import field_label, labelled, shown_value, value_label

CONVENTIONS = Conventions(roles=(("editingteacher", "Teacher"), ("teacher", "Non-editing teacher")))
FIELDS = [(resource.name, field.name) for resource in CATALOGUE.values() for field in resource.fields]
VALUES = {
    "role": ("enrolment", "roleid", "teacher", "Non-editing teacher"),
    "role the site does not list": ("enrolment", "roleid", "auditor", "auditor"),
    "flag set": ("manager", "perm_view_reports", "1", "Yes"),
    "flag not set": ("manager", "perm_view_reports", "0", "No"),
    "number, not a flag": ("category_grade", "grade", "1", "1"),
    "text": ("user", "firstname", "teacher", "teacher"),
}


@pytest.mark.parametrize(("resource", "field"), FIELDS)
def test_every_field_has_a_label_of_its_own(resource: str, field: str) -> None:
    label = field_label(CATALOGUE[resource], field)
    assert label != field
    assert label[0].isupper()


def test_a_field_outside_the_reference_keeps_its_name() -> None:
    assert field_label(CATALOGUE["user"], "profile_field_campus") == "profile_field_campus"


@pytest.mark.parametrize(("resource", "name", "value", "label"), VALUES.values(), ids=VALUES)
def test_values_are_shown_as_moodle_shows_them(resource: str, name: str, value: str, label: str) -> None:
    field = CATALOGUE[resource].field(name)
    assert field
    assert value_label(field, value, CONVENTIONS) == label


def test_a_line_of_fields() -> None:
    values = {"roleid": "teacher", "courseid": "MATH 101"}
    assert labelled(CATALOGUE["enrolment"], values, CONVENTIONS) == (
        'Role: Non-editing teacher, Course ID number: "MATH 101"'
    )


@pytest.mark.parametrize(
    ("value", "shown"), [(None, "nothing"), ("", '""'), ("Amy\x1b[2J", r"Amy\x1b[2J"), ("Ann Lee", '"Ann Lee"')]
)
def test_a_shown_value_hides_nothing(value: str | None, shown: str) -> None:
    assert shown_value(CATALOGUE["user"], "firstname", value, CONVENTIONS) == shown
