"""Site and mapping files that are written for somebody to complete: values with comments -> YAML text.

Which values a mapping should have is not decided here. Text read from files is quoted where YAML would read it as
something else, so that it comes back as it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from textwrap import wrap
from typing import Any, Final

import yaml

SCHEMA_LINE: Final = "# yaml-language-server: $schema={}\n"
"""The first line of a YAML file, by which editors find its schema."""

WIDTH: Final = 118
"""Columns of a comment."""


@dataclass(frozen=True, slots=True)
class DraftLine:
    """A key and its value, as in a mapping file, with a comment above it and lines to choose from, commented, below."""

    key: str
    value: Any
    comment: str = ""
    choices: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class DraftMapping:
    """One document of a mapping file: `head` are the keys before `rows`, each part in the order of its lines."""

    comment: str
    head: Sequence[DraftLine]
    rows: Sequence[DraftLine] = ()
    fields: Sequence[DraftLine] = ()
    tail: Sequence[DraftLine] = field(default=())


def mapping_text(drafts: Sequence[DraftMapping], schema: str, heading: str = "") -> str:
    """A mapping file with a comment as its heading; `schema` is where its JSON Schema is, seen from the file."""
    above = "".join(_comment(heading, "")) + ("\n" if heading else "")
    return SCHEMA_LINE.format(schema) + above + "---\n".join("".join(_document(draft)) for draft in drafts)


def site_text(site: Sequence[DraftLine], rest: Sequence[DraftLine], schema: str) -> str:
    """A site file: the lines below `site:`, then the others."""
    body = ["site:\n", *_lines(site, "  "), *_lines(rest, "")]
    return SCHEMA_LINE.format(schema) + "".join(body)


def on_one_line(value: Any) -> str:
    """A value on one line, as YAML that is read back as the same texts."""
    if isinstance(value, str) and value.isprintable():
        return str(yaml.safe_dump(value, width=float("inf"), allow_unicode=True)).removesuffix("...\n").strip()
    dumped = yaml.safe_dump([value], default_flow_style=True, width=float("inf"), allow_unicode=True, sort_keys=False)
    return str(dumped).strip()[1:-1]


def _document(draft: DraftMapping) -> Iterator[str]:
    yield from _comment(draft.comment, "")
    yield from _lines(draft.head, "")
    for name, lines in (("rows", draft.rows), ("fields", draft.fields)):
        if lines:
            yield f"\n{name}:\n"
            yield from _lines(lines, "  ")
    if draft.tail:
        yield "\n"
        yield from _lines(draft.tail, "")


def _lines(lines: Sequence[DraftLine], indent: str) -> Iterator[str]:
    for line in lines:
        yield from _comment(line.comment, indent)
        if line.choices and isinstance(line.value, dict) and isinstance([*line.value.values()][-1], dict):
            yield from _open(line, indent)
        else:
            yield f"{indent}{on_one_line(line.key)}: {on_one_line(line.value)}\n"
            yield from (f"{indent}# {choice}\n" for choice in line.choices)


def _open(line: DraftLine, indent: str) -> Iterator[str]:
    """A value over several lines: its last key ends with what there is to choose from."""
    *others, (last, values) = line.value.items()
    yield f"{indent}{on_one_line(line.key)}:\n"
    yield from (f"{indent}  {on_one_line(key)}: {on_one_line(value)}\n" for key, value in others)
    yield f"{indent}  {on_one_line(last)}:\n"
    yield from (f"{indent}    {on_one_line(key)}: {on_one_line(value)}\n" for key, value in values.items())
    yield from (f"{indent}    # {choice}\n" for choice in line.choices)


def _comment(text: str, indent: str) -> Iterator[str]:
    """A comment in lines; nothing in it ends the comment."""
    plain = "".join(character if character.isprintable() else " " for character in text)
    yield from (f"{indent}# {line}\n" for line in wrap(plain, WIDTH - len(indent), break_long_words=False))
