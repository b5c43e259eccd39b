"""`include:` in a mapping: the keys of a shipped mapping, except those that the document has itself.

The result is one document, whose parts know where they come from. It has the digest it would have if all of it were
typed, so a mapping counts as changed if what it means has changed, be it here or with an upgrade.
"""

from __future__ import annotations

from sync.config.document import Document, nearest
from sync.config.shipped import collections, documents, shown_as
from sync.errors import Fault

KEY = "include"
COMBINED = ("fields", "columns")
"""Keys whose entries are taken over one by one; of every other key, all is taken over or nothing."""


def with_included(document: Document) -> tuple[Document | None, list[Fault]]:
    """The document with what it includes; itself if it includes nothing, None if that does not exist."""
    if KEY not in document.data:
        return document, []
    name = document.text(KEY)
    if name is None:
        return None, [document.fault((KEY,), "expected the name of a shipped mapping")]
    if name not in documents():
        return None, [document.fault((KEY,), f"there is no shipped mapping `{name}`", _hint(name))]
    return _combined(document, documents()[name]), []


def _hint(name: str) -> str:
    if name in collections():
        files = collections()[name].files
        names = [f"`{each}`" for each, document in documents().items() if document.file in files]
        return f"`{name}` is a collection; include one of its mappings: {', '.join(names)}."
    near = nearest(name, documents())
    return f"Did you mean `{near}`?" if near else "`nexsis-sync mappings list` shows what there is."


def _combined(document: Document, shipped: Document) -> Document:
    own = {key: value for key, value in document.data.items() if key != KEY}
    both = {key: {**shipped.data[key], **own[key]} for key in COMBINED if key in shipped.data and document.keys(key)}
    taken = {
        loc: line
        for loc, line in shipped.lines.items()
        if loc and loc[: 2 if loc[0] in both else 1] not in document.lines
    }
    return Document(
        document.file,
        document.shown,
        data={**shipped.data, **own, **both},
        lines={**dict.fromkeys(taken, document.lines[KEY,]), **document.lines},
        included={loc: f"{shown_as(shipped.file)}:{line}" for loc, line in taken.items()},
    )
