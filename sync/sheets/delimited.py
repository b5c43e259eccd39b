"""CSV and similar files: a fast reader for clean files, a tolerant one that knows line numbers for the rest.

Both return the same columns wherever the fast one returns any.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from sync.config.sheet_selection import SheetChoice
from sync.errors import SheetError, legible
from sync.model import Origin, Sheet
from sync.sheets import bounds, fast_csv, tolerant_csv
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
from sync.sheets.escapes import BACKSLASH, may_be_escaped, with_marked_quotes
from sync.sheets.fixed_width import divided
from sync.sheets.header import Header, Wanted, count_wanted, header
from sync.sheets.inbox import File
from sync.sheets.quotes import restored, signs_in_file, single_quotes, with_delimiter, with_usual_quotes
from sync.sheets.records import Columns, finished, sheet_of


def read(file: File, choice: SheetChoice, wanted: Wanted) -> Sheet:
    """Read a delimited text file; see `sync.sheets.read`. A row's number is the line its record begins on."""
    text = decoded(file, choice.encoding, wanted.known)
    bounds.refuse_endless_lines(file.name, text.data)
    text, dialect, choice = _laid_out(file.name, text, choice, wanted.columns)
    signs = signs_in_file(choice.quote, choice.escape)
    heads = dialect.heads if choice.columns else [[cell.translate(signs) for cell in cells] for cells in dialect.heads]
    origin = Origin(file.name)
    head = header([*zip(dialect.rows, heads, strict=True)], wanted, origin)
    head = head._replace(optional=len(choice.optional))
    data, whole = fast_csv.columns(text, dialect, head.names), True
    if data is None:
        bounds.refuse_many_lines(file.name, text.data)
        escaped = _escaped(text, dialect, head, origin) if choice.escape is None else None
        data, whole = escaped or tolerant_csv.columns(text, dialect, head, origin)
        choice = choice.model_copy(update={"escape": BACKSLASH}) if escaped else choice
    data = restored(data, signs_in_file(choice.quote, choice.escape))
    if choice.delimiter and len(choice.delimiter) > 1:
        data = with_delimiter(data, choice.delimiter)
    return sheet_of(file, finished(data, head, origin, whole=whole), _found(text, dialect, choice), text.issues)


def _found(text: Decoded, dialect: Dialect, choice: SheetChoice) -> dict[str, str]:
    """What was recognised, for people."""
    found = {
        "encoding": text.encoding,
        "layout": choice.layout if choice.layout == "fixed" else None,
        "delimiter": DELIMITERS.get(dialect.delimiter, legible(choice.delimiter or dialect.delimiter)),
        "quote": choice.quote,
        "escape": choice.escape,
    }
    return {key: value for key, value in found.items() if value}


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
    with suppress(SheetError):
        marked = text._replace(data=with_marked_quotes(origin.file, text.data, BACKSLASH))
        found = tolerant_csv.columns(marked, layout, header, origin)
        return found if not found[0].issues else None
    return None


def _laid_out(
    name: str, text: Decoded, choice: SheetChoice, wanted: Sequence[str]
) -> tuple[Decoded, Dialect, SheetChoice]:
    """The text, how it is laid out, and the choice with what was found.

    Its cells are now separated by one character, enclosed in double quotes, and without escapes.
    """
    found = _recognised(name, text, choice, wanted)
    if choice.quote is None and choice.layout != "fixed" and (quote := single_quotes(found[0].data, found[1])):
        return _recognised(name, text, choice.model_copy(update={"quote": quote}), wanted)
    return found


def _recognised(
    name: str, text: Decoded, choice: SheetChoice, wanted: Sequence[str]
) -> tuple[Decoded, Dialect, SheetChoice]:
    """The same, with the quotes that are chosen."""
    text, delimiter = _prepared(name, text, choice, wanted), UNIT if choice.layout == "fixed" else choice.delimiter
    names = [each.translate(signs_in_file(choice.quote, None)) for each in wanted]

    def recognise(data: memoryview, sign: str | None) -> Dialect:
        return headless(name, data, sign, choice) if choice.columns else recognised(name, data, sign, choice, names)

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


def _prepared(name: str, text: Decoded, choice: SheetChoice, wanted: Sequence[str]) -> Decoded:
    """The text with its cells divided, enclosed and escaped as usual, as far as it is said how they are."""
    if choice.layout == "fixed":
        return text._replace(data=divided(name, text.data, choice.header_row, wanted), ascii=False)
    if choice.quote is not None:
        text = text._replace(data=with_usual_quotes(text.data, choice.quote))
    if choice.escape is not None:
        text = text._replace(data=with_marked_quotes(name, text.data, choice.escape))
    return text


def _other_than(layout: Dialect, data: memoryview, wanted: Sequence[str]) -> str | None:
    """The delimiter, if it does not seem to be the one that was recognised."""
    if len(layout.cells) > 2 and not any(layout.cells[1::2]):
        return layout.delimiter * 2
    return None if count_wanted(layout.cells, wanted) else unusual(data, wanted)
