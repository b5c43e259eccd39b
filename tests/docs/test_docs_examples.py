"""Every example of the docs is run: its files are written, and the result is what the docs print."""

from __future__ import annotations

import pytest

from .pages import PAGES, Block, Section, everything
from .stage import GROUPS, SITE, Stage


def _acted(section: Section) -> bool:
    return bool(section.of("text", "Dry run") or section.of("json", "Plan") or section.of("console"))


EXAMPLES = [section for section in everything() if _acted(section)]
FILES = [
    section
    for section in everything()
    if section.of("yaml") and not section.of("yaml", "Change") and not _acted(section)
]


@pytest.mark.parametrize("section", EXAMPLES, ids=str)
def test_an_example_comes_out_as_printed(section: Section, stage: Stage) -> None:
    for came, printed in stage.act(section.blocks):
        assert came == printed


@pytest.mark.parametrize("section", FILES, ids=str)
def test_a_file_without_a_result_is_a_good_one(section: Section, stage: Stage) -> None:
    if not section.of("yaml", "site"):
        stage.lay(Block("yaml", "site", SITE))
    if not section.of("yaml", "mappings"):
        stage.lay(Block("yaml", "mappings/groups.yaml", GROUPS))
    stage.unpack_shipped()
    for block in section.of("yaml"):
        stage.lay(block)
        assert stage.command("check")[0] == 0


def test_no_page_is_without_headings() -> None:
    assert {section.page for section in everything() if section.title} == set(PAGES)
