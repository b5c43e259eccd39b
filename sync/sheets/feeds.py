"""The sheets that a site's mappings ask for, each file read once."""

from __future__ import annotations

from sync.errors import Fault, SheetError
from sync.mapping.models import Mapping, SheetChoice
from sync.model import Sheet
from sync.sheets.header import require
from sync.sheets.inbox import find
from sync.sheets.reading import read
from sync.site import Config


def gather(config: Config) -> list[tuple[Mapping, Sheet]]:
    """Every mapping with its sheet, in order. Raises SheetError with what is wrong with any of them."""
    faults: dict[Fault, None] = {}
    sheets: dict[SheetChoice, Sheet] = {}
    feeds = []
    for mapping in config.mappings:
        choice = mapping.sheet
        try:
            if choice not in sheets:
                sheets[choice] = _read(config, choice)
            faults |= dict.fromkeys(require(sheets[choice], mapping.columns))
            feeds.append((mapping, sheets[choice]))
        except SheetError as error:
            faults |= dict.fromkeys(error.faults)
    if faults:
        raise SheetError(*faults)
    return feeds


def _read(config: Config, choice: SheetChoice) -> Sheet:
    return read(
        find(config.inbox, choice.file),
        tab=choice.tab,
        delimiter=choice.delimiter,
        encoding=choice.encoding,
        header_row=choice.header_row,
    )
