"""Everything an issue or a hold says is in its data file, and everything in that file is said somewhere."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

from sync.model.issue_texts import ANY, SENTENCES, IssueText, Wording, issue_text
from tests.house.test_names import HOUSE, SOURCES, tree_of, trees

ISSUES = tomllib.loads((HOUSE / "model" / "issue_texts.toml").read_text("utf-8"))
HOLDS = tomllib.loads((HOUSE / "plan" / "hold_texts.toml").read_text("utf-8"))
SAID_OF_VALUES = {"value", "detail"}
"""What a refused value is filled in with when it is reported."""

OWN = Path("model", "issue_texts.py")
ASKED = re.compile(r"\b(wording|Unusable)\(")


def texts_of(entry: Mapping[str, Any]) -> Iterator[str]:
    """The variants of an entry that say something themselves; the blank one is the entry's own."""
    if "wrong" in entry or "says" in entry:
        yield ""
    yield from (name for name, text in entry.items() if isinstance(text, dict))


# -- what the sources say -------------------------------------------------------------------------------------------


@cache
def strings(path: Path) -> frozenset[str]:
    """Every text in a module, those within f-strings too."""
    return frozenset(filter(None, map(_text, ast.walk(tree_of(path)))))


def _text(node: ast.AST | None) -> str:
    """The text that a node is; blank if it is not one."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


@cache
def constants() -> Mapping[str, ast.expr]:
    """What the names in capitals stand for, wherever they are imported to."""
    found: dict[str, ast.expr] = {}
    for tree in trees().values():
        for node in tree.body:
            match node:
                case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
                    found |= {each.id: value for each, value in zip(names, values, strict=True) if _named(each)}  # type: ignore[attr-defined]
                case (
                    ast.Assign(targets=[ast.Name(id=name)], value=value)
                    | ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value)
                ):
                    found[name] = value
    return found


def _named(node: ast.expr) -> bool:
    return isinstance(node, ast.Name)


def possible(node: ast.expr | None) -> frozenset[str] | None:
    """The texts an expression can come to, with a star for what is filled in; None if that cannot be seen."""
    match node:
        case None:
            return frozenset({""})
        case ast.Constant(value=str() as text):
            return frozenset({text})
        case ast.IfExp(body=one, orelse=other):
            parts = possible(one), possible(other)
            return None if None in parts else frozenset().union(*filter(None, parts))
        case ast.Name(id=name) if name.isupper() and name in constants():
            return possible(constants()[name])
        case ast.JoinedStr(values=parts):
            return frozenset({"".join(str(p.value) if isinstance(p, ast.Constant) else ANY for p in parts)})
        case ast.Call(func=ast.Name(id="code_of")):
            return frozenset({"bad-*"})
        case _:
            return None


@dataclass(frozen=True)
class Said:
    """A place where a text is asked for: what its code, variant and advice may be, and the values it is given."""

    path: Path
    line: int
    codes: frozenset[str] | None
    variants: frozenset[str] | None
    advice: frozenset[str] | None
    values: frozenset[str]

    def __str__(self) -> str:
        return f"{self.path}:{self.line}"

    @property
    def entries(self) -> set[str]:
        """The codes or families of the file; where the code cannot be seen, those that the module mentions."""
        if self.codes is not None:
            return {code if code in ISSUES else _family(code) for code in self.codes}
        spoken = {text.strip("-") for text in strings(self.path)}
        return {code for code in ISSUES if code.strip(ANY).strip("-") in spoken}

    @property
    def used(self) -> set[tuple[str, str]]:
        """The entries and variants that may be meant."""
        wanted = strings(self.path) if self.variants is None else self.variants
        wanted |= self.advice or set()
        entries = self.entries | {_family(code) for code in self.codes or ()} - {""}
        return {(code, name) for code in entries for name in texts_of(ISSUES[code]) if name in wanted}


def _family(code: str) -> str:
    return next((each for each in ISSUES if ANY in each and _belongs(code, each)), "")


def _belongs(code: str, family: str) -> bool:
    start, _, end = family.partition(ANY)
    return code.startswith(start) and code.endswith(end)


@cache
def said(path: Path) -> Sequence[Said]:
    """Every place in a module where an issue's text is asked for."""
    return [place for node in ast.walk(tree_of(path)) if (place := _said(path, node)) is not None]


def _said(path: Path, node: ast.AST) -> Said | None:
    match node:
        case ast.Call(func=ast.Name(id="wording"), args=[code, *more], keywords=given):
            named = {each.arg: each.value for each in given if each.arg is not None}
            variants = possible(more[0] if more else None)
            advice = possible(named.pop("advice", None))
            return Said(path, node.lineno, possible(code), variants, advice, frozenset(named))
        case ast.Call(func=ast.Name(id="Unusable"), args=[_, variant, *more]):
            codes, blank = frozenset({"unusable-entry"}), frozenset({""})
            keys = (key for each in more if isinstance(each, ast.Dict) for key in each.keys)
            values = frozenset().union(*(possible(key) or blank for key in keys))
            return Said(path, node.lineno, codes, possible(variant), blank, values)
        case _:
            return None


def given_later(path: Path) -> set[str]:
    """The values that a module gives to texts it has already asked for."""
    calls = (node for node in ast.walk(tree_of(path)) if isinstance(node, ast.Call))
    later = [call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr in ("given", "advised")]
    return SAID_OF_VALUES | {each.arg for call in later for each in call.keywords if each.arg is not None}


