"""What a site file may say about how exports are moved out of the inbox."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sync.config.scalars import Duration, Name, Names, Strict


class Manifest(Strict):
    """A file that is delivered with the exports and lists them."""

    file: Name = Field(default="manifest.csv", description="Its name in the inbox, or a pattern.")
    name: Name = Field(description="The column with the names of the files.")
    rows: Name | None = Field(default=None, description="The column with the number of rows of each file.")


class Drop(Strict):
    """How exports are moved out of the inbox, set by set. Without this section they stay there."""

    settle: Duration = Field(
        default="10s",
        validate_default=True,
        description="How long the size and time of all files must stay the same before they are considered complete, "
        "such as `10s`.",
    )
    trigger: Name | None = Field(
        default=None,
        description="A file, or a pattern, whose arrival means that the others are complete, such as `READY` or "
        "`*.done`; `settle` is then ignored.",
    )
    manifest: Manifest | Literal["oneroster"] | None = Field(
        default=None,
        description="The file that lists all files of a set, or `oneroster` for OneRoster's `manifest.csv`.",
    )
    required: Names = Field(
        default=(),
        description="Files, by name or pattern, that a set needs to be complete, besides those that mappings read.",
    )
    keep: Names = Field(
        default=(), description="Files, by name or pattern, that stay in the inbox; each set gets a copy."
    )
    archive: Name = Field(default="archive", description="Folder that sets are moved to, each into its own subfolder.")
    refused: Name = Field(default="refused", description="Folder for sets that cannot be used.")
