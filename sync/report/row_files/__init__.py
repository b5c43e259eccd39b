"""Rows with problems as files for those who correct them, a file for each source file.

    files = write_row_files(folder, issues, sheets, places)

A workbook comes back as it is, with the cells marked (`marked_workbook`); of any other file its rows, in its own
columns, as CSV (`csv_rows`).
"""

from sync.report.row_files.write import RowFile, write_row_files

__all__ = ["RowFile", "write_row_files"]
