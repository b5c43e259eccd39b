"""One good export in many dialects and with many damages: the expected results are in `dialects.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from sync.errors import SheetError
from sync.model import Sheet
from sync.sheets import require
from tests.sheets import dialects, good_export
from tests.sheets.reading import read_as
from tests.yaml_files import read_yaml

EXPECTED: dict[str, dict[str, Any]] = read_yaml(Path(__file__).with_name("dialects.yaml"))
SEED = 7


def outcome(folder: Path, name: str) -> Sheet:
    file = dialects.rewritten(name, SEED)
    path = folder / file.name
    path.write_bytes(file.data)
    sheet = read_as(path, wanted=file.wanted, keys=[[file.wanted[:1]]], **file.options)
    if faults := require(sheet, file.wanted):
        raise SheetError(*faults)
    return sheet


def test_each_dialect_has_its_expectation() -> None:
    assert set(EXPECTED) == set(dialects.DIALECTS)


@pytest.mark.parametrize("name", EXPECTED)
def test_a_dialect_is_read_alike_or_refused_or_flagged(name: str, tmp_path: Path) -> None:
    expected = EXPECTED[name]
    if "refused" in expected:
        with pytest.raises(SheetError) as refused:
            outcome(tmp_path, name)
        assert all(words in str(refused.value) for words in expected["refused"]), str(refused.value)
        return
    sheet = outcome(tmp_path, name)
    good = good_export.good(SEED) if expected.get("tabs", True) else good_export.no_tabs(good_export.good(SEED))
    good = good_export.filled(good) if dialects.rewritten(name).filled else good
    columns = good_export.JOINED if "Student ID" in sheet.frame else good_export.COLUMNS
    same = pd.DataFrame(good, columns=columns, dtype="str")
    frame = sheet.frame[columns].reset_index(drop=True)
    damaged = expected.get("damaged")
    if damaged is None:
        pd.testing.assert_frame_equal(frame, same)
    else:
        assert (len(frame), frame.isna().any(axis=1).sum()) == (expected["rows"], damaged)
    if "last" in expected:
        assert frame.iloc[-1].to_list()[2:] == expected["last"]
    assert sorted({issue.code for issue in sheet.issues}) == expected.get("issues", [])
    assert sheet.whole is expected.get("whole", True)
    assert expected.get("found", {}).items() <= sheet.found.items()
