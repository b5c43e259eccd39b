"""`include:` takes over a shipped mapping: what is not set here is as shipped, and counts as if it were typed here."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.config.inclusion import KEY
from sync.config.mapping_files import of_collection
from sync.config.mappings import Mapping
from sync.config.shipped import collections, documents
from sync.config.site import load

GOOD = Path(__file__).parent / "cases" / "good" / "include"
PRIVATE = {"include", "name"}


@pytest.fixture(scope="module")
def included() -> tuple[Mapping, ...]:
    return load(GOOD / "site.yaml").mappings


@pytest.fixture(scope="module")
def as_shipped() -> dict[str, Mapping]:
    return {mapping.name: mapping for mapping in of_collection(collections()["oneroster"])}


def test_without_anything_else_it_is_the_shipped_mapping(
    included: tuple[Mapping, ...], as_shipped: dict[str, Mapping]
) -> None:
    users = as_shipped["oneroster-users"]
    assert included[0].model_dump(exclude=PRIVATE) == users.model_dump(exclude=PRIVATE)
    assert (included[0].name, included[0].digest) == (users.name, users.digest)
    assert (included[0].file.name, included[0].where_of("fields", "email")) == ("a.yaml", "a.yaml:2")


def test_fields_and_columns_are_combined_and_other_keys_replaced(
    included: tuple[Mapping, ...], as_shipped: dict[str, Mapping]
) -> None:
    here, there = included[1], as_shipped["oneroster-classes"]
    assert here.digest != there.digest
    assert {name for name in here.fields if here.fields[name] != there.fields[name]} == {"fullname"}
    assert {name for name in here.columns if here.columns[name] != there.columns[name]} == {"SCHOOL"}
    assert (here.sheet.file, here.sheet.take) == ("classes-*.csv", "last_modified")
    assert (here.name, here.mode, here.delete_when) == ("classes", there.mode, there.delete_when)
    assert here.where_of("fields", "fullname") == "a.yaml:10"


def test_a_combination_is_a_change_like_one_that_is_typed(tmp_path: Path) -> None:
    """A mapping is held as changed only if what it means has changed."""
    text = (documents()["oneroster-users"].file).read_text("utf-8").replace("givenName", "preferredName")
    digests = []
    for name, mapping in (("a", text), ("b", "include: oneroster-users\nfields: {firstname: preferredName}\n")):
        (tmp_path / f"{name}.yaml").write_text(mapping, "utf-8")
        (tmp_path / "site.yaml").write_text(
            f"site: {{url: https://a.example, token: {{env: T}}}}\nmappings: {name}.yaml\n"
        )
        digests += [each.digest for each in load(tmp_path / "site.yaml").mappings]
    assert len(digests) == 2 and len({*digests}) == 1


def test_shipped_mappings_include_nothing_and_each_has_its_own_name() -> None:
    files = {file for collection in collections().values() for file in collection.files}
    assert [name for name, document in documents().items() if KEY in document.data] == []
    assert len(documents()) == sum(file.read_text("utf-8").count("resource: ") for file in files)
