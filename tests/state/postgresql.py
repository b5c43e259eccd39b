"""A PostgreSQL server of the tests' own, in a folder of its own, reached through a socket there."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

USER = "nexsis"


@contextmanager
def serving() -> Iterator[str]:
    """Serve until the context is left; the URL of the server's databases, with `{}` for the name of one."""
    tools = _tools()
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # a socket's path may not be long
    # The server refuses to be root.
    user = "nobody" if os.geteuid() == 0 else None
    if user:
        shutil.chown(folder, user)

    def tool(name: str, *words: str) -> None:
        command = [str(tools / name), "-D", str(folder / "data"), *words]
        subprocess.run(command, user=user, check=True, stdout=subprocess.DEVNULL, cwd=folder, env={"LC_ALL": "C"})

    try:
        tool("initdb", "-U", USER, "-A", "trust", "-E", "UTF8", "--no-sync")
        tool("pg_ctl", "-w", "-l", str(folder / "log"), "-o", f"-k {folder} -c listen_addresses= -c fsync=off", "start")
        try:
            yield f"postgresql+psycopg://{USER}@/{{}}?host={folder}"
        finally:
            tool("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


def run_sql(url: str, *statements: str) -> None:
    """Run statements outside any transaction, such as those that make databases."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def _tools() -> Path:
    """The folder of the server's programs; Debian keeps it out of the path."""
    in_path = shutil.which("initdb")
    found = [Path(in_path).parent] if in_path else sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not found:
        pytest.skip("needs PostgreSQL (Debian: apt-get install postgresql)")
    return found[-1]