def said_on_the_way() -> set[str]:
    """Variants that a text is given after it was asked for."""
    found: set[str] = set()
    for tree in trees().values():
        for node in ast.walk(tree):
            match node:
                case ast.Call(func=ast.Attribute(attr="advised"), args=[variant]):
                    found |= possible(variant) or set()
                case ast.Call(func=ast.Name(id="replace"), keywords=given):
                    found |= {name for each in given if each.arg == "variant" for name in possible(each.value) or set()}
    return found


ASKING = [path for path, text in SOURCES.items() if ASKED.search(text) and path != OWN]
"""The modules that may ask for a text."""


def plain(path: Path) -> Iterator[Said]:
    """The places in a module that can be seen completely."""
    return (each for each in said(path) if None not in (each.codes, each.variants, each.advice))


class Filled:
    """A value that can be put into any text."""

    def __format__(self, form: str) -> str:
        return "…"


# -- the issues -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ASKING, ids=str)
def test_what_the_sources_ask_for_stands_in_the_file(path: Path) -> None:
    assert [str(place) for place in said(path) if not place.entries or "" in place.entries] == []
    asked = {
        (str(place), code, variant)
        for place in said(path)
        for code in place.codes or ()
        for variant in {*(place.variants or ()), *(place.advice or ())} - {""}
    }
    assert {
        each for each in asked if each[2] not in {**ISSUES.get(_family(each[1]), {}), **ISSUES.get(each[1], {})}
    } == set()


def test_all_that_stands_in_the_file_is_asked_for() -> None:
    late, used = said_on_the_way(), {pair for path in ASKING for place in said(path) for pair in place.used}
    there = {(code, name) for code, entry in ISSUES.items() if code != SENTENCES for name in texts_of(entry)}
    assert {each for each in there if each[1] not in late} - used == set()


@pytest.mark.parametrize("path", ASKING, ids=str)
def test_a_text_is_filled_in_with_what_it_is_given(path: Path) -> None:
    needless = {str(place): left for place in plain(path) if (left := place.values - needed_at(place))}
    assert needless == {}


def needed_at(place: Said) -> set[str]:
    """The values that the texts of a place are filled in with; with those that it gives, all of them can be."""
    values = dict.fromkeys(place.values | given_later(place.path), Filled())
    needed: set[str] = set()
    for code in place.codes or ():
        for variant in place.variants or ():
            for advice in place.advice or ():
                wording = Wording(code, variant, advice, values)
                assert wording.message, place
                assert "{" not in wording.hint.replace("{pad", "").replace("{page", ""), place
                needed |= placeholders(issue_text(code, variant)) | placeholders(issue_text(code, advice or variant))
    return needed


def placeholders(text: IssueText) -> set[str]:
    return {name for each in (text.wrong, text.fix) for _, name, _, _ in Formatter().parse(each) if name}


@pytest.mark.parametrize("code", [code for code in ISSUES if code != SENTENCES])
def test_an_entry_is_written_as_the_others_are(code: str) -> None:
    for variant in texts_of(ISSUES[code]):
        text = issue_text(code, variant)
        assert text.title[:1].isupper() or text.title.startswith("…")
        assert text.job in ("SIS", "mapping", "Moodle", "network")
        assert text.wrong
        assert not text.wrong.endswith(".")
        assert not text.fix or text.fix.endswith((".", "?"))


# -- and nothing beside them ----------------------------------------------------------------------------------------


def literal(node: ast.expr | None) -> bool:
    """Whether an expression is, or is built from, a text in the source."""
    return node is not None and any(
        isinstance(each, ast.JoinedStr) or _text(each) for each in ast.walk(node) if not isinstance(node, ast.Call)
    )


def test_no_issue_is_worded_outside_the_file() -> None:
    found = []
    for path, tree in trees().items():
        for node in ast.walk(tree):
            match node:
                case ast.Call(func=ast.Name(id="Issue"), args=args, keywords=given) if path != OWN:
                    texts = [*args[2:4], *(each.value for each in given if each.arg in ("message", "hint"))]
                    blank = all(isinstance(each, ast.Constant) and each.value == "" for each in texts)
                    found += [] if blank else [f"{path}:{node.lineno}"]
                case ast.Call(func=ast.Name(id="replace"), keywords=given):
                    texts = [each.value for each in given if each.arg in ("message", "hint")]
                    found += [f"{path}:{node.lineno}"] * any(map(literal, texts))
    assert found == []


def test_every_sentence_is_used() -> None:
    calls = {
        name
        for tree in trees().values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "sentence"
        for name in possible(node.args[0]) or set()
    }
    assert calls == ISSUES[SENTENCES].keys()


# -- the holds ------------------------------------------------------------------------------------------------------


def test_every_text_of_a_hold_is_used() -> None:
    spoken = {text for path in SOURCES if path.match("plan/*_guards.py") for text in strings(path)}
    assert {name for guard, entry in HOLDS.items() for name in (guard, *texts_of(entry))} - {""} <= spoken


def test_no_hold_is_worded_outside_the_file() -> None:
    texts = [text for path in SOURCES if path.match("plan/*_guards.py") for text in told(tree_of(path))]
    assert [text for text in texts if text.endswith((".", "?"))] == []


def told(tree: ast.Module) -> Iterator[str]:
    """Texts of a module that are not docstrings."""
    silent = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    yield from (_text(node) for node in ast.walk(tree) if _text(node) and id(node) not in silent)


@pytest.mark.parametrize("guard", HOLDS)
def test_a_hold_says_what_would_happen_and_what_to_check(guard: str) -> None:
    for variant in texts_of(HOLDS[guard]):
        text = HOLDS[guard] | (HOLDS[guard][variant] if variant else {})
        assert text["says"].endswith(".")
        assert text["check"].endswith((".", "?"))
        assert not text["limit"].endswith(".")
