"""Carries out a stored plan: schedule, dispatch, journal, the reads before a delete, outcomes."""
