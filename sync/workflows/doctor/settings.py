"""The site file, and what it refers to on this machine: mappings, token, inbox, schedule."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from sync.config.permissions import loose
from sync.config.site import Config, token
from sync.config.time_zone import zone_advice
from sync.errors import ConfigError, Fault, SheetError
from sync.model.findings import listed
from sync.observe.context import next_time
from sync.workflows.doctor.checks import Diagnosis, age_text, warned

STALE: Final = 7 * 86_400
"""Seconds after which exports are called old where the site file sets no `max_age`."""


def settings(config: Config, of_mappings: Sequence[Fault], now: datetime) -> Iterator[Diagnosis]:
    """Everything that the site file says, as far as this machine can check it."""
    yield Diagnosis("site-file", "ok", f"{config.file}, for {config.site.url}")
    yield _mappings(config, of_mappings)
    yield _permissions(config)
    advice = zone_advice(config.site)
    yield Diagnosis("time-zone", "warn", advice) if advice else Diagnosis("time-zone", "ok", config.site.timezone)
    yield _token(config)
    yield _inbox(config, now)
    yield _schedule(config, now)


def _mappings(config: Config, faults: Sequence[Fault]) -> Diagnosis:
    if faults:
        says = f"{len(faults):,} error{'s' * (len(faults) != 1)} in the mapping files; the first: {faults[0].message}"
        where = f"{faults[0].where}: " if faults[0].where else ""
        return Diagnosis("mappings", "fail", f"{where}{says}", "`nexsis-sync check` lists them all.")
    names = listed(f"{mapping.name} ({mapping.resource})" for mapping in config.mappings)
    return Diagnosis("mappings", "ok", f"{len(config.mappings):,}: {names}")


def _permissions(config: Config) -> Diagnosis:
    found = [*loose(config.guarded_files)]
    if not found:
        return Diagnosis("permissions", "ok", "token, state store and mappings are not open to other accounts")
    verb = "change" if any(each.writable for each in found) else "read"
    files = listed(str(each.path) for each in found)
    hint = "Remove that permission: `chmod o-rw FILE`."
    return Diagnosis("permissions", "warn", f"other accounts on this machine can {verb} {files}", hint)


def _token(config: Config) -> Diagnosis:
    source = config.site.token
    try:
        token(config)
    except ConfigError as error:
        return Diagnosis("token", "fail", error.faults[0].message, error.faults[0].hint)
    return Diagnosis("token", "ok", f"found ({source.kind}: {source.name}); it is not shown")


def _inbox(config: Config, now: datetime) -> Diagnosis:
    inbox = config.inbox
    if not inbox.exists():
        return Diagnosis(
            "inbox", "warn", f"{inbox} is not there yet", "Create it, or correct `inbox:` in the site file."
        )
    if not os.access(inbox, os.R_OK | os.X_OK | (os.W_OK if config.drop else 0)):
        needs = "read and write" if config.drop else "read"
        return Diagnosis("inbox", "fail", f"{inbox}: this account needs permission to {needs} here", "Grant it.")
    try:
        there = config.entries.look()
    except SheetError as error:
        return Diagnosis("inbox", "fail", error.faults[0].message, error.faults[0].hint)
    if there.unusable:
        return Diagnosis("inbox", "warn", there.issues[0].message, there.issues[0].hint)
    if not there.files:
        return Diagnosis("inbox", "ok", f"{inbox} has no files waiting")
    age = now.timestamp() - max(each.modified for each in there.files.values()) / 1e9
    count = len(there.files)
    says = f"{count:,} file{'s' * (count != 1)} in {inbox}; the newest is {age_text(age)} old"
    longest = config.guards.max_age.total_seconds() if config.guards.max_age else STALE
    return warned("inbox", says, "Check that the SIS still exports every night.", good=age <= longest)


def _schedule(config: Config, now: datetime) -> Diagnosis:
    if config.expect is None:
        hint = "To be notified if exports do not arrive, add `expect: {by: 06:00}` to the site file."
        return Diagnosis("schedule", "ok", "the site file does not say when exports are expected", hint)
    due = next_time(config, now, config.expect.by)
    says = f"exports are next expected by {due:%Y-%m-%d %H:%M} UTC; `watch` notifies people if there are none"
    return Diagnosis("schedule", "ok", says)
