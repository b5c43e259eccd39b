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


UNUSABLE = 'import pytest\npytest.importorskip("no_such_module")\n'


def outcome(folder: Path, *options: str) -> str:
    """What a run of all three prints."""
    for name, suite in {"skips": SUITE, "long": LONG, "unusable": UNUSABLE}.items():
        (folder / f"test_{name}.py").write_text(suite, "utf-8")
    own = ["-p", "tests.conftest", "-c", str(ROOT / "pyproject.toml"), "--rootdir", str(folder)]
    command = [sys.executable, "-m", "pytest", str(folder), *own, "--numprocesses=0", "-rA", *options]
    command += ["--continue-on-collection-errors"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600).stdout


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> str:
    return outcome(tmp_path_factory.mktemp("usual"))


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> str:
    return outcome(tmp_path_factory.mktemp("strict"), "--nothing-skipped", "--full")


def test_a_skip_is_one_where_nothing_else_is_asked(usual: str) -> None:
    assert "4 passed, 3 skipped, 1 xfailed" in usual


def test_with_nothing_skipped_a_skip_fails_with_its_reason(strict: str) -> None:
    assert "1 failed, 23 passed, 1 xfailed, 2 errors" in strict
    assert "nothing may be skipped here: Skipped: there is no such program" in strict
    assert "nothing may be skipped here: Skipped: there is no such file" in strict


def test_a_module_that_would_be_skipped_fails(strict: str) -> None:
    assert "could not import 'no_such_module'" in strict


def test_properties_have_a_few_examples_and_races_happen_once(usual: str) -> None:
    assert "examples: 3\n" in usual
    assert usual.count("test_of_a_race") == 1


def test_long_proofs_have_more_examples_and_repeat_races(strict: str) -> None:
    assert "examples: 500\n" in strict
    assert strict.count("test_of_a_race") == 20
