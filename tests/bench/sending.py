"""How fast a stored plan is sent to a site that takes 50 ms for each call, beside wrk and aiohttp.

    python -m tests.bench.sending [ROUNDS]

The plan creates users, and is applied as the command does: journal and ledger in a SQLite file, every answer read. wrk
(Debian: apt-get install wrk) repeats one of its calls and looks at nothing; aiohttp makes the same calls. All take
turns, each in a process of its own. Prints medians, for 8, 32 and 100 calls in progress: how many calls were made of
those for which there was time, the CPU seconds of 1,000 calls, and the product's share of what wrk makes.
"""

from __future__ import annotations

import asyncio
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from threading import Event
from typing import NamedTuple

from sync.site.address import API
from tests.bench.pairs import load, timed

LATENCY = 0.05
IN_PROGRESS = (8, 32, 100)
ROUNDS = 5
CYCLES = 160
"""Calls of each connection: eight seconds of waiting."""

SITE = """
site: {{url: "http://127.0.0.1:{port}", token: {{file: token}}}}
mappings: [mappings.yaml]
sending: {{permits: {permits}}}
"""
MAPPING = """
resource: user
sheet: {file: users.csv}
fields: {userid: ID, username: ID, firstname: FIRST, lastname: LAST, email: EMAIL}
"""


class Sent(NamedTuple):
    """What became of a run: calls made of those for which there was time, and CPU seconds of 1,000 calls."""

    share: float
    cpu: float


def main() -> None:
    """Take turns, print medians and the ratio."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    print(f"median of {rounds} rounds, {LATENCY * 1000:.0f} ms a call")
    with served() as port:
        for permits in IN_PROGRESS:
            turns = [(product(port, permits), wrk(port, permits), aiohttp(port, permits)) for _ in range(rounds)]
            for n, side in enumerate(("nexsis-sync apply", "wrk", "aiohttp")):
                share, cpu = (median(turn[n][kind] for turn in turns) for kind in (0, 1))
                print(f"{permits:>4} in progress   {side:<18} share {share:5.3f}   CPU {cpu:6.3f} s per 1,000 calls")
            print(f"{'':<18}ratio to wrk             {median(ours.share / peer.share for ours, peer, _ in turns):5.3f}")
    load()


@contextmanager
def served() -> Iterator[int]:
    """The site, in a process of its own: its port."""
    command = [sys.executable, "-m", "tests.bench.late_server", str(LATENCY)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin
        assert server.stdout
        yield int(server.stdout.readline())
        server.stdin.close()


# -- the sides -------------------------------------------------------------------------------------------------


def product(port: int, permits: int) -> Sent:
    """Apply the plan, in a process of its own."""
    return _in_process("product", port, permits)


def aiohttp(port: int, permits: int) -> Sent:
    """The same calls by aiohttp, in a process of its own."""
    return _in_process("aiohttp", port, permits)


def wrk(port: int, permits: int) -> Sent:
    """As many calls as wrk makes in the same time."""
    path, body = call(0)
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(f'wrk.method = "PUT"\nwrk.body = [[{body}]]\nwrk.headers["Content-Type"] = "application/json"\n')
        script.flush()
        command = ["wrk", f"-d{CYCLES * LATENCY:.0f}", f"-c{permits}", "-t1", f"-s{script.name}"]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run([*command, f"http://127.0.0.1:{port}{path}"], check=True, capture_output=True, text=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    calls, seconds = re.findall(r"(\d+) requests in ([\d.]+)s", done.stdout)[0]
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Sent(int(calls) / float(seconds) * LATENCY / permits, cpu / int(calls) * 1000)


def call(n: int) -> tuple[str, str]:
    """The path and body by which a user is created."""
    body = {"username": f"u{n}", "firstname": "Ann", "lastname": "Lee", "email": f"u{n}@example.edu"}
    return f"{API}/user/u{n}", json.dumps(body)


def _in_process(side: str, port: int, permits: int) -> Sent:
    command = [sys.executable, "-m", "tests.bench.sending", side, str(port), str(permits)]
    return Sent(*json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout))


# -- in their processes ----------------------------------------------------------------------------------------


def apply_plan(port: int, permits: int) -> Sent:
    """Make a plan, store it, and apply it; only the last counts."""
    from sync.cli.wiring import SystemClock
    from sync.config.site import load as load_site
    from sync.observe.context import Context
    from sync.report.progress import silent
    from sync.site import connect
    from sync.state import open_store
    from sync.workflows import apply, plan
    from sync.workflows.sources import gather

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_site(folder, port, permits)
        config = load_site(folder / "site.yaml")
        url = config.site.api
        with open_store(config.state, SystemClock()) as store, connect(url, "secret", permits=permits) as site:
            context = Context(config, site, store, SystemClock(), silent(), lambda: 0.5, time.sleep)
            made = plan.make_plan(context, gather(config), plan.PlanRequest("ledger"))
            times = timed(lambda: apply.apply_plan(context, made, "r-1", Event()))
            assert (store.plan().changes["status"] == "done").all()
    return _sent(permits, times.wall, times.cpu)


def write_site(folder: Path, port: int, permits: int) -> None:
    """A site file, one mapping, and an export of as many users as are to be created."""
    (folder / "site.yaml").write_text(SITE.format(port=port, permits=permits))
    (folder / "mappings.yaml").write_text(MAPPING)
    (folder / "inbox").mkdir()
    bodies = (json.loads(call(n)[1]) for n in range(permits * CYCLES))
    rows = (f"{each['username']},{each['firstname']},{each['lastname']},{each['email']}" for each in bodies)
    (folder / "inbox" / "users.csv").write_text("\n".join(["ID,FIRST,LAST,EMAIL", *rows]))


def make_calls(port: int, permits: int) -> Sent:
    """The calls alone, as many at once as there are permits."""
    from aiohttp import ClientSession, TCPConnector

    async def worker(session: ClientSession, calls: Iterator[tuple[str, str]]) -> None:
        for path, body in calls:
            headers = {"Content-Type": "application/json"}
            async with session.put(f"http://127.0.0.1:{port}{path}", data=body, headers=headers) as answer:
                assert (await answer.json())["userid"]

    async def every() -> None:
        calls = map(call, range(permits * CYCLES))
        async with ClientSession(connector=TCPConnector(limit=permits)) as session:
            await asyncio.gather(*(worker(session, calls) for _ in range(permits)))

    times = timed(lambda: asyncio.run(every()))
    return _sent(permits, times.wall, times.cpu)


def _sent(permits: int, wall: float, cpu: float) -> Sent:
    calls = permits * CYCLES
    return Sent(calls / wall * LATENCY / permits, cpu / calls * 1000)


if __name__ == "__main__":
    if sys.argv[1:] and sys.argv[1] in ("product", "aiohttp"):
        side = {"product": apply_plan, "aiohttp": make_calls}[sys.argv[1]]
        print(json.dumps(side(int(sys.argv[2]), int(sys.argv[3]))))
    else:
        main()
