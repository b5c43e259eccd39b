"""Who runs the program, as the operating system knows them."""

from __future__ import annotations

import getpass
import os

from sync.model import Signature


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


def signature(name: str | None) -> Signature:
    """Who decides something: the name that was given, else the account's."""
    own = account()
    return Signature((name or "").strip() or own, own)
