"""Every module is in a room, and no imports are circular, not even within a room."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import sync

HOUSE = Path(sync.__file__).parent
ROOMS = {
    "apply", "cli", "config", "diff", "export", "inbox", "mapping", "model", "notify", "observe", "plan", "report",
    "sandbox", "sheets", "site", "state", "workflows",
}  # fmt: skip
BESIDE = {"__init__.py", "__main__.py", "errors.py", "py.typed"}
"""Everything at the top besides the rooms."""

MODULES = {
    ".".join(("sync", *path.relative_to(HOUSE).with_suffix("").parts)).removesuffix(".__init__"): path
    for path in HOUSE.rglob("*.py")
    if "shipped" not in path.parts
}


def imports(module: str) -> Iterator[str]:
    """The modules that a module imports, at its top or within a function."""
    for node in ast.walk(ast.parse(MODULES[module].read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            inside = {f"{node.module}.{name.name}" for name in node.names} & MODULES.keys()
            yield from inside or {node.module} & MODULES.keys()
        elif isinstance(node, ast.Import):
            yield from {name.name for name in node.names} & MODULES.keys()


def test_every_module_lies_in_a_room() -> None:
    there = {path.name for path in HOUSE.iterdir()} - {"__pycache__", "shipped"}
    assert there - BESIDE == ROOMS
    assert [room for room in ROOMS if not (HOUSE / room / "__init__.py").read_text("utf-8").startswith('"""')] == []


def test_no_import_goes_round_in_a_circle() -> None:
    graph = {module: {*imports(module)} - {module} for module in MODULES}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))
