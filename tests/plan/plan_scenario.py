"""Scenarios as files: what a site and its sheets contain run by run, and the expected results.

    mappings: {users: {missing: delete}}     # changes to the usual ones below; in order of precedence
    guards, graded_removals, protect, roles, terms, no_deletes, calendar, sending, allow:   # as in a site file
    sandbox: {enrol_status: kept}            # settings of the site, as of a sandbox
    shared_emails: true                      # accounts may share an email address
    made: false                              # what is settled was on the site already: nothing was sent for it
    settled:                                 # on the site, in the sheets, and ours, before the first run
      users: [S1, "S[2-5]", S6 LOGIN=bob]    # cells by position, others by name, else a usual value
    nights:                                  # the runs, one a day
      - users: [S1]                          # a sheet that changes from now on
        site: [users S2 LAST=Edited, delete users S3, renumber S4 N4]      # what somebody does on the site first
                                             # also `grade S1 C1 77`, `complete S1 C1`, `suspend S1 C1`,
                                             # `reactivate S1 C1`
        aliases: [user S1 N1]                # the file of aliases, from now on
        terms: [27S 2027-01-11 2027-05-28]   # the sheet of terms, from now on: TERM, START, END
        age: {users: 192}                    # hours since the sheet's file was written
        no_deletes: true                     # as in the site file, from now on
        encodings: {users: mac-roman}        # of sheets' files, where they are not in UTF-8
        undo: r-1                            # a rollback of this run instead of exports
        created: true                        # with what it created
        only: {user: [S1]}                   # the plan is limited to these records,
        resources: [enrolment]               # and to records of these kinds
        changes, holds, issues, summary:     # what the plan contains, in the forms below
        messages: [...]                      # the messages of the holds
        limits: [...]                        # what was exceeded, as the holds have it
        texts: [...]                         # the messages of the issues
        approve: [majority]                  # holds released by guard, before the plan is applied
        apply: false                         # only planned
        left: [skipped user S1]              # changes not on hold that did not become `done`
        afterwards: [majority]               # holds released by guard after the run; then it is applied again
        verified: 3 of 4, 1 unread           # what the run did, read back
        then: {users: [S1 s1]}               # what is on the site afterwards

    change   op resource key [field=value ...] [cause] [gate:...] [chain:a] [by:n] [hold:guard]
    hold     guard resource slice count/population [part] [approved]
    issue    code resource [file[:row]] [value]

If the last run says what is on the site `then`, the same sheets are planned once more: nothing may be left to do except
what is on hold.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from threading import Event
from typing import Any, Literal

import pandas as pd

from sync.apply.verification import verify
from sync.config.site import Config, load
from sync.mapping.desired import build
from sync.mapping.source import Source
from sync.model import CHANGES, Approval, Conventions, Plan, Request, Resource, Run, Site, Store
from sync.model.frames import fields_of
from sync.model.resources import CATALOGUE
from sync.model.values import pack
from sync.observe.context import Context
from sync.plan.part import PlanPart
from sync.report.progress import silent
from sync.sandbox import Sandbox
from sync.workflows.apply import apply_plan
from sync.workflows.inputs import inputs_of
from sync.workflows.plan import PlanRequest, make_plan
from sync.workflows.rollback import make_rollback
from sync.workflows.sources import gather, known_to
from tests.plan.plan_lines import key_of, rows_of
from tests.yaml_files import as_yaml

FIRST_NIGHT = datetime(2026, 11, 23, 2, tzinfo=UTC)

SITE_KEYS = (
    "guards", "graded_removals", "protect", "aliases", "reads", "terms", "no_deletes", "calendar", "sending",
    "allow",
)  # fmt: skip
"""Keys of a scenario that are those of a site file."""

COLUMNS: dict[str, dict[str, str]] = {
    "users": {"ID": "", "LOGIN": "{id}", "FIRST": "First", "LAST": "Last", "EMAIL": "{id}@example.edu"},
    "courses": {"ID": "", "NAME": "Course", "SHORT": "{ID}", "CATEGORY": "/Arts"},
    "enrolments": {"USER": "", "COURSE": "", "ROLE": "student"},
    "groups": {"COURSE": "", "GROUP": "", "NAME": "Group"},
    "members": {"COURSE": "", "GROUP": "", "USER": ""},
}
FIELDS = {
    "users": {"userid": "ID", "username": "LOGIN", "firstname": "FIRST", "lastname": "LAST", "email": "EMAIL"},
    "courses": {"courseid": "ID", "fullname": "NAME", "shortname": "SHORT", "categorypath": "CATEGORY"},
    "enrolments": {"userid": "USER", "courseid": "COURSE", "roleid": "ROLE"},
    "groups": {"courseid": "COURSE", "groupid": "GROUP", "name": "NAME"},
    "members": {"courseid": "COURSE", "groupid": "GROUP", "userid": "USER"},
}
RESOURCES = {"users": "user", "courses": "course", "enrolments": "enrolment", "groups": "group"} | {
    "members": "group_member"
}
LIKE = {"staff": "users", "teaching": "enrolments", "drops": "enrolments"}
"""Sheets of the same form as another one, so that two mappings can feed one resource."""

PATHS = {
    "users": "user/{ID}",
    "courses": "course/{ID}",
    "enrolments": "user/{USER}/enrol/{COURSE}",
    "groups": "course/{COURSE}/group/{GROUP}",
    "members": "course/{COURSE}/group/{GROUP}/user/{USER}",
}


class Clock:
    """A time that stands still until the next run."""

    def __init__(self) -> None:
        self.time = FIRST_NIGHT

    def now(self) -> datetime:
        return self.time

    def monotonic(self) -> float:
        return 0.0


def spread(lines: Sequence[str]) -> Iterator[str]:
    """Each line, and for `S[1-3]` one line each for S1, S2 and S3."""
    for line in lines:
        found = re.search(r"\[(\d+)-(\d+)\]", line)
        if not found:
            yield line
            continue
        for number in range(int(found[1]), int(found[2]) + 1):
            yield line.replace(found[0], str(number))


def cells(sheet: str, line: str) -> dict[str, str]:
    """A row of a sheet from its short form."""
    usual = COLUMNS[LIKE.get(sheet, sheet)]
    words = line.split(" ")
    named = dict(word.split("=", 1) for word in words if "=" in word)
    given = dict(zip(usual, (word for word in words if "=" not in word), strict=False))
    first = next(iter(given.values()), "")
    row = {name: value.format(id=first.lower(), ID=first) for name, value in usual.items()}
    return row | given | named


@dataclass
class Stage:
    """One site with its memory, and the folder of its files."""

    folder: Path
    said: dict[str, Any]
    sandbox: Sandbox
    site: Site
    store: Store
    clock: Clock
    sheets: dict[str, list[str]] = field(default_factory=dict)
    mappings: dict[str, dict[str, Any]] = field(default_factory=dict)
    runs: int = 0

    # -- files -------------------------------------------------------------------------------------------------

    def bring(self, night: dict[str, Any]) -> None:
        """The sheets and mappings of this run; what is not mentioned stays as it was."""
        for name, lines in night.items():
            if LIKE.get(name, name) in COLUMNS:
                self.sheets[name] = list(spread(lines))
        if "aliases" in night:
            lines = ["resource old new", *spread(night["aliases"])]
            (self.folder / "aliases.csv").write_text("".join(f"{line}\n" for line in lines).replace(" ", ","), "utf-8")
            self.said["aliases"] = "aliases.csv"
        if "terms" in night:
            lines = [",".join(line.split(" ")) for line in ["TERM START END", *night["terms"]]]
            self._inbox.joinpath("terms.csv").write_text("\n".join(lines), "utf-8")
        if "no_deletes" in night:
            self.said["no_deletes"] = night["no_deletes"]
        shown = night.get("mappings", {})
        for name in dict.fromkeys([*self.sheets, *shown]):
            self.mappings[name] = {**self.mappings.get(name, {}), **(shown.get(name) or {})}
        self._write(night.get("age", {}), night.get("encodings", {}))

    @property
    def _inbox(self) -> Path:
        inbox = self.folder / "inbox"
        inbox.mkdir(exist_ok=True)
        return inbox

    def _write(self, ages: dict[str, float], encodings: dict[str, str]) -> None:
        documents = []
        for name, said in self.mappings.items():
            form = LIKE.get(name, name)
            usual = {
                "resource": RESOURCES[form],
                "name": name,
                "sheet": {"file": f"{name}.csv"},
                "fields": FIELDS[form],
            }
            fields = {**FIELDS[form], **said.get("fields", {})}
            documents.append({**usual, **said, "fields": fields})
            extra = [*said.get("rows", {}).get("keep", {}), *said.get("delete_when", {})]
            rows = [cells(name, line) for line in self.sheets.get(name, [])]
            columns = [*COLUMNS[form], *extra]
            lines = [columns, *([row.get(column, "") for column in columns] for row in rows)]
            file = self._inbox / f"{name}.csv"
            file.write_text("".join(",".join(line) + "\n" for line in lines), encodings.get(name, "utf-8"))
            written = (self.clock.now() - timedelta(hours=ages.get(name, 1))).timestamp()
            os.utime(file, (written, written))
        (self.folder / "mappings.yaml").write_text("\n---\n".join(map(as_yaml, documents)), "utf-8")
        site: dict[str, Any] = {
            "site": {
                "url": self.sandbox.url,
                "token": {"env": "UNUSED"},
                "timezone": "Europe/London",
                "shared_emails": self.said.get("shared_emails", False),
            },
            "mappings": ["mappings.yaml"],
            **{name: self.said[name] for name in SITE_KEYS if name in self.said},
        }
        (self.folder / "site.yaml").write_text(as_yaml(site), "utf-8")
        self.__dict__.pop("config", None)

    @cached_property
    def config(self) -> Config:
        """The site file and the mappings as they are since the last run began."""
        return load(self.folder / "site.yaml")

    @property
    def world(self) -> Context:
        return Context(self.config, self.site, self.store, self.clock, silent(), lambda: 1.0, lambda _: None)

    # -- the site ----------------------------------------------------------------------------------------------

    def put(self, sheet: str, line: str) -> None:
        """Put an object on the site without the engine."""
        row, moodle = cells(sheet, line), self.sandbox.moodle
        form = LIKE.get(sheet, sheet)
        if form == "users":
            moodle.add_user(row["ID"], row["LOGIN"], row["EMAIL"], row["FIRST"], row["LAST"])
        elif form == "courses":
            moodle.add_course(row["ID"], row["NAME"], row["SHORT"], categorypath=row["CATEGORY"])
        elif form == "enrolments":
            moodle.add_enrolment(row["USER"], row["COURSE"], row["ROLE"], row.get("PLUGIN", "nexsis"))
        elif form == "groups":
            moodle.add_group(row["COURSE"], row["GROUP"], row["NAME"])
        else:
            self._call("PUT", PATHS[form].format(**row))

    def edit(self, lines: Sequence[str]) -> None:
        """A change made on the site: `users S1 LAST=New`, `delete enrolments S1 C1`, `renumber S1 N1`; `renumber S1`
        clears the number, `clear C1 G1` that of a group."""
        for line in lines:
            verb, _, rest = line.partition(" ")
            if verb == "clear":
                self.sandbox.moodle.clear_group(*rest.split(" "))
            elif verb == "renumber":
                self.sandbox.moodle.change_userid(*rest.split(" "))
            elif verb in ("suspend", "reactivate"):
                self.sandbox.moodle.suspend(*rest.split(" "), suspended=verb == "suspend")
            elif verb in ("grade", "complete"):
                self._graded(verb, *rest.split())
            elif verb != "delete":
                for each in spread([rest]):
                    self.put(verb, each)
            else:
                sheet, _, key = rest.partition(" ")
                for each in spread([key]):
                    self._call("DELETE", PATHS[sheet].format(**cells(sheet, each)))

    def _graded(self, verb: str, user: str, course: str, points: str = "") -> None:
        """Somebody has a grade, or has completed a course."""
        if verb == "grade":
            self.sandbox.moodle.add_grade(user, course, float(points))
        else:
            self.sandbox.moodle.add_completion(user, course, 1_793_520_000)

    def _call(self, method: Literal["PUT", "DELETE"], path: str) -> None:
        answer = self.site.send(Request(method, path, empty=True), 5.0)
        assert answer.status == 200, (path, answer)

    def settle(self, sheets: dict[str, Any]) -> None:
        """Act as if these sheets had been applied: their contents are on the site, and ours."""
        for name, said in self.said.get("mappings", {}).items():
            self.mappings[name] = dict(said or {})
            self.sheets[name] = []
        self.bring(sheets)
        for name in COLUMNS:
            for sheet in [name, *(other for other, form in LIKE.items() if form == name)]:
                for line in self.sheets.get(sheet, []):
                    self.put(sheet, line)
        if sheets:
            self._remember()

    def _remember(self) -> None:
        """What a run leaves behind that found or made everything as the sheets say."""
        config = self.config
        feeds = gather(config)
        for name, resource in CATALOGUE.items():
            own = [feed for feed in feeds if feed.mapping.resource == name]
            if own:
                self.store.remember(name, _memories(resource, own, config.conventions))
        changes = pd.DataFrame({column: pd.Series(dtype="str") for column in CHANGES})
        now = self.clock.now()
        nothing = dict.fromkeys(("update", "delete", "covered", "unchanged", "held", "rejected"), 0)
        made = {name: {"create": 1, **nothing} for name in RESOURCES.values()} if self.said.get("made", True) else {}
        self.store.save_plan(Plan("p-0", config.site.url, now, changes, (), (), made, inputs_of(config, feeds)))
        self.store.start_run(Run("r-0", "p-0", now, now, "done"))

    # -- the runs --------------------------------------------------------------------------------------------------

    def plan(self, read: Any, part: PlanPart | None = None) -> Plan:
        self.clock.time += timedelta(hours=1)
        world = self.world
        return make_plan(world, gather(world.config, known_to(self.store)), PlanRequest(read, part=part))

    def undo(self, run: str, *, created: bool) -> Plan:
        self.clock.time += timedelta(hours=1)
        return make_rollback(self.world, run, created=created)

    def approve(self, plan: Plan, guards: Sequence[str]) -> Plan:
        now = self.clock.now()
        chosen = [hold for hold in plan.holds if hold.guard in guards]
        assert {hold.guard for hold in chosen} == set(guards)
        approvals = [Approval(hold.id, "ada", now, now + timedelta(days=7)) for hold in chosen]
        self.store.approve(plan.id, approvals)
        return self.store.plan(plan.id)

    def apply(self, plan: Plan) -> list[str]:
        """Apply, and list what was to be sent and did not become `done`."""
        self.runs += 1
        run = apply_plan(self.world, plan, f"r-{self.runs}", Event())
        assert run.state == "done", run.reason
        assert not self.sandbox.races
        changes = self.store.plan(plan.id).changes
        left = changes[~changes["status"].isin(["done", "held", "covered"])]
        return [f"{row.status} {row.resource} {key_of(row.key)}" for row in rows_of(left)]

    def verified(self) -> str:
        """How much of what the newest run has done is on the site as it was sent."""
        journal = self.store.journal(f"r-{self.runs}")
        found = verify(journal, self.world.connection, self.config.conventions, Event())
        return f"{found.equal} of {found.changes}, {found.unread} unread"

    def held_now(self) -> dict[str, list[str]]:
        """What is on the site, in the words of the sheets."""
        moodle = self.sandbox.moodle
        return {
            "users": sorted(f"{user} {login} {email.partition('@')[0]}" for user, login, _, _, email in moodle.users()),
            "courses": sorted(f"{course} {short}" for course, _, short, _, _ in moodle.courses()),
            "enrolments": sorted(" ".join(map(str, row)) for row in moodle.enrolments()),
            "suspended": sorted(" ".join(pair) for pair in moodle.suspended()),
            "groups": sorted(f"{course} {group}" for course, group, _, _ in moodle.groups()),
            "members": sorted(" ".join(map(str, row)) for row in moodle.members()),
            "categories": moodle.categories(),
        }


_KNOWN: dict[object, pd.DataFrame] = {}
"""By what they are made of: many scenarios begin with the same people and courses."""


def _memories(resource: Resource, feeds: Sequence[Source], conventions: Conventions) -> pd.DataFrame:
    """Ledger rows of everything in these sheets: it was sent, and is on the site as sent."""
    made_of = tuple((feed.mapping.digest, *(sheet.digest for sheet in feed.sheets)) for feed in feeds)
    if made_of not in _KNOWN:
        desired, issues = build(resource, feeds, conventions)
        assert not issues
        rows = desired.rows
        said = pack(rows, fields_of(resource, rows))
        known = {"match": rows["match"], "key": pack(rows, list(resource.key)), "sent": said, "seen": said}
        _KNOWN[made_of] = pd.DataFrame({**known, "claims": rows["claims"], "owned": 1, "checked": 0})
    return _KNOWN[made_of]
