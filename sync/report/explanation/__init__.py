"""The whole story of one object, at the terminal and as JSON; `contents` is what such a story is made of."""

from sync.report.explanation.document import write_json
from sync.report.explanation.terminal import show

__all__ = ["show", "write_json"]
