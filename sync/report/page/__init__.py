"""The preview page: one HTML file that needs nothing else, for people who never open a terminal.

`write_page` is its face. `lines` is what a reader sees of a change, `charts` are the drawings, `embed` is the data the
page filters and sorts; `page.html.j2` and its parts lay them out, `page.css` and `page.js` are put into the file.
"""

from sync.report.page.write import write_page

__all__ = ["write_page"]
