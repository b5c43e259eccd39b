"""`mappings list` and `mappings copy` as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sync.cli import run
from sync.config.shipped import collections, documents

SITE = "site: {url: http://127.0.0.1:1, token: {env: NEXSIS_TOKEN}}\n"


@pytest.fixture(autouse=True)
def _there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NEXSIS_TOKEN", "sandbox")


def said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = run([*words])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_the_list_has_every_collection_and_the_name_of_every_mapping(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capsys, "mappings", "list")
    assert code == 0
    assert "oneroster: OneRoster 1.1 and 1.2, each class a course\n    oneroster/users.yaml: oneroster-users\n" in out
    listed = json.loads(said(capsys, "mappings", "list", "--json")[1])["collections"]
    assert [each["name"] for each in listed] == [*collections()]
    names = {mapping["name"] for each in listed for file in each["files"] for mapping in file["mappings"]}
    assert names == {*documents()}
    assert all(Path(file["path"]).is_file() for each in listed for file in each["files"])
    assert listed[1]["files"][0]["mappings"] == [{"name": "oneroster-users", "resource": "user", "sheet": "users.csv"}]


@pytest.mark.parametrize("name", collections())
def test_a_copy_is_what_a_site_file_takes_as_it_is(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "mappings", "copy", name)[0] == 0
    Path("site.yaml").write_text(SITE + ("allow: category_grade\n" if name == "nexsis" else ""), "utf-8")
    code, out, err = said(capsys, "check")
    assert (code, err) == (0, "")
    assert out.startswith("site.yaml: valid")


def test_a_copy_goes_next_to_the_site_file_or_where_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    (mapping,) = collections()["sds-v2"].files
    _, out, _ = said(capsys, "mappings", "copy", "sds-v2", "--site", "moodle/site.yaml")
    assert out.startswith("copied moodle/mappings/sds-v2.yaml\n") and "in moodle/site.yaml" in out
    _, out, err = said(capsys, "mappings", "copy", "sds-v2", "--to", "ours", "--json")
    assert json.loads(out) == {"files": [{"file": "ours/sds-v2.yaml", "new": True}]}
    assert err.startswith("copied ours/sds-v2.yaml\n")
    assert Path("ours/sds-v2.yaml").read_bytes() == mapping.read_bytes()


def test_a_file_that_was_changed_is_never_replaced(capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "mappings", "copy", "oneroster")
    changed, other = Path("mappings/users.yaml"), Path("mappings/classes-as-courses.yaml")
    changed.write_text("# ours\n", "utf-8")
    other.unlink()
    code, _, err = said(capsys, "mappings", "copy", "oneroster")
    assert code == 1
    assert "mappings/users.yaml: there is already a different file of this name" in err
    assert changed.read_text("utf-8") == "# ours\n" and not other.exists()


def test_what_is_there_already_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "mappings", "copy", "oneroster")
    Path("mappings/users.yaml").unlink()
    _, out, _ = said(capsys, "mappings", "copy", "oneroster")
    assert out.splitlines()[:2] == [
        "copied mappings/users.yaml",
        "mappings/classes-as-courses.yaml is there already, unchanged",
    ]


def test_a_folder_that_cannot_be_written_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    Path("mappings").write_text("a file", "utf-8")
    code, _, err = said(capsys, "mappings", "copy", "sds-v2")
    assert code == 1 and err.startswith("nexsis-sync: mappings/sds-v2.yaml: this file cannot be")


@pytest.mark.parametrize(
    ("name", "hint"), [("onerooster", "Did you mean `oneroster`?"), ("moodle", "Use one of: nexsis, oneroster")]
)
def test_an_unknown_collection_is_answered_with_those_there_are(
    name: str, hint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = said(capsys, "mappings", "copy", name)
    assert code == 64
    assert f"there is no collection `{name}`. {hint}" in err


def test_check_names_the_shipped_mappings_that_are_included(capsys: pytest.CaptureFixture[str]) -> None:
    Path("site.yaml").write_text(SITE, "utf-8")
    Path("mappings").mkdir()
    Path("mappings/people.yaml").write_text("include: oneroster-users\nname: people\n", "utf-8")
    assert "people: includes the shipped mapping oneroster-users\n" in said(capsys, "check")[1]
