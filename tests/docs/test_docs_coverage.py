"""Every endpoint of the API reference has a method, a route and a test, and every route has an endpoint."""

from __future__ import annotations

import pytest

from sync.site import Client

from .coverage import SECOND_SPELLINGS, Covered, coverage, unlisted

ALL = coverage()


@pytest.mark.parametrize("covered", ALL, ids=lambda covered: covered.method)
def test_an_endpoint_is_called_answered_and_driven(covered: Covered) -> None:
    assert callable(getattr(Client, covered.method))
    assert len(covered.routes) == 1
    assert "client" in covered.tests
    assert len(covered.tests) > 1
    assert covered.resources or covered.method == "ping"


def test_the_reference_has_so_many() -> None:
    assert len(ALL) == 39
    assert len({(each.endpoint.method, each.endpoint.path) for each in ALL}) == len(ALL)


def test_the_sandbox_answers_nothing_else() -> None:
    assert unlisted() == SECOND_SPELLINGS
