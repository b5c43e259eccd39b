"""Options and settings of the whole suite: `--nothing-skipped` fails skipped tests; `--full` runs the long proofs."""

from __future__ import annotations

import gc
import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from coverage import CoverageData
from coverage.exceptions import CoverageException
from hypothesis import HealthCheck, settings

from sync import errors

pytest_plugins = ["tests.words.rendered"]

EXAMPLES = 500
"""Examples of each property with `--full`; see `tests.examples`."""

AGAIN = 20
"""How often a test marked `races` runs with `--full`."""

TIMEOUT = 2 * 60 * 60
"""Seconds that one test may take with `--full`."""


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("nexsis-sync")
    group.addoption("--nothing-skipped", action="store_true", help="a test that would be skipped fails with its reason")
    group.addoption("--full", action="store_true", help="the long proofs: more examples, tests of races repeated")


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: some tests wait for a clock, a browser or another process."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    # Tests start the program more than a hundred times: it is compiled once for all of them.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    # How fast examples are made depends on what else the machine does.
    busy = [HealthCheck.too_slow]
    settings.register_profile("suite", max_examples=25, deadline=None, suppress_health_check=busy)
    settings.load_profile("suite")
    if config.getoption("full"):
        usual = settings.get_profile("suite")
        many = settings(usual, max_examples=EXAMPLES, derandomize=False, database=None, print_blob=True)
        settings.register_profile("full", many)
        settings.load_profile("full")
        config.option.timeout = config.option.timeout or TIMEOUT


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, so that no worker is left with one of them when the others are done."""
    items.sort(key=lambda item: item.get_closest_marker("timeout") is None)


def pytest_collection_finish() -> None:
    """Objects that exist now are never collected: a tenth of the suite's time went into checking them over and over."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Before what processes measured is put together, what cannot be read is put aside: tests kill processes, some
    while they write it, and one torn file would end the whole run.
    """
    ran = yield
    measuring = session.config.pluginmanager.getplugin("_cov")
    if measuring is not None and not hasattr(session.config, "workerinput"):
        prefix = Path(measuring.cov_controller.cov.get_option("run:data_file")).resolve()
        for measured in prefix.parent.glob(f"{prefix.name}.*"):
            _drop_if_torn(measured)
    return ran


def _drop_if_torn(measured: Path) -> None:
    try:
        CoverageData(no_disk=True).update(CoverageData(str(measured), read_only=True))
    except CoverageException:
        measured.unlink()


@pytest.fixture(autouse=True)
def _no_secret_outlives_its_test() -> Iterator[None]:
    """Secrets are known to a process until it ends, and tests share one."""
    yield
    errors._known.clear()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.config.getoption("full") and metafunc.definition.get_closest_marker("races"):
        metafunc.fixturenames.append("again")
        metafunc.parametrize("again", range(AGAIN))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and item.config.getoption("nothing_skipped"):
        _fail(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    report = yield
    if report.skipped and collector.config.getoption("nothing_skipped"):
        _fail(report)
    return report


def _fail(report: pytest.TestReport | pytest.CollectReport) -> None:
    """Make a failure of a skip; its reason stays."""
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
    report.outcome = "failed"
    report.longrepr = f"nothing may be skipped here: {reason}"
