"""YAML files as documents in which every part knows its line, and their faults in plain words.

Every scalar stays text as typed. A fault in a model is found at a path such as ``fields.username.then.0``; a document
turns that into ``mappings/users.yaml:14``.
"""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from sync.config import syntax
from sync.config.synonyms import meant
from sync.errors import Fault

Loc = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document: mappings, lists and texts, with the line of each part by its path from the root.

    `included` has the places of the parts that are not in the file itself but in a shipped mapping that it includes.
    Their line is the one that includes them.
    """

    file: Path
    shown: str
    data: Mapping[str, Any]
    lines: Mapping[Loc, int]
    included: Mapping[Loc, str] = field(default_factory=dict)

    @property
    def line(self) -> int:
        """The line of the document's first key."""
        return self.lines[()]

    @property
    def digest(self) -> str:
        """SHA-256 of the document's contents; comments, order of keys and layout do not change it."""
        return hashlib.sha256(json.dumps(self.data, sort_keys=True).encode()).hexdigest()

    def known(self, loc: Loc) -> Loc:
        """As much of a path as is written in the file: a short form leaves out part of it."""
        found: Loc = ()
        for part in loc:
            found = (*found, part) if (*found, part) in self.lines else found
        return found

    def where(self, loc: Loc = ()) -> str:
        """`file:line` of a part."""
        return f"{self.shown}:{self.lines[self.known(loc)]}"

    def fault(self, loc: Loc, message: str, hint: str = "") -> Fault:
        """A fault of the part at that path, which it names."""
        known = self.known(loc)
        path, place = _shown(known), self.included.get(known)
        about = f"{path} (included from {place})" if place else path
        return Fault(f"{about}: {message}" if about else message, where=self.where(loc), hint=hint)

    def keys(self, *loc: str) -> Sequence[str]:
        """The keys typed below a path; none if there is nothing, or something else."""
        part: Any = self.data
        for name in loc:
            part = part.get(name) if isinstance(part, dict) else None
        return list(part) if isinstance(part, dict) else []

    def text(self, name: str) -> str | None:
        """The text typed at a key of the root, if it is one."""
        value = self.data.get(name)
        return value if isinstance(value, str) else None


def _shown(loc: Loc) -> str:
    """`mail.to, item 2, address`: entries of lists are counted from 1."""
    parts = (f", item {part + 1}, " if isinstance(part, int) else f".{part}" for part in loc)
    return "".join(parts).replace(", .", ", ").strip("., ")


def nearest(word: str, names: Collection[str]) -> str | None:
    """The most similar of the names, if one is similar."""
    by_fold = {name.lower(): name for name in names}
    found = difflib.get_close_matches(word.lower(), by_fold, n=1, cutoff=0.7)
    return by_fold[found[0]] if found else None


def suggestion(word: str, names: Collection[str]) -> str:
    """A hint: the nearest of the names, or all of them."""
    near = nearest(word, names)
    if near:
        return f"Did you mean `{near}`?"
    return f"Use one of: {', '.join(names)}." if len(names) > 1 else f"Use `{''.join(names)}`."


# -- reading ---------------------------------------------------------------------------------------------------


def read(file: Path, shown: str) -> tuple[list[Document], list[Fault]]:
    """All documents of a YAML file that have content, and every fault of its form."""
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return [], [Fault("this file does not exist", where=shown)]
    except OSError as error:
        return [], [Fault(f"this file cannot be read: {error.strerror}", where=shown)]
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        return [], [Fault("this is not UTF-8 text", where=f"{shown}:{line}", hint="Save the file as UTF-8.")]
    documents, faults, room = [], [], Room(NODES)
    try:
        for root in yaml.compose_all(text, Loader=yaml.BaseLoader):
            walk = _Walk(shown, room)
            data = walk.value(root, (), frozenset())
            faults += walk.faults
            if isinstance(data, dict):
                documents.append(Document(file, shown, data, {**walk.lines, (): _line(root)}))
            elif data != "":
                faults.append(Fault("expected keys with values", where=f"{shown}:{_line(root)}"))
    except OverflowError:
        faults.append(Fault(f"with aliases expanded, this file has more than {NODES:,} values", where=shown))
    except yaml.YAMLError as error:
        faults.append(syntax.fault(error, text, shown))
    except RecursionError:
        faults.append(Fault("lists or keys are nested too deeply", where=shown))
    return documents, faults


