"""Files in: CSV files and workbooks become Sheets.

    path = find(inbox, "users*.csv")
    sheet = read(path, choice, Wanted(["STUDENT_ID", "EMAIL"]))
    faults = require(sheet, ["STUDENT_ID", "EMAIL"])

Whatever keeps a file from being read as a table is a SheetError; what concerns single rows or cells is an Issue
of the Sheet, and the row stays in the frame, so that it can protect the object it refers to.
"""

from sync.sheets.header import Wanted, require
from sync.sheets.inbox import digest, find
from sync.sheets.reading import read

__all__ = ["Wanted", "digest", "find", "read", "require"]
