"""Trials of mutants: each in a copy of this process, which has imported all libraries already."""

from __future__ import annotations

import os
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from enum import StrEnum
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from io import StringIO
from multiprocessing import get_context
from multiprocessing.connection import wait
from multiprocessing.context import ForkProcess
from pathlib import Path
from resource import RLIMIT_CPU, setrlimit
from signal import SIGKILL, SIGXCPU
from types import CodeType

import pytest
from hypothesis import Phase, settings

from tests.mutation.mutants import Mutant

OPTIONS = ("-qq", "--exitfirst", "--numprocesses=0", "--timeout=600", "-p", "no:cacheprovider", "--no-cov")
FORK = get_context("fork")
OWN = Path(__file__).parent


class Outcome(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    SURVIVED = "survived"
    TIMED_OUT = "timed out"
    EQUIVALENT = "equivalent"  # known to be no mistake, and not tried


@dataclass(frozen=True)
class Trial:
    """A mutant, the tests that should notice it, and the seconds of CPU after which it is given up."""

    mutant: Mutant
    tests: Sequence[str]
    seconds: int


class Infected(SourceFileLoader):
    """Loads a mutant where its module is asked for."""

    def __init__(self, mutant: Mutant) -> None:
        super().__init__(".".join(mutant.module.with_suffix("").parts), str(mutant.module.resolve()))
        self._source = mutant.source

    def get_code(self, _: str) -> CodeType:
        """What the mutant does."""
        return compile(self._source, self.path, "exec", dont_inherit=True)


@dataclass(frozen=True)
class Finder:
    """Sends those who ask for one module to a loader of its own."""

    loader: SourceFileLoader

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        """That loader, if it is that module."""
        return spec_from_file_location(name, self.loader.path, loader=self.loader) if name == self.loader.name else None


class Settings:
    """A plugin of pytest: properties are tried with the same examples each time, and no simpler one is looked for."""

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self) -> None:
        """Make it so for all tests imported from now on."""
        phases = [Phase.explicit, Phase.generate]
        settings.register_profile("mutation", derandomize=True, database=None, deadline=None, phases=phases)
        settings.load_profile("mutation")


def warm(tests: Sequence[str]) -> None:
    """Import what these tests import, so that no trial needs to read a library again."""
    with redirect_stdout(StringIO()) as said:
        code = pytest.main([*OPTIONS, "--collect-only", *tests])
    if code:
        sys.exit(said.getvalue())


def outcomes(trials: Iterable[Trial], jobs: int) -> Iterator[tuple[Mutant, Outcome]]:
    """What became of each mutant, as many at a time as there are jobs."""
    waiting, running = deque(trials), dict[ForkProcess, Mutant]()
    while waiting or running:
        while waiting and len(running) < jobs:
            trial = waiting.popleft()
            process = FORK.Process(target=_run, args=(trial,))
            process.start()
            running[process] = trial.mutant
        wait([process.sentinel for process in running])
        for process in [each for each in running if each.exitcode is not None]:
            yield running.pop(process), _outcome(process.exitcode)


def _run(trial: Trial) -> None:
    """Import everything of this repository anew, the mutant among it, and end as the tests do."""
    setrlimit(RLIMIT_CPU, (trial.seconds, trial.seconds + 1))
    # By their files: a test module in a folder that is no package has a name of its own.
    for name in [each for each, module in sys.modules.items() if _changes(getattr(module, "__file__", None) or "")]:
        del sys.modules[name]
    sys.meta_path.insert(0, Finder(Infected(trial.mutant)))
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    # Without a test, pytest would run all there are.
    os._exit(pytest.main([*OPTIONS, *trial.tests], plugins=[Settings()]) if trial.tests else 0)


def _changes(file: str) -> bool:
    """Whether a module may be the mutant, or use it."""
    return file.startswith((f"{Path.cwd()}/sync/", f"{Path.cwd()}/tests/")) and not file.startswith(str(OWN))


def _outcome(code: int | None) -> Outcome:
    if code in (-SIGXCPU, -SIGKILL):
        return Outcome.TIMED_OUT
    return Outcome.KILLED if code else Outcome.SURVIVED
