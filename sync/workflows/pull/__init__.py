"""Exports what is on the site, as rows for people. Nothing is written to the site.

what is named, or known from sheets and ledger -> keys -> calls, page by page -> rows, in the order of the keys

way = choose("grade", None, {})
pulled = pull(context, prepare(context, "grade", way, {}), table.write)
"""

from sync.workflows.pull.pages import Failure, Pulled, pull
from sync.workflows.pull.selection import Reading, choose, columns_of, instant, prepare

__all__ = ["Failure", "Pulled", "Reading", "choose", "columns_of", "instant", "prepare", "pull"]
