"""Every kind of answer, and how it is classified."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.errors import SiteRefused
from sync.model import Request, Response
from sync.site.responses import ResponseKind, classify, first_line, one_line, ping
from tests.yaml_files import read_yaml

CASES: list[dict[str, Any]] = read_yaml(Path(__file__).with_name("responses.yaml"))


def call_of(case: dict[str, Any]) -> Request:
    return Request(case["call"], "user/S1", empty=case.get("empty", False), many=case.get("many", False))


def answer_of(case: dict[str, Any]) -> Response:
    return Response(
        case.get("status"),
        case.get("data"),
        json="data" in case,
        text=case.get("text", ""),
        retry_after=case.get("retry_after"),
        lost=case.get("lost", False),
        whole=case.get("whole", True),
    )


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_an_answer_is_judged(case: dict[str, Any]) -> None:
    classification = classify(call_of(case), answer_of(case))
    assert classification.kind == case["kind"]
    assert case["says"] in classification.message
    assert bool(classification.message) == bool(case["says"])
    assert classification.message.isprintable()


def test_the_cases_cover_every_verdict() -> None:
    assert {case["kind"] for case in CASES} == set(get_args(ResponseKind))


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text() | st.just("error"), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.sampled_from(["GET", "PUT", "POST", "DELETE"]), st.booleans(), st.booleans(),
    st.none() | st.integers(200, 599), ANY_JSON, st.booleans(), st.text(),
)  # fmt: skip
def test_nothing_but_the_api_s_own_success_is_done(
    method: Any, empty: bool, many: bool, status: int | None, data: object, json: bool, text: str
) -> None:
    answer = Response(status, data, json=True) if json else Response(status, text=text)
    kind = classify(Request(method, "x", empty=empty, many=many), answer).kind
    if kind == "done":
        assert status is not None
        assert 200 <= status < 300
        assert not answer.text
        assert isinstance(answer.data, list if many else dict) or (empty and answer.data in (None, []))
        assert not (isinstance(answer.data, dict) and "error" in answer.data)
    if kind in ("absent", "gone"):
        assert status == 404
        assert isinstance(answer.data, dict)


@given(st.text())
def test_a_server_s_text_becomes_one_short_printable_line(text: str) -> None:
    assert one_line(text).isprintable()
    assert len(one_line(text)) <= 200
    assert one_line(text).startswith(first_line(text).removesuffix("…"))


@pytest.mark.parametrize(
    ("page", "line"),
    [
        ("<!DOCTYPE html>\n<html><head><title>Log in</title></head><body><h1>Hi</h1>", "Log in"),
        ("<br />\n<b>Notice</b>: Undefined <i>x</i> in <b>a.php</b><br />\n{}", "Notice: Undefined x in a.php"),
        ("<script>var a = '<p>no</p>';</script><style>p {}</style><!-- <p>no</p> --><p>yes</p>", "yes"),
        ("<p>\n  </p>", ""),
        ("a<b is less", "a<b is less"),
        ("&lt;tag&gt; &amp; more", "<tag> & more"),
    ],
)
def test_the_first_line_of_a_page(page: str, line: str) -> None:
    assert first_line(page) == line


class Always:
    def __init__(self, answer: Response) -> None:
        self.answer = answer

    def send(self, call: Request, timeout: float) -> Response:
        assert (call.method, call.path) == ("GET", "ping")
        return self.answer


def test_ping_is_content_with_pong() -> None:
    ping(Always(Response(200, {"message": "pong"}, json=True)), timeout=1)


@pytest.mark.parametrize(
    ("answer", "message", "hint"),
    [
        (Response(200, {"message": "hello"}, json=True), "answered the ping: hello", "`url`"),
        (Response(200, {"error": "Database down"}, json=True), "Database down", "later"),
        (Response(200, text="Welcome"), "Welcome", "`url`"),
        (Response(404, text="Not Found"), "Not Found", "plugin is installed"),
        (Response(404, {"message": "no such endpoint"}, json=True), "no such endpoint", "`url`"),
        (Response(303, text="redirect to https://idp.example.edu/"), "https://idp.example.edu/", "`url`"),
        (Response(401, {"message": "Invalid token"}, json=True), "Invalid token", "token"),
        (Response(403, {"message": "No rights"}, json=True), "No rights", "token"),
        (Response(503, text="Maintenance", retry_after=300.0), "in maintenance", "over"),
        (Response(None, text="the certificate of x is not trusted: expired"), "certificate", "address"),
        (Response(None, text="no connection to x: Connection refused"), "Connection refused", "network"),
    ],
)
def test_ping_says_what_is_wrong_and_what_to_do(answer: Response, message: str, hint: str) -> None:
    with pytest.raises(SiteRefused) as refused:
        ping(Always(answer), timeout=1)
    (fault,) = refused.value.faults
    assert message in fault.message
    assert hint in fault.hint
