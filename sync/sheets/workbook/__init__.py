"""Workbooks (xlsx, xlsm, xlsb, xls, ods, XML): the cells of one tab as the text a person sees, or nearly so.

The values come from calamine. Two problems are solved here: it returns nothing for an error value and for a formula
that was never calculated, as for an empty cell, and it allocates all cells down to the last one, wherever that is. So
the file's own records are searched first (`marks`), by a module for each format.
"""

from sync.sheets.workbook.book import read, tabs

__all__ = ["read", "tabs"]
