"""Which tests quote which fact of `notes.toml`: in a scenario below its title, in a test function in its docstring.

A quotation begins with `> ` and goes on until the next one.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

HERE = Path(__file__).parent


def scenarios() -> Iterator[tuple[str, list[str]]]:
    """Every scenario's name, `file: title`, and its lines."""
    for path in sorted((HERE / "scenarios").glob("*.txt")):
        for part in path.read_text("utf-8").split("== ")[1:]:
            title, *lines = part.split("\n")
            yield f"{path.stem}: {title}", [line for line in lines if line]


def documented() -> Iterator[tuple[str, str]]:
    """Every test function's name, `file: name`, and its docstring."""
    for path in sorted(HERE.glob("test_*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield f"{path.stem}: {node.name}", ast.get_docstring(node) or ""


def quoted() -> Mapping[str, set[str]]:
    """The tests that quote it, by sentence."""
    found: dict[str, set[str]] = defaultdict(set)
    texts = [(name, "\n".join(line for line in lines if line.startswith("> "))) for name, lines in scenarios()]
    for name, text in [*texts, *documented()]:
        for sentence in re.split(r"^> ", text, flags=re.MULTILINE)[1:]:
            found[" ".join(sentence.split())].add(name)
    return found
