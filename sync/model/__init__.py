"""The nouns every room shares: frozen values, and the Protocols by which rooms speak.

Frames are pandas frames whose text columns are `str`; a missing value is NA and means "not said", the empty
string means "emptied". `match` is an object's key folded by the site's manners, parts joined by `SEPARATOR`:
two rows speak of one object exactly if their `match` is equal. `pack`ed values are JSON objects as text.
"""

from __future__ import annotations

from sync.model.catalogue import (
    SEPARATOR,
    Cause,
    Field,
    Kind,
    Manners,
    Missing,
    Op,
    Ownership,
    Read,
    Ref,
    Resource,
    Severity,
    Status,
    Story,
    Take,
    Takes,
    Write,
)
from sync.model.sides import (
    CHANGES,
    LEDGER,
    Approval,
    Desired,
    Hold,
    Input,
    Issue,
    Observed,
    Origin,
    Plan,
    Run,
    Sheet,
)
from sync.model.speaking import (
    Answer,
    Call,
    Clock,
    Memory,
    Outcome,
    Reporter,
    Site,
    Store,
)

__all__ = [
    "CHANGES",
    "LEDGER",
    "SEPARATOR",
    "Answer",
    "Approval",
    "Call",
    "Cause",
    "Clock",
    "Desired",
    "Field",
    "Hold",
    "Input",
    "Issue",
    "Kind",
    "Manners",
    "Memory",
    "Missing",
    "Observed",
    "Op",
    "Origin",
    "Outcome",
    "Ownership",
    "Plan",
    "Read",
    "Ref",
    "Reporter",
    "Resource",
    "Run",
    "Severity",
    "Sheet",
    "Site",
    "Status",
    "Store",
    "Story",
    "Take",
    "Takes",
    "Write",
]
