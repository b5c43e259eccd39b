"""What is kept of a demo that was played."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Played:
    """Its exit code, its output, and the folder it left."""

    code: int
    said: str
    complained: str
    folder: Path
