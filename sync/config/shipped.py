"""The mappings and samples that come with the program: in the installed package, or at the top of a checkout."""

from __future__ import annotations

from pathlib import Path

import sync


def shipped(name: str) -> Path:
    """The folder `mappings` or `samples`."""
    package = Path(sync.__file__).parent
    installed = package / "shipped" / name
    return installed if installed.is_dir() else package.parent / name
