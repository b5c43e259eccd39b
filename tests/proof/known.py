"""What the present engine gets wrong, kind by kind, and why: `known.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

FILE = Path(__file__).with_name("known.toml")


def known(table: str) -> Mapping[str, str]:
    """The reasons by the names of the kinds."""
    reasons: Mapping[str, str] = tomllib.loads(FILE.read_text("utf-8"))[table]
    return reasons
