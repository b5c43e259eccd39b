"""Which requests are under way at once. A real Moodle writes duplicates when some of them race."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager


class Flights:
    """The claims of the requests in flight, a claim being a sentence that is false unless two requests share it."""

    def __init__(self) -> None:
        self._aloft: Counter[str] = Counter()
        self._written: Counter[str] = Counter()

    @contextmanager
    def flying(self, claims: Iterable[str], writes: bool) -> Iterator[list[str]]:
        """Hold `claims` for the while; gives those that came true by it. Reads don't race each other."""
        held = list(claims)
        others = self._aloft if writes else self._written
        race = [claim for claim in held if others[claim]]
        counters = [self._aloft, self._written] if writes else [self._aloft]
        for counter in counters:
            counter.update(held)
        try:
            yield race
        finally:
            for counter in counters:
                for claim in held:
                    counter[claim] -= 1
                    if not counter[claim]:
                        del counter[claim]
