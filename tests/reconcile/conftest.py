"""A school whose exports were sent once."""

from tests.reconcile.school import after_first_night, school

__all__ = ["after_first_night", "school"]
