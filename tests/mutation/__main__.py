"""Make small mistakes in the rules, one at a time, and see which of them the tests notice.

    python -m tests.mutation --seed 1 --sample 300
    python -m tests.mutation --only sync/plan/history.py sync/diff

The same seed draws the same mistakes. Prints, module by module, how many were killed by a failing test, how many
survived, and how many made the tests run on and on; then lists the survivors. `equivalent.toml` lists mistakes that
change nothing anybody could notice; they count neither way.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import tomllib
from pathlib import Path
from random import Random

from rich.console import Console
from rich.progress import track

from tests.mutation.covering import Covering, measured
from tests.mutation.mutants import Mutant, sample
from tests.mutation.report import equivalent, survivors, table
from tests.mutation.trials import Outcome, Trial, outcomes, warm

RULES = {
    Path(room, f"{name}.py"): about
    for room, modules in tomllib.loads(Path(__file__).with_name("rules.toml").read_text("utf-8")).items()
    for name, about in modules.items()
}
"""The modules, each with parts of the names of those tests that were written about it."""

TESTS = (
    "tests/diff",
    "tests/plan",
    *(f"tests/engine/test_engine_{name}.py" for name in ("groups", "inputs", "joins", "memory", "one_way")),
    "tests/report/test_report_summary.py",
)

SECONDS = 15.0
"""What the tests of one mutant cost at most, in CPU, by what they cost without it, measured."""

SPARE, TIMES = 20, 3
"""They are stopped after these seconds of CPU, and as many times as long as they take without it."""


def main() -> None:
    """Draw the mutants, find out which tests run what, try each mutant, print what came out."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description="Mutation testing of the rules.")
    parser.add_argument("--seed", type=int, default=1, help="draws the mistakes (default: 1)")
    parser.add_argument("--sample", type=int, default=300, help="how many (default: 300)")
    parser.add_argument("--only", type=Path, nargs="+", default=[Path()], help="modules or rooms (default: all)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="at a time (default: one for each core)")
    said = parser.parse_args()
    modules = [each for each in RULES if any(each.is_relative_to(path) for path in said.only)]
    if not modules:
        parser.error(f"no rules in {', '.join(map(str, said.only))}: tests/mutation/rules.toml lists the modules")
    drawn = sample(modules, said.sample, Random(said.seed))
    with tempfile.TemporaryDirectory() as folder:
        covering = measured(modules, TESTS, said.jobs, Path(folder))
    warm(TESTS)
    trials = [_trial(mutant, covering) for mutant in drawn if not equivalent(mutant)]
    shown = track(outcomes(trials, said.jobs), "mutants", len(trials), console=Console(stderr=True))
    came = dict.fromkeys(drawn, Outcome.EQUIVALENT) | dict(shown)
    print(*table(came), *survivors(came), sep="\n")


def _trial(mutant: Mutant, covering: Covering) -> Trial:
    tests = covering.chosen(mutant.module, mutant.lines, RULES[mutant.module], SECONDS)
    return Trial(mutant, tests, int(SPARE + TIMES * sum(covering.seconds[test] for test in tests)))


if __name__ == "__main__":
    main()
