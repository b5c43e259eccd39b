"""The steps of `then:`: what may be written, checked for sense. `sync.mapping.steps` carries them out."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, WithJsonSchema

from sync.config.document import suggestion
from sync.config.scalars import SCALAR

Argument = int | str | tuple[int, ...] | tuple[str, ...] | tuple[tuple[str, str], ...] | None


@dataclass(frozen=True, slots=True)
class Step:
    """One thing done to a text.

    Arguments: `pad` a length; `cut` the first character and the last, from 0, the last open if there is none; `replace`
    pairs of texts, or a pattern and its replacement; `extract` a pattern; `default` a text.
    """

    name: str
    argument: Argument = None


PLAIN: Final = ("strip", "collapse", "lower", "upper", "title", "digits", "username")
"""Steps without an argument; `sync.mapping.steps` carries them out."""


def _pad(given: Any) -> int:
    if not isinstance(given, str) or not re.fullmatch(r"0*[1-9]\d{0,2}", given):
        raise ValueError("pad: takes the length to fill with leading zeros, such as {pad: 8}")
    return int(given)


def _cut(given: Any) -> tuple[int, ...]:
    ends = given if isinstance(given, list) else ["1", given]
    if not 1 <= len(ends) <= 2 or not all(
        isinstance(end, str) and re.fullmatch(r"0*[1-9]\d{0,5}", end) for end in ends
    ):
        raise ValueError("cut: takes how many characters to keep, or the first and last of them: {cut: [3, 6]}")
    first, *last = map(int, ends)
    if last and last[0] < first:
        raise ValueError(f"cut: leaves nothing between character {first} and character {last[0]}")
    return (first - 1, *last)


def _replace(given: Any) -> Argument:
    if isinstance(given, dict) and given and all(isinstance(text, str) for text in given.values()):
        if "" in given:
            raise ValueError("replace: cannot search for nothing; for blank cells, use {default: ...}")
        return tuple(given.items())
    if isinstance(given, list) and len(given) == 2 and all(isinstance(text, str) for text in given):
        _check(given[0], given[0], given[1])
        return (given[0], given[1])
    raise ValueError("replace: takes {old: new}, or a pattern and its replacement: [pattern, replacement]")


def _text(given: Any, message: str) -> str:
    if isinstance(given, str) and given:
        return given
    raise ValueError(message)


def _extract(given: Any) -> str:
    whole = _text(given, "extract: takes a pattern, such as {extract: '([0-9]+)$'}")
    pattern = one_group(whole)
    _check(whole, pattern)
    return pattern


def _default(given: Any) -> str:
    return _text(given, "default: takes the text to use for a blank cell")


WITH_ARGUMENT: Final[Mapping[str, Callable[[Any], Argument]]] = {
    "pad": _pad,
    "cut": _cut,
    "replace": _replace,
    "extract": _extract,
    "default": _default,
}
"""Steps with an argument: how it is read."""


def _check(given: str, pattern: str, instead: str | None = None) -> None:
    """Refuse a pattern, used in the form of `pattern`, that the engine for regular expressions does not accept.

    The engine is RE2, whose time grows only with the text: no pattern can make it hang.
    """
    # Imported here because it takes a while, which files without patterns need not spend.
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = pa.array([""], pa.large_string())
    try:
        if instead is None:
            pc.match_substring_regex(texts, pattern)
        else:
            pc.replace_substring_regex(texts, pattern, instead)
    except pa.ArrowInvalid as error:
        reason = str(error).partition(": ")[2] or str(error)
        raise ValueError(f"`{given}` is not a valid pattern (a regular expression in RE2 syntax): {reason}") from None


_GROUP: Final = re.compile(r"\\.|\[\^?\]?(?:\\.|\[:\^?\w+:\]|[^\]\\])*\]?|\(\?P?<\w+>|\((?!\?)", re.DOTALL)


def one_group(pattern: str) -> str:
    """The pattern with one group, `take`: its first one, or all of it if it has none."""
    groups = 0

    def renamed(found: re.Match[str]) -> str:
        nonlocal groups
        if not found[0].startswith("("):
            return found[0]
        groups += 1
        return "(?P<take>" if groups == 1 else "(?:"

    single = _GROUP.sub(renamed, pattern)
    return single if groups else f"(?P<take>{pattern})"


def _step(given: Any) -> Step:
    """A step made from a word, or from a word with its argument. Raises ValueError."""
    name, argument = next(iter(given.items())) if isinstance(given, dict) and len(given) == 1 else (given, None)
    name = _text(
        name, f"a step is one of the words {', '.join(PLAIN)}, or one of {', '.join(WITH_ARGUMENT)} with its value"
    )
    if name in WITH_ARGUMENT:
        if isinstance(given, str):
            WITH_ARGUMENT[name](None)
        return Step(name, WITH_ARGUMENT[name](argument))
    if name not in PLAIN:
        raise ValueError(f"`{name}` is not a step. {suggestion(name, [*PLAIN, *WITH_ARGUMENT])}")
    if isinstance(given, dict):
        raise ValueError(f"`{name}` takes no value; write only the word")  # noqa: TRY004 - a fault of the file, for pydantic
    return Step(name)


_TEXTS = {"type": "array", "items": SCALAR}
_NUMBER = {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string", "pattern": "^0*[1-9][0-9]*$"}]}
_SCHEMA = {
    "anyOf": [
        {"enum": list(PLAIN)},
        {
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": False,
            "properties": {
                "pad": _NUMBER | {"description": "Leading zeros, up to this length."},
                "cut": {
                    "anyOf": [*_NUMBER["anyOf"], {"type": "array", "items": _NUMBER, "minItems": 1, "maxItems": 2}],
                    "description": "How many characters to keep from the start, or the first and last position to "
                    "keep, counted from 1.",
                },
                "replace": {
                    "anyOf": [
                        {"type": "object", "additionalProperties": SCALAR, "minProperties": 1},
                        _TEXTS | {"minItems": 2, "maxItems": 2},
                    ],
                    "description": "Texts and their replacements, or a pattern and its replacement.",
                },
                "extract": {
                    "type": ["string", "number"],
                    "description": "The text that the pattern's first group matches.",
                },
                "default": {
                    "type": ["string", "number", "boolean"],
                    "description": "The text to use for a blank cell.",
                },
            },
        },
    ]
}

Then = Annotated[Step, BeforeValidator(_step), WithJsonSchema(_SCHEMA)]
"""A step as written in a file."""
