"""The look of cells. Whatever a colour means is in words too; dark text on light fills can be read in print."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

TEXT: Final = {"num_format": "@", "quote_prefix": True, "valign": "top", "font_name": "Calibri", "font_size": 11}
"""A text cell stays text when it is edited: an identifier keeps its zeros, and `=1+1` is never calculated."""

FILLS: Final[Mapping[str, str]] = {
    "create": "#D5EDDB",
    "update": "#FFEBB0",
    "delete": "#F9D3CF",
    "covered": "#E3E5E8",
    "held": "#DDD6F3",
    "wrong": "#F9D3CF",
    "unsure": "#FFEBB0",
    "before": "#FFF8E1",
    "after": "#FFEBB0",
}
STATES: Final[Mapping[str, str]] = {
    "ok": FILLS["create"], "doubtful": FILLS["update"], "held": FILLS["update"], "failed": FILLS["delete"],
}  # fmt: skip
"""The fill of the headline, by the state of the plan or run."""

INK: Final = "#1F2933"
PALE: Final = "#52606D"
LINE: Final = "#CBD2D9"
HEADER: Final = "#243B53"

STYLES: Final[Mapping[str, Mapping[str, Any]]] = {
    **{name: {**TEXT, "bg_color": fill, "font_color": INK} for name, fill in FILLS.items()},
    "text": TEXT,
    "wrapped": {**TEXT, "text_wrap": True},
    "number": {**TEXT, "num_format": "0", "quote_prefix": False, "align": "right", "indent": 1},
    "pale": {**TEXT, "font_color": PALE},
    "header": {
        **TEXT, "bold": True, "font_color": "#FFFFFF", "bg_color": HEADER, "text_wrap": True, "valign": "vcenter",
        "border": 1, "border_color": HEADER,
    },
    "added": {
        **TEXT, "bold": True, "font_color": "#FFFFFF", "bg_color": "#8A1C1C", "text_wrap": True, "valign": "vcenter",
        "border": 1, "border_color": "#8A1C1C",
    },
    "title": {**TEXT, "bold": True, "font_size": 16, "font_color": HEADER},
    "first": {**TEXT, "bold": True, "font_size": 13, "text_wrap": True},
    **{
        state: {**TEXT, "bold": True, "font_size": 13, "text_wrap": True, "bg_color": fill, "font_color": INK}
        for state, fill in STATES.items()
    },
    "section": {**TEXT, "bold": True, "font_size": 13, "font_color": HEADER, "bottom": 2, "bottom_color": HEADER},
    "strong": {**TEXT, "bold": True},
    "command": {**TEXT, "font_name": "Consolas", "font_size": 10, "font_color": HEADER},
    "link": {**TEXT, "font_color": "#0B4F9E", "underline": 1},
    "count": {"num_format": '#,##0;-#,##0;"-"', "align": "right", "valign": "top"},
    "count_header": {
        **TEXT, "bold": True, "align": "right", "valign": "bottom", "text_wrap": True, "bottom": 1,
        "bottom_color": LINE,
    },
}  # fmt: skip
