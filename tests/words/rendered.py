"""All text for people that the suite makes the product write, looked through where it leaves the product.

These are the last stops of any text: faults, issues and holds as they are made, what is printed, templates as they are
rendered, subjects of mails, cells of workbooks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from typing import Any

import click
import jinja2
import pytest
from rich.console import Console
from xlsxwriter.worksheet import Worksheet

from sync import errors
from sync.model import records
from sync.report.workbook import texts

from .wording import allowed, slips

TAG = re.compile(r"<(?:script|style)\b.*?</(?:script|style)>|<[^>]*>", re.DOTALL)
BLOCK = re.compile(r"</?(?:article|dd|div|dt|figcaption|figure|h[1-6]|li|p|section|summary|t[dhr]|table|ul)\b[^>]*>")


class Rendered:
    """The texts written since the last look, each looked at once in a process."""

    def __init__(self) -> None:
        self._new: list[str] = []
        self._seen: set[int] = set()

    def add(self, text: object) -> None:
        """Keep a text until the next look, unless it was there before."""
        if isinstance(text, str) and (key := hash(text)) not in self._seen:
            self._seen.add(key)
            self._new.append(text)

    def slips(self) -> list[str]:
        """The forbidden phrases in what was written since the last time."""
        texts, self._new = self._new, []
        return [str(slip) for text in texts for slip in slips(text) if not allowed(slip)]


def watch(rendered: Rendered) -> None:
    """From now on, as long as the process lives, everything written for people is kept for a look."""

    def scrub(record: Any) -> None:
        for name in ("message", "hint", "limit"):
            rendered.add(getattr(record, name, None))
        original(record)

    original = errors.scrub
    for module in (errors, records):
        module.scrub = scrub  # type: ignore[attr-defined]  # each has its own name for it
    _after(click, "echo", lambda _, message=None, *args, **options: rendered.add(message))
    _after(Console, "_render_buffer", lambda made, *args: rendered.add(made))
    _after(jinja2.Template, "render", lambda made, *args, **values: rendered.add(_read(made)))
    _after(EmailMessage, "__setitem__", lambda _, mail, name, value: rendered.add(value if name == "Subject" else None))
    _after(Worksheet, "write_string", lambda _, sheet, row, column, text, *rest: rendered.add(text))
    _after(texts, "text", lambda made, *args: rendered.add(made))
    generate = jinja2.Template.generate

    def generated(self: jinja2.Template, *args: Any, **values: Any) -> Iterator[str]:
        pieces = []
        for piece in generate(self, *args, **values):
            pieces.append(piece)
            yield piece
        rendered.add(_read("".join(pieces)))

    jinja2.Template.generate = generated  # type: ignore[method-assign]  # looked through on its way


def _read(made: str) -> str:
    """What is read in HTML. Where a part of the page ends, so does a phrase."""
    return TAG.sub(" ", BLOCK.sub(" | ", made))


def _after(owner: Any, name: str, look: Callable[..., None]) -> None:
    """Call `look` with what a function returned, and with what it was called with, after each call."""
    original = getattr(owner, name)

    def call(*args: Any, **options: Any) -> Any:
        made = original(*args, **options)
        look(made, *args, **options)
        return made

    setattr(owner, name, call)


@pytest.hookimpl
def pytest_configure(config: pytest.Config) -> None:
    rendered = Rendered()
    watch(rendered)
    config.stash[KEY] = rendered


KEY = pytest.StashKey[Rendered]()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """A test that made the product write a forbidden phrase fails, whatever else it was about."""
    if found := item.config.stash[KEY].slips():
        pytest.fail("\n".join(dict.fromkeys(found)), pytrace=False)
