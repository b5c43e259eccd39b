"""The post: letters that wait in an outbox until a mail server or a chat tool has taken them.

A letter is written down before it is sent and struck out after it was taken, so a process that dies loses none. If it
dies in the very moment between, the letter goes twice, with the same Message-ID: better twice than never.
"""

from __future__ import annotations

from sync.post.delivery import Fate, Send, Unreachable, deliver
from sync.post.outbox import Entry, Letter, Way, diary, keep, note, secret_key, waiting
from sync.post.smtp import Server, send_mails
from sync.post.webhook import send_posts

__all__ = [
    "Entry",
    "Fate",
    "Letter",
    "Send",
    "Server",
    "Unreachable",
    "Way",
    "deliver",
    "diary",
    "keep",
    "note",
    "secret_key",
    "send_mails",
    "send_posts",
    "waiting",
]
