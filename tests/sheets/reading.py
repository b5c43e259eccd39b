"""Files read as a mapping would have it, with what it says as plain arguments."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sync.config.sheet_selection import SheetChoice
from sync.model import Sheet
from sync.sheets import Wanted, read
from sync.sheets.evidence import Known, nothing_known
from sync.sheets.header import Key


def read_as(
    path: Path, wanted: Sequence[str] = (), keys: Sequence[Key] = (), known: Known = nothing_known, **choice: Any
) -> Sheet:
    """The sheet of a file. `choice` is as in a mapping's `sheet`."""
    return read(path, SheetChoice(file=path.name, **choice), Wanted(wanted, keys, known))
