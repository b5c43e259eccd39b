"""A plan or run as a mail: to each audience what it may see.

`audience` filters a plan, `hiding` takes people out of it, `view` puts both together and makes the files; `standing`
says in a word how it stands and whether that is news; `body` says it in sentences, and `message` makes the mail.
"""

from __future__ import annotations

from sync.report.mail.audience import matters, narrowed, sliced
from sync.report.mail.body import Telling, bodies
from sync.report.mail.hiding import hidden
from sync.report.mail.message import Envelope, File, message
from sync.report.mail.standing import Night, State, due, has_recovered, says, state_of, subject, tag, week_of
from sync.report.mail.view import View, files, view
from sync.report.mail.webhook import notice

__all__ = [
    "Envelope",
    "File",
    "Night",
    "State",
    "Telling",
    "View",
    "bodies",
    "due",
    "files",
    "has_recovered",
    "hidden",
    "matters",
    "message",
    "narrowed",
    "notice",
    "says",
    "sliced",
    "state_of",
    "subject",
    "tag",
    "view",
    "week_of",
]
