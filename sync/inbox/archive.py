"""Sets on their way through the archive: taken, carried out, refused; a journal records how far each one is.

The journal is written before files move and after, so that whatever ends the program, the next one knows what to do:

    taking    some files may still be in the inbox         they are put back, and checked again
    taken     the set is whole in its folder               it is carried out
    cut       a run of it was interrupted                  it is carried out again
    refused   some files may be in the refused folder      the others follow

Finished sets are no longer in the journal. The caller holds the store's lock.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from itertools import chain, count
from pathlib import Path
from typing import Final, Literal

from sync.config.drop import Drop
from sync.config.entries import Inbox, Listing
from sync.config.site import Config
from sync.errors import Fault, SheetError, StoreError
from sync.inbox.files import PART, close, copy, equal, flush, move, write
from sync.inbox.stability import look
from sync.model.findings import listed

JOURNAL: Final = "under-way.json"
WHY: Final = "why.txt"
"""The file next to refused files that says why."""

HOMELESS: Final = (FileExistsError, NotADirectoryError, IsADirectoryError, PermissionError)
"""Errors that keep a file from being put back however often it is tried: its folder is gone, or closed."""

RUNS: Final = "runs.txt"
"""The file next to the sets of a day that names the last run of a set, if that is not the one in its name."""

State = Literal["taking", "taken", "cut", "refused"]


@dataclass(frozen=True, slots=True)
class Folders:
    """Where files are delivered, and where they are moved to."""

    inbox: Path
    archive: Path
    refused: Path
    follow_links: bool = False

    @property
    def entries(self) -> Inbox:
        """The inbox from which files are taken."""
        return Inbox(self.inbox, self.follow_links)


def folders(config: Config, drop: Drop) -> Folders:
    """The folders of a site."""
    return Folders(config.inbox, config.folder / drop.archive, config.folder / drop.refused, config.follow_links)


@dataclass(frozen=True, slots=True)
class TakenSet:
    """A set that is not done: `name` is its folder within the archive, `run` the run that carries it out.

    The reason for a refusal, `why`, is in a file `text`, whose name none of its own files has.

    The folder is named after the first run, and stays where it is: plans know their files by their paths.
    """

    name: str
    run: str
    state: State
    why: str = ""
    text: str = WHY


@contextmanager
def _in_words() -> Iterator[None]:
    """Turn errors about files that cannot be moved or written into messages."""
    try:
        yield
    except OSError as error:
        message = f"the archive cannot be written: {error.strerror}"
        raise StoreError(Fault(message, str(error.filename or ""), "The next run continues with the set.")) from None


def take(at: Folders, files: Listing, kept: Iterable[str], run: str, day: str) -> TakenSet:
    """Move the files of a set into a folder of its own, named by day and run; what is kept is copied.

    Raises SheetError if that cannot be done, or a file has changed since it was checked: then all are in the inbox
    as before.
    """
    taken = TakenSet(f"{day}/{run}", run, "taking")
    folder = at.archive / taken.name
    try:
        _own(at.archive)
        _note(at, taken)
        folder.mkdir(parents=True)
        links = [name for name in files if (at.inbox / name).is_symlink()]
        # For a link, what it leads to is copied, before that file itself may be moved.
        for name in (*kept, *links):
            copy(at.entries, at.inbox / name, folder / name)
        before = look(Inbox(folder)).files
        for name in files:
            if name in links:
                at.entries.remove(at.inbox / name)
            else:
                move(at.entries, at.inbox / name, folder / name)
        there = look(Inbox(folder)).files
        changed = [name for name, stamp in {**before, **files}.items() if there.get(name) != stamp]
        if changed:
            raise OSError(errno.EBUSY, "it was still being written", changed[0])
        for name in files:
            close(folder / name)
        for inside in {(folder / name).parent for name in files}:
            flush(inside)
    except (OSError, SheetError) as error:
        with suppress(OSError, SheetError):  # otherwise the next recovery does it
            _put_back(at, taken)
        where, why = ("", error.briefly) if isinstance(error, SheetError) else (error.filename, error.strerror)
        message, hint = f"the set cannot be moved: {why}", "It stays in the inbox."
        if isinstance(error, PermissionError):
            hint = (
                f"{hint} Give the account that runs nexsis-sync permission to write to that folder and to the archive."
            )
        raise SheetError(Fault(message, str(where or at.archive), hint)) from None
    taken = replace(taken, state="taken")
    _note(at, taken)
    return taken


@_in_words()
def recover(at: Folders) -> list[Fault]:
    """Finish what was begun when a program was killed in the middle of it.

    A refused set that cannot be moved does not hold up the others: it is reported, and tried again the next time.
    """
    stuck = []
    for taken in under_way(at):
        if taken.state == "taking":
            _put_back(at, taken)
        elif taken.state == "refused":
            try:
                _send_off(at, taken)
            except (OSError, SheetError) as error:
                stuck.append(_stuck(at, taken, error))
    return stuck


def _stuck(at: Folders, taken: TakenSet, error: OSError | SheetError) -> Fault:
    why = error.briefly if isinstance(error, SheetError) else f"{error.filename or at.refused}: {error.strerror}"
    message = f"a refused set cannot be moved to {at.refused / taken.name}: {why}"
    hint = "Nothing in it is used; other sets are applied as usual. Remove whatever is blocking the move."
    return Fault(message, str(at.archive / taken.name), hint)


def needs_recovery(at: Folders) -> bool:
    """Whether there is something to recover."""
    return any(taken.state in ("taking", "refused") for taken in under_way(at))


def pending(at: Folders) -> list[TakenSet]:
    """The sets that are to be carried out, in the order they were taken."""
    return [taken for taken in under_way(at) if taken.state in ("taken", "cut")]


@_in_words()
def assign_run(at: Folders, taken: TakenSet, run: str) -> TakenSet:
    """Record that another run carries out the set."""
    now = replace(taken, run=run)
    _note(at, now)
    return now


@_in_words()
def cut(at: Folders, taken: TakenSet) -> None:
    """Record that its run was interrupted."""
    _note(at, replace(taken, state="cut"))


@_in_words()
def done(at: Folders, taken: TakenSet) -> None:
    """Record that a set is finished; and next to its folder its last run, if that is a different one."""
    folder = at.archive / taken.name
    if taken.run != folder.name and folder.exists():
        runs = folder.parent / RUNS
        known = runs.read_text("utf-8").splitlines() if runs.exists() else []
        said = f"{folder.name}: its last run was {taken.run}"
        write(runs, "".join(f"{line}\n" for line in dict.fromkeys([*known, said])))
    _keep(at, [each for each in under_way(at) if each.name != taken.name])


@_in_words()
def refuse(at: Folders, taken: TakenSet, why: str) -> Path:
    """Move a set that cannot be used to the refused folder, with a text that says why; returns that folder."""
    folder = str(at.archive / taken.name)
    # The text is about the files next to it.
    reason = why.replace(folder + os.sep, "").replace(folder, str(at.refused / taken.name))
    refused = replace(taken, state="refused", why=reason, text=_free(at.archive / taken.name))
    _note(at, refused)
    return _send_off(at, refused)


def newest(at: Folders) -> Path | None:
    """The folder of the set that was taken last."""
    moving = {taken.name for taken in under_way(at) if taken.state in ("taking", "refused")}
    found = [path for path in at.archive.glob("*/r-*") if path.relative_to(at.archive).as_posix() not in moving]
    # A run's id begins with its second; of two sets in one second, the folder that was filled last counts.
    return max(found, key=lambda path: (path.name[:17], path.stat().st_mtime_ns), default=None)


# -- moving back and away --------------------------------------------------------------------------------------


def _put_back(at: Folders, taken: TakenSet) -> None:
    """Put a set back into the inbox. If a newer file of that name has arrived meanwhile, the old one is refused."""
    folder = at.archive / taken.name
    newer, homeless = [], []
    for path in _files(folder):
        home = at.inbox / path.relative_to(folder)
        if path.name.startswith(".") and path.name.endswith(PART):
            path.unlink()
        elif at.entries.holds(home) and not os.path.lexists(home):
            try:
                move(Inbox(at.archive), path, home)
            except HOMELESS as error:
                name = path.relative_to(folder).as_posix()
                homeless.append(f"It could not be put back into the inbox: {name}: {error.strerror}")
        elif _still_there(at, home, path):
            path.unlink()
        else:
            newer.append(path.relative_to(folder).as_posix())
    if newer or homeless:
        refuse(at, taken, "\n".join([*_overtaken(newer), *homeless]))
    else:
        _remove(folder)
        done(at, taken)


def _overtaken(newer: Sequence[str]) -> list[str]:
    if not newer:
        return []
    copies = f"A newer {newer[0]}" if len(newer) == 1 else f"Newer copies of {listed(newer)}"
    return [f"{copies} arrived before all files of this set had been moved."]


def _still_there(at: Folders, home: Path, path: Path) -> bool:
    """Whether a file of the inbox is the one that was copied, and not a newer one, or gone."""
    try:
        return equal(at.entries, home, path)
    except SheetError:
        return False


def _send_off(at: Folders, taken: TakenSet) -> Path:
    folder, target = at.archive / taken.name, at.refused / taken.name
    _own(at.refused)
    for path in _files(folder):
        move(Inbox(at.archive), path, target / path.relative_to(folder))
    target.mkdir(parents=True, exist_ok=True)
    way_out = f"Nothing in this set was used. Fix it, and put all its files into {at.inbox}."
    write(target / taken.text, f"{taken.why}\n\n{way_out}\n")
    for path in _files(target):
        close(path)
    _remove(folder)
    done(at, taken)
    return target


def _free(folder: Path) -> str:
    """A name for the text next to a set's files that none of them or of their folders has, whatever its case."""
    there = {path.name.lower() for path in folder.iterdir()} if folder.exists() else set()
    stem, ending = WHY.split(".")
    names = (f"{stem}-{n}.{ending}" for n in count(2))
    return next(name for name in chain([WHY], names) if name not in there)


