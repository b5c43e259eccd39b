"""Small mistakes in a module: what mutmut's operators make of it, and rules left out or turned round."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import libcst as cst
from libcst import matchers
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider
from mutmut.mutation import mutators

Replacement = tuple[cst.CSTNode, cst.CSTNode]
"""What is written, and what stands there by mistake."""

SEEN_AT_ONCE = (
    mutators.operator_arg_removal,
    mutators.operator_assignment,
    mutators.operator_dict_arguments,
    mutators.operator_string,
)
"""Four in five of mutmut's mutants: a value, an argument or a column is missing, and whatever runs the line crashes."""

OPERATORS = [(kind, operator) for kind, operator in mutators.mutation_operators if operator not in SEEN_AT_ONCE]

NO_RULES = (cst.Annotation, cst.Decorator, cst.Import, cst.ImportFrom)
"""Where a mistake is seen by the type checker, or changes nothing that is decided."""

SELF_CHECK = matchers.Arg(keyword=matchers.Name("strict"))
"""`zip(..., strict=True)`: it only fails where the program is wrong already."""

DOCUMENTATION = matchers.Expr(value=matchers.SimpleString() | matchers.ConcatenatedString())


@dataclass(frozen=True)
class Mistake:
    """One mistake in a module, on these `lines`."""

    lines: range
    _tree: cst.Module
    _replacement: Replacement

    @property
    def source(self) -> str:
        """The text of the whole module with it."""
        changed = self._tree.deep_replace(*self._replacement)
        assert isinstance(changed, cst.Module)
        return changed.code


def mistakes(source: str) -> list[Mistake]:
    """All that can be made in a module."""
    tree = MetadataWrapper(cst.parse_module(source))
    places = _Places()
    tree.visit(places)
    return [Mistake(lines, tree.module, replacement) for replacement, lines in places.found]


class _Places(cst.CSTVisitor):
    METADATA_DEPENDENCIES: ClassVar = (PositionProvider,)

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[Replacement, range]] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        for replacement in (*_by_mutmut(node), *_turned_round(node), *_left_out(node)):
            place = self.get_metadata(PositionProvider, replacement[0])
            assert isinstance(place, CodeRange)
            self.found.append((replacement, range(place.start.line, place.end.line + 1)))
        return not isinstance(node, NO_RULES) and not matchers.matches(node, SELF_CHECK)


def _by_mutmut(node: cst.CSTNode) -> Iterator[Replacement]:
    for kind, operator in OPERATORS:
        if isinstance(node, kind):
            yield from ((node, mistaken) for mistaken in operator(node))


def _turned_round(node: cst.CSTNode) -> Iterator[Replacement]:
    """A condition of which the opposite is asked."""
    if isinstance(node, cst.If | cst.CompIf):
        asked = node.test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
        yield node.test, cst.UnaryOperation(cst.Not(), asked)


def _left_out(node: cst.CSTNode) -> Iterator[Replacement]:
    """A statement without which the others still make sense: one that adds, yields, passes over or narrows."""
    match node:
        case cst.SimpleStatementLine(body=[cst.Expr() | cst.AugAssign() | cst.Continue() as only]):
            if not matchers.matches(only, DOCUMENTATION):
                yield node, node.with_changes(body=[cst.Pass()])
        case cst.SimpleStatementLine(body=[cst.Assign(targets=[cst.AssignTarget(target=cst.Name(name))], value=value)]):
            if name in _read(value):
                yield node, node.with_changes(body=[cst.Pass()])


def _read(value: cst.BaseExpression) -> set[str]:
    """The names that an expression takes values from; attributes and keywords are none."""
    tree = ast.parse(cst.Module([]).code_for_node(value), mode="eval")
    return {each.id for each in ast.walk(tree) if isinstance(each, ast.Name)}
