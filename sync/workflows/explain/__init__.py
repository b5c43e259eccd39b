"""Why an object is as it is: what the sheets say of it, what the mapping makes of that, what was sent, what is there.

Keys alone are worked out for all rows; everything else for the few rows that refer to the object. `meaning` finds out
who is meant, `story` puts the story together, `outlook` asks the site and looks ahead.
"""

from sync.report.explanation.contents import Explanation
from sync.workflows.explain.story import explain

__all__ = ["Explanation", "explain"]
