"""Which tests run which lines of the rules, and what each costs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from xml.etree import ElementTree as ET

from coverage import CoverageData

from tests.mutation.clock import COST

Lines = Mapping[int, frozenset[str]]
"""By line: the tests that run it."""


@dataclass(frozen=True)
class Covering:
    """What tests run of each module, and the seconds of CPU that each takes."""

    modules: Mapping[Path, Lines]
    seconds: Mapping[str, float]

    def chosen(self, module: Path, lines: Iterable[int], about: Sequence[str], seconds: float) -> list[str]:
        """Tests that run any of these lines, the most telling first, as many as fit into so much time.

        about: parts of the names of those tests that were written about the module; these come before all others
        """
        ran = self.modules[module]
        running = [ran[line] for line in lines if line in ran]
        # What runs only when the module is imported matters to all its tests.
        wanted = frozenset().union(*running) or frozenset(self._ranked[module] if running else ())
        chosen = []
        for test in sorted(self._ranked[module], key=lambda test: not any(part in test for part in about)):
            if test in wanted and seconds > 0:
                chosen.append(test)
                seconds -= self.seconds[test]
        return chosen

    @cached_property
    def _ranked(self) -> Mapping[Path, Sequence[str]]:
        return {module: [*_ranking(lines, self.seconds)] for module, lines in self.modules.items()}


def _ranking(lines: Lines, seconds: Mapping[str, float]) -> list[str]:
    """Tests of one module: next comes the one that runs most for its time of what few tests run, and none before."""
    runs: dict[str, set[int]] = defaultdict(set)
    for line, tests in lines.items():
        for test in tests:
            runs[test].add(line)
    ranked: list[str] = []
    fresh = set(lines)
    while len(ranked) < len(runs):
        left = sorted(runs.keys() - set(ranked))
        worth = {test: sum(1 / len(lines[line]) for line in runs[test] & fresh) / seconds[test] for test in left}
        best = max(left, key=worth.__getitem__)
        if worth[best]:
            ranked.append(best)
            fresh -= runs[best]
        else:
            fresh = set(lines)
    return ranked


def measured(modules: Sequence[Path], tests: Sequence[str], jobs: int, folder: Path) -> Covering:
    """Run the tests as they are."""
    options = [
        "-p",
        "no:cacheprovider",
        "-p",
        "tests.mutation.clock",
        "--timeout=600",
        f"--numprocesses={jobs}",
        f"--basetemp={folder}/tests",
    ]
    cover = [f"--cov={room}" for room in {module.parent for module in modules}]
    said = ["--cov-context=test", "--cov-report=", "--cov-fail-under=0", f"--junit-xml={folder}/times.xml"]
    subprocess.run(
        [sys.executable, "-m", "pytest", *options, *cover, *said, *tests],
        env={**os.environ, "COVERAGE_FILE": f"{folder}/coverage"},
        check=True,
    )
    data = CoverageData(f"{folder}/coverage")
    data.read()
    return Covering({module: _lines(data, module) for module in modules}, _seconds(folder / "times.xml"))


def _lines(data: CoverageData, module: Path) -> Lines:
    by_line = data.contexts_by_lineno(str(module.resolve()))
    # A context is a test and its phase; without one, a line is run when the module is imported.
    return {line: frozenset(each.rpartition("|")[0] for each in found if each) for line, found in by_line.items()}


def _seconds(file: Path) -> dict[str, float]:
    """What each test cost, from a report in JUnit's form."""
    return {
        f"{case.attrib['classname'].replace('.', '/')}.py::{case.attrib['name']}": float(cost.attrib["value"])
        for case in ET.parse(file).iter("testcase")
        for cost in case.iterfind(f"properties/property[@name='{COST}']")
    }
