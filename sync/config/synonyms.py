"""Words that people write for keys of mapping files, and the keys that do what they want."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

MEANT: Final[Mapping[str, Sequence[str]]] = {
    "constant": ("value", "const", "fixed", "literal", "static"),
    "text": ("template", "concat", "join", "combine"),
    "date": ("format", "date_format", "dateformat"),
    "values": ("map", "mapping", "translate", "replace"),
    "then": ("steps", "transform", "apply"),
    "when": ("if", "where", "only"),
    "else": ("default", "otherwise", "fallback"),
    "column": ("source", "field", "header", "col"),
    "first": ("coalesce", "any"),
    "rows": ("filter", "include", "exclude"),
    "sheet": ("file", "source", "csv", "input"),
    "delimiter": ("separator", "sep"),
    "tab": ("worksheet", "sheet_name", "sheetname"),
    "encoding": ("charset", "codepage"),
    "missing": ("on_missing", "absent", "delete"),
}
"""By key, words that are written in its place."""

DOES: Final[Mapping[str, str]] = {
    "constant": "gives every row the same value",
    "text": "combines columns: `{COURSE}-{TERM}`",
    "values": "translates values: `{S: student}`",
    "date": "says how dates are written",
    "then": "applies steps such as `lower`",
    "when": "gives the value only to some rows",
    "else": "is for what `values` does not list (for blank cells, use `then: {default: ...}`)",
    "column": "takes the value from a column",
    "first": "takes the first value that is not blank",
    "rows": "says which rows count, with `keep` and `drop` below it",
    "sheet": "says which file is read",
}
"""What keys do, for those who took another word for them."""


def meant(word: str, keys: Collection[str]) -> str:
    """A hint: the key that somebody meant with a word; blank if it is not known."""
    key = next((key for key, words in MEANT.items() if word.lower() in words and key in keys), "")
    does = f", which {DOES[key]}" if key in DOES else ""
    return f"Use `{key}`{does}." if key else ""
