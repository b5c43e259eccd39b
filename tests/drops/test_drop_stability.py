"""When files are complete, and which of them form one set."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.config.entries import FileStamp, Inbox
from sync.errors import SheetError
from sync.inbox.files import copy, move
from sync.inbox.stability import Stability, announced, look


def files(**modified: int) -> dict[str, FileStamp]:
    """Names, with `_` for a dot, and when each was changed."""
    return {name.replace("_", "."): FileStamp(1, at) for name, at in modified.items()}


@pytest.mark.parametrize(
    ("there", "triggers", "sets"),
    [
        (files(a_csv=1), [], []),
        (files(a_csv=1, READY=1), ["READY"], [["a.csv", "READY"]]),
        (files(a_csv=1, b_csv=3, READY=2), ["READY"], [["a.csv", "READY"]]),
        (
            files(a_csv=1, b_csv=3, x_go=2, y_go=4),
            ["x.go", "y.go"],
            [["a.csv", "x.go"], ["a.csv", "b.csv", "x.go", "y.go"]],
        ),
        (files(a_csv=1, b_csv=1, a_csv_done=2), ["a.csv.done"], [["a.csv", "a.csv.done"]]),
        (files(a_csv=1, b_csv=1, b_done=2), ["b.done"], [["b.csv", "b.done"]]),
        (files(a_csv=3, a_done=2), ["a.done"], []),
    ],
)
def test_triggers_speak_for_what_is_not_newer(
    there: dict[str, FileStamp], triggers: list[str], sets: list[list[str]]
) -> None:
    assert [sorted(each) for each in announced(there, triggers)] == [sorted(each) for each in sets]


def test_a_change_of_any_file_begins_the_wait_anew() -> None:
    settling = Stability()
    assert settling.steady({}, 5) == 0
    assert settling.steady(files(a=1), 6) == 0
    assert settling.steady(files(a=1), 9) == 3
    assert settling.steady(files(a=1, b=1), 10) == 0
    assert settling.steady(files(a=1, b=2), 11) == 0
    assert settling.steady(files(a=1, b=2), 12) == 1


def test_a_missing_folder_is_reported(tmp_path: Path) -> None:
    with pytest.raises(SheetError, match="the inbox cannot be read"):
        look(Inbox(tmp_path / "none"))


def test_a_file_keeps_its_time_when_it_is_moved_or_copied(tmp_path: Path) -> None:
    path, root = tmp_path / "a.csv", Inbox(tmp_path)
    path.write_text("A\n1\n")
    (before,) = look(root).files.values()
    copy(root, path, tmp_path / "to" / "b.csv")
    move(root, path, tmp_path / "to" / "c.csv")
    assert look(root).files == {"to/b.csv": before, "to/c.csv": before}
