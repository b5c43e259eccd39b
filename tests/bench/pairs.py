"""Two sides measured in turn: CPU and wall time of each, their ratio, and the most memory each takes."""

from __future__ import annotations

import gc
import multiprocessing
import time
from collections.abc import Callable
from compileall import compile_dir
from concurrent.futures import ProcessPoolExecutor
from os import getloadavg
from pathlib import Path
from statistics import median
from typing import NamedTuple

PAIRS = 5
Side = Callable[[], object]


class Times(NamedTuple):
    """Seconds of CPU, of all threads, and on the wall."""

    cpu: float
    wall: float


def compile_product() -> None:
    """Compile the product's modules, as installing it does: Python may be told not to keep what it compiles itself."""
    compile_dir(Path(__file__).parents[2] / "sync", quiet=1)


def compare(title: str, ours: Side, peer: Side) -> None:
    """Print medians of pairs of runs: the CPU and wall time of each side, and of each pair's ratios."""
    pairs = [(timed(ours), timed(peer)) for _ in range(PAIRS)]
    for kind in Times._fields:
        mine, other = ([getattr(pair[n], kind) for pair in pairs] for n in (0, 1))
        ratio = median(a / b for a, b in zip(mine, other, strict=True))
        print(f"{title:<34} {kind:<5} ours {median(mine):7.3f} s   peer {median(other):7.3f} s   ratio {ratio:5.2f}")


def peaks(title: str, ours: Side, peer: Side) -> None:
    """Print the most memory that each side takes in a process of its own, imports included."""
    mine, other = _peak(ours), _peak(peer)
    print(f"{title:<34} peak  ours {mine:5,.0f} MB    peer {other:5,.0f} MB")


def load() -> None:
    """Print how busy the machine is."""
    print("load average", *(f"{each:.2f}" for each in getloadavg()))


def timed(side: Side) -> Times:
    """How long a side takes once."""
    gc.collect()
    cpu, wall = time.process_time(), time.perf_counter()
    side()
    return Times(time.process_time() - cpu, time.perf_counter() - wall)


def _peak(side: Side) -> float:
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_resident, side).result()


def _resident(side: Side) -> float:
    side()
    return peak()


def peak() -> float:
    """The most memory that this process has taken, in megabytes."""
    # The maximum that `getrusage` gives is the parent's as well, if that was larger.
    (line,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024
