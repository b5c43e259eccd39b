"""The post: letters that wait in an outbox until a mail server or a chat tool has taken them.

A letter is written down before it is sent and struck out after it was taken, so a process that dies loses none. If it
dies in the very moment between, the letter goes twice, with the same Message-ID: better twice than never.
"""

from __future__ import annotations

from sync.notify.delivery.deliver import GIVEN_UP, Fate, Left, Send, Unreachable, deliver
from sync.notify.delivery.delivery_log import Entry, diary, note, owe, owed, settle
from sync.notify.delivery.outbox import Letter, Way, keep, secret_key, waiting
from sync.notify.delivery.smtp import Server, send_mails
from sync.notify.delivery.webhook import send_posts

__all__ = [
    "GIVEN_UP",
    "Entry",
    "Fate",
    "Left",
    "Letter",
    "Send",
    "Server",
    "Unreachable",
    "Way",
    "deliver",
    "diary",
    "keep",
    "note",
    "owe",
    "owed",
    "secret_key",
    "send_mails",
    "send_posts",
    "settle",
    "waiting",
]