def _line(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


NODES = 100_000
"""Values that a file may have once its aliases are filled in: a few lines of them could otherwise fill the memory."""


@dataclass
class Room:
    """How many more values a file may have."""

    left: int

    def take(self) -> None:
        """One more. Raises OverflowError."""
        self.left -= 1
        if self.left < 0:
            raise OverflowError


@dataclass
class _Walk:
    """One walk over a node tree: its value, the lines of its parts, the faults of its form."""

    shown: str
    room: Room
    lines: dict[Loc, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def value(self, node: yaml.Node, loc: Loc, above: frozenset[int]) -> Any:
        """Text, list or dict of a node; `above` are the nodes it is in."""
        if id(node) in above:
            self._fault(node, "an alias refers to itself")
            return ""
        self.room.take()
        above |= {id(node)}
        if isinstance(node, yaml.MappingNode):
            return {key: self.value(value, (*loc, key), above) for key, value in self._entries(node, loc)}
        if isinstance(node, yaml.SequenceNode):
            self.lines |= {(*loc, at): _line(item) for at, item in enumerate(node.value)}
            return [self.value(item, (*loc, at), above) for at, item in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode):
            self._lost(node, str(loc[-1]) if loc else "")
        return node.value

    def _lost(self, node: yaml.ScalarNode, key: str) -> None:
        """Values that YAML reads, but not as they were meant."""
        if syntax.is_comment(node):
            self._fault(node, "a `#` begins a comment, so the value is missing. Put the value in quotes, or write ''")
        if syntax.lost_backslashes(node, key):
            self._fault(node, f"a backslash in double quotes has a special meaning. {syntax.BACKSLASH}")

    def _entries(self, node: yaml.MappingNode, loc: Loc) -> Iterator[tuple[str, yaml.Node]]:
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._fault(key, "a key must be plain text")
            elif (*loc, key.value) in self.lines:
                first = self.lines[*loc, key.value]
                self._fault(key, f"the key `{key.value}` is repeated; it first appears on line {first}")
            else:
                self.lines[*loc, key.value] = _line(key)
                yield key.value, value

    def _fault(self, node: yaml.Node, message: str) -> None:
        self.faults.append(Fault(message, where=f"{self.shown}:{_line(node)}"))


# -- checking --------------------------------------------------------------------------------------------------


def validate(document: Document, model: type[Model], data: object, context: object) -> tuple[Model | None, list[Fault]]:
    """The document's data as a model, or every fault in it."""
    try:
        return model.model_validate(data, context=context), []
    except ValidationError as error:
        details = error.errors(include_url=False)
        details.sort(key=lambda detail: document.lines[document.known(detail["loc"])])
        return None, [_plain(detail, document, model) for detail in details]


_WORDS = {
    "string_too_short": "is empty; enter a value or remove the key (a text that starts with `#` must be in quotes)",
    "too_short": "is empty; add an entry or remove the key",
    "string_too_long": "`{input}` is too long; the limit is {max_length} characters",
    "string_type": "expected a single value, not a list or keys",
    "string_pattern_mismatch": "`{input}` is not in the expected format; spaces are not allowed",
    "greater_than_equal": "`{input}` is too small; the minimum is {ge}",
    "less_than_equal": "`{input}` is too large; the maximum is {le}",
    "int_parsing": "`{input}` is not a whole number",
    "int_type": "expected a whole number",
    "bool_parsing": "`{input}` is neither yes nor no",
    "bool_type": "expected yes or no",
    "tuple_type": "expected a list of values",
    "mapping_type": "expected keys with values",
    "dict_type": "expected keys with values",
    "model_type": "expected keys with values",
}


def _plain(detail: ErrorDetails, document: Document, model: type[BaseModel]) -> Fault:
    """A fault found by pydantic, in words for the person who wrote the file."""
    loc, kind, given = detail["loc"], detail["type"], detail["input"]
    about = detail.get("ctx", {})
    if kind == "missing":
        return document.fault(loc, f"`{loc[-1]}` is missing")
    if kind == "extra_forbidden":
        word, names = str(loc[-1]), _names(model, loc[:-1])
        return document.fault(loc, "unknown key", meant(word, names) or suggestion(word, names))
    if kind == "literal_error":
        choices = str(about["expected"]).replace("'", "").replace(" or ", ", ").split(", ")
        if not isinstance(given, str):
            words = "one of these words:" if len(choices) > 1 else "the word"
            return document.fault(loc, f"expected {words} {', '.join(choices)}")
        return document.fault(loc, f"`{given}` is not valid here", suggestion(given, choices))
    if kind == "value_error":
        return document.fault(loc, str(about["error"]))
    return document.fault(loc, _WORDS.get(kind, detail["msg"]).format(input=given, **about))


def _names(model: type[BaseModel], loc: Iterable[str | int]) -> list[str]:
    """The keys that are allowed below a path of a model."""
    models = [model]
    for step in loc:
        fields = {name: info for each in models for name, info in _fields(each)}
        if str(step) in fields:
            models = list(_models(fields[str(step)].annotation))
    return [name for each in models for name, _ in _fields(each)]


def _fields(model: type[BaseModel]) -> Iterator[tuple[str, Any]]:
    for name, info in model.model_fields.items():
        yield info.alias or name, info


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)
