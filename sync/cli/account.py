"""Who runs the program, as the operating system knows them."""

from __future__ import annotations

import getpass
import os


def account() -> str:
    """The name of the account; where accounts have numbers, not what an environment variable says it is."""
    try:
        import pwd
    except ImportError:  # on Windows
        return getpass.getuser()
    number = os.getuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def signed(name: str | None) -> str:
    """Who is recorded for a decision: the account, after the name it gives if there is one: `Amy Jones (as ajones)`."""
    return f"{name.strip()} (as {account()})" if name and name.strip() else account()
