"""What failed for technical reasons (time-outs, server errors, no connection) rather than because Moodle refused it.

`resume` sends it again. A refusal stays one until something changes: the next plan decides about it.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd

from sync.model.resources import CATALOGUE
from sync.site.responses import refuses

MISTAKEN: Final = "Moodle answered for"
"""How the error of a write begins that Moodle carried out for a different object: it must not be repeated."""

Flags = np.ndarray[Any, np.dtype[np.bool_]]


def repeatable(changes: pd.DataFrame) -> Flags:
    """Which changes of a plan failed for technical reasons, or have an unknown result that another try can clear up."""
    failed = changes["status"] == "failed"
    status = pd.to_numeric(changes["http_status"]).astype("Int64")
    refused = status.isin([code for code in status[failed].dropna().unique() if refuses(int(code))])
    mistaken = changes["error"].astype("str").str.startswith(MISTAKEN, na=False)
    unclear = (changes["status"] == "unknown") & changes["resource"].isin(_CLEARED_UP)
    flags: Flags = ((failed & ~refused & ~mistaken) | unclear).to_numpy(dtype=bool)
    return flags


_CLEARED_UP: Final = [each.name for each in CATALOGUE.values() if each.reads or each.put.method != "POST"]
"""Resources that can be read, or whose writes may be repeated blindly."""
