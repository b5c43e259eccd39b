"""The store: ledger, plans (which are the journals), runs, approvals and the lock, in one database.

SQLite by default, in one file; PostgreSQL where several machines share a site. Whoever uses a store needs only
`open_store`, which returns the `Store` of `sync.model`. The other functions work on a store as a whole.
"""

from __future__ import annotations

from sync.state.inspection import StoreFacts, inspect_store
from sync.state.store import open_store
from sync.state.upkeep import StoreCopy, Upgrade, back_up_store, copy_store, upgrade_store

__all__ = [
    "StoreCopy",
    "StoreFacts",
    "Upgrade",
    "back_up_store",
    "copy_store",
    "inspect_store",
    "open_store",
    "upgrade_store",
]
