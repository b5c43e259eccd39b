"""The inbox: a folder that others write into; nothing is read through it that is not in it.

    inbox = Inbox(folder)
    there = inbox.look()              which files can be read, and what else is there, with why it cannot be
    with inbox.open(path) as stream:  and `move`, `remove`: the only ways to reach what is in it

Whoever may write into the inbox must not be able to choose which files of the machine are read. So a link counts only
if its target is in the inbox as well, and every file is reached from the inbox downwards, folder by folder, without
following any link that was created in the meantime. A hard link is a file of the inbox like any other: the two cannot
be distinguished.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from io import FileIO
from pathlib import Path
from typing import Final

from sync.errors import Fault, SheetError, masked
from sync.model import Issue
from sync.model.issue_texts import Wording, sentence, wording

HIDDEN: Final = (".", "~$")
"""Beginnings of names that are never exports: hidden files, and lock files of office programs."""

KINDS: Final[tuple[tuple[Callable[[int], bool], str], ...]] = (
    (stat.S_ISDIR, "folder"),
    (stat.S_ISFIFO, "pipe"),
    (stat.S_ISSOCK, "socket"),
    (stat.S_ISCHR, "device"),
    (stat.S_ISBLK, "device"),
)

READING: Final = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY"))
"""Opening a pipe does not wait for a writer."""

STEP: Final = getattr(os, "O_PATH", os.O_RDONLY) | sum(
    getattr(os, name, 0) for name in ("O_DIRECTORY", "O_NOFOLLOW", "O_CLOEXEC")
)
STEPWISE: Final = {os.open, os.rename, os.unlink} <= os.supports_dir_fd


@dataclass(frozen=True, slots=True)
class FileStamp:
    """How a change to a file is noticed: its size in bytes, and when it was last changed, in nanoseconds."""

    size: int
    modified: int


Listing = Mapping[str, FileStamp]
"""Files by their names within a folder, with `/` between folders."""


@dataclass(frozen=True, slots=True)
class Unusable:
    """Something in the inbox that cannot be read: its name there, and the variant of the texts that says why."""

    name: str
    variant: str
    values: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.name}: {self.why}. {self._text.hint}"

    @property
    def _text(self) -> Wording:
        return wording("unusable-entry", self.variant).given(**self.values)

    @property
    def why(self) -> str:
        """What it is."""
        return self._text.message

    @property
    def fault(self) -> Fault:
        """The same, for where it keeps something from being done."""
        return Fault(self.why, self.name, self._text.hint)

    @property
    def issue(self) -> Issue:
        """The same, for where it is ignored."""
        ignored = sentence("ignored", wrong=self.why)
        return replace(self._text.issue("warning", file=self.name), message=ignored)


@dataclass(frozen=True, slots=True)
class InboxContents:
    """The contents of the inbox and its folders by name, without hidden files; `linked` are folders that are links."""

    folder: Path
    files: Listing
    unusable: tuple[Unusable, ...] = ()
    linked: tuple[str, ...] = ()

    @property
    def issues(self) -> list[Issue]:
        """What cannot be read, as issues."""
        return [each.issue for each in self.unusable]


@dataclass(frozen=True, slots=True)
class Inbox:
    """A folder that others write into; it may be a link itself. With `follow_links`, its links may lead anywhere."""

    folder: Path
    follow_links: bool = False

    def look(self) -> InboxContents:
        """Everything that is there now. Raises SheetError if the folder cannot be listed.

        A link to a folder is looked into, but the links to folders in there are not: otherwise a few of them would make
        millions of names.
        """
        found = sorted(self._walk(), key=lambda each: each[0].split("/"))
        files = {name: what for name, what in found if isinstance(what, FileStamp)}
        linked = tuple(name for name, what in found if isinstance(what, str))
        return InboxContents(self.folder, files, tuple(what for _, what in found if isinstance(what, Unusable)), linked)

    def open(self, path: Path) -> FileIO:
        """A file of the inbox, given by its full path. Raises SheetError if it cannot be read.

        Its target is checked again, and the file that is opened is the one that was checked.
        """
        name = self._name(path)
        real = self._resolve(path, name)
        if isinstance(real, Unusable):
            raise SheetError(real.fault)
        try:
            _refuse(_special(Path(real).stat(), name))  # some devices do something as soon as they are opened
            with self._open_parent(Path(real)) as (at, last):
                file = os.open(last, READING | (os.O_NOFOLLOW if at is not None else 0), dir_fd=at)
            return _regular(file, name, None if at is not None or self.follow_links else self._resolve(path, name))
        except FileNotFoundError:
            raise SheetError(Fault("there is no such file", str(path))) from None
        except OSError as error:
            # What was a folder when it was checked no longer is one.
            swapped = error.errno in (errno.ELOOP, errno.ENOTDIR)
            raise SheetError((Unusable(name, "swapped") if swapped else _unreadable(name, error)).fault) from None

    def move(self, path: Path, target: Path) -> None:
        """Move a file of the inbox, by its name. Raises OSError, SheetError."""
        with self._parent(path) as (at, last):
            os.replace(last, target, src_dir_fd=at)

    def remove(self, path: Path) -> None:
        """Remove a file or a link of the inbox. Raises OSError, SheetError."""
        with self._parent(path) as (at, last):
            os.unlink(last, dir_fd=at)

    def holds(self, path: Path) -> bool:
        """Whether a file of that name, existing or not, would be in the inbox."""
        return self.follow_links or self._is_inside(os.path.realpath(path.parent))

    # -- looking -----------------------------------------------------------------------------------------------

    def _walk(self) -> Iterator[tuple[str, FileStamp | Unusable | str]]:
        """Every file by its name, what cannot be read, and the targets of folders that are links.

        Folder by folder, because folders may be nested very deep.
        """
        folders = [(os.path.realpath(self.folder), "", False)]
        while folders:
            real, prefix, linked = folders.pop()
            try:
                with os.scandir(real) as listed:
                    entries = [each for each in listed if not each.name.startswith(HIDDEN)]
            except OSError as error:
                if not prefix:
                    message = f"the inbox cannot be read: {_no_folder(self.folder, error)}"
                    raise SheetError(Fault(message, str(self.folder), "Check `inbox:` in the site file.")) from None
                yield prefix[:-1], _unreadable(prefix[:-1], error, "folder")
                continue
            for entry in entries:
                name = prefix + entry.name
                try:
                    what = self._classify(entry, name, real)
                except FileNotFoundError:
                    continue  # it was renamed just now
                except OSError as error:
                    what = _unreadable(name, error)
                if not isinstance(what, str) or entry.is_symlink():
                    yield name, what
                if isinstance(what, str) and not (linked and entry.is_symlink()):
                    folders.append((what, f"{name}/", linked or entry.is_symlink()))

    def _classify(self, entry: os.DirEntry[str], name: str, above: str) -> FileStamp | Unusable | str:
        """What an entry is: a file, something that cannot be read, or a folder, given by its real path."""
        if masked(name) != name:
            return Unusable(name, "secret")
        real = entry.path
        if entry.is_symlink():
            found = self._resolve(Path(entry.path), name)
            if isinstance(found, Unusable):
                return found
            real = found
        seen = Path(real).lstat()
        if stat.S_ISDIR(seen.st_mode):
            back = entry.is_symlink() and Path(above).is_relative_to(real)
            return Unusable(name, "parent") if back else real
        if special := _special(seen, name):
            return special
        if not os.access(real, os.R_OK):
            return _unreadable(name, PermissionError(errno.EACCES, os.strerror(errno.EACCES)))
        return FileStamp(seen.st_size, seen.st_mtime_ns)

    # -- reaching ----------------------------------------------------------------------------------------------

    def _name(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()

    def _is_inside(self, real: str) -> bool:
        return Path(real).is_relative_to(os.path.realpath(self.folder))

    def _resolve(self, path: Path, name: str) -> str | Unusable:
        """The real path of a file, or why there is none."""
        try:
            real = os.path.realpath(path, strict=True)
        except OSError as error:
            # Whether a file exists outside must not be shown to those who cannot look there.
            if not self.follow_links and not self._is_inside(os.path.realpath(path)):
                return Unusable(name, "outside")
            if not path.is_symlink():
                missing = isinstance(error, FileNotFoundError)
                return Unusable(name, "missing") if missing else _unreadable(name, error)
            if error.errno == errno.ELOOP:
                return Unusable(name, "itself" if _leads_to_itself(path) else "loop")
            if isinstance(error, FileNotFoundError):
                return Unusable(name, "dangling")
            return _unreadable(name, error)
        return real if self.follow_links or self._is_inside(real) else Unusable(name, "outside")

    @contextmanager
    def _parent(self, path: Path) -> Iterator[tuple[int | None, str]]:
        """The folder of an entry, opened, and the entry's name there; a link is not resolved. Raises SheetError.

        An OSError that is raised while it is held names the entry's path.
        """
        name, above = self._name(path), os.path.realpath(path.parent)
        if not self.follow_links and not self._is_inside(above):
            raise SheetError(Unusable(name, "outside").fault)
        try:
            with self._open_parent(Path(above, path.name)) as place:
                yield place
        except OSError as error:
            error.filename = str(path)  # the path as a person finds it: the steps know only its last part
            raise

    @contextmanager
    def _open_parent(self, real: Path) -> Iterator[tuple[int | None, str]]:
        """The folder of a real path, opened, and the path's last part; the whole path where steps are not supported.

        Every step goes into a folder: a link that has replaced it in the meantime is not followed. Raises OSError.
        """
        if self.follow_links or not STEPWISE:
            yield None, str(real)
            return
        root = os.path.realpath(self.folder)
        at = os.open(root, STEP & ~os.O_NOFOLLOW)
        try:
            for part in real.relative_to(root).parts[:-1]:
                below = os.open(part, STEP, dir_fd=at)
                os.close(at)
                at = below
            yield at, real.name
        finally:
            os.close(at)


def _regular(file: int, name: str, real: str | Unusable | None) -> FileIO:
    """The stream of an open file. Raises SheetError if it is something other than a file.

    If it could not be reached step by step, `real` is the present target of its path: it must be the same file.
    """
    try:
        seen = os.fstat(file)
        _refuse(_special(seen, name))
        if real is not None and (isinstance(real, Unusable) or not os.path.samestat(seen, Path(real).stat())):
            raise SheetError(Unusable(name, "swapped").fault)
    except (OSError, SheetError):
        os.close(file)
        raise
    return FileIO(file, "rb")


def _special(seen: os.stat_result, name: str) -> Unusable | None:
    """What is not a file, such as a pipe, from which nothing may ever come."""
    kind = next((kind for is_one, kind in KINDS if is_one(seen.st_mode)), None)
    return None if kind is None else Unusable(name, "special", {"kind": kind})


def _refuse(unusable: Unusable | None) -> None:
    """Raise SheetError for what cannot be read."""
    if unusable is not None:
        raise SheetError(unusable.fault)


def _unreadable(name: str, error: OSError, kind: str = "file") -> Unusable:
    return Unusable(name, "unreadable", {"kind": kind, "reason": str(error.strerror)})


def _no_folder(path: Path, error: OSError) -> str:
    """Why something is not a folder that can be listed."""
    try:
        path.stat()
    except OSError as leads:
        if path.is_symlink() and leads.errno == errno.ELOOP:
            return "it is a link that is part of a loop"
        if path.is_symlink() and leads.errno == errno.ENOENT:
            return "it is a link to a folder that does not exist"
    return "it is not a folder" if isinstance(error, NotADirectoryError) else str(error.strerror)


def _leads_to_itself(path: Path) -> bool:
    with suppress(OSError):
        return os.path.normpath(path.parent / path.readlink()) == os.path.normpath(path)
    return False
