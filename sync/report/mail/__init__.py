"""A plan, run or reconciliation as an email: to each audience what it may see.

`audience` filters a plan, `pseudonymise` takes people out of it, `view` puts both together and makes the files;
`status` gives the subject and says whether that is news; `body` says it in sentences. `reconciled` does all this
for a reconciliation. `rendering` has what all mails share, and `message` makes the mail.
"""

from __future__ import annotations

from sync.report.mail.audience import matters, narrowed, sliced
from sync.report.mail.body import MailText, bodies
from sync.report.mail.message import Attachment, Envelope, message
from sync.report.mail.pseudonymise import hidden
from sync.report.mail.reconciled import (
    ReconciledView,
    accord,
    compared,
    outcome,
    reconciliation_bodies,
    reconciliation_files,
)
from sync.report.mail.rendering import MailFrame
from sync.report.mail.status import MailStatus, due, has_recovered, subject, summary_line, tag, week_of
from sync.report.mail.view import AudienceView, files, view
from sync.report.mail.webhook import webhook_payload
from sync.report.state import State, state_of

__all__ = [
    "Attachment",
    "AudienceView",
    "Envelope",
    "MailFrame",
    "MailStatus",
    "MailText",
    "ReconciledView",
    "State",
    "accord",
    "bodies",
    "compared",
    "due",
    "files",
    "has_recovered",
    "hidden",
    "matters",
    "message",
    "narrowed",
    "outcome",
    "reconciliation_bodies",
    "reconciliation_files",
    "sliced",
    "state_of",
    "subject",
    "summary_line",
    "tag",
    "view",
    "webhook_payload",
    "week_of",
]
