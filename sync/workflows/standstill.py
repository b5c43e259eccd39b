"""Why nothing is sent at present: `pause` and `unpause`, and the calendar of the site file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from sync.config.site import Config
from sync.errors import Fault, Standstill
from sync.model import Clock, Issue, Pause, Signature, Store
from sync.model.issue_texts import Wording, wording
from sync.model.records import signed
from sync.observe.context import Context
from sync.workflows.notifications import heartbeat, notify_refusal, notifying_of_refusals
from sync.workflows.runtime import Runtime


def pause(store: Store, clock: Clock, by: Signature, reason: str) -> Pause:
    """From now on, no run sends anything. A run in progress is not stopped."""
    made = Pause(by.name, clock.now(), reason, by.account)
    store.set_pause(made)
    return made


def unpause(store: Store) -> Pause | None:
    """End the pause; None if there is none."""
    ended = store.paused()
    store.set_pause(None)
    return ended


def standstill(config: Config, store: Store, now: datetime) -> Wording | None:
    """Why nothing may be sent at this moment; None if it may."""
    paused = store.paused()
    if paused is not None:
        since = paused.at.astimezone(ZoneInfo(config.site.timezone))
        by = signed(paused.by, paused.account)
        return wording("paused", by=by, since=f"{since:%Y-%m-%d %H:%M}", reason=paused.reason)
    window = config.window(now)
    if window is None or window.mode != "freeze":
        return None
    return wording("frozen", "reason" if window.reason else "", until=window.to, reason=window.reason)


def standing_issues(config: Config, store: Store, now: datetime) -> Iterator[Issue]:
    """What a report says of the pause, or of today's window of the calendar."""
    why = standstill(config, store, now)
    window = config.window(now)
    if why is not None:
        yield why.issue("notice")
    elif window is not None and window.mode == "additions":
        text = wording("additions-only", "reason" if window.reason else "", until=window.to, reason=window.reason)
        yield text.issue("notice")


def why_idle(config: Config, store: Store, now: datetime) -> Standstill | None:
    """Why nothing may be sent at this moment, as an error that says so; None if it may."""
    why = standstill(config, store, now)
    return None if why is None else Standstill(Fault(f"nothing is sent: {why.message}", hint=why.hint))


def refuse_idle(context: Context) -> None:
    """Raise Standstill if nothing may be sent at this moment."""
    why = why_idle(context.config, context.store, context.clock.now())
    if why is not None:
        raise why


def idle(config: Config, runtime: Runtime) -> Standstill | None:
    """The same for a site whose store is not open."""
    with runtime.open_store(config) as store:
        return why_idle(config, store, runtime.clock.now())


def idle_run(config: Config, runtime: Runtime) -> Standstill | None:
    """The same for the nightly job, of which people are notified. Exports stay where they are."""
    with notifying_of_refusals(config, runtime):
        why = idle(config, runtime)
    if why is not None:
        notify_refusal(config, why, runtime)
        heartbeat(config, runtime)
    return why
