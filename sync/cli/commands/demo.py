"""`demo`: three nights of a small university against an embedded site, by the very commands a person would type.

Everything lies in one folder that can be gone on with by hand afterwards.
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

import sync
from sync.cli.options import common
from sync.cli.output import Output, stdout
from sync.cli.wiring import SystemClock
from sync.errors import Fault, NexsisSyncError

if TYPE_CHECKING:
    from sync.sandbox import Sandbox

PORT = 8765
NIGHTS = "nights"
MARK = "This folder was made by `nexsis-sync demo`."
CONTENTS = f"""\
{MARK} Running the demo again makes it anew.

site.yaml         the site: where it is, how it is entered
token.txt         the token of the embedded site
mappings/         what the columns of the exports mean
inbox/            the exports of the last night played
{NIGHTS}/           the exports of all three nights
grades.csv        what the site was asked for at the end
state.db          what nexsis-sync knows and did: plans, runs, memory
sandbox.db        the embedded site
requests.jsonl    every request the embedded site was sent, one line each
"""
SITE = """\
# The site of the demo. A site file of your own looks the same.
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
Northmere University is made up, and its Moodle is a sandbox on this machine.
All files lie in the folder {folder}.
Every command is shown as you would type it there."""
END = """
The end
=======
Changes done: {done:,}. Write calls the site was sent: {writes:,} ({calls[PUT]:,} PUT, {calls[POST]:,} POST,
{calls[DELETE]:,} DELETE).
It was read with {calls[GET]:,} calls. They are all in requests.jsonl.

In {folder} lie the site file, the mappings, the exports and all that was
remembered; README.txt there tells what is what. To go on by hand, start the
site again in one window:

    cd {folder}
    nexsis-sync sandbox --port {port} --db sandbox.db --log requests.jsonl

Plan in another. Mend or spoil a file in inbox/ before, as you like. For a
start, copy nights/night-2/enrolments.csv to inbox/: it is not cut short.

    cd {folder}
    nexsis-sync plan
"""


@dataclass(frozen=True, slots=True)
class DemoStep:
    """One command: what to look at, what is typed after `nexsis-sync`, and the exit code it leaves with."""

    look: str
    command: str
    leaves: int


@dataclass(frozen=True, slots=True)
class Act:
    """One night: the exports that come in, what has happened, and what is done about it."""

    title: str
    exports: str
    tells: str
    steps: Sequence[DemoStep]


STORY = (
    Act(
        "Night 1: everything is new",
        "night-1",
        "The registry has put its exports into inbox/. The site has programs, posts and the like, which are made in "
        "Moodle, but no courses and no people.",
        (
            DemoStep(
                "First a look at the files alone. See how each of them was read: semicolons, tabs and header rows "
                "are found out. The notice tells that three students who help to teach are in two exports.",
                "check",
                0,
            ),
            DemoStep(
                "Now the dry run. Nothing is sent. The first sentences and the table say it all; below them stand a "
                "few examples of each kind of change, with the file and row each comes from.",
                "plan",
                2,
            ),
            DemoStep(
                "The plan you have just seen is sent: courses first, then people, then who is in which course, "
                "then groups, programs, posts and all the rest.",
                "apply",
                0,
            ),
            DemoStep("The same exports once more: the site is as they say, so nothing is to be done.", "plan", 0),
        ),
    ),
    Act(
        "Night 2: a day at the registry",
        "night-2",
        "Three students have joined, four have left a course and one the university. One has married, one has a new "
        "address, two had each other's login by mistake, one begins to help with teaching, and one changes groups. "
        "Two have completed a course; a lecturer is promoted. Some slips went into the exports as well.",
        (
            DemoStep(
                "See Held: the lecturer's row of HIS210-2026AU was forgotten. The course would be left without a "
                "teacher, so this removal waits for a person. See Issues: a broken email address, a student entered "
                "twice under two names, a course that nobody knows. Each is told with file, row and column, and "
                "what it speaks of stays as it is. See users under Changes: two logins are swapped by way of a "
                "temporary one, because no two accounts can have the same.",
                "plan",
                3,
            ),
            DemoStep(
                "All that is not held is sent. Were the removal meant, the line below it under Held shows the command "
                "that releases it.",
                "apply",
                3,
            ),
            DemoStep("What is left is what somebody has to look at.", "plan", 3),
        ),
    ),
    Act(
        "Night 3: a file cut short",
        "night-3",
        "The slips are mended, and another student has a new name. But the disk ran full while the enrolments were "
        "written: two fifths of the rows are missing.",
        (
            DemoStep(
                "This is the command for the scheduler: plan and apply in one. See Held: nobody is thrown out of a "
                "course because a file is short. All the rest is done.",
                "run",
                3,
            ),
            DemoStep("What was planned and done on these nights:", "runs", 0),
        ),
    ),
    Act(
        "The way back: grades for the registry",
        "night-3",
        "Some students have been graded in Moodle meanwhile.",
        (
            DemoStep(
                "This reads the grades of all courses into a file. The registry takes it from there.",
                "pull grade --to grades.csv",
                0,
            ),
        ),
    ),
)


def shipped(name: str) -> Path:
    """The folder `mappings` or `samples`: in the installed package, or at the top of a checkout."""
    package = Path(sync.__file__).parent
    installed = package / "shipped" / name
    return installed if installed.is_dir() else package.parent / name


@click.command()
@click.option("--folder", type=click.Path(path_type=Path), default=None, help="Where to leave its files [nexsis-demo].")
@common
def demo(output: Output, folder: Path | None) -> int:
    """Three nights of a small university against an embedded site: first fill, real churn, a file cut short."""
    return play(folder or Path("nexsis-demo"), output)


def play(folder: Path, output: Output) -> int:
    """Play all three nights in `folder`, which is made, or emptied if an earlier demo made it; the exit code.

    Raises NexsisSyncError if the folder is somebody else's, or if a command does not end as it should.
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
    """Make the folder, or empty it of what an earlier demo left."""
    if folder.is_dir() and any(folder.iterdir()):
        note = folder / "README.txt"
        if not note.is_file() or not note.read_text("utf-8", "replace").startswith(MARK):
            hint = "Name another one with `nexsis-sync demo --folder NAME`; nothing in this one was touched."
            raise NexsisSyncError(Fault("this folder holds other files than a demo's", str(folder), hint))
        for name in ("inbox", "mappings", NIGHTS):
            shutil.rmtree(folder / name, ignore_errors=True)
        for pattern in ("site.yaml", "token.txt", "grades.csv", "state.db*", "sandbox.db*", "requests.jsonl"):
            for file in folder.glob(pattern):
                file.unlink()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "README.txt").write_text(CONTENTS, "utf-8")
    except OSError as error:
        raise NexsisSyncError(Fault(f"this folder cannot be written: {error.strerror}", str(folder))) from None


