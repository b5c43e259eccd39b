"""Whether the files in the inbox are complete: none of them changes any more, or a trigger says so."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from sync.config.entries import FileStamp, Inbox, InboxContents, Listing, Unusable

UNFINISHED = (".part", ".partial", ".filepart", ".tmp", ".crdownload")
"""Endings of names under which programs write what they will rename when it is complete."""


def look(inbox: Inbox) -> InboxContents:
    """What is in an inbox and can be taken out of it. Raises SheetError if it cannot be listed.

    That is nothing that is still on its way, and nothing in a folder that is a link: it is elsewhere, where it may
    be for others as well.
    """
    there = inbox.look()
    linked = tuple(f"{name}/" for name in there.linked)
    files = {
        name: stamp for name, stamp in there.files.items() if not _unfinished(name) and not name.startswith(linked)
    }
    unusable = [each for each in there.unusable if not _unfinished(each.name) and not each.name.startswith(linked)]
    unusable += [Unusable(name, "linked-folder") for name in there.linked]
    return replace(there, files=files, unusable=tuple(unusable))


def _unfinished(name: str) -> bool:
    return name.lower().endswith(UNFINISHED)


@dataclass(slots=True)
class Stability:
    """How long a folder has been unchanged. One that was never checked counts as just changed."""

    seen: Listing = field(default_factory=dict)
    since: float | None = None

    def steady(self, now: Listing, at: float) -> float:
        """For how many seconds nothing has changed, if these are the contents at the time `at`."""
        if self.since is None or now != self.seen:
            self.seen, self.since = dict(now), at
        return at - self.since


def announced(files: Listing, triggers: Collection[str]) -> list[dict[str, FileStamp]]:
    """What triggers declare complete, each with its triggers: the sets it may be, the earlier ones first.

    A trigger named after a file (`users.csv.done`, `users.done`) is for that file only, any other one for all.
    None is for files that were changed after it: they are part of a later set.
    """
    named = {trigger: name for trigger in triggers for name in files if name not in triggers and _after(trigger, name)}
    if named:
        pairs = [pair for pair in named.items() if files[pair[1]].modified <= files[pair[0]].modified]
        return [{name: files[name] for pair in pairs for name in pair}] if pairs else []
    ends = sorted({files[trigger].modified for trigger in triggers})
    return [{name: stamp for name, stamp in files.items() if stamp.modified <= end} for end in ends]


def _after(trigger: str, name: str) -> bool:
    mark, file = PurePosixPath(trigger), PurePosixPath(name)
    return mark.parent == file.parent and mark.stem in (file.name, file.stem)
