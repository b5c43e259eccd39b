"""What the docs say of the repository itself is true: modules, names, paths, and what CI and pre-commit run."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest
import yaml

from .pages import PAGES, ROOT

ARCHITECTURE = ROOT / "docs" / "developers" / "architecture.md"
"""Its names are looked up by the tests of the house."""


def _named(pattern: str) -> list[tuple[str, str]]:
    """The code spans of the pages that match, each with its page."""
    pages = [page for page in PAGES if page != ARCHITECTURE]
    return [(page.name, name) for page in pages for name in re.findall(f"`{pattern}`", page.read_text("utf-8"))]


@pytest.mark.parametrize(("page", "name"), _named(r"(sync\.[\w.]+(?::\w+)?)"))
def test_a_module_or_name_that_a_page_names_is_there(page: str, name: str) -> None:
    module, _, within = name.partition(":")
    if not within and not re.fullmatch(r"[a-z_.]+", module):  # a class, named with a dot
        module, _, within = name.rpartition(".")
    found = import_module(module)
    assert not within or hasattr(found, within)


@pytest.mark.parametrize(("page", "path"), _named(r"((?:sync|tests|docs|samples|\.ci)/[\w./-]+)"))
def test_a_path_that_a_page_names_is_there(page: str, path: str) -> None:
    assert (ROOT / path).exists()


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_newcomers_are_led_to_the_architecture_page(page: str) -> None:
    assert "](docs/developers/architecture.md)" in (ROOT / page).read_text("utf-8")


@pytest.mark.parametrize("page", ["README.md", "docs/developers/architecture.md"])
def test_what_is_public_can_be_found(page: str) -> None:
    assert "public-api.md)" in (ROOT / page).read_text("utf-8")


def test_every_decision_is_listed_with_its_title_and_state() -> None:
    folder = ROOT / "docs" / "developers" / "decisions"
    listed = (folder / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| (\d+) \| \[(.+)\]\((.+)\) \| (built|in part) \|$", listed, re.MULTILINE)
    records = sorted(folder.glob("[0-9]*.md"))
    assert [file for _, _, file, _ in rows] == [record.name for record in records]
    for (number, title, _, state), record in zip(rows, records, strict=True):
        text = record.read_text("utf-8")
        assert text.startswith(f"# {number}. {title}\n")
        assert ("Not yet built: " in text) == (state == "in part")
        assert re.findall(r"^\*\*(\w+)[.:]\*\*", text, re.MULTILINE) == [
            "Status", "Context", "Decision", "Consequences"
        ]  # fmt: skip


def test_commits_are_checked_by_what_ci_runs() -> None:
    checks = (ROOT / ".ci/run").read_text("utf-8").replace('"', "")
    (local,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    assert [hook["entry"] for hook in local["hooks"] if f"$bin/{hook['entry']}" not in checks] == []


# -- what CI installs ------------------------------------------------------------------------------------------------


def _constraints() -> list[str]:
    text = (ROOT / ".ci/constraints.txt").read_text("utf-8")
    return re.sub(r" \\\n +", " ", text).splitlines()


def test_ci_installs_exact_versions_by_their_hashes_from_no_address() -> None:
    pinned = [line for line in _constraints() if not line.startswith("#")]
    exact = re.compile(r"[\w.-]+==[\w.]+( ; [^#]+?)?( --hash=sha256:[0-9a-f]{64})+")
    assert [line for line in pinned if not exact.fullmatch(line)] == []
    assert not re.search(r"://|--index|--find-links|(?<![\w.])/\w", "\n".join(_constraints()))


def test_scripts_of_ci_name_no_address() -> None:
    assert [path.name for path in sorted(Path(ROOT / ".ci").iterdir()) if "://" in path.read_text("utf-8")] == []
