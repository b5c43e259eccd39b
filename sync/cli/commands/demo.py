"""`demo`: three days of a small university in a sandbox, with the same commands that a person would type.

Everything is in one folder, so that it can be explored afterwards.
"""

from __future__ import annotations

import contextlib
import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING

import click

from sync.cli.excerpt import excerpt, held_back
from sync.cli.help import WithExamples
from sync.cli.options import common
from sync.cli.output import Output, stdout
from sync.cli.typed import typed
from sync.cli.wiring import SystemClock
from sync.config.shipped import shipped
from sync.errors import Fault, NexsisSyncError

if TYPE_CHECKING:
    from sync.sandbox import Sandbox

PORT = 8765
NIGHTS = "nights"
MARK = "This folder was made by `nexsis-sync demo`."
CONTENTS = f"""\
{MARK} Running the demo again replaces its files.

site.yaml         the site file: address, token, time zone and so on
token.txt         the token of the sandbox, the Moodle of the demo
mappings/         how the columns of the exports map to Moodle
inbox/            the exports of the last day
{NIGHTS}/           the exports of all three days
grades.csv        the grades exported from Moodle at the end
state.db          the state store: plans, runs, and what was sent and seen
sandbox.db        the database of the sandbox
requests.jsonl    every request to the sandbox, one line each
"""
SITE = """\
# The site file of the demo. Your own will look much the same.
site:
  url: {url}
  token: {{file: token.txt}}
  timezone: Europe/London
inbox: inbox
mappings: [mappings/*.yaml]
allow: category_grade
state: sqlite:///state.db
"""
BEGIN = """\
Northmere University is fictitious, and its Moodle is a sandbox on this machine.
All files are in the folder {folder}. Commands are shown as you would type
them there, with the essential part of what they print; --verbose shows it all."""
END = """
The end
=======
Changes made: {done:,}. Write calls sent: {writes:,}. Read calls sent: {calls[GET]:,}.
All of them are in requests.jsonl.

Try things yourself: README.txt in {folder} explains each file.
Start the sandbox again in one terminal:

    cd {folder}
    nexsis-sync sandbox --port {port} --db sandbox.db --log requests.jsonl

Change a file in inbox/, or undo the truncation: copy
nights/night-2/enrolments.csv over inbox/enrolments.csv. Then plan in another
terminal:

    cd {folder}
    nexsis-sync plan
"""


@dataclass(frozen=True, slots=True)
class DemoStep:
    """One command: what to look at, what is typed after `nexsis-sync`, the code it exits with.

    `shows` lists how the lines that are shown of its output begin; if it is empty, all of them are shown.
    """

    look: str
    command: str
    leaves: int
    shows: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Act:
    """One day: the exports that arrive, what has happened, and the commands."""

    title: str
    exports: str
    scene: str
    steps: Sequence[DemoStep]


STORY = (
    Act(
        "Day 1: everything is new",
        "night-1",
        "The registry has put its exports into inbox/. Moodle has no courses and no people yet.",
        (
            DemoStep(
                "Check the files on their own. Delimiters, encodings and header rows are detected.",
                "check",
                0,
                ("site.yaml:", "students: students.csv", "academics: staff.xlsx", "notice:"),
            ),
            DemoStep(
                "The dry run. Nothing is sent. Each change names the file and row it comes from.",
                "plan",
                2,
                ("Ready.", "Courses:", "Users:", "Enrolments:", "Groups:", "users:"),
            ),
            DemoStep(
                "Send the plan: courses first, then people, then enrolments and the rest.", "apply", 0, ("Done.",)
            ),
            DemoStep("Plan again: Moodle already matches the exports.", "plan", 0, ("Nothing to do.",)),
        ),
    ),
    Act(
        "Day 2: changes at the registry",
        "night-2",
        "Three students have joined and one has left. One student has changed her name, the usernames of two others "
        "have been swapped, and a lecturer has been promoted. The exports also contain mistakes.",
        (
            DemoStep(
                "On hold: the row of a course's only teacher is missing from the export. Issues: rows with errors are "
                "reported with file, row and column, and the records they refer to are left unchanged.",
                "plan",
                3,
                (
                    "Ready.",
                    "Users:",
                    "Enrolments:",
                    "On hold",
                    "4 rows",
                    "error: Inv",
                    "error: Unk",
                    "users:",
                    "enrolments in course PHY102",
                ),
            ),
            DemoStep(
                "Everything that is not on hold is sent. The command below the hold would approve the removal.",
                "apply",
                3,
                ("Done.", "On hold until", "4 rows"),
            ),
        ),
    ),
    Act(
        "Day 3: a truncated file",
        "night-3",
        "The mistakes have been fixed. But the disk was full when the enrolments were exported: two fifths of the rows "
        "are missing.",
        (
            DemoStep(
                "The command for the scheduler: plan and apply in one step. Nobody is unenrolled because of a "
                "truncated file; everything else is sent.",
                "run",
                3,
                ("Done.", "Users:", "On hold"),
            ),
            DemoStep("All plans and runs so far:", "runs", 0),
        ),
    ),
    Act(
        "The other direction: grades for the registry",
        "night-3",
        "In the meantime, some students have been graded in Moodle.",
        (DemoStep("Export the grades of all courses to a file:", "pull grade --to grades.csv", 0),),
    ),
)


