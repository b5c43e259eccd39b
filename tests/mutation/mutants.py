"""Mutants: modules with one small mistake each, drawn at random."""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from random import Random


@dataclass(frozen=True)
class Mutant:
    """A module with one mistake: `lines` are those of what is written wrongly, `source` is the whole text."""

    module: Path
    lines: range
    original: str
    source: str

    @property
    def difference(self) -> tuple[str, ...]:
        """The lines that differ, each with its sign."""
        lines = difflib.unified_diff(self.original.splitlines(), self.source.splitlines(), n=0, lineterm="")
        return tuple(line for line in [*lines][2:] if not line.startswith("@@"))


def sample(modules: Sequence[Path], size: int, random: Random) -> list[Mutant]:
    """So many mutants, drawn from all that can be made of these modules."""
    return [*islice(_drawn(modules, random), size)]


def _drawn(modules: Sequence[Path], random: Random) -> Iterator[Mutant]:
    """All of them, each made only when it is asked for."""
    from tests.mutation.mistakes import mistakes  # with libcst, which every process of the suite would load

    texts = {module: module.read_text("utf-8") for module in modules}
    places = [(module, mistake) for module, text in texts.items() for mistake in mistakes(text)]
    random.shuffle(places)
    for module, mistake in places:
        if _differs(texts[module], source := mistake.source):
            yield Mutant(module, mistake.lines, texts[module], source)


def _differs(original: str, source: str) -> bool:
    """Whether a text is a program, and another one."""
    try:
        return ast.dump(ast.parse(source)) != ast.dump(ast.parse(original))
    except SyntaxError:
        return False
