"""What is fed with random bytes: each may raise the program's own errors, and nothing else."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from sync.config.site import load
from sync.errors import ConfigError, SheetError
from sync.sheets import delimited, web_table, workbook
from tests.config.test_config_properties import TEXTS
from tests.sheets import dialects, good_export
from tests.sheets.reading import read_as

CHOICES: Final[tuple[dict[str, Any], ...]] = (
    {},
    {"delimiter": ";"},
    {"delimiter": "~|~"},
    {"quote": "'"},
    {"escape": "\\"},
    {"encoding": "cp037"},
    {"encoding": "utf-16"},
    {"layout": "fixed"},
    {"header_row": 2},
    {"header_rows": 2},
    {"columns": good_export.COLUMNS},
    {"columns": good_export.COLUMNS, "optional": good_export.COLUMNS[-2:]},
    {"tab": "Students"},
)
"""What a mapping may say of its sheet."""

FILES: Final = sorted(TEXTS)
FOLDER: Final = Path(tempfile.mkdtemp(prefix="fuzz-"))


def readers(data: bytes) -> None:
    """A file in the inbox; the first byte says how it is read."""
    path = FOLDER / "export"
    path.write_bytes(data[1:])
    choice = CHOICES[data[0] % len(CHOICES)] if data else {}
    try:
        sheet = read_as(path, good_export.COLUMNS, [[good_export.COLUMNS[:1]]], **choice)
    except SheetError:
        return
    assert sheet.frame.index.is_monotonic_increasing
    assert sheet.frame.index.is_unique


def configuration(data: bytes) -> None:
    """A site file or a mapping in place of a good one; the first byte says which."""
    (FOLDER / "mappings").mkdir(exist_ok=True)
    for name, text in TEXTS.items():
        (FOLDER / name).write_text(text, "utf-8")
    if data:
        (FOLDER / FILES[data[0] % len(FILES)]).write_bytes(data[1:])
    with suppress(ConfigError):
        load(FOLDER / "site.yaml")


def _exports() -> Iterator[bytes]:
    for name in dialects.DIALECTS:
        if name not in ("a bomb", "more columns than a table has"):
            file = dialects.rewritten(name)
            said = next((n for n, choice in enumerate(CHOICES) if choice == file.options), 0)
            yield bytes([said]) + file.data


def _texts() -> Iterator[bytes]:
    for n, name in enumerate(FILES):
        yield bytes([n]) + TEXTS[name].encode()


INSTRUMENTED: Final = (delimited, web_table, workbook)
"""Readers that are imported when they are needed, too late to be watched."""

TARGETS: Final[dict[str, tuple[Callable[[bytes], None], Callable[[], Iterator[bytes]]]]] = {
    "readers": (readers, _exports),
    "configuration": (configuration, _texts),
}
"""Each with the good inputs it begins with."""
