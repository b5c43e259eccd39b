"""The head of a report for chat tools: numbers and commands, no names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sync.model import Plan, Run
from sync.report.headline import headline, next_steps
from sync.report.mail.pseudonymise import hidden_run
from sync.report.mail.status import MailStatus
from sync.report.state import State
from sync.report.summary import summarise


def webhook_payload(
    text: str, state: State, site: str, plan: Plan | None, run: Run | None, week: Sequence[MailStatus]
) -> dict[str, Any]:
    """What is posted, as JSON values. `text` is what common chat tools show."""
    payload: dict[str, Any] = {"format": 1, "text": text, "state": state, "site": site}
    if week:
        payload["week"] = [
            {"at": status.at.isoformat(), "tag": status.tag, "says": status.summary_line} for status in week
        ]
    if plan is None:
        return payload
    summary = summarise(plan, run and hidden_run(run))
    payload["text"] = "\n".join([text, *headline(summary)])
    return payload | {
        "plan": plan.id,
        "run": run.id if run else None,
        "headline": list(headline(summary)),
        "summary": {name: dict(counts) for name, counts in summary.totals.items()},
        "holds": [
            {
                "id": hold.id,
                "guard": hold.guard,
                "resource": hold.resource,
                "count": hold.count,
                "population": hold.population,
                "limit": hold.limit,
                "approve": f"nexsis-sync approve {plan.id} --hold {hold.id}",
            }
            for hold in plan.unapproved
        ],
        "next": [command for command, _ in next_steps(summary)],
    }