def _own(folder: Path) -> None:
    """Make a folder of sets, which contain people's data; an existing one keeps the permissions somebody gave it."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())


def _remove(folder: Path) -> None:
    """Remove a set's folder, in which no file is left, and the day's, if that was its only one."""
    if folder.exists():
        for path in sorted((path for path in folder.rglob("*")), reverse=True):
            path.rmdir()
        folder.rmdir()
        if not any(folder.parent.iterdir()):
            folder.parent.rmdir()


# -- the journal -----------------------------------------------------------------------------------------------


def under_way(at: Folders) -> list[TakenSet]:
    """All unfinished sets, in the order they were begun. Raises StoreError if the journal cannot be read."""
    path = at.archive / JOURNAL
    try:
        return [TakenSet(**each) for each in json.loads(path.read_text("utf-8"))]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError):
        hint = "Put the files of sets that were not applied back into the inbox, and remove this file."
        raise StoreError(Fault("the list of sets in progress cannot be read", str(path), hint)) from None


def _note(at: Folders, taken: TakenSet) -> None:
    """Put a set into the journal, or replace its entry."""
    known = under_way(at)
    places = [each.name for each in known]
    if taken.name in places:
        known[places.index(taken.name)] = taken
    else:
        known.append(taken)
    _keep(at, known)


def _keep(at: Folders, sets: Sequence[TakenSet]) -> None:
    path = at.archive / JOURNAL
    if sets:
        write(path, json.dumps([asdict(each) for each in sets], indent=1))
    else:
        path.unlink(missing_ok=True)
