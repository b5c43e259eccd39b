"""Whether a mapping's sheet is a snapshot, a delta or not there, where another sheet says so."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd

from sync.config.mappings import MODES, Mapping
from sync.config.rules import Value
from sync.errors import Fault, SheetError
from sync.mapping.evaluate import draw
from sync.mapping.lookups import Library
from sync.mapping.table import tabulate
from sync.model import Sheet
from sync.model.findings import listed, shown


def resolved(mapping: Mapping, library: Library) -> Mapping | None:
    """The mapping with its mode in one word; None if its sheet is not there. Raises SheetError if that is not said."""
    value = mapping.mode
    if not isinstance(value, Value):
        return mapping
    one = Sheet("", None, pd.DataFrame(index=[0]), "", datetime.fromtimestamp(0, UTC))
    drawn = draw(value, tabulate([one]), library)
    where = f"{mapping.file}:{mapping.line}" if mapping.line else mapping.name
    code = int(drawn.codes[0])
    for refusal in drawn.refusals:
        if refusal.where(drawn.codes).any():
            raise SheetError(Fault(f"mode: {refusal.why(code)}", where, refusal.hint))
    said = str(drawn.texts.iloc[code])
    if said not in MODES:
        hint = "Say with `values:` below `mode:` what it means."
        raise SheetError(Fault(f"mode: {shown(said)} is not {listed(MODES, 'or')}", where, hint))
    return None if said == "absent" else mapping.model_copy(update={"mode": said})
