"""One word for one thing: abandoned names are gone, and no two classes share a name."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import sync

HOUSE = Path(sync.__file__).parent
SOURCES = {path.relative_to(HOUSE): path.read_text("utf-8") for path in sorted(HOUSE.rglob("*.py"))}

GIVEN_UP_MODULES = {
    "absence", "answers", "calls", "careful", "choice", "comparing", "cover", "drops", "facts", "feed", "hazards",
    "hiding", "learning", "looking", "manners", "names", "notices", "observation", "post", "probing", "pulling",
    "references", "rereading", "rosters", "scene", "sending", "settled", "settling", "shares", "sides", "speaking",
    "standing", "statement", "strangers", "survey", "swaps", "swift", "tables", "telling", "verdict", "waiting",
    "whose", "words", "world", "zeros",
}  # fmt: skip
GIVEN_UP_NAMES = {
    "Answer", "Ask", "Call", "Facts", "Feed", "Heard", "Judgement", "Line", "Manners", "Night", "Pace", "Scene",
    "Settling", "Sides", "Taken", "Told", "World", "coverer", "greet", "heard", "judge", "look_around", "manners",
    "strangers", "take_in", "told", "world",
}  # fmt: skip


@cache
def tree_of(path: Path) -> ast.Module:
    """A module, parsed when a test first looks at it: all of them would take a second of every run's beginning."""
    return ast.parse(SOURCES[path])


def trees() -> dict[Path, ast.Module]:
    """All modules."""
    return {path: tree_of(path) for path in SOURCES}


def names(tree: ast.AST) -> Iterator[str]:
    """The names a module gives its classes, functions, parameters, attributes and variables."""
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.Name(id=name) | ast.arg(arg=name) | ast.Attribute(attr=name) | ast.alias(name=name):
                yield name


def test_no_module_has_a_name_that_was_given_up() -> None:
    parts = {part for path in SOURCES for part in path.with_suffix("").parts}
    assert not parts & GIVEN_UP_MODULES


def test_nothing_has_a_name_that_was_given_up() -> None:
    assert {str(path): found for path, tree in trees().items() if (found := {*names(tree)} & GIVEN_UP_NAMES)} == {}


def test_a_class_has_its_name_for_itself() -> None:
    homes: dict[str, list[str]] = defaultdict(list)
    for path, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                homes[node.name].append(str(path))
    assert {name: where for name, where in homes.items() if len(where) > 1} == {}


def positional(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    given = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
    return [name for name in given if name not in ("self", "cls")]


def test_no_function_takes_more_than_six_positional_arguments() -> None:
    functions = [
        (f"{path}:{node.name}", positional(node))
        for path, tree in trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert {name: given for name, given in functions if len(given) > 6} == {}
