"""The changes to shipped mappings that the docs propose are made, and have an effect on a sample export."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import copytree, rmtree

import pytest
import yaml

from .pages import ROOT, Block, everything
from .stage import SITE, Stage, in_short, staged

SAMPLES = ROOT / "samples" / "oneroster"
BESIDE = ("oneroster/users.yaml", "oneroster/classes-as-courses.yaml")
MERGED = ("fields", "columns")
CHANGES = [block for section in everything() for block in section.of("yaml", "Change")]
LISTED = [block for section in everything() for block in section.of("text", "inbox")]


@contextmanager
def school(folder: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Stage]:
    """A site with the shipped mappings for OneRoster."""
    folder.mkdir()
    for stage in staged(folder, capsys):
        stage.lay(Block("yaml", "site", f"{SITE}mappings: [{', '.join(BESIDE)}]\n"))
        stage.unpack_shipped()
        yield stage


def receive(stage: Stage, sample: str, *kept: str) -> None:
    """Fill the inbox with a sample in which one person has no address, and with some files of the full one."""
    inbox = stage.folder / "inbox"
    rmtree(inbox, ignore_errors=True)
    copytree(SAMPLES / sample, inbox)
    users = inbox / "users.csv"
    users.write_text(users.read_text("utf-8").replace("rosa.quinn@home.example", ""), "utf-8")
    for name in kept:
        (inbox / name).parent.mkdir(exist_ok=True)
        (inbox / name).write_bytes((SAMPLES / "bulk" / Path(name).name).read_bytes())


def make(stage: Stage, change: Block) -> None:
    """Change the first mapping of a file: fields and columns one by one, everything else as a whole."""
    file = stage.folder / change.name.split()[1]
    first, *others = yaml.safe_load_all(file.read_text("utf-8"))
    for key, value in yaml.safe_load(change.text).items():
        first[key] = {**first.get(key, {}), **value} if key in MERGED else value
    file.write_text(yaml.safe_dump_all([first, *others], sort_keys=False), "utf-8")


def samples_of(change: Block) -> tuple[str, ...]:
    return tuple(change.name.split()[2:]) or ("bulk", "delta")


def nights(stage: Stage, change: Block) -> Iterator[str]:
    """The plans of the sample that a change is for; by default a full export and the changes after it."""
    for number, sample in enumerate(samples_of(change)):
        if number:
            stage.command("apply")
        kept = ("2026-09-01/orgs.csv", "2026-09-01/academicSessions.csv") if sample == "delta" else ()
        receive(stage, sample, *kept)
        yield in_short(stage.plan())


@pytest.fixture(scope="module")
def usual() -> dict[tuple[str, ...], list[str]]:
    """The plans of samples without any change, each made once."""
    return {}


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.text.replace("\n", " ")[:60])
def test_a_change_changes_what_comes_of_a_sample(
    change: Block,
    usual: dict[tuple[str, ...], list[str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("NEXSIS_TOKEN", "sandbox")
    if samples_of(change) not in usual:
        with school(tmp_path / "as it comes", capsys) as stage:
            usual[samples_of(change)] = list(nights(stage, change))
    with school(tmp_path / "changed", capsys) as stage:
        make(stage, change)
        plans = zip(nights(stage, change), usual[samples_of(change)], strict=True)
        # The first night that comes out otherwise is enough: those after it are not played.
        assert any(plan != known for plan, known in plans)


@pytest.mark.parametrize("files", LISTED, ids=lambda files: files.name)
def test_the_files_that_a_page_keeps_are_all_that_is_needed(
    files: Block, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NEXSIS_TOKEN", "sandbox")
    names = [line.removeprefix("inbox/") for line in files.text.splitlines()]
    with school(tmp_path / "school", capsys) as stage:
        receive(stage, "delta", *(name for name in names if "/" in name))
        inbox = stage.folder / "inbox"
        assert {path.relative_to(inbox).as_posix() for path in inbox.rglob("*.csv")} == {*names}
        assert "unknown-value" not in in_short(stage.plan())
