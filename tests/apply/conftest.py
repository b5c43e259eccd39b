from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.apply.apply_world import World


@pytest.fixture
def world() -> Iterator[Callable[..., World]]:
    """Makes worlds from the rows of a plan and from settings."""
    with ExitStack() as stack:

        def make(*rows: Any, **settings: Any) -> World:
            return World(stack, *rows, **settings)

        yield make