def _furnish(sandbox: Sandbox) -> None:
    """Lay down what a person would have made. Files are copied without their age: an old export would be held."""
    shutil.copytree(shipped("mappings"), "mappings", copy_function=shutil.copyfile)
    for night in shipped("samples").glob("night-*"):
        shutil.copytree(night, Path(NIGHTS, night.name), copy_function=shutil.copyfile)
    Path("inbox").mkdir()
    Path("site.yaml").write_text(SITE.format(url=sandbox.url), "utf-8")
    token = Path("token.txt")
    token.touch(mode=0o600)
    token.write_text(sandbox.token, "utf-8")


@contextlib.contextmanager
def _site() -> Iterator[Sandbox]:
    """The embedded site, at its usual port if that is free."""
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
    output.say(fill(act.tells, 78))
    for export in sorted(Path(NIGHTS, act.exports).iterdir()):
        shutil.copyfile(export, Path("inbox", export.name))
    for step in act.steps:
        output.say(f"\n{fill(step.look, 78)}\n\n$ nexsis-sync {step.command}")
        code = _type(step.command, output)
        if code != step.leaves:
            raise NexsisSyncError(f"the demo ends here: `{step.command}` left with {code} and not with {step.leaves}")
        output.say(f"(exit code {code})")


def _type(command: str, output: Output) -> int:
    """Run a command as the command line does, in the manner the demo itself was asked to speak in."""
    from sync.cli import run

    wishes = {"--quiet": output.quiet or output.json, "--verbose": output.verbose, "--no-color": output.no_color}
    return run([*command.split(), "--site", "site.yaml", *(name for name, wished in wishes.items() if wished)])


def _close(output: Output, folder: Path, sandbox: Sandbox) -> None:
    calls = Counter(request.method for request in sandbox.requests)
    writes, done = calls.total() - calls["GET"], _done()
    if output.json:
        import orjson

        facts = {"folder": str(Path.cwd()), "changes_done": done, "write_calls": writes, "reads": calls["GET"]}
        stdout().write(orjson.dumps(facts) + b"\n")
    output.say(END.format(calls=calls, done=done, writes=writes, folder=folder, port=sandbox.url.rpartition(":")[2]))


def _done() -> int:
    """How many changes all runs have done, as the state store tells."""
    from sync.config.site import load
    from sync.state import open_store

    with open_store(load("site.yaml").state, SystemClock()) as store:
        plans = [store.plan(name) for name in dict.fromkeys(run.plan for run in store.runs())]
    return sum(int((plan.changes["status"] == "done").sum()) for plan in plans)
