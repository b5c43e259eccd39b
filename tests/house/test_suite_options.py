"""What the suite's own options do, shown with a suite of a few lines."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.pages import ROOT

SUITE = """
import pytest

@pytest.mark.skipif(True, reason="there is no such program")
def test_that_lacks_something_known_before():
    pass

def test_that_finds_out():
    pytest.skip("there is no such file")

@pytest.mark.xfail(reason="known")
def test_that_is_known_to_fail():
    assert False

def test_that_passes():
    pass
"""
LONG = """
import pytest
from hypothesis import given, settings, strategies as st

from tests.examples import examples

seen = []

@settings(max_examples=examples(3))
@given(number=st.integers())
def test_of_a_property(number):
    seen.append(number)

@pytest.mark.races
def test_of_a_race():
    pass

def test_that_counts():
    print("examples:", len(seen))
"""


def outcome(folder: Path, suite: str, *options: str) -> str:
    """What a run of a suite prints."""
    (folder / "test_it.py").write_text(suite, "utf-8")
    own = ["-p", "tests.conftest", "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(folder)]
    command = [sys.executable, "-m", "pytest", str(folder), *own, "--numprocesses=0", "-rA", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=100).stdout


def test_a_skip_is_one_where_nothing_else_is_asked(tmp_path: Path) -> None:
    said = outcome(tmp_path, SUITE)
    assert "1 passed, 2 skipped, 1 xfailed" in said


def test_with_nothing_skipped_a_skip_fails_with_its_reason(tmp_path: Path) -> None:
    said = outcome(tmp_path, SUITE, "--nothing-skipped")
    assert "1 failed, 1 passed, 1 xfailed, 1 error" in said
    assert "nothing may be skipped here: Skipped: there is no such program" in said
    assert "nothing may be skipped here: Skipped: there is no such file" in said


def test_a_module_that_would_be_skipped_fails(tmp_path: Path) -> None:
    said = outcome(tmp_path, 'import pytest\npytest.importorskip("no_such_module")\n', "--nothing-skipped")
    assert "1 error" in said
    assert "could not import 'no_such_module'" in said


@pytest.mark.parametrize(("options", "examples", "tests"), [((), 3, 3), (("--full",), 500, 22)])
def test_long_proofs_have_more_examples_and_repeat_races(
    tmp_path: Path, options: tuple[str, ...], examples: int, tests: int
) -> None:
    said = outcome(tmp_path, LONG, *options)
    assert f"examples: {examples}\n" in said
    assert f"{tests} passed" in said
