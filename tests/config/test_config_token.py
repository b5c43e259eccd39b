"""The token is found where the site file says, and never shown."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from sync.config.site import Config, load, token
from sync.errors import ConfigError

SECRET = "0f3c9a7be2d14856a1b2c3d4e5f60718"


def site(folder: Path, source: str) -> Config:
    (folder / "m.yaml").write_text(
        "resource: course\nsheet: {file: c.csv}\nfields: {courseid: A, fullname: B, shortname: C}\n"
    )
    (folder / "site.yaml").write_text(
        f"site:\n  url: https://moodle.example.edu\n  token: {source}\nmappings: m.yaml\n", encoding="utf-8"
    )
    return load(folder / "site.yaml")


def test_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEXSIS_TOKEN", f" {SECRET}\n")
    assert token(site(tmp_path, "{env: NEXSIS_TOKEN}")) == SECRET


def test_from_a_file_beside_the_site_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{SECRET}\n")
    assert token(site(tmp_path, "{file: token}")) == SECRET


def test_from_a_keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = {("nexsis", "moodle.example.edu"): SECRET}
    ring = SimpleNamespace(get_password=lambda *asked: kept.get(asked), errors=SimpleNamespace(KeyringError=OSError))
    monkeypatch.setitem(sys.modules, "keyring", ring)
    assert token(site(tmp_path, "{keyring: nexsis}")) == SECRET
    with pytest.raises(ConfigError, match=r"keyring set other moodle\.example\.edu"):
        token(site(tmp_path, "{keyring: other}"))


def test_a_keyring_that_is_not_installed_or_locked_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(ConfigError, match=r"pip install 'nexsis-sync\[keyring\]'"):
        token(site(tmp_path, "{keyring: nexsis}"))

    def locked(service: str, user: str) -> str:
        raise OSError(service, user)

    ring = SimpleNamespace(get_password=locked, errors=SimpleNamespace(KeyringError=OSError))
    monkeypatch.setitem(sys.modules, "keyring", ring)
    with pytest.raises(ConfigError, match="cannot be opened"):
        token(site(tmp_path, "{keyring: nexsis}"))


@pytest.mark.parametrize(
    ("source", "hint"),
    [("{env: NO_SUCH_TOKEN}", "Set the environment variable NO_SUCH_TOKEN."), ("{file: none}", "Put the token into")],
)
def test_without_a_token_the_message_says_what_to_do(tmp_path: Path, source: str, hint: str) -> None:
    with pytest.raises(ConfigError) as error:
        token(site(tmp_path, source))
    (fault,) = error.value.faults
    assert fault.message == "there is no token for the site"
    assert fault.hint.startswith(hint)


def test_what_cannot_be_a_token_is_refused_unseen(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"the token is {SECRET}")
    with pytest.raises(ConfigError, match="is not a token") as error:
        token(site(tmp_path, "{file: token}"))
    assert SECRET not in str(error.value)


def test_an_unreadable_token_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / "token").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="cannot be read"):
        token(site(tmp_path, "{file: token}"))


@pytest.mark.parametrize(
    "source",
    [
        SECRET,
        f"{{env: {SECRET}}}",
        f"{{value: {SECRET}}}",
        f"{{{SECRET}: env}}",
        f"[{SECRET}]",
        f"{{env: NEXSIS_TOKEN, file: {SECRET}}}",
        f"'{SECRET}",
        f"@{SECRET}",
        f"{{env: {{{SECRET}: x}}}}",
    ],
)
def test_a_token_in_the_site_file_is_refused_and_not_repeated(tmp_path: Path, source: str) -> None:
    with pytest.raises(ConfigError) as error:
        site(tmp_path, source)
    assert SECRET not in str(error.value)
    assert "site.yaml:" in str(error.value)


@pytest.mark.parametrize(
    "url",
    [
        f"https://moodle.example.edu?token={SECRET}",
        f"https://admin:{SECRET}@moodle.example.edu",
        f"https://moodle.example.edu#{SECRET}",
        "https://moodle.example.edu?",
        f"ftp://{SECRET}",
        f"https://moodle.example.edu:{SECRET}",
    ],
)
def test_an_address_with_more_than_an_address_is_refused_and_not_repeated(tmp_path: Path, url: str) -> None:
    site(tmp_path, "{env: NEXSIS_TOKEN}")
    text = (tmp_path / "site.yaml").read_text().replace("https://moodle.example.edu", url)
    (tmp_path / "site.yaml").write_text(text)
    with pytest.raises(ConfigError, match=r"site\.url") as error:
        load(tmp_path / "site.yaml")
    assert SECRET not in str(error.value)


@pytest.mark.parametrize(
    ("url", "api"),
    [
        ("https://m.example/", "https://m.example/enrol/nexsis/api/index.php"),
        ("https://m.example/moodle", "https://m.example/moodle/enrol/nexsis/api/index.php"),
        ("https://m.example/enrol/nexsis/api/index.php/", "https://m.example/enrol/nexsis/api/index.php"),
        ("http://localhost:8000", "http://localhost:8000/enrol/nexsis/api/index.php"),
        ("http://[::1]:8000", "http://[::1]:8000/enrol/nexsis/api/index.php"),
    ],
)
def test_the_base_path_is_appended_once(tmp_path: Path, url: str, api: str) -> None:
    site(tmp_path, "{env: NEXSIS_TOKEN}")
    text = (tmp_path / "site.yaml").read_text().replace("https://moodle.example.edu", f"'{url}'")
    (tmp_path / "site.yaml").write_text(text)
    assert load(tmp_path / "site.yaml").site.api == api
