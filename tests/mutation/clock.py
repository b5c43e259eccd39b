"""A plugin of pytest: the report says what each test costs in CPU seconds, whatever else the machine does."""

from __future__ import annotations

import time
from collections.abc import Generator

import pytest

COST = "cpu"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None]:
    item.user_properties.append((COST, time.process_time()))
    yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    yield
    began = next(value for name, value in item.user_properties if name == COST)
    item.user_properties[:] = [(COST, time.process_time() - float(str(began)))]
