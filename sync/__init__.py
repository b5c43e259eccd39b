"""nexsis-sync: keep a Moodle site in step with a student information system."""

from os import environ

# Arrow's default allocator keeps returning memory to the system and fetching it again: an eighth of a big plan.
environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
