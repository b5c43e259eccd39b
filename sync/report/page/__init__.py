"""The report page: one HTML file that needs nothing else, for people who never open a terminal.

`write_page` is its face. `lines` is what a reader sees of a change, `charts` are the drawings, `embed` is the data the
page filters and sorts, `problem_table` what it offers for download; `page.html.j2` and its parts lay them out. `frame`
is what other pages have as well, such as that of a reconciliation: `frame.html.j2`, `parts.html.j2`, the table of
`changes.html.j2`, `page.css`, and the scripts.
"""

from sync.report.page.write import write_page

__all__ = ["write_page"]
