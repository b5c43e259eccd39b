"""The first rows before and after mapping."""

from __future__ import annotations

from pathlib import Path

from sync.config.mappings import Mapping
from sync.mapping.preview import preview
from sync.model import Conventions
from sync.model.resources import GROUP_MEMBER
from sync.workflows.sources import gather_folder

PEOPLE = "ID,COURSE,GROUPS,KIND\nS1,C1,A;B,\nS2,C1,A,STAFF\n,C1,B,\nS4,C1,C,GONE\nS5,C1,C,\n"


def test_a_row_is_split_left_out_refused_or_gone(tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text(PEOPLE, "utf-8")
    mapping = Mapping.model_validate(
        {
            "resource": "group_member",
            "name": "members",
            "sheet": {"file": "people.csv", "split": {"column": "GROUPS", "by": ";"}},
            "rows": {"drop": {"KIND": "STAFF"}},
            "mode": "delta",
            "delete_when": {"KIND": "GONE"},
            "fields": {"courseid": "COURSE", "groupid": "GROUPS", "userid": "ID"},
        }
    )
    (feed,) = gather_folder(tmp_path, [mapping])
    rows = preview(GROUP_MEMBER, feed, Conventions(), 4)
    assert [str(row.origin) for row in rows] == [f"people.csv, row {n}" for n in (2, 3, 4, 5)]
    assert rows[0].cells == {"COURSE": "C1", "GROUPS": "A;B", "ID": "S1", "KIND": ""}
    assert [row.after for row in rows] == [
        ({"courseid": "C1", "groupid": "A", "userid": "S1"}, {"courseid": "C1", "groupid": "B", "userid": "S1"}),
        (),
        (),
        ({"courseid": "C1", "groupid": "C", "userid": "S4", "gone": "yes"},),
    ]
    assert [[issue.code for issue in row.issues] for row in rows] == [[], [], ["missing-value"], []]
