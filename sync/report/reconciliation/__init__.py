"""A reconciliation as people and programs read it: at the terminal, as JSON, as a page, as a workbook.

`texts` is what all of these say, in words.
"""

from sync.report.reconciliation.document import write_json
from sync.report.reconciliation.terminal import show

__all__ = ["show", "write_json"]
