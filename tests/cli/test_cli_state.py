"""`state upgrade`, `state backup` and `state copy` as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sync.cli import run
from sync.state.schema import HEAD
from tests.state import release_store

NEWEST = int(HEAD)

SITE = "site: {url: 'https://moodle.example.edu', token: {env: NEXSIS_TOKEN}}\n"
MAPPING = "resource: group\nsheet: groups.csv\nfields: {courseid: COURSE, groupid: GROUP, name: NAME}\n"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site file whose store was made by the first release."""
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "groups.yaml").write_text(MAPPING)
    (tmp_path / "site.yaml").write_text(SITE)
    release_store.load("0001", tmp_path / "state.db", "https://moodle.example.edu")
    return tmp_path / "site.yaml"


def said(capsys: pytest.CaptureFixture[str], site: Path, *words: str) -> tuple[int, str, str]:
    code = run([*words, "--site", str(site)])
    found = capsys.readouterr()
    return code, found.out, found.err


def test_upgrade_says_from_what_to_what_and_where_the_backup_is(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    backup = f"{site.parent}/state.db.before-{HEAD}"
    code, out, _ = said(capsys, site, "state", "upgrade")
    assert (code, out) == (
        0,
        f"upgraded the state store from version 1 to {NEWEST}; the backup of the old one is {backup}\n",
    )
    assert said(capsys, site, "state", "upgrade")[1] == f"the state store is up to date (version {NEWEST})\n"


def test_upgrade_as_json(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    backup = f"{site.parent}/state.db.before-{HEAD}"
    upgrade = json.loads(said(capsys, site, "state", "upgrade", "--json")[1])
    assert upgrade == {"from": 1, "to": NEWEST, "backup": backup}
    upgrade = json.loads(said(capsys, site, "state", "upgrade", "--json")[1])
    assert upgrade == {"from": NEWEST, "to": NEWEST, "backup": None}


def test_any_command_notes_that_it_has_upgraded_the_store(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = said(capsys, site, "runs")
    assert code == 0
    assert f"note: upgraded the state store from version 1 to {NEWEST}; the backup of the old one is" in err


def test_backup_writes_a_new_file_and_refuses_to_replace_it(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = str(site.parent / "copy.db")
    assert json.loads(said(capsys, site, "state", "backup", copy, "--json")[1]) == {"backup": copy}
    code, _, err = said(capsys, site, "state", "backup", copy)
    assert code == 1
    assert f"{copy}: this file already exists" in err


def test_copy_says_how_much_it_copied_and_what_to_do_next(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = site.parent / "copy.db"
    code, out, _ = said(capsys, site, "state", "copy", f"sqlite:///{copy}")
    assert code == 0
    assert out.startswith(f"copied the state store to {copy}, ")
    assert out.endswith("change `state:` in the site file\n")
    code, _, err = said(capsys, site, "state", "copy", f"sqlite:///{copy}", "--json")
    assert (code, "only into an empty database" in err) == (1, True)


def test_copy_as_json_counts_the_rows_of_every_table(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copied = json.loads(said(capsys, site, "state", "copy", f"sqlite:///{site.parent}/copy.db", "--json")[1])
    assert copied["to"] == f"{site.parent}/copy.db"
    assert copied["rows"]["plans"] == copied["rows"]["runs"] == 2


def test_a_password_in_a_url_is_not_shown(site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capsys, site, "state", "copy", "postgresql+psycopg://ann:sesame@127.0.0.1:1/store")
    assert code == 1
    assert "sesame" not in out + err


@pytest.mark.parametrize("words", [["state"], ["state", "backup"], ["state", "copy"], ["state", "restore"]])
def test_wrong_usage_is_64(words: list[str]) -> None:
    assert run(words) == 64
