"""What the client raises for every kind of answer, over real sockets."""

from __future__ import annotations

import logging
import pickle
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from sync import site
from sync.errors import ConfigError, SiteError
from sync.site import CallFailed, Client, NoAnswer, NotFound, NotTheApi
from tests.ports import reserved_port
from tests.remote.raw_server import Talk, always, cut, serve, silent
from tests.yaml_files import read_yaml

TOKEN = "0a1b2c3d/4e5f6a7b8c9d"
CASES: list[dict[str, Any]] = read_yaml(Path(__file__).with_name("failures.yaml"))
CALLS: Mapping[str, Callable[[Client], object]] = {
    "ping": lambda nexsis: nexsis.ping(),
    "user": lambda nexsis: nexsis.user("S1"),
    "put_user": lambda nexsis: nexsis.put_user("S1", firstname="Zoë"),
    "delete_user": lambda nexsis: nexsis.delete_user("S1"),
    "course_enrolments": lambda nexsis: nexsis.course_enrolments("C1"),
    "put_enrolment": lambda nexsis: nexsis.put_enrolment("S1", "C1", "student"),
}


def raised(talk: Talk, call: str, timeout: float = 300.0) -> CallFailed:
    """The exception that a call raises with a server that answers like this."""
    with (
        serve(talk) as server,
        Client(server.url, TOKEN, timeout=timeout) as nexsis,
        pytest.raises(CallFailed) as error,
    ):
        CALLS[call](nexsis)
    assert TOKEN not in "".join(traceback.format_exception(error.value))
    return error.value


def talk_of(case: dict[str, Any]) -> Talk:
    if "status" not in case:
        return cut(b"")
    return always(case.get("body", "").encode(), case["status"], **case.get("headers", {}))


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_an_answer_that_is_no_success_is_raised(case: dict[str, Any]) -> None:
    error = raised(talk_of(case), case["call"])
    assert type(error).__name__ == case["raises"]
    assert case["says"] in str(error)
    assert (error.status, error.retry_after, error.lost) == (
        case.get("status"),
        case.get("retry_after"),
        case.get("lost", False),
    )
    assert isinstance(error, SiteError)


def test_the_cases_cover_every_kind() -> None:
    kinds = {each for each in vars(site).values() if isinstance(each, type) and issubclass(each, CallFailed)}
    assert {case["raises"] for case in CASES} == {kind.__name__ for kind in kinds - {CallFailed}}


def test_what_does_not_say_pong_is_not_the_api() -> None:
    error = raised(always(b'{"message": "hello"}'), "ping")
    assert type(error) is NotTheApi
    assert "something other than the NexSIS API answered the ping" in str(error)


def test_a_site_that_is_not_there_has_done_nothing() -> None:
    with (
        reserved_port() as port,
        Client(f"http://127.0.0.1:{port}", TOKEN) as nexsis,
        pytest.raises(NoAnswer, match="Connection refused") as error,
    ):
        nexsis.put_user("S1")
    assert not error.value.lost


def test_a_call_ends_in_time() -> None:
    error = raised(silent, "put_user", timeout=2.0)
    assert type(error) is NoAnswer
    assert error.lost


def test_a_failure_can_be_handed_to_another_process() -> None:
    error = raised(always(b'{"message": "No such user"}', 404), "user")
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.status) == (NotFound, str(error), 404)


@pytest.mark.parametrize("body", [f'{{"message": "bad token {TOKEN}"}}', f"<p>Authorization: Bearer {TOKEN}</p>"])
def test_the_token_is_in_no_message(body: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    raised(always(body.encode(), 401), "user")
    assert TOKEN not in "".join(map(logging.LogRecord.getMessage, caplog.records))
    with Client("https://moodle.example.edu", TOKEN) as nexsis:
        assert repr(nexsis) == "Client(HttpSite('https://moodle.example.edu/enrol/nexsis/api/index.php'))"


@pytest.mark.parametrize(("url", "token"), [("http://moodle.example.edu", TOKEN), ("https://moodle.example.edu", " ")])
def test_an_address_or_token_that_cannot_be_used(url: str, token: str) -> None:
    with pytest.raises(ConfigError):
        Client(url, token)
