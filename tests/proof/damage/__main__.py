"""Tries every kind of damage, or those of some families, and prints what came of it, as rows of a table.

python -m tests.proof.damage [FAMILY ...]
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.proof.damage import CHANGES, FAMILIES, Damage
from tests.proof.ground import OF_CHANGES, Nights, nights, of_changes, prepared, tried
from tests.proof.known import known


def rows(kinds: Collection[Damage], week: Nights, mappings: Path | None = None) -> Iterator[str]:
    """Each kind: name, what, wanted, what became of it, and the fault of the engine that is known."""
    faults = known("damage")
    with TemporaryDirectory() as temporary, prepared(Path(temporary) / "office", week, mappings) as office:
        for damage in kinds:
            with tried(office, week, damage, Path(temporary) / damage.name) as trial:
                said = [*trial.complaints, *(f"the next night: {each}" for each in trial.after(week))]
            why = faults.get(damage.name) or faults.get(f"after {damage.name}", "")
            yield f"| {' | '.join((damage.name, damage.what, damage.wanted, '; '.join(said) or 'right', why))} |"


def main(families: Collection[str]) -> None:
    chosen = [damage for name, kinds in FAMILIES.items() for damage in kinds if not families or name in families]
    print("| Kind | What | Wanted | Reached | Known fault |\n|---|---|---|---|---|")
    for row in rows(chosen, nights()) if chosen else ():
        print(row, flush=True)
    for row in rows(CHANGES, of_changes(nights()), OF_CHANGES) if not families or "changes" in families else ():
        print(row, flush=True)


main(sys.argv[1:])
