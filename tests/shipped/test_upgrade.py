"""A shipped mapping that means something else after an upgrade is a changed mapping for those who include it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.config import shipped

from .school import Plan, School

INCLUDED = "include: sds-v2-classes\n---\ninclude: sds-v2-users\n---\ninclude: sds-v2-enrolments\n"
STUDENTS = range(12)
EXPORT = {
    "orgs.csv": ["sourcedId,name", "o1,Harbour School"],
    "classes.csv": ["sourcedId,title,orgSourcedId", "c1,Art,o1"],
    "users.csv": [
        "sourcedId,username,givenName,familyName",
        *(f"s{n},s{n}@harbour.example,Sam,Number {n}" for n in STUDENTS),
    ],
    "enrollments.csv": ["classSourcedId,userSourcedId,role", *(f"c1,s{n},student" for n in STUDENTS)],
}


def forget() -> None:
    """What a process has read of the shipped mappings; a new one begins without it."""
    shipped.collections.cache_clear()
    shipped.documents.cache_clear()


@pytest.fixture
def release(tmp_path: Path) -> Iterator[Path]:
    """A release whose mappings can be changed, as the next one does."""
    files = tmp_path / "release"
    shutil.copytree(shipped.shipped("mappings"), files)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shipped, "shipped", lambda name: files if name == "mappings" else tmp_path / name)
        forget()
        yield files
    forget()


def held_by(plan: Plan) -> list[tuple[str, str]]:
    return [(hold["guard"], hold["slice"]["mapping"]) for hold in plan["holds"]]


def test_what_it_would_delete_is_on_hold_once_its_meaning_has_changed(release: Path, school: School) -> None:
    (school.folder / "site.yaml").write_text(f"{school.site}mappings: ours.yaml\n", "utf-8")
    (school.folder / "ours.yaml").write_text(INCLUDED, "utf-8")
    inbox = school.folder / "inbox"
    inbox.mkdir()
    for name, lines in EXPORT.items():
        (inbox / name).write_text("\n".join([*lines, ""]), "utf-8")
    school.plan()
    school.apply()

    (inbox / "enrollments.csv").write_text("\n".join([*EXPORT["enrollments.csv"][:-1], ""]), "utf-8")
    mapping = release / "sds" / "sds-v2.yaml"
    before = mapping.read_text("utf-8")
    for after, holds in (
        (before, []),
        (f"# A new comment.\n{before}", []),
        (before.replace("      aide: teacher\n", "      aide: student\n"), [("new-mapping", "sds-v2-enrolments")]),
    ):
        mapping.write_text(after, "utf-8")
        forget()
        _, plan = school.plan()
        assert [change["op"] for change in plan["changes"]] == ["delete"]
        assert held_by(plan) == holds
    assert after != before
