"""What is wrong with a file that is not YAML, in words for the person who wrote it."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

import yaml

from sync.errors import Fault


class Slip(NamedTuple):
    """A way to break YAML: what the parser says of it (a pattern), what is wrong, and what to do."""

    parser: str
    wrong: str
    fix: str


BACKSLASH: Final = (
    "Put the text in single quotes, where a backslash is just a backslash. In a path, you can use `/` instead."
)
QUOTES: Final = "Put the text in quotes."
INDENT: Final = "Indent all keys of the same level by the same number of spaces."
BRACKETS: Final = "Close each `{` with `}` and each `[` with `]`, and separate the entries with commas."

ABOVE: Final = " (begun above)"
"""What is added to the words of the parser if it stopped in a later line, or at the end."""

SLIPS: Final = (
    Slip(
        r"character '\\t' that cannot start",
        "there is a tab where only spaces are allowed",
        "Replace the tab with spaces.",
    ),
    Slip(r"character '(.)' that cannot start", "unquoted text cannot begin with `{0}`", QUOTES),
    Slip(r"escape (?:character|sequence)", "a backslash in double quotes has a special meaning", BACKSLASH),
    Slip(
        r"quoted scalar, found unexpected (?:end|document)",
        "a quotation mark is not closed",
        "Add the missing quotation mark.",
    ),
    Slip(r"scanning an alias|undefined alias", "unquoted text cannot begin with `*`", QUOTES),
    Slip(r"scanning an anchor", "unquoted text cannot begin with `&`", QUOTES),
    Slip(r"scanning a tag|tag handle", "unquoted text cannot begin with `!`", QUOTES),
    Slip(r"block scalar", "unquoted text cannot begin with `|` or `>`", QUOTES),
    Slip(
        r"mapping values are not allowed",
        "there is a second `:` in this line, or the line is indented too far",
        "Put text that contains `: ` in quotes. Otherwise indent the line like the one above it. A `:` after a key is "
        "followed by a space.",
    ),
    Slip(
        r"could not find expected ':'",
        "a key has no `:` after it",
        "Write `key: value`, with a space after the colon. Text that continues on a new line must be in quotes.",
    ),
    Slip(rf"parsing a flow.*{re.escape(ABOVE)}", "a bracket is not closed, or a comma is missing", BRACKETS),
    Slip(
        r"parsing a flow",
        "something is wrong within the brackets",
        f"{BRACKETS} Put text that contains `: `, `,` or brackets in quotes.",
    ),
    Slip(
        r"block mapping, expected <block end>, but found '(?:<scalar>|[,}\]?-])",
        "there is something after the end of a value, or the line is indented wrongly",
        f"Put the whole value in quotes, not only a part of it. {INDENT}",
    ),
    Slip(
        r"sequence entries are not allowed",
        "a list cannot begin here",
        "Write it as `[A, B]`, or put each entry on a line of its own, below its key.",
    ),
    Slip(
        r"block (?:mapping|collection|sequence)|entries are not allowed|keys are not allowed",
        "the line is indented wrongly",
        INDENT,
    ),
    Slip(r"document start", "there is something before the first key", "Begin with a key, such as `resource:`."),
)
"""The first that fits is what is said."""

OTHER: Final = Slip("", "this line cannot be read", "Put text that contains `: `, ` #`, quotes or brackets in quotes.")

CONTROL: Final = Slip("", "there is a control character in the text", "Delete it, or type the line again.")

COMMENT: Final = " A ` #` begins a comment: quote any text that contains it."

SECRET: Final = re.compile("token|password|secret|key|webhook|://", re.IGNORECASE)
"""Lines near one with such a word are not shown."""

WIDE: Final = 80
"""Characters of a line that are shown."""


FILES: Final = frozenset({"file", "sheet", "inbox", "aliases", "archive", "refused", "reports"})
"""Keys whose values are names of files or folders."""


def lost_backslashes(node: yaml.ScalarNode, key: str) -> bool:
    r"""Whether a file in double quotes has lost backslashes: the `\t` of `"C:\today.csv"` is a tab."""
    lost = node.style == '"' and any(character < " " for character in node.value)
    return lost and (key in FILES or re.match(r"[A-Za-z]:|\\\\", node.value) is not None)


def is_comment(node: yaml.ScalarNode) -> bool:
    """Whether there is a comment where the value of a key should be."""
    mark = node.end_mark
    if node.value or node.style or mark.buffer is None:
        return False
    return mark.buffer[mark.pointer :].partition("\n")[0].lstrip().startswith("#")


def fault(error: yaml.YAMLError, text: str, shown: str) -> Fault:
    """Where the parser stopped (file, line and column), what is wrong there, the line itself, and what to do."""
    line, column = _place(error, text)
    slip, found = _slip(error)
    lines = text.splitlines()
    near = lines[max(line - 2, 0) : line + 1]
    quoted = lines[line].strip().replace("\t", " ") if line < len(lines) else ""
    message = slip.wrong.format(*found)
    if quoted and quoted.isprintable() and not any(SECRET.search(each) for each in near):
        message += f": {quoted[:WIDE]}{'...' if len(quoted) > WIDE else ''}"
    hint = slip.fix + (COMMENT if re.search(r"\s#", quoted) else "")
    return Fault(f"this is not valid YAML: {message}", f"{shown}:{line + 1}:{column + 1}", hint)


def _place(error: yaml.YAMLError, text: str) -> tuple[int, int]:
    """Line and column, counted from 0; of brackets, quotes and keys without an end, where they begin."""
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.context_mark if _begun_above(error) else error.problem_mark
        return (mark.line, mark.column) if mark else (0, 0)
    before = text[: getattr(error, "position", 0)]
    return before.count("\n"), len(before) - before.rfind("\n") - 1


def _begun_above(error: yaml.MarkedYAMLError) -> bool:
    """Whether the parser stopped in a later line than that in which a bracket, a quotation or a key begins."""
    begun, stopped = error.context_mark, error.problem_mark
    within = re.search("flow|quoted|simple key", error.context or "")
    return bool(within) and begun is not None and stopped is not None and begun.line < stopped.line


def _slip(error: yaml.YAMLError) -> tuple[Slip, tuple[str, ...]]:
    """What fits the parser's words, and what fills it in."""
    if not isinstance(error, yaml.MarkedYAMLError):
        return CONTROL, ()
    said = ", ".join(filter(None, (error.context, error.problem))) + ABOVE * _begun_above(error)
    for slip in SLIPS:
        if match := re.search(slip.parser, said):
            return slip, match.groups()
    return OTHER, ()
