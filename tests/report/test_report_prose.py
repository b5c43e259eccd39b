"""Messages mark their literals with backticks; each format shows them in its own way."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.model.issue_texts import issue_text
from sync.report import phrasing
from sync.report.templates import environment


@pytest.mark.parametrize(
    ("message", "plain", "html"),
    [
        ("nothing to mark", "nothing to mark", "<bdi>nothing to mark</bdi>"),
        ("`x` is not `y`", '"x" is not "y"', "<bdi><code>x</code> is not <code>y</code></bdi>"),
        ("`<b>` & `a", '"<b>" & `a', "<bdi><code>&lt;b&gt;</code> &amp; `a</bdi>"),
        ("write `then: {pad: 7}`", 'write "then: {pad: 7}"', "<bdi>write <code>then: {pad: 7}</code></bdi>"),
        ("`\u202e`", '"\\u202e"', "<bdi><code>\\u202e</code></bdi>"),
        ("``", "``", "<bdi>``</bdi>"),
    ],
)
def test_a_message_in_plain_text_and_in_html(message: str, plain: str, html: str, tmp_path: Path) -> None:
    (tmp_path / "page").write_text("{{ message | prose }}")
    styled, bare = environment(tmp_path), environment(tmp_path)
    bare.autoescape = False
    assert bare.get_template("page").render(message=message) == plain
    assert styled.get_template("page").render(message=message) == html


@given(st.text(st.characters(codec="utf-8") | st.just("`")))
def test_nothing_of_a_message_is_lost(message: str) -> None:
    assert "".join(f"`{text}`" if literal else text for text, literal in phrasing.pieces(message)) == message


@pytest.mark.parametrize(
    ("code", "title"),
    [
        ("bad-email", "Invalid email address"),
        ("unknown-course", "Unknown course"),
        ("leaves-group_member", "Its group member is to be removed"),
        ("unknown-value", "Unknown value"),
        ("foreign", "Not managed by nexsis-sync"),
    ],
)
def test_the_subject_of_an_issue_is_given_in_words(code: str, title: str) -> None:
    assert issue_text(code).title == title
