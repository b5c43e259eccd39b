"""Frames to files: CSV, Excel, JSON lines and Parquet, written as rows arrive; a file is complete or not there.

    with open_table(Path("grades.csv"), ["userid", "gradeletter"]) as table:
        for frame in frames:
            table.write(frame)

The cells of a frame are values of JSON. JSON lines keep them; the others write text (see `sync.export.texts`).
"""

from sync.export.layout import ColumnLayout, LayoutWriter, read_layout
from sync.export.writers import ENDINGS, JsonLines, RowWriter, open_table

__all__ = ["ENDINGS", "ColumnLayout", "JsonLines", "LayoutWriter", "RowWriter", "open_table", "read_layout"]
