"""CSV and similar files: a fast reader for clean files, a tolerant one that knows line numbers for the rest.

Both return the same columns wherever the fast one returns any.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from sync.config.sheet_selection import SheetChoice
from sync.errors import SheetError, legible
from sync.model import Origin, Sheet
from sync.sheets import fast_csv, tolerant_csv
from sync.sheets.decoding import Decoded, decoded
from sync.sheets.dialect import (
    DELIMITERS,
    UNIT,
    Dialect,
    headless,
    recognised,
    sizes,
    unusual,
    unusual_of,
    with_one_sign,
)
from sync.sheets.escapes import BACKSLASH, may_be_escaped, with_doubled_quotes
from sync.sheets.fixed_width import divided
from sync.sheets.header import Header, Wanted, count_wanted, header
from sync.sheets.inbox import File
from sync.sheets.quotes import restored, single_quotes, swapped, with_usual_quotes
from sync.sheets.records import Columns, finished, sheet_of


def read(file: File, choice: SheetChoice, wanted: Wanted) -> Sheet:
    """Read a delimited text file; see `sync.sheets.read`. A row's number is the line its record begins on."""
    text, choice = _prepared(decoded(file, choice.encoding, wanted.known), file.name, choice, wanted.columns)
    text, dialect, choice = _laid_out(file.name, text, choice, wanted.columns)
    heads = [[_as_in_file(cell, choice) for cell in cells] for cells in dialect.heads]
    origin = Origin(file.name)
    head = header([*zip(dialect.rows, heads, strict=True)], wanted, origin)
    head = head._replace(optional=len(choice.optional))
    data, whole = fast_csv.columns(text, dialect, head.names), True
    if data is None:
        escaped = _escaped(text, dialect, head, origin) if choice.escape is None else None
        data, whole = escaped or tolerant_csv.columns(text, dialect, head, origin)
        choice = choice.model_copy(update={"escape": BACKSLASH}) if escaped else choice
    if choice.quote:
        data = restored(data, choice.quote)
    return sheet_of(file, finished(data, head, origin, whole=whole), _found(text, dialect, choice), text.issues)


def _found(text: Decoded, dialect: Dialect, choice: SheetChoice) -> dict[str, str]:
    """What was recognised, for people."""
    shown = DELIMITERS.get(dialect.delimiter, legible(choice.delimiter or dialect.delimiter))
    fixed = {"layout": choice.layout} if choice.layout == "fixed" else {}
    signs = {"quote": choice.quote, "escape": choice.escape}
    return {
        "encoding": text.encoding,
        **fixed,
        "delimiter": shown,
        **{key: sign for key, sign in signs.items() if sign},
    }


def _prepared(text: Decoded, name: str, choice: SheetChoice, wanted: Sequence[str]) -> tuple[Decoded, SheetChoice]:
    """The text with its cells divided, enclosed and escaped as usual, as far as it is said how they are."""
    if choice.layout == "fixed":
        data = divided(name, text.data, choice.header_row, wanted)
        return text._replace(data=data, ascii=False), choice.model_copy(update={"delimiter": UNIT})
    if choice.quote is not None:
        text = text._replace(data=with_usual_quotes(text.data, choice.quote))
    if choice.escape is not None:
        text = text._replace(data=with_doubled_quotes(text.data, choice.escape))
    return text, choice


def _as_in_file(cell: str, choice: SheetChoice) -> str:
    return swapped(cell, choice.quote) if choice.quote and not choice.columns else cell


def _escaped(text: Decoded, layout: Dialect, header: Header, origin: Origin) -> tuple[Columns, bool] | None:
    """The columns, if quotes within cells follow a backslash.

    That is so if the file has faults when read without escapes, and none when read with them.
    """
    if not may_be_escaped(text.data):
        return None
    with suppress(SheetError):
        as_it_is, _ = tolerant_csv.columns(text, layout, header, origin)
        if all(issue.code != tolerant_csv.STRAY for issue in as_it_is.issues):
            return None
    doubled = text._replace(data=with_doubled_quotes(text.data, BACKSLASH))
    with suppress(SheetError):
        found = tolerant_csv.columns(doubled, layout, header, origin)
        return found if not found[0].issues else None
    return None


def _laid_out(
    name: str, text: Decoded, choice: SheetChoice, wanted: Sequence[str]
) -> tuple[Decoded, Dialect, SheetChoice]:
    """The text, how it is laid out, and the choice with what was found.

    If cells were separated by several characters, it is one now; if they were enclosed in single quotes, these are
    double quotes now.
    """
    found = _parted(name, text, choice, wanted)
    if choice.quote is None and choice.layout != "fixed" and (quote := single_quotes(found[0].data, found[1])):
        choice = choice.model_copy(update={"quote": quote})
        return _parted(name, text._replace(data=with_usual_quotes(text.data, quote)), choice, wanted)
    return found


def _parted(
    name: str, text: Decoded, choice: SheetChoice, wanted: Sequence[str]
) -> tuple[Decoded, Dialect, SheetChoice]:
    names = [swapped(each, choice.quote) for each in wanted] if choice.quote else wanted

    def recognise(data: memoryview, sign: str | None) -> Dialect:
        return headless(name, data, sign, choice) if choice.columns else recognised(name, data, sign, choice, names)

    delimiter = choice.delimiter
    if delimiter is None:
        layout = recognise(text.data, None)
        if choice.columns:
            delimiter = unusual_of(text.data, layout, sizes(choice))
        else:
            delimiter = _other_than(layout, text.data, names)
        if delimiter is None:
            return text, layout, choice
    if len(delimiter) > 1:
        text = text._replace(data=with_one_sign(name, text.data, delimiter))
    layout = recognise(text.data, UNIT if len(delimiter) > 1 else delimiter)
    return text, layout, choice.model_copy(update={"delimiter": delimiter})


def _other_than(layout: Dialect, data: memoryview, wanted: Sequence[str]) -> str | None:
    """The delimiter, if it does not seem to be the one that was recognised."""
    if len(layout.cells) > 2 and not any(layout.cells[1::2]):
        return layout.delimiter * 2
    return None if count_wanted(layout.cells, wanted) else unusual(data, wanted)
