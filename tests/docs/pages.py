"""The pages people read, as sections with their fenced blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
TOP = ("README.md", "CONTRIBUTING.md", "SECURITY.md")
PAGES = (*(ROOT / name for name in TOP), *sorted((ROOT / "docs").rglob("*.md")))
NAMES = [page.relative_to(ROOT).as_posix() for page in PAGES]

_FENCE = re.compile(r'(\w+)(?: title="([^"]+)")?')


@dataclass(frozen=True)
class Block:
    """A fenced block: `kind` is the word after the fence, `name` the title that readers see above it."""

    kind: str
    name: str
    text: str


@dataclass(frozen=True)
class Section:
    """The contents of one heading, up to the next."""

    page: Path
    title: str
    blocks: list[Block] = field(default_factory=list)

    def of(self, kind: str, name: str = "") -> list[Block]:
        """Its blocks of a kind, in order."""
        return [block for block in self.blocks if block.kind == kind and block.name.startswith(name)]

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}: {self.title}"


def sections(page: Path) -> Iterator[Section]:
    """All sections of a page, in order."""
    section, fence, lines = Section(page, ""), "", list[str]()
    for line in page.read_text("utf-8").splitlines():
        if fence:
            if line.strip() == "```":
                found = _FENCE.fullmatch(fence)
                assert found, f"{page}: {fence}"
                kind, name = found.groups("")
                section.blocks.append(Block(kind, name, "\n".join(lines) + "\n"))
                fence, lines = "", []
            else:
                lines.append(line)
        elif line.startswith("```"):
            fence = line.removeprefix("```").strip() or "text"
        elif heading := re.fullmatch(r"#+ (.*)", line):
            yield section
            section = Section(page, heading[1])
    yield section


def everything() -> list[Section]:
    """All sections of all pages."""
    return [section for page in PAGES for section in sections(page)]
