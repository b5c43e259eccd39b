"""Which file is written for which source file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count
from pathlib import Path
from typing import Final

from sync.errors import NexsisSyncError
from sync.model import Issue, Sheet
from sync.report.problem_rows import Place, by_place
from sync.report.row_files.csv_rows import write_csv
from sync.report.row_files.marked_workbook import can_be_marked, write_marked
from sync.sheets.output import written

ENDING: Final = re.compile(r"(?:\.(?:csv|txt|tsv|dat|gz|zip|xlsx|xlsm|xlsb|xls|ods|html?))+$", re.IGNORECASE)
"""The end of a file's name that says what kind of file it is."""


@dataclass(frozen=True, slots=True)
class RowFile:
    """A file that was written: of which source file, and how many of its rows have problems.

    `left` says what it leaves out, as sentences; `path` is None if the source file is not there any more as it was.
    """

    source: str
    path: Path | None
    rows: int
    left: tuple[str, ...] = ()


def write_row_files(
    folder: Path, issues: Sequence[Issue], sheets: Iterable[Sheet], places: Mapping[str, Path]
) -> Iterator[RowFile]:
    """Write a file for each source file with problem rows.

    sheets: those that a plan was made from, as they were then; one may be there more than once
    places: where the file of each is, by its name

    Raises NexsisSyncError if one cannot be written.
    """
    found, others = by_place(issues)
    by_file: dict[str, dict[Place, Sheet]] = {}
    for sheet in sheets:
        if (sheet.file, sheet.tab) in found:
            by_file.setdefault(sheet.file, {}).setdefault((sheet.file, sheet.tab), sheet)
    taken: set[str] = set()
    for name in dict.fromkeys(file for file, _ in found):
        own = [(sheet, found[place]) for place, sheet in by_file.get(name, {}).items()]
        more = [issue for issue in others if issue.file == name and issue.severity == "error"]
        left = tuple(issue.message for issue in more)
        if not own:
            yield RowFile(name, None, sum(len(rows) for (file, _), rows in found.items() if file == name))
        elif can_be_marked(places[name]) and _given_back(
            target := folder / _free(_stem(name), Path(name).suffix, taken), places[name], own, more
        ):
            yield RowFile(name, target, sum(len(rows) for _, rows in own), left)
        else:
            for sheet, rows in own:
                stem = f"{_stem(name)}-{_plain(sheet.tab)}" if sheet.tab else _stem(name)
                path = folder / _free(stem, ".csv", taken)
                with written(path) as stream:
                    write_csv(stream, sheet, rows)
                yield RowFile(name, path, len(rows), left)


def _given_back(
    path: Path, file: Path, tabs: Sequence[tuple[Sheet, Mapping[int, Sequence[Issue]]]], more: Sequence[Issue]
) -> bool:
    """Whether a workbook could be written with its faulty cells marked."""
    try:
        with written(path) as stream:
            write_marked(stream, file, tabs, more)
    except NexsisSyncError:
        raise
    except Exception:  # noqa: BLE001 - openpyxl fails in many ways on what other programs write
        return False
    return True


def _free(stem: str, suffix: str, taken: set[str]) -> str:
    """A file name that no other source file has: `students-errors.csv`, `students-errors-2.csv`."""
    names = chain([f"{stem}-errors{suffix}"], (f"{stem}-errors-{n}{suffix}" for n in count(2)))
    name = next(name for name in names if name.casefold() not in taken)
    taken.add(name.casefold())
    return name


def _stem(name: str) -> str:
    """A file's name without its ending, and without folders."""
    return _plain(ENDING.sub("", name))


def _plain(name: str) -> str:
    return re.sub(r'[\\/:*?"<>|\s]+', "-", name)
