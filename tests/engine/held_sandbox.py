"""A sandbox in a process of its own: `python -m tests.engine.held_sandbox PORT WRITES`.

It keeps its data and its log in the current folder, and prints a line once it answers. After that number of writes it
prints `held`, and holds all that comes until its standard input is closed: whatever is done to the other side meanwhile
is done in the middle of a run.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from sync.sandbox import Fault, SandboxSettings, serve


def main() -> None:
    port, writes = map(int, sys.argv[1:])
    came = 0

    def hold(method: str, path: str, count: int) -> Fault | None:
        nonlocal came
        came += method != "GET"
        if came > writes:
            say("held")
            os.read(0, 1)
        return None

    serve(SandboxSettings(db=Path("site.db"), port=port, log=Path("requests.jsonl"), faults=hold), say)


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
