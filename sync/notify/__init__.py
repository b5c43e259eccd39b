"""Who is notified of a run, of one that could not be done, and of a reconciliation.

`events` are what people are notified of, `visibility` says what an audience sees of them, `messages` makes mails and
posts, with `attachments`; `outbox` keeps them, `delivery` passes them to a mail server (`smtp`) or chat tool
(`webhook`), and `delivery_log` records who was notified of what. `heartbeat` calls a monitoring service. Nothing here
changes the exit code of a command: what cannot be delivered is reported, and tried again with the next run.
"""

from __future__ import annotations

from sync.notify.attachments import in_words
from sync.notify.delivery import GIVEN_UP
from sync.notify.delivery_log import owe, owed, settle
from sync.notify.events import Event, PlanEvent, Recovery, Refusal, Trouble
from sync.notify.heartbeat import call_heartbeat
from sync.notify.notifications import deliver, mails, reconciliation_mails, send, write
from sync.notify.visibility import comparing

__all__ = [
    "GIVEN_UP",
    "Event",
    "PlanEvent",
    "Recovery",
    "Refusal",
    "Trouble",
    "call_heartbeat",
    "comparing",
    "deliver",
    "in_words",
    "mails",
    "owe",
    "owed",
    "reconciliation_mails",
    "send",
    "settle",
    "write",
]
