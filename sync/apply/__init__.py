"""A stored plan carried out: schedule, dispatch, journal, what is read again before a delete, outcomes."""
