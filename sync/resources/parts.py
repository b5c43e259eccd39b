"""What several literals of the catalogue are made of."""

from __future__ import annotations

from sync.model import Field, Take

IDENTIFIER_PATTERN = r"[^/\\\x00-\x1f]*[^/\\\x00-\x20.][^/\\\x00-\x1f]*"
IDENTIFIER_SAYS = "an identifier with `/`, `\\` or control characters cannot be addressed on a usual web server"


def identifier(name: str, max_len: int = 255) -> Field:
    """A field of a key, in the path."""
    return Field(
        name,
        kind="identifier",
        required=True,
        max_len=max_len,
        pattern=IDENTIFIER_PATTERN,
        pattern_says=IDENTIFIER_SAYS,
        at="path",
    )


def plain(*names: str) -> dict[str, Take]:
    """Fields that stand in an answer under their own names."""
    return {name: Take(name) for name in names}


def columns(names: str, **others: str) -> dict[str, str]:
    """The columns of a pull: those called as in the answer, and {column: its name in the answer}."""
    return {name: name for name in names.split()} | others
