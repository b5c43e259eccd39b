"""What reports say of files that other accounts on the machine can read."""

from __future__ import annotations

from collections.abc import Iterator

from sync.config.permissions import loose
from sync.config.site import Config
from sync.model import Issue
from sync.model.findings import listed
from sync.model.issue_texts import wording


def open_file_issues(config: Config) -> Iterator[Issue]:
    """A warning with all of the token, the state store and the mappings that others can read."""
    files = [each.path for each in loose(config.guarded_files)]
    if files:
        yield wording("open-file", files=listed(files)).issue("warning")
