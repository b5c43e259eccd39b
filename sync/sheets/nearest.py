"""Did you mean ...?"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, among: Iterable[str], most: int = 3) -> list[str]:
    """The names most like `name`, whatever their case, the likest first."""
    folded = {other.casefold(): other for other in among}
    return [folded[other] for other in get_close_matches(name.casefold(), folded, n=most)]
