"""Starting up: quick help, and errors a person can read before anything is touched."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from sync.cli import COMMANDS, run

HEAVY = (
    "pandas", "numpy", "pyarrow", "pandera", "httpx", "sqlalchemy", "alembic", "starlette", "uvicorn", "openpyxl",
    "pydantic",
)  # fmt: skip

BROKEN_SITES = {
    "missing": (None, "does not exist"),
    "empty": ("", "site"),
    "not-yaml": ("site: [", "site.yaml:1"),
    "no-url": ("site: {token: {env: TOKEN}}", "url"),
    "literal-token": ("site: {url: 'https://m.example', token: abcdef123456}", "token"),
    "no-mappings": ("site: {url: 'https://m.example', token: {env: TOKEN}}", "mappings"),
}


@pytest.mark.parametrize("arguments", [["--help"], ["plan", "--help"], ["apply", "--help"], ["sandbox", "--help"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    script = (
        "import sys\n"
        "from sync.cli import run\n"
        f"code = run({arguments!r})\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules], code, file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[] 0"
    assert "Usage: nexsis-sync" in done.stdout


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--help"]) == 0
    shown = capsys.readouterr().out
    assert [name for name in COMMANDS if f"  {name} " not in shown] == []


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_has_help_and_takes_no_unknown_option(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([name, "--help"]) == 0
    assert run([name, "--no-such-option"]) == 64
    assert "no-such-option" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["nonsense"], ["plan", "--read", "most"], ["runs", "everything"], ["approve"]])
def test_wrong_usage_is_64(arguments: list[str]) -> None:
    assert run(arguments) == 64


@pytest.mark.parametrize("name", list(BROKEN_SITES))
@pytest.mark.parametrize("command", ["check", "plan", "apply", "run", "resume", "report", "runs", "ping"])
def test_a_broken_site_file_is_1_and_explained_in_words(
    command: str, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text, says = BROKEN_SITES[name]
    site = tmp_path / "site.yaml"
    if text is not None:
        site.write_text(text)
    assert run([command, "--site", str(site)]) == 1
    shown = capsys.readouterr().err
    assert says in shown
    assert "Traceback" not in shown
    assert "abcdef123456" not in shown
    assert [path.name for path in tmp_path.iterdir()] == ([] if text is None else ["site.yaml"])


@pytest.mark.parametrize("kind", ["site", "mapping"])
def test_schema_is_json(kind: str, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert run(["schema", kind]) == 0
    assert json.loads(capfdbinary.readouterr().out)["properties"]
