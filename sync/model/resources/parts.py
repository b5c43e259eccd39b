"""The parts that several literals of the catalogue share."""

from __future__ import annotations

from dataclasses import replace

from sync.model import Field, Paging, Take

IDENTIFIER_PATTERN = r"[^/\\\x00-\x1f]*[^/\\\x00-\x20.][^/\\\x00-\x1f]*"
IDENTIFIER_HINT = "most web servers reject identifiers with `/`, `\\` or control characters in addresses"


def identifier(name: str, label: str, max_len: int = 255) -> Field:
    """A field of a key, in the path; `label` is its name for people."""
    return Field(
        name,
        kind="identifier",
        required=True,
        max_len=max_len,
        pattern=IDENTIFIER_PATTERN,
        pattern_hint=IDENTIFIER_HINT,
        at="path",
        label=label,
    )


GROUP_IN_PATH = replace(identifier("groupid", "Group ID number", max_len=100), compares="as_php", void="0")
GROUP_IN_BODY = Field("groupid", kind="identifier", max_len=100, compares="as_php", void="0", label="Group ID number")
"""Moodle compares the identifiers of groups in PHP, which takes `0` for an empty one."""

PAGES = Paging(size="pagesize", place="page", counts="pages")
ROWS = Paging(size="limit", place="offset", counts="rows")
"""How long lists are asked for in parts."""


def plain(*names: str) -> dict[str, Take]:
    """Fields that have their own names in an answer."""
    return {name: Take(name) for name in names}


def columns(names: str, **others: str) -> dict[str, str]:
    """The columns of a pull: those with the same name as in the answer, and {column: its name in the answer}."""
    return {name: name for name in names.split()} | others
