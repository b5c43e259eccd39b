"""Steps on texts: what holds for any text, and that no pattern hangs."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from sync.config import steps as written
from sync.config.steps import PLAIN, Step, Then
from sync.mapping import steps as done
from sync.mapping.steps import apply_step

STEPS = st.sampled_from(
    [*PLAIN, {"pad": "4"}, {"cut": "3"}, {"cut": ["2", "3"]}, {"extract": "[a-z]+"}, {"default": "x"}]
)
TEXTS = st.lists(st.text(max_size=6) | st.none(), max_size=5)


def step(given: object) -> Step:
    made: Step = TypeAdapter(Then).validate_python(given)
    return made


def after(given: object, *texts: str | None) -> list[str | None]:
    made = apply_step(step(given), pd.Series(list(texts), dtype="str"))
    return [None if pd.isna(text) else text for text in made]


def test_what_may_be_written_is_what_can_be_done() -> None:
    assert set(written.PLAIN) == done.PLAIN.keys()
    assert written.WITH_ARGUMENT.keys() == done.WITH_ARGUMENT.keys()


@given(STEPS, TEXTS)
def test_each_text_is_changed_by_itself_and_what_is_not_said_stays_so(given: object, texts: list[str | None]) -> None:
    made = after(given, *texts)
    assert made == [after(given, text)[0] for text in texts]
    assert all(new is None for old, new in zip(texts, made, strict=True) if old is None)


@given(st.text(max_size=10))
def test_a_username_is_one_or_there_is_none(text: str) -> None:
    (made,) = after("username", text)
    assert made is None or re.fullmatch(r"[a-z0-9._@-]*", made)


@pytest.mark.parametrize(
    ("name", "username"),
    [
        ("Straße", "strasse"), ("Łódź", "lodz"), ("Þórr", "thorr"), ("İpek", "ipek"), ("Is\u0131k", "isik"),
        ("Đặng", "dang"), ("Æsop", "aesop"), ("O\u2019Neil", "oneil"), ("a_b@c", "a_b@c"), ("", ""),
        ("Mary Ann", None), ("Иван", None), ("李", None),
    ],
)  # fmt: skip
def test_names_become_usernames(name: str, username: str | None) -> None:
    assert after("username", name) == [username]


@pytest.mark.parametrize(
    ("given", "text", "made"),
    [
        ({"pad": "5"}, "123456", "123456"),
        ({"pad": "5"}, "", ""),
        ({"cut": "2"}, "éàü", "éà"),
        ({"cut": ["3"]}, "abcdef", "cdef"),
        ({"cut": ["9", "10"]}, "abc", ""),
        ({"replace": {"a": "b", "b": "c"}}, "ab", "cc"),
        ({"replace": ["(a+)b", "<\\1>"]}, "xaab", "x<aa>"),
        ({"extract": "a|(b)"}, "a", ""),
        ({"default": "x"}, "", "x"),
    ],
)
def test_steps_with_a_value(given: object, text: str, made: str) -> None:
    assert after(given, text) == [made]


def test_no_pattern_hangs() -> None:
    assert after({"extract": "^(a+)+$"}, "a" * 50_000 + "b") == [None]
    assert after({"replace": ["(.*)*x", ""]}, "a" * 5_000) == ["a" * 5_000]


@given(
    st.recursive(st.text("a(b)[]\\?P<>{}*+|:^$1", max_size=12), lambda inner: st.lists(inner, max_size=2), max_leaves=3)
)
def test_a_step_is_good_or_refused_whatever_pattern_it_has(pattern: object) -> None:
    for shown in ({"extract": pattern}, {"replace": [pattern, "x"]}, {"cut": pattern}, {"pad": pattern}, pattern):
        try:
            made = step(shown)
        except ValidationError:
            continue
        assert len(apply_step(made, pd.Series(["", "ab(1)"], dtype="str"))) == 2
