"""Workbooks (xlsx, xlsm, xlsb, xls, ods): the cells of one tab as the text a person sees, or nearly so.

The values come from calamine. Two things it does not do: it gives nothing for an error value and for a formula that
was never calculated, as for an empty cell, and it makes room for all cells down to the last one, wherever that is.
So the file's own records are looked through first (`marks`), by a module for each format.
"""

from sync.sheets.workbook.book import read

__all__ = ["read"]
