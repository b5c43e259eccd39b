"""The docs build as a site without a warning, and the site loads nothing from the network."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from .pages import PAGES, ROOT

PICTURES = ("report-page.png", "terminal-plan.png")
LARGEST = 200_000
"""Size of the largest picture, in bytes."""


class _Loads(HTMLParser):
    """What a browser fetches by itself when it shows a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {"link": ("href",), "a": (), "form": ("action",)}.get(tag, ("src", "srcset", "href", "data", "poster"))
        self.found += [value for name, value in attrs if name in names and value]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as `mkdocs build --strict` makes it: each broken link, anchor or page outside the navigation is an
    error."""
    folder = tmp_path_factory.mktemp("docs") / "site"
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (built.returncode, built.stdout + built.stderr) == (0, "")
    return folder


def test_every_page_is_in_the_site(site: Path) -> None:
    pages = {page.relative_to(ROOT / "docs").with_suffix("") for page in PAGES if page.is_relative_to(ROOT / "docs")}
    names = {page.parent if page.name in ("index", "README") else page for page in pages}
    assert {file.parent.relative_to(site) for file in site.rglob("index.html")} == names


def test_a_page_of_the_site_loads_nothing_from_the_network(site: Path) -> None:
    for page in site.rglob("*.html"):
        loads = _Loads()
        loads.feed(page.read_text("utf-8"))
        assert [address for address in loads.found if re.match(r"(\w+:)?//", address)] == [], page


def test_styles_load_nothing_from_the_network(site: Path) -> None:
    for style in site.rglob("*.css"):
        assert not re.search(r"(@import|url\()\s*[\"']?(\w+:)?//", style.read_text("utf-8")), style


def test_the_site_stays_out_of_the_package() -> None:
    ignored = (ROOT / ".gitignore").read_text("utf-8").splitlines()
    assert "/site/" in ignored
    assert "site/" not in ignored  # that would be `sync/site` too


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_small_and_shown_in_the_readme_with_words_beside_it(name: str) -> None:
    picture = ROOT / "docs" / "pictures" / name
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.stat().st_size < LARGEST
    assert re.search(rf"!\[.{{20,}}\]\(docs/pictures/{name}\)", (ROOT / "README.md").read_text("utf-8"))


def test_the_readme_is_read_in_one_sitting() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) < 150
