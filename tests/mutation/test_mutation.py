"""Mistakes are drawn by seed, tried with the tests that run them, and what comes out is what the tests say."""

from __future__ import annotations

import tomllib
from importlib import import_module
from pathlib import Path
from random import Random

import pytest

from tests.mutation.covering import Covering
from tests.mutation.mutants import Mutant, sample
from tests.mutation.report import EQUIVALENT, survivors, table
from tests.mutation.trials import Outcome, Trial, outcomes

RULE = '''\
def few(rows, limit=3):
    """Whether there are few."""
    rows = [row for row in rows if row.ours]
    ours = rows.ours
    if limit is None:
        return False
    return len(rows) <= limit
'''
IDENTITY = Path("sync/diff/identity.py")
NUMBERS = "tests/diff/test_diff_identity.py::test_forms_of_one_number"


@pytest.fixture
def rule(tmp_path: Path) -> Path:
    file = tmp_path / "rule.py"
    file.write_text(RULE, "utf-8")
    return file


def changed(module: Path) -> set[str]:
    return {mutant.difference[-1].strip("+ ") for mutant in sample([module], 100, Random(0))}


def test_limits_conditions_and_statements_go_wrong_and_documentation_does_not(rule: Path) -> None:
    assert changed(rule) == {
        "def few(rows, limit=4):",
        "rows = [row for row in rows if not (row.ours)]",
        "pass",
        "if not (limit is None):",
        "if limit is not None:",
        "return True",
        "return len(rows) < limit",
    }


def test_what_is_only_a_check_of_the_program_itself_does_not_go_wrong(tmp_path: Path) -> None:
    file = tmp_path / "pairs.py"
    file.write_text("pairs = [*zip(one, other, strict=True)]\nsame = compare(one, loose=True)\n", "utf-8")
    assert changed(file) == {"same = compare(one, loose=False)"}


def test_a_seed_draws_the_same_mistakes_again_and_another_one_others(rule: Path) -> None:
    drawn = [sample([rule], 4, Random(seed)) for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert [len(each) for each in drawn] == [4, 4, 4]


def test_a_mistake_knows_its_lines() -> None:
    from tests.mutation.mistakes import mistakes

    assert {(each.lines.start, each.lines.stop) for each in mistakes("few = (\n    1 + # one\n    2\n)\n")} == {
        (2, 4),
        (2, 3),
        (3, 4),
    }


COVERING = Covering(
    {
        Path("rule.py"): {
            1: frozenset(),
            2: frozenset({"broad", "slow", "near"}),
            3: frozenset({"near", "slow"}),
            4: frozenset({"broad"}),
        }
    },
    {"broad": 1.0, "slow": 9.0, "near": 1.0},
)


@pytest.mark.parametrize(
    ("lines", "about", "seconds", "chosen"),
    [
        ([2], [], 20, ["broad", "near", "slow"]),
        ([2], [], 1, ["broad"]),
        ([2], ["slow", "lo"], 20, ["slow", "broad", "near"]),
        ([3], [], 20, ["near", "slow"]),
        ([3, 4], [], 20, ["broad", "near", "slow"]),
        ([1], [], 20, ["broad", "near", "slow"]),
        ([5], [], 20, []),
    ],
)
def test_tests_that_run_a_line_are_chosen_as_far_as_time_allows(
    lines: list[int], about: list[str], seconds: float, chosen: list[str]
) -> None:
    assert COVERING.chosen(Path("rule.py"), lines, about, seconds) == chosen


@pytest.mark.parametrize(
    ("written", "instead", "seconds", "outcome"),
    [
        ("text = found[1]", "text = found[1] # the same", 60, Outcome.SURVIVED),
        ("text = found[1]", "text = found[0]", 60, Outcome.KILLED),
        ("MOST = 1_000", "while True: pass", 1, Outcome.TIMED_OUT),
    ],
)
def test_a_trial_comes_out_as_the_tests_do(
    monkeypatch: pytest.MonkeyPatch, written: str, instead: str, seconds: int, outcome: Outcome
) -> None:
    # As it is when pytest has collected the tests before.
    monkeypatch.syspath_prepend("tests/diff")
    import_module("test_diff_identity")
    source = IDENTITY.read_text("utf-8")
    mutant = Mutant(IDENTITY, range(1), source, source.replace(written, instead))
    assert mutant.difference
    assert [*outcomes([Trial(mutant, [NUMBERS], seconds)], jobs=1)] == [(mutant, outcome)]


def test_what_came_out_is_counted_by_module_and_survivors_are_shown(rule: Path) -> None:
    kinds = [Outcome.KILLED, Outcome.SURVIVED, Outcome.TIMED_OUT, Outcome.EQUIVALENT]
    came = dict(zip(sample([rule], 4, Random(1)), kinds, strict=True))
    heads, line, total = table(came)
    assert heads.split() == ["mutants", "killed", "survived", "timed", "out", "equivalent", "score"]
    assert line.split()[1:] == total.split()[1:] == ["4", "1", "1", "1", "1", "66.7%"]
    (survivor,) = (mutant for mutant, outcome in came.items() if outcome is Outcome.SURVIVED)
    assert [*survivors(came)] == ["", f"{rule}:{survivor.lines.start}", *survivor.difference]


def test_what_is_listed_as_no_mistake_is_still_written_so() -> None:
    for each in tomllib.loads(EQUIVALENT.read_text("utf-8"))["mistake"]:
        written = [line[1:] for line in each["difference"] if line.startswith("-")]
        lines = Path(each["module"]).read_text("utf-8").splitlines()
        assert set(written) <= set(lines), each
