"""Files that other accounts can read or write: a warning, or a refusal; and files that stay as they are."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import certifi
import pytest

from sync.cli import run
from sync.config.site import load
from sync.errors import ConfigError
from sync.inbox.files import close
from sync.sandbox import SandboxSettings, running
from sync.workflows.open_files import open_file_issues

from .conftest import BOB, Registry

MAPPING = "resource: course\nsheet: c.csv\nfields: {courseid: ID, fullname: ID, shortname: ID}\n"

pytestmark = pytest.mark.skipif(os.name != "posix", reason="other systems have other permissions")


@pytest.fixture
def public() -> Iterator[Path]:
    """A site that others can reach, with files that are private."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "site.yaml").write_text(
            "site: {url: 'https://m.example', token: {file: token.txt}}\nmappings: mapping.yaml\n"
        )
        (folder / "mapping.yaml").write_text(MAPPING)
        for each in ("token.txt", "state.db"):
            (folder / each).touch()
        for path in folder.iterdir():
            path.chmod(0o600)
        yield folder


def issues(folder: Path) -> list[str]:
    return [issue.message for issue in open_file_issues(load(folder / "site.yaml"))]


def test_private_files_are_nothing_to_report(public: Path) -> None:
    assert issues(public) == []


@pytest.mark.parametrize("name", ["token.txt", "state.db", "mapping.yaml"])
def test_what_others_can_read_is_a_warning(public: Path, name: str) -> None:
    (public / name).chmod(0o644)
    assert issues(public) == [f"other accounts on this machine can read {public / name}"]


def test_what_only_the_group_can_read_is_none(public: Path) -> None:
    (public / "token.txt").chmod(0o660)
    assert issues(public) == []


def test_what_nobody_else_can_reach_is_none(public: Path) -> None:
    (public / "token.txt").chmod(0o666)
    public.chmod(0o700)
    assert issues(public) == []


@pytest.mark.parametrize("name", ["token.txt", "state.db", "mapping.yaml", "site.yaml"])
def test_what_others_can_write_is_refused(public: Path, name: str) -> None:
    (public / name).chmod(0o602)
    with pytest.raises(ConfigError, match="other accounts on this machine can change this file") as refused:
        load(public / "site.yaml")
    (fault,) = refused.value.faults
    assert fault.hint.startswith(f"Remove that permission: chmod o-w {public / name}. ")
    assert "set NEXSIS_SYNC_PERMISSIONS=unchecked" in fault.hint


def test_a_volume_with_fixed_permissions_is_used_if_the_environment_says_so_but_not_silently(
    public: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (public / "token.txt").chmod(0o666)
    monkeypatch.setenv("NEXSIS_SYNC_PERMISSIONS", "yes")
    assert run(["check", "--site", str(public / "site.yaml")]) == 1
    monkeypatch.setenv("NEXSIS_SYNC_PERMISSIONS", "unchecked")
    capsys.readouterr()
    assert run(["check", "--site", str(public / "site.yaml")]) == 0
    said = f"note: {public / 'token.txt'}: other accounts on this machine can change this file; used all the same"
    assert said in capsys.readouterr().err
    assert issues(public) == [f"other accounts on this machine can read {public / 'token.txt'}"]


def test_so_are_authorities_that_others_can_write(public: Path) -> None:
    site = public / "site.yaml"
    site.write_text(site.read_text().replace("token: {", "ca_file: ours.pem, token: {"))
    shutil.copyfile(certifi.where(), public / "ours.pem")
    (public / "ours.pem").chmod(0o644)
    assert issues(public) == []
    (public / "ours.pem").chmod(0o646)
    with pytest.raises(ConfigError, match="other accounts on this machine can change this file"):
        load(site)


def test_so_is_what_they_can_replace(public: Path) -> None:
    public.chmod(0o777)
    with pytest.raises(ConfigError, match=f"they can write to {public}"):
        load(public / "site.yaml")
    public.chmod(0o1777)
    assert issues(public) == []


def test_a_report_has_the_warning(registry: Registry) -> None:
    folders = [each for each in registry.folder.parents if each.stat().st_uid == os.getuid() and each != Path("/")]
    modes = {each: each.stat().st_mode for each in folders}
    try:
        for each in folders:
            each.chmod(modes[each] | 0o011)
        (registry.folder / "token.txt").chmod(0o604)
        registry.night(BOB)
        assert "open-file" in {issue["code"] for issue in registry.document("report")["issues"]}
        assert "open-file" in registry.work.run("check")[1]
    finally:
        for each, mode in modes.items():
            each.chmod(mode & 0o7777)


def test_permissions_of_a_file_with_another_name_stay(tmp_path: Path) -> None:
    here, there = tmp_path / "export.csv", tmp_path / "elsewhere.csv"
    for path in (here, tmp_path / "alone.csv"):
        path.write_text("ID\n")
        path.chmod(0o644)
    there.hardlink_to(here)
    (tmp_path / "link.csv").symlink_to(here)
    for path in (here, tmp_path / "alone.csv", tmp_path / "link.csv"):
        close(path)
    assert there.stat().st_mode & 0o777 == 0o644
    assert (tmp_path / "alone.csv").stat().st_mode & 0o777 == 0o600


def test_the_files_of_the_sandbox_are_private(tmp_path: Path) -> None:
    with running(SandboxSettings(db=tmp_path / "sandbox.db", log=tmp_path / "requests.jsonl")):
        assert {path.name: oct(path.stat().st_mode & 0o777) for path in tmp_path.iterdir()} == dict.fromkeys(
            ("sandbox.db", "sandbox.db-wal", "sandbox.db-shm", "requests.jsonl"), "0o600"
        )
