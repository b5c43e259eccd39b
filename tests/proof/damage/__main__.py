"""Tries every kind of damage, or those of some families, and prints what came of it, as rows of a table.

python -m tests.proof.damage [FAMILY ...]
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.proof.damage import CHANGES, FAMILIES, Damage
from tests.proof.ground import Nights, first_night, nights, of_changes, prepared, prepared_for_changes, tried
from tests.proof.known import known
from tests.proof.office import Kept, Office

Prepare = Callable[[Path, Nights, Kept], AbstractContextManager[Office]]


def rows(kinds: Collection[Damage], week: Nights, prepare: Prepare) -> Iterator[str]:
    """Each kind: name, what, wanted, what became of it, and the fault of the engine that is known."""
    faults = known("damage")
    with TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with prepare(folder / "office", week, first_night(folder / "first", nights())) as office:
            for damage in kinds:
                with tried(office, week, damage, folder / damage.name) as trial:
                    said = [*trial.complaints, *(f"the next night: {each}" for each in trial.after(week))]
                why = faults.get(damage.name) or faults.get(f"after {damage.name}", "")
                yield f"| {' | '.join((damage.name, damage.what, damage.wanted, '; '.join(said) or 'right', why))} |"


def main(families: Collection[str]) -> None:
    chosen = [damage for name, kinds in FAMILIES.items() for damage in kinds if not families or name in families]
    print("| Kind | What | Wanted | Reached | Known fault |\n|---|---|---|---|---|")
    for row in rows(chosen, nights(), prepared) if chosen else ():
        print(row, flush=True)
    if not families or "changes" in families:
        for row in rows(CHANGES, of_changes(nights()), prepared_for_changes):
            print(row, flush=True)


main(sys.argv[1:])
