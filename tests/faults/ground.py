"""A site with a plan, before anything is sent: what every case begins with."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sync.model import Run
from sync.model.resources import CATALOGUE
from sync.plan.repeats import repeatable
from sync.sandbox import Moodle, SandboxSettings
from sync.state import open_store
from tests.clock import Clock
from tests.engine.engine_world import FIELDS, Rows, state_of
from tests.engine.evening import FIRST, SECOND
from tests.faults.processes import engine, sandbox

SITE = """\
site: {{url: "http://127.0.0.1:{port}", token: {{file: token.txt}}, timezone: Europe/London}}
sending: {{permits: 3, timeout: 1s, retries: 2, patience: 3s}}
guards: {{delete: "off", roster: "off", update: "off", create: "off", rows: "off", max_age: "off", used_before: "off"}}
"""

DATE = {"startdate": "2026-09-01"}


@dataclass(frozen=True)
class Ground:
    """Two folders, `engine` and `site`, and the port at which the site is served."""

    folder: Path
    port: int

    def copy(self, to: Path) -> Ground:
        """The same in another folder."""
        shutil.copytree(self.folder, to, dirs_exist_ok=True)
        return Ground(to, self.port)

    @property
    def engine(self) -> Path:
        """The program's folder."""
        return self.folder / "engine"

    @property
    def moodle(self) -> Path:
        """The site's folder."""
        return self.folder / "site"

    @property
    def state(self) -> dict[str, list[Any]]:
        """Everything on the site; the sandbox must have ended."""
        moodle = Moodle(SandboxSettings(db=self.moodle / "site.db"))
        try:
            return {name: sorted(rows, key=str) for name, rows in state_of(moodle).items()}
        finally:
            moodle.close()

    @property
    def requests(self) -> list[dict[str, Any]]:
        """What the site has received so far, except for a line being written."""
        log = self.moodle / "requests.jsonl"
        whole = log.read_text("utf-8").rpartition("\n")[0] if log.exists() else ""
        return [json.loads(line) for line in whole.splitlines()]

    @property
    def removals(self) -> set[str]:
        """What the site was asked to remove, and removed."""
        paths = (each["path"] for each in self.requests if each["method"] == "DELETE" and each["status"] == 200)
        return {path.partition("?")[0] for path in paths}

    @property
    def gone(self) -> set[str]:
        """What the newest run removed, and what was removed automatically with it: each could be removed by itself."""
        with open_store(f"sqlite:///{self.engine / 'state.db'}", Clock()) as store:
            journal = store.journal(store.run().id)
        rows = journal[journal["op"] == "delete"]
        deletes = (
            (CATALOGUE[name].delete, json.loads(key)) for name, key in zip(rows["resource"], rows["key"], strict=True)
        )
        return {f"/{call.path.format(**key)}" for call, key in deletes if call is not None}

    @property
    def ledger(self) -> dict[str, list[tuple[Any, ...]]]:
        """What the store remembers of every object, except when it was seen."""
        with open_store(f"sqlite:///{self.engine / 'state.db'}", Clock()) as store:
            rows = {name: store.ledger(name)[["match", "claims", "owned"]] for name in FIELDS}
            return {name: sorted(frame.itertuples(index=False, name=None)) for name, frame in rows.items()}

    def stored(self) -> Stored:
        """What the store knows."""
        with open_store(f"sqlite:///{self.engine / 'state.db'}", Clock()) as store:
            plan = store.plan()
            runs = [run for run in store.runs() if run.plan == plan.id]
            statuses = Counter(plan.changes["status"].to_list())
            again, unread = int(repeatable(plan.changes).sum()), any(issue.code == "unread" for issue in plan.issues)
            return Stored(runs[0] if runs else None, len(store.runs()), statuses, again, unread)


@dataclass(frozen=True)
class Stored:
    """The newest plan's newest run, the number of all runs, and the plan's changes by status.

    `repeatable`: how many of them failed because of trouble; `unread`: whether some of the site was not read.
    """

    run: Run | None
    runs: int
    statuses: Counter[str]
    repeatable: int
    unread: bool


def write_exports(folder: Path, rows: dict[str, Rows]) -> None:
    """One CSV file for each resource; where there is no date, there is one, because the site would give today's."""
    for name, fields in FIELDS.items():
        dated = ([cell or DATE.get(each, "") for each, cell in zip(fields, row, strict=True)] for row in rows[name])
        lines = [",".join(fields), *map(",".join, dated)]
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n", "utf-8")


def lay(folder: Path, port: int) -> Ground:
    """Play the first night without trouble, with the site at this port, and plan the second one."""
    ground = Ground(folder, port)
    for each in (ground.engine / "inbox", ground.engine / "mappings", ground.moodle):
        each.mkdir(parents=True)
    (ground.engine / "site.yaml").write_text(SITE.format(port=ground.port), "utf-8")
    (ground.engine / "token.txt").write_text("sandbox\n", "utf-8")
    (ground.engine / "mappings" / "all.yaml").write_text("---\n".join(_mappings()), "utf-8")
    site = sandbox(ground.moodle, ground.port)
    try:
        write_exports(ground.engine / "inbox", FIRST)
        _must(ground, ["run"], 0)
        write_exports(ground.engine / "inbox", SECOND)
        _must(ground, ["plan"], 2, 3)
        with open_store(f"sqlite:///{ground.engine / 'state.db'}", Clock()) as store:
            plan = store.plan()
        if plan.holds:
            _must(ground, ["approve", plan.id, "--all"], 0)
    finally:
        site.send(15)
        site.wait()
    return ground


def _mappings() -> Iterable[str]:
    for name, fields in FIELDS.items():
        yield (
            f"resource: {name}\nname: {name}\nsheet: {{file: {name}.csv}}\n"
            f"fields: {{{', '.join(f'{each}: {each}' for each in fields)}}}\nmissing: delete\n"
        )


def _must(ground: Ground, command: list[str], *codes: int) -> None:
    process = engine(ground.engine, ground.folder / "out.txt", command)
    code = process.wait()
    assert code in codes, f"{command}: {code}\n{process.said}"
