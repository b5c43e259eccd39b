"""How long it takes to plan a million enrolments of which one in a hundred differs.

    python -m tests.bench.plan_million [ROWS]

The site answers instantly: its lists are bytes in memory, in the shape of the API, parsed and checked like any other.
The state store is a real SQLite file that contains all enrolments, users and courses; no user or course is due to be
read. The peer is a hand-written script with polars: it reads the same two files (the export, and the site's data as
CSV) and joins them both ways. Prints seconds, the ratio, and the peak memory of each, measured in a process of its own.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

COURSES = 2_000
DIFFER = 0.01


def main() -> None:
    """Make the files, run both sides, print the results."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_files(folder, rows)
        ours = [measured("ours", folder) for _ in range(3)]
        peer = [measured("peer", folder) for _ in range(3)]
    best, other = (min(found, key=lambda each: each["seconds"]) for found in (ours, peer))
    print(f"{rows:,} enrolments in {COURSES:,} courses, {best['changes']:,} changes (polars: {other['changes']:,})")
    for step, seconds in best["steps"].items():
        print(f"    {step:<24} {seconds:6.2f} s")
    print(f"nexsis-sync plan         {best['seconds']:6.2f} s   {best['megabytes']:,.0f} MB at most")
    print(f"polars, read and join    {other['seconds']:6.2f} s   {other['megabytes']:,.0f} MB at most")
    print(f"ratio                    {best['seconds'] / other['seconds']:6.2f}")


def measured(side: str, folder: Path) -> dict[str, Any]:
    """Run one side in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.plan_million", side, str(folder)]
    found: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
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
    _csv(folder / "site.csv", "USER,COURSE,ROLE", lines, site_role, there)
    (folder / "inbox").mkdir()
    (folder / "enrolments.csv").rename(folder / "inbox" / "enrolments.csv")
    _lists(folder / "lists", pairs[there], site_role[there])
    np.savez(folder / "there.npz", pairs=pairs[there], role=site_role[there])
    (folder / "site.yaml").write_text(SITE)
    (folder / "mappings.yaml").write_text(MAPPINGS)


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
"""
MAPPINGS = """
resource: enrolment
name: enrolments
sheet: {file: enrolments.csv}
fields: {userid: USER, courseid: COURSE, roleid: ROLE}
missing: delete
"""


# -- the two sides ---------------------------------------------------------------------------------------------


def ours(folder: Path) -> dict[str, Any]:
    """Plan as the command does, against a site that answers instantly."""
    import orjson

    from sync.cli.wiring import SystemClock
    from sync.config.site import load
    from sync.model import Request, Response
    from sync.observe.context import Context
    from sync.report.progress import silent
    from sync.state import open_store
    from sync.workflows import plan as planning
    from sync.workflows.sources import gather

    class Instant:
        """A site whose lists are in memory as bytes."""

        def __init__(self) -> None:
            self.lists = {path.stem: path.read_bytes() for path in (folder / "lists").iterdir()}

        def send(self, call: Request, timeout: float) -> Response:
            """Answer as the API does, parsing as the HTTP client does."""
            if call.path == "ping":
                return Response(200, {"message": "pong"}, json=True)
            parts = call.path.split("/")
            if len(parts) == 3:
                return Response(200, orjson.loads(self.lists.get(parts[1], b"[]")), json=True)
            return Response(200, {f"{parts[0]}id": parts[1]}, json=True)

    config = load(folder / "site.yaml")
    with open_store(config.state, SystemClock()) as store:
        remember_all(store, folder)
        site = Instant()
        world = Context(config, site, store, SystemClock(), silent(), lambda: 0.5, time.sleep)
        begun = time.perf_counter()
        feeds = gather(config)
        read = time.perf_counter()
        plan = planning.make_plan(world, feeds, "share")
        ended = time.perf_counter()
    steps = {"read the export": read - begun, "compare and store": ended - read}
    return {"seconds": ended - begun, "changes": len(plan.changes), "steps": steps}


def remember_all(store: Any, folder: Path) -> None:
    """The ledger of a site that we filled: every enrolment, user and course."""
    import pandas as pd

    from sync.model import LEDGER, SEPARATOR

    stored = np.load(folder / "there.npz")
    users = pd.Series([f"U{u:08d}" for u in stored["pairs"][:, 0].tolist()], dtype="str")
    courses = pd.Series([f"C{c:05d}" for c in stored["pairs"][:, 1].tolist()], dtype="str")
    sent = pd.Series(['{"roleid":"' + r + '"}' for r in stored["role"].tolist()], dtype="str")
    today = datetime.now(UTC).date().toordinal()

    def rows(match: object, key: object, packed: object, claims: str) -> pd.DataFrame:
        frame = pd.DataFrame({"match": match, "key": key, "sent": packed, "seen": packed})
        return frame.assign(claims=claims, owned=1, checked=today)[list(LEDGER)]

    keys = '{"userid":"' + users + '","courseid":"' + courses + '"}'
    match = users.str.lower() + SEPARATOR + courses.str.lower()
    store.remember("enrolment", rows(match, keys, sent, "enrolments"))
    for name, column in (("user", users), ("course", courses)):
        known = column.drop_duplicates(ignore_index=True)
        store.remember(name, rows(known.str.lower(), '{"' + name + 'id":"' + known + '"}', "{}", ""))


def peer(folder: Path) -> dict[str, Any]:
    """What one would write by hand to get just the difference."""
    import polars as pl

    begun = time.perf_counter()
    wanted = pl.read_csv(folder / "inbox" / "enrolments.csv", infer_schema=False)
    there = pl.read_csv(folder / "site.csv", infer_schema=False)
    key = ["USER", "COURSE"]
    new = wanted.join(there, on=key, how="anti")
    gone = there.join(wanted, on=key, how="anti")
    both = wanted.join(there, on=key, suffix="_SITE")
    other = both.filter(pl.col("ROLE") != pl.col("ROLE_SITE"))
    seconds = time.perf_counter() - begun
    return {"seconds": seconds, "changes": len(new) + len(gone) + len(other), "steps": {}}


if __name__ == "__main__":
    if len(sys.argv) == 3:
        result = {"ours": ours, "peer": peer}[sys.argv[1]](Path(sys.argv[2]))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({**result, "megabytes": peak}))
    else:
        main()
