"""Questions to a person at a terminal. Nothing is asked elsewhere: what is missing there is a fault."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeVar

import click

Meant = TypeVar("Meant")


def on_terminal() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin.isatty()


def ask(text: str, understood: Callable[[str], Meant], default: str | None = None) -> Meant:
    """What a person answers, once it can be understood; `understood` raises ValueError, with a reason, if not.

    Raises click.Abort on Ctrl-C.
    """

    def convert(given: str) -> Meant:
        try:
            return understood(given.strip())
        except ValueError as error:
            raise click.UsageError(str(error)) from None

    answer: Meant = click.prompt(text, default=default, value_proc=convert, err=True, show_default=bool(default))
    return answer


def ask_secret(text: str) -> str:
    """A secret, which is not shown. Raises click.Abort on Ctrl-C."""
    secret: str = click.prompt(text, hide_input=True, err=True)
    return secret.strip()
