"""Desired, observed and ledger -> changes: what may be removed, whom a row is about, what it depends on. Pure."""
