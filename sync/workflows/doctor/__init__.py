"""`doctor`: everything that a support person would ask, examined one thing after another.

A finding for each: ok, warn or fail, and what to do. Nothing is changed, neither on the site nor in the state store.
"""

from __future__ import annotations

from sync.workflows.doctor.checks import Diagnosis
from sync.workflows.doctor.connection import Reachable, connection
from sync.workflows.doctor.machine import disk, machine
from sync.workflows.doctor.notifying import notifying
from sync.workflows.doctor.settings import settings
from sync.workflows.doctor.store import store

__all__ = ["Diagnosis", "Reachable", "connection", "disk", "machine", "notifying", "settings", "store"]
