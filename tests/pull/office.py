"""What a test does and sees: commands, and the files they write, read back in one form."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from openpyxl import load_workbook
from pyarrow import parquet

from sync.cli import run
from sync.export.texts import cell_text
from sync.sandbox import Sandbox

SITE = """
site: {{url: "{url}", token: {{env: NEXSIS_TOKEN}}, timezone: Europe/London}}
mappings: [mappings.yaml]
allow: [category_grade]
sending: {{retries: 0, {sending}}}
"""

Row = Mapping[str, str]


@dataclass
class Office:
    """A folder with a site file, and the site."""

    folder: Path
    site: Sandbox

    def configure(self, sending: str = "") -> None:
        """Write the site file, with more keys of `sending`."""
        (self.folder / "site.yaml").write_text(SITE.format(url=self.site.url, sending=sending))

    def pull(self, *words: str) -> int:
        """Run the command."""
        return run(["pull", *words, "--quiet"])

    def rows(self, *words: str, to: str = "out.csv") -> list[Row]:
        """Export without trouble; the rows."""
        assert self.pull(*words, "--to", to) == 0
        return read(self.folder / to)


def read(file: Path) -> list[Row]:
    """The rows of a file of any kind, as text."""
    match file.suffix:
        case ".csv":
            with file.open(newline="", encoding="utf-8") as text:
                return list(csv.DictReader(text))
        case ".xlsx":
            return [row for tab in load_workbook(file) for row in _tab(tab.values)]
        case ".jsonl":
            lines = map(orjson.loads, file.read_bytes().splitlines())
            return [{name: cell_text(value) for name, value in line.items()} for line in lines]
        case _:
            rows: list[Row] = parquet.read_table(file).to_pylist()
            return rows


def _tab(values: Iterable[tuple[Any, ...]]) -> list[Row]:
    head, *rest = values
    return [{name: "" if cell is None else cell for name, cell in zip(head, row, strict=True)} for row in rest]