@click.command(
    cls=WithExamples,
    examples=(
        "demo",
        "demo --folder /tmp/trial --verbose",
    ),
)
@click.option("--folder", type=click.Path(path_type=Path), default=None, help="Folder for its files [nexsis-demo].")
@common
def demo(output: Output, folder: Path | None) -> int:
    """Simulate three days at a small university in a sandbox: first import, daily changes, a truncated file."""
    return play(folder or Path("nexsis-demo"), output)


def play(folder: Path, output: Output) -> int:
    """Play all three days in `folder`, which is created, or emptied if an earlier demo made it; the exit code.

    Raises NexsisSyncError if the folder is somebody else's, or if a command does not exit as it should.
    """
    _claim(folder)
    with contextlib.chdir(folder), _site() as sandbox:
        _furnish(sandbox)
        output.say(BEGIN.format(folder=folder))
        for act in STORY:
            _perform(act, output)
        _close(output, folder, sandbox)
    return 0


# -- the folder ------------------------------------------------------------------------------------------------


def _claim(folder: Path) -> None:
    """Create the folder, or empty it of what an earlier demo left."""
    if folder.is_dir() and any(folder.iterdir()):
        note = folder / "README.txt"
        if not note.is_file() or not note.read_text("utf-8", "replace").startswith(MARK):
            hint = "Name another one with `nexsis-sync demo --folder NAME`; nothing in this one was changed."
            raise NexsisSyncError(Fault("this folder contains files that are not from the demo", str(folder), hint))
        for name in ("inbox", "mappings", NIGHTS):
            shutil.rmtree(folder / name, ignore_errors=True)
        for pattern in ("site.yaml", "token.txt", "grades.csv", "state.db*", "sandbox.db*", "requests.jsonl"):
            for file in folder.glob(pattern):
                file.unlink()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / "README.txt").write_text(CONTENTS, "utf-8")
    except OSError as error:
        raise NexsisSyncError(Fault(f"this folder cannot be written to: {error.strerror}", str(folder))) from None


def _furnish(sandbox: Sandbox) -> None:
    """Write what a person would have made. Files are copied without their age: an old export would be on hold."""
    shutil.copytree(shipped("mappings") / "nexsis", "mappings", copy_function=shutil.copyfile)
    for night in shipped("samples").glob("night-*"):
        shutil.copytree(night, Path(NIGHTS, night.name), copy_function=shutil.copyfile)
    Path("inbox").mkdir()
    Path("site.yaml").write_text(SITE.format(url=sandbox.url), "utf-8")
    token = Path("token.txt")
    token.touch(mode=0o600)
    token.write_text(sandbox.token, "utf-8")


@contextlib.contextmanager
def _site() -> Iterator[Sandbox]:
    """The sandbox, at its usual port if that is free."""
    from sync.sandbox import SandboxSettings, running

    def serving(port: int) -> contextlib.AbstractContextManager[Sandbox]:
        institution = shipped("samples") / "institution.yaml"
        return running(SandboxSettings(db="sandbox.db", log="requests.jsonl", port=port, institution=institution))

    with contextlib.ExitStack() as stack:
        try:
            sandbox = stack.enter_context(serving(PORT))
        except OSError:
            sandbox = stack.enter_context(serving(0))
        yield sandbox


# -- the play --------------------------------------------------------------------------------------------------


def _perform(act: Act, output: Output) -> None:
    output.say(f"\n{act.title}\n{'=' * len(act.title)}")
    output.say(fill(act.scene, 78))
    for export in sorted(Path(NIGHTS, act.exports).iterdir()):
        shutil.copyfile(export, Path("inbox", export.name))
    for step in act.steps:
        output.say(f"\n{fill(step.look, 78)}\n$ nexsis-sync {step.command}")
        with held_back() as held:
            code = typed(step.command.split(), output, "site.yaml")
        expected = code == step.leaves
        if printed := excerpt(held.text(), step.shows if expected and not output.verbose else ()):
            click.echo(printed)
        if not expected:
            raise NexsisSyncError(f"the demo ends here: `{step.command}` exited with code {code}, not {step.leaves}")
        output.say(f"(exit code {code})")


def _close(output: Output, folder: Path, sandbox: Sandbox) -> None:
    calls = Counter(request.method for request in sandbox.requests)
    writes, done = calls.total() - calls["GET"], _done()
    if output.json:
        import orjson

        facts = {"folder": str(Path.cwd()), "changes_done": done, "write_calls": writes, "reads": calls["GET"]}
        stdout().write(orjson.dumps(facts) + b"\n")
    output.say(
        END.rstrip().format(calls=calls, done=done, writes=writes, folder=folder, port=sandbox.url.rpartition(":")[2])
    )


def _done() -> int:
    """How many changes all runs have done, according to the state store."""
    from sync.config.site import load
    from sync.state import open_store

    with open_store(load("site.yaml").state, SystemClock()) as store:
        plans = [store.plan(name) for name in dict.fromkeys(run.plan for run in store.runs())]
    return sum(int((plan.changes["status"] == "done").sum()) for plan in plans)
