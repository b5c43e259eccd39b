"""Files in: CSV files and workbooks become Sheets.

    path = find(inbox, "users*.csv")
    sheet = read(path)
    faults = require(sheet, ["STUDENT_ID", "EMAIL"])

Whatever keeps a file from being read as a table is a SheetError; what concerns single rows or cells is an Issue
of the Sheet, and the row stays in the frame, so that it can protect the object it refers to.
"""

from sync.sheets.header import require
from sync.sheets.inbox import digest, find
from sync.sheets.reading import read

__all__ = ["digest", "find", "read", "require"]
