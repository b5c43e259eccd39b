"""What is printed of the trials, and which mistakes count neither way."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.mutation.mutants import Mutant
from tests.mutation.trials import Outcome

EQUIVALENT = Path(__file__).with_name("equivalent.toml")
COLUMNS = ("mutants", *Outcome, "score")


def equivalent(mutant: Mutant) -> bool:
    """Whether it is listed among the mistakes that nobody could notice."""
    return (str(mutant.module), mutant.difference) in {
        (each["module"], tuple(each["difference"])) for each in tomllib.loads(EQUIVALENT.read_text("utf-8"))["mistake"]
    }


def table(came: Mapping[Mutant, Outcome]) -> Iterator[str]:
    """Lines of a table: each module's mutants by outcome, and how many of them the tests noticed."""
    yield f"{'':<32}" + "".join(f"{name:>12}" for name in COLUMNS)
    for module in sorted({mutant.module for mutant in came}):
        yield _line(str(module), Counter(outcome for mutant, outcome in came.items() if mutant.module == module))
    yield _line("all", Counter(came.values()))


def _line(name: str, counts: Counter[Outcome]) -> str:
    judged = counts.total() - counts[Outcome.EQUIVALENT]
    score = (judged - counts[Outcome.SURVIVED]) / judged if judged else 1
    return f"{name:<32}{counts.total():>12}" + "".join(f"{counts[each]:>12}" for each in Outcome) + f"{score:>12.1%}"


def survivors(came: Mapping[Mutant, Outcome]) -> Iterator[str]:
    """Lines that show each survivor: where it is, what is written there, and what was instead."""
    for mutant in sorted(came, key=lambda each: (each.module, each.lines.start)):
        if came[mutant] is Outcome.SURVIVED:
            yield ""
            yield f"{mutant.module}:{mutant.lines.start}"
            yield from mutant.difference
