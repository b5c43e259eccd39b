"""Whatever happens to a run, it ends well: each kind of trouble once here, 100 cases in the long form."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.examples import LONG
from tests.faults.cases import KINDS


@pytest.mark.timeout(60 * 60)
def test_whatever_happens_to_a_run_it_ends_well() -> None:
    # In a process of its own: it forks, which one with threads must not do.
    command = [sys.executable, "-m", "tests.faults", "--seed", "1", "--cases", str(100 if LONG else len(KINDS))]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
