"""Which tab is meant."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sync.errors import Fault, SheetError
from sync.sheets.nearest import nearest
from sync.sheets.workbook.marks import Tab


def choose(file: str, tabs: Sequence[Tab], wanted: str | None, filled: Callable[[Tab], bool]) -> Tab:
    """The tab of that name; else the one whose name differs in case and blanks alone; else the one at that position.

    Positions are those of the tabs a person sees, from 1. If none is wanted: the only visible one that is `filled`.
    Raises SheetError if no tab, or more than one, is meant.
    """
    if not tabs:
        raise SheetError(Fault("no worksheets are found in the workbook", file, "Has the export failed?"))
    return _only_filled(file, tabs, filled) if wanted is None else _called(file, tabs, wanted)


def _called(file: str, tabs: Sequence[Tab], wanted: str) -> Tab:
    found = [tab for tab in tabs if tab.name == wanted] or [tab for tab in tabs if _folded(tab.name) == _folded(wanted)]
    if len(found) == 1:
        return found[0]
    if found:
        hint = "Write the name in `tab` exactly as it stands in the workbook."
        raise SheetError(Fault(f"several tabs could be '{wanted}': {_listed(found)}", file, hint))
    shown = [tab for tab in tabs if tab.shown]
    if wanted.isdecimal() and 1 <= int(wanted) <= len(shown):
        return shown[int(wanted) - 1]
    near = nearest(wanted, [tab.name for tab in tabs], most=1)
    hint = f"Did you mean '{near[0]}'?" if near else f"The tabs are: {_listed(tabs)}."
    raise SheetError(Fault(f"there is no tab '{wanted}'", file, hint))


def _only_filled(file: str, tabs: Sequence[Tab], filled: Callable[[Tab], bool]) -> Tab:
    found = [tab for tab in tabs if tab.shown and filled(tab)]
    if not found:
        raise SheetError(Fault("no visible tab holds data", file, f"The tabs are: {_listed(tabs)}."))
    if len(found) > 1:
        raise SheetError(
            Fault(f"several tabs hold data: {_listed(found)}", file, "Name the one that is meant with `tab`.")
        )
    return found[0]


def _folded(name: str) -> str:
    return "".join(name.split()).casefold()


def _listed(tabs: Sequence[Tab]) -> str:
    return ", ".join(f"'{tab.name}'" for tab in tabs)
