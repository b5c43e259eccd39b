"""Why an object is as it is: what the sheets say, what the mapping makes of it, what was sent, what is there.

For all rows only the keys are computed; everything else only for the few rows that refer to the object. `meaning` finds
out which objects are meant, `story` puts the story together, `outlook` asks the site and looks ahead.
"""

from sync.report.explanation.contents import Explanation
from sync.workflows.explain.story import explain

__all__ = ["Explanation", "explain"]
