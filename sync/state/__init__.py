"""The store: ledger, plans (which are the journals), runs, approvals and the lock, in one database.

SQLite by default, in one file; PostgreSQL where several machines share a site. `open_store` is all there is to
know; it returns the `Store` of `sync.model`.
"""

from __future__ import annotations

from sync.state.store import open_store

__all__ = ["open_store"]
