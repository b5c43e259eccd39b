"""How long it takes to plan a million enrolments of which one in a hundred differs, beside a hand-written script.

    python -m tests.bench.plan_million [ROWS [PAIRS]]

A server on this machine answers from memory with the lists of 2,000 courses. The state store is a real SQLite file that
remembers all enrolments, users and courses; no user or course has its turn to be read, and no grade of those to be
removed: the script does not look at them either. The peer is `script_by_hand`.
Both run in turn, each in a process of its own; prints the median of wall seconds, CPU seconds and peak memory of each,
and the median of the pairs' ratios of wall time.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from tests.bench.pairs import compile_product, peak

COURSES = 2_000
DIFFER = 0.01
PAIRS = 5


def main() -> None:
    """Make the files, run both sides in turn, print what came out."""
    rows, pairs = (*map(int, sys.argv[1:]), *(1_000_000, PAIRS)[len(sys.argv) - 1 :])
    compile_product()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_files(folder, rows)
        with served(folder / "lists") as port:
            runs = [{side: measured(side, folder, port) for side in ("ours", "peer")} for _ in range(pairs)]
    changes = {side: runs[0][side]["changes"] for side in runs[0]}
    print(f"{rows:,} enrolments in {COURSES:,} courses; changes: {changes['ours']:,} and {changes['peer']:,}")
    print(f"{pairs} pairs; load {os.getloadavg()[0]:.1f}")
    for side, title in (("ours", "nexsis-sync plan"), ("peer", "script by hand")):
        of = {what: median(run[side][what] for run in runs) for what in ("wall", "cpu", "megabytes")}
        print(f"{title:<20} {of['wall']:6.2f} s wall   {of['cpu']:6.2f} s CPU   {of['megabytes']:,.0f} MB at most")
    print(f"ratio                {median(run['ours']['wall'] / run['peer']['wall'] for run in runs):6.2f}")


@contextmanager
def served(lists: Path) -> Iterator[int]:
    """A server of these lists in a process of its own: its port."""
    command = [sys.executable, "-m", "tests.bench.list_server", str(lists)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdin
        assert server.stdout
        yield int(server.stdout.readline())
        server.stdin.close()


def measured(side: str, folder: Path, port: int) -> dict[str, Any]:
    """Run one side in a process of its own, on a copy of the state store as it was before."""
    shutil.copy(folder / "before.db", folder / "state.db")
    command = [sys.executable, "-m", "tests.bench.plan_million", side, str(folder), str(port)]
    begun = time.perf_counter()
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout) | {"wall": time.perf_counter() - begun}
    for path in folder.glob("state.db*"):
        path.unlink()
    return found


# -- files -----------------------------------------------------------------------------------------------------


def make_files(folder: Path, rows: int) -> None:
    """The export; the site's data as CSV for the peer, and as API lists for us; courses, users and the mappings."""
    random = np.random.default_rng(7)
    user = random.permutation(rows) % max(rows // 4, 1)
    course = np.arange(rows) % COURSES
    pairs = np.unique(np.stack([user, course], axis=1), axis=0)
    role = np.where(random.random(len(pairs)) < 0.05, "editingteacher", "student")
    dice = random.random(len(pairs))
    wanted, there = dice > DIFFER / 3, (dice <= DIFFER / 3) | (dice > 2 * DIFFER / 3)
    site_role = np.where((dice > 2 * DIFFER / 3) & (dice <= DIFFER) & (role == "student"), "teacher", role)
    lines = [f"U{u:08d},C{c:05d}" for u, c in pairs.tolist()]
    _csv(folder / "enrolments.csv", "USER,COURSE,ROLE", lines, role, wanted)
    (folder / "inbox").mkdir()
    (folder / "enrolments.csv").rename(folder / "inbox" / "enrolments.csv")
    _lists(folder / "lists", pairs[there], site_role[there])
    (folder / "site.yaml").write_text(SITE)
    (folder / "mappings.yaml").write_text(MAPPINGS)
    remember_all(folder, pairs[there], site_role[there])


def _csv(path: Path, header: str, lines: list[str], role: np.ndarray, kept: np.ndarray) -> None:
    body = [f"{line},{name}" for line, name, ok in zip(lines, role.tolist(), kept.tolist(), strict=True) if ok]
    path.write_text("\n".join([header, *body, ""]))


def _lists(folder: Path, pairs: np.ndarray, role: np.ndarray) -> None:
    folder.mkdir()
    shown = {"student": "Student", "editingteacher": "Teacher", "teacher": "Non-editing teacher"}
    lists: dict[int, list[dict[str, str]]] = {}
    for number, ((user, course), name) in enumerate(zip(pairs.tolist(), role.tolist(), strict=True)):
        lists.setdefault(course, []).append(
            {
                "userenrol_id": str(number),
                "enrol": "nexsis",
                "enrolstatus": "0",
                "enrolstartdate": "0",
                "enrolenddate": "0",
                "firstname": f"First{user}",
                "lastname": f"Last{user}",
                "email": f"u{user}@inst.example",
                "idnumber": f"U{user:08d}",
                "role": shown[name],
            }
        )
    for course, found in lists.items():
        (folder / f"C{course:05d}.json").write_text(json.dumps(found))


SITE = """
site: {url: "http://127.0.0.1:1", token: {env: UNUSED}}
mappings: [mappings.yaml]
reads: {share: 100000}
guards: {delete: off, roster: off, update: off, create: off, rows: off}
graded_removals: ignore
"""
MAPPINGS = """
resource: enrolment
name: enrolments
sheet: {file: enrolments.csv}
fields: {userid: USER, courseid: COURSE, roleid: ROLE}
missing: delete
"""


def remember_all(folder: Path, pairs: np.ndarray, role: np.ndarray) -> None:
    """The ledger of a site that was filled by us: every enrolment, user and course."""
    import pandas as pd

    from sync.cli.wiring import SystemClock
    from sync.model import LEDGER, SEPARATOR
    from sync.state import open_store

    users = pd.Series([f"U{u:08d}" for u in pairs[:, 0].tolist()], dtype="str")
    courses = pd.Series([f"C{c:05d}" for c in pairs[:, 1].tolist()], dtype="str")
    sent = pd.Series(['{"roleid":"' + r + '"}' for r in role.tolist()], dtype="str")
    today = datetime.now(UTC).date().toordinal()

    def rows(match: object, key: object, packed: object, claims: str) -> pd.DataFrame:
        frame = pd.DataFrame({"match": match, "key": key, "sent": packed, "seen": packed})
        return frame.assign(claims=claims, owned=1, checked=today)[list(LEDGER)]

    with open_store(f"sqlite:///{folder / 'before.db'}", SystemClock()) as store:
        keys = '{"userid":"' + users + '","courseid":"' + courses + '"}'
        match = users.str.lower() + SEPARATOR + courses.str.lower()
        store.remember("enrolment", rows(match, keys, sent, "enrolments"))
        for name, column in (("user", users), ("course", courses)):
            known = column.drop_duplicates(ignore_index=True)
            store.remember(name, rows(known.str.lower(), '{"' + name + 'id":"' + known + '"}', "{}", ""))


# -- the two sides ---------------------------------------------------------------------------------------------


def report(side: str, folder: Path, port: int) -> None:
    """Run one side, and print what it took."""
    changes = {"ours": ours, "peer": peer}[side](folder, port)
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"changes": changes, "cpu": used.ru_utime + used.ru_stime, "megabytes": peak()}))
    if side == "ours":
        from sync.cli import leave

        leave(0)


def ours(folder: Path, port: int) -> int:
    """Plan as the command does."""
    from sync.cli import search_for_garbage_seldom

    search_for_garbage_seldom()
    from sync.cli.wiring import SystemClock
    from sync.config.site import load
    from sync.observe.context import Context
    from sync.report.progress import silent
    from sync.site import connect
    from sync.state import open_store
    from sync.workflows import plan as planning
    from sync.workflows.sources import gather

    config = load(folder / "site.yaml")
    url = f"http://127.0.0.1:{port}"
    with open_store(config.state, SystemClock()) as store, connect(url, "secret") as site:
        context = Context(config, site, store, SystemClock(), silent(), lambda: 0.5, time.sleep)
        return len(planning.make_plan(context, gather(config), planning.PlanRequest("share")).changes)


def peer(folder: Path, port: int) -> int:
    """What one would write by hand."""
    from tests.bench.script_by_hand import plan

    return plan(folder, port)


if __name__ == "__main__":
    if sys.argv[1:] and sys.argv[1] in ("ours", "peer"):
        report(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
    else:
        main()
