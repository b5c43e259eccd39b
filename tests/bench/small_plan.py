"""How long a plan of four rows takes as a process, beside one that only imports pandas and pyarrow.

    python -m tests.bench.small_plan [PAIRS]

The site is the sandbox, in a process of its own. Both sides take turns after one run of each that does not count;
prints the median of each one's CPU time (user and system) and wall time, and the ratio of the medians.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from tests.bench.pairs import compile_product

Command = tuple[str, ...]

PAIRS = 7
PLAN: Command = (sys.executable, "-m", "sync", "plan")
PEER: Command = (sys.executable, "-c", "import pandas, pyarrow")
DIFFERENCES = 2
"""The exit code of a plan with something to do."""

TOKEN = "sandbox"
SITE = """
site: {{url: "{url}", token: {{env: NEXSIS_TOKEN}}}}
mappings: [mappings.yaml]
"""
MAPPING = """
resource: user
sheet: {file: users.csv}
fields: {userid: ID, username: ID, firstname: FIRST, lastname: LAST, email: EMAIL}
"""
USERS = """\
ID,FIRST,LAST,EMAIL
u1,Ann,Lee,ann@example.edu
u2,Bo,Kim,bo@example.edu
u3,Cy,Ono,cy@example.edu
u4,Di,Poe,di@example.edu
"""


def main() -> None:
    """Take turns, print medians and ratios."""
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else PAIRS
    compile_product()
    with tempfile.TemporaryDirectory() as name, served() as url:
        folder = Path(name)
        environment = write_site(folder, url, TOKEN)
        sides = {PLAN: DIFFERENCES, PEER: 0}
        turns = [[timed(*side, folder, environment) for side in sides.items()] for _ in range(pairs + 1)][1:]
    print(f"four rows, median of {pairs} pairs     ours     peer    ratio   (load {os.getloadavg()[0]:.1f})")
    for title, at in (("CPU", 0), ("wall", 1)):
        ours, peer = (median(turn[side][at] for turn in turns) for side in (0, 1))
        print(f"{title:<28} {ours:6.2f} s {peer:6.2f} s   {ours / peer:5.2f}")


def write_site(folder: Path, url: str, token: str) -> dict[str, str]:
    """A site file with one mapping and its export of four rows; returns the environment in which to plan."""
    (folder / "site.yaml").write_text(SITE.format(url=url))
    (folder / "mappings.yaml").write_text(MAPPING)
    (folder / "inbox").mkdir()
    (folder / "inbox" / "users.csv").write_text(USERS)
    root = Path(__file__).parents[2]
    return {**os.environ, "NEXSIS_TOKEN": token, "PYTHONPATH": str(root)}


@contextmanager
def served() -> Iterator[str]:
    """The sandbox, in a process of its own, so that none of its time is counted."""
    command = [sys.executable, "-m", "sync", "sandbox", "--port", "0", "--token", TOKEN]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().split()[2]
        finally:
            process.terminate()


def timed(command: Command, code: int, folder: Path, environment: dict[str, str]) -> tuple[float, float]:
    """The CPU and wall seconds of a command that must exit with this code."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, check=False)
    wall, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == code, f"{command} exited with {done.returncode}"
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


if __name__ == "__main__":
    main()
