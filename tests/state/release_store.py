"""What the store of a release is made of: two days of a small university, with deletes that were on hold.

    python tests/state/release_store.py NUMBER

plays them with this checkout's program on a sandbox of its own, and writes the store that is left to
`stores/NUMBER.sql`. NUMBER is that of the newest migration. `PYTHONPATH=FOLDER` before it takes the program of another
checkout.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

STORES = Path(__file__).with_name("stores")
SITE = """\
site:
  url: {url}
  token: {{env: NEXSIS_TOKEN}}
inbox: inbox
mappings: [{mappings}]
state: {state}
guards: {{delete: {{count: 0}}, roster: off, update: off, create: off, rows: off, max_age: off}}
"""
ELSEWHERE = "https://moodle.example.edu"
"""The site's address in a store that is kept."""

Run = Callable[[Sequence[str]], str]


def write_site(folder: Path, url: str, state: str = "sqlite:///state.db") -> Path:
    """The site file of a folder."""
    file = folder / "site.yaml"
    file.write_text(SITE.format(url=url, mappings=STORES / "mappings.yaml", state=state), "utf-8")
    return file


def bring(folder: Path, day: int) -> None:
    """Put the exports of a day into the inbox."""
    shutil.copytree(STORES / f"day-{day}", folder / "inbox", dirs_exist_ok=True, copy_function=shutil.copyfile)


def play(folder: Path, nexsis_sync: Run) -> None:
    """Two days: `nexsis_sync` is given the arguments of a command, and returns what that prints."""
    for day in (1, 2):
        bring(folder, day)
        printed = nexsis_sync(["plan", "--json"])
        plan = re.search(r'"plan": ?"(p-[^"]+)"', printed)
        assert plan, printed
        if '"held"' in printed:
            nexsis_sync(["approve", plan[1], "--all"])
        nexsis_sync(["apply"])


def load(number: str, file: Path, url: str) -> None:
    """Make the store of a release again, for a site at some address."""
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript((STORES / f"{number}.sql").read_text("utf-8").replace(ELSEWHERE, url))


def make(number: str) -> None:
    """Play with the program of this environment, and write down the store."""
    program = [sys.executable, "-m", "sync"]
    serve = [*program, "sandbox", "--port", "0"]
    environment = os.environ | {"NEXSIS_TOKEN": "sandbox", "PYTHONUNBUFFERED": "1"}
    with (
        tempfile.TemporaryDirectory() as made,
        subprocess.Popen(serve, stdout=subprocess.PIPE, text=True, env=environment, cwd=made) as site,
    ):
        folder = Path(made)
        assert site.stdout is not None
        url = re.search(r"http://\S+", site.stdout.readline())
        assert url
        file = write_site(folder, url[0])

        def nexsis_sync(words: Sequence[str]) -> str:
            command = [*program, *words, "--site", str(file)]
            done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=made, check=False)
            assert done.returncode in (0, 2, 3), done.stdout + done.stderr
            return done.stdout

        try:
            play(folder, nexsis_sync)
        finally:
            site.terminate()
        with closing(sqlite3.connect(folder / "state.db")) as connection:
            text = "\n".join(connection.iterdump()).replace(url[0], ELSEWHERE)
        for path in (made, str(STORES)):
            text = text.replace(path, "/srv/nexsis")
    (STORES / f"{number}.sql").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    make(sys.argv[1])
