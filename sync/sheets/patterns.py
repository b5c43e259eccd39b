"""Patterns of file names, as mappings and site files have them: `users*.csv`, `north/*.csv`, `**/*.csv`.

They are matched only against names, never against a disk, so that no pattern can lead out of the inbox.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from fnmatch import fnmatch
from pathlib import PurePath

from sync.errors import Fault, SheetError

ANY_DEPTH = "**"
SPECIAL = re.compile(r"([*?[])")
"""What stands for other characters in a pattern."""


def matching(patterns: Iterable[str], names: Collection[str]) -> set[str]:
    """Those of the names that match one of the patterns. Raises SheetError if a pattern is invalid."""
    split = [parts_of(pattern) for pattern in patterns]
    return {name for name in names if any(_matches(parts, tuple(name.split("/"))) for parts in split)}


def meant(pattern: str, name: str) -> bool:
    """Whether a pattern means an entry that cannot be read: the entry itself, or what would be below it.

    `**` looks into folders, and not through links. Raises SheetError if the pattern is invalid.
    """
    parts, given = parts_of(pattern), tuple(name.split("/"))
    above = parts[: len(given)]
    below = len(parts) > len(given) and ANY_DEPTH not in above and _matches(above, given)
    return below or _matches(parts, given)


def literal(name: str) -> str:
    """The pattern that matches a name and nothing else."""
    return SPECIAL.sub(r"[\1]", name)


def parts_of(pattern: str) -> tuple[str, ...]:
    """A pattern in its parts, one for each folder and one for the name. Raises SheetError if it is invalid."""
    path = PurePath(pattern)
    if not path.parts:
        reason = "it does not name a file"
    elif path.anchor:
        reason = "it does not start in the inbox"
    elif ".." in path.parts:
        reason = "`..` would lead outside the inbox"
    else:
        return path.parts
    hint = "Give a file name relative to the inbox; `*` matches any characters."
    raise SheetError(Fault(f"'{pattern}' is not a file pattern: {reason}", hint=hint))


def _matches(pattern: tuple[str, ...], name: tuple[str, ...]) -> bool:
    if not pattern or (len(pattern) > len(name) and ANY_DEPTH not in pattern):
        return not pattern and not name
    if pattern[0] == ANY_DEPTH:
        return any(_matches(pattern[1:], name[at:]) for at in range(len(name) + 1))
    return bool(name) and fnmatch(name[0], pattern[0]) and _matches(pattern[1:], name[1:])
