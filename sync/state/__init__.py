"""The store: ledger, plans (which are the journals), runs, approvals and the lock, in one database.

SQLite by default, in one file; PostgreSQL where several machines share a site. `open_store` is all there is to
know of for those who use it; what it hands out is the `Store` of `sync.model`. The others take a store as a whole.
"""

from __future__ import annotations

from sync.state.store import open_store
from sync.state.upkeep import StoreCopy, Upgrade, back_up_store, copy_store, upgrade_store

__all__ = ["StoreCopy", "Upgrade", "back_up_store", "copy_store", "open_store", "upgrade_store"]
