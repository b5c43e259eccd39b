"""The demo, played once as a person would, for all tests that look at its output and files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from .playing import Played


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    above = tmp_path_factory.mktemp("demo")
    ended = subprocess.run(
        [sys.executable, "-c", "from sync.cli import main; main()", "demo"],
        check=False,
        cwd=above,
        env={**os.environ, "PYTHONUTF8": "1", "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        encoding="utf-8",
    )
    return Played(ended.returncode, ended.stdout, ended.stderr, above / "nexsis-demo")
