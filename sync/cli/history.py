"""`report` and `runs`: what was planned and done, again."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sync.cli.common import Face, common, load_config, opened_store, show, stdout
from sync.cli.telling import Mailing, mail_options, mailed, mails_of
from sync.cli.writing import feeds_again, html_option, write_html, write_xlsx, xlsx_option
from sync.errors import PlanError, StoreError

if TYPE_CHECKING:
    from sync.model import Plan, Run, Store


def _found(store: Store, name: str | None) -> tuple[Plan, Run | None]:
    from sync.report.summary import as_known

    if name is not None and name.startswith("r-"):
        run = store.run(name)
        return as_known(store.plan(run.plan), run), run
    return store.plan(name), None


@click.command()
@click.argument("name", metavar="[PLAN|RUN]", required=False)
@click.option("--jsonl", is_flag=True, help="JSON, a head line and then one line a change.")
@html_option
@xlsx_option
@mail_options
@common
def report(face: Face, name: str | None, jsonl: bool, html: Path | None, xlsx: Path | None, mailing: Mailing) -> int:
    """Show a plan or run again: the newest plan, if none is named.

    Leaves with 4 if it was to be mailed and could not be; the mails then wait for the next run.
    """
    config = load_config(face)
    with opened_store(config) as store:
        _settle(store)
        plan, run = _found(store, name)
        show(face, config, plan, run, jsonl=jsonl)
        feeds = feeds_again(config, plan)
        write_html(html, config, store, plan, feeds, run)
        write_xlsx(xlsx, config, store, plan, feeds, run)
        sent = mailed(config, mailing, lambda: mails_of(config, store, plan, run, mailing.to, feeds))
    return 0 if sent else 4


@click.command()
@click.argument("what", metavar="[show ID]", nargs=-1)
@common
def runs(face: Face, what: tuple[str, ...]) -> int:
    """List plans and runs, newest first; `runs show ID` shows one."""
    if what and (len(what) != 2 or what[0] != "show"):
        raise click.UsageError("write `nexsis-sync runs`, or `nexsis-sync runs show ID`")
    config = load_config(face)
    with opened_store(config) as store:
        _settle(store)
        if what:
            plan, run = _found(store, what[1])
            show(face, config, plan, run)
            return 0
        rows = _rows(store)
    if face.json:
        import orjson

        stdout().write(orjson.dumps({"plans": rows}) + b"\n")
        return 0
    for row in rows:
        empty = f"  {row['empty']} with nothing usable" if row["empty"] else ""
        face.say(f"{row['plan']}  {row['created']}  {row['changes']:>8,} changes  {row['held']:>6,} held{empty}")
        for each in row["runs"]:
            face.say(f"    {each['run']}  {each['started']}  {each['state']}  {each['reason']}".rstrip())
    if not rows:
        raise PlanError("no plan yet: run `nexsis-sync plan` first")
    return 0


def _settle(store: Store) -> None:
    """Let the store find out whether a run that has not ended is still under way."""
    if any(run.state == "running" for run in store.runs()):
        with suppress(StoreError), store.lock():
            pass


def _rows(store: Store) -> list[dict[str, Any]]:
    by_plan: dict[str, list[dict[str, Any]]] = {}
    for run in store.runs():
        row = {"run": run.id, "started": f"{run.started:%Y-%m-%d %H:%M:%S}", "state": run.state, "reason": run.reason}
        by_plan.setdefault(run.plan, []).append(row)
    return [
        {
            "plan": plan.id,
            "created": f"{plan.created:%Y-%m-%d %H:%M:%S}",
            "changes": sum(counts[op] for counts in plan.summary.values() for op in ("create", "update", "delete")),
            "held": sum(counts.get("held", 0) for counts in plan.summary.values()),
            "empty": sum(not hold.count for hold in plan.unapproved),
            "runs": by_plan.get(plan.id, []),
        }
        for plan in store.plans()
    ]
