"""A school whose exports were sent once."""

from tests.reconcile.school import school

__all__ = ["school"]
