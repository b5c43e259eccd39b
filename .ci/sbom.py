"""Puts a software bill of materials (CycloneDX, as JSON) into the wheel: what it needs, in the versions CI tested.

hatchling runs this when it builds a wheel; the versions are those of `.ci/runtime.txt`. The same tree gives the same
file: it has no time of its own, and its serial number is made of its contents.
"""

from __future__ import annotations

import json
import re
import tempfile
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

LINE = re.compile(r"(?P<name>[a-z0-9-]+)==(?P<version>[^ ;]+)(?: ; (?P<marker>.+?))? +# via (?P<via>.+)")
"""A line of `.ci/runtime.txt`: a package, its version, where it is needed, and which others need it."""

NAME = "nexsis-sync.cdx.json"


class SoftwareBillOfMaterials(BuildHookInterface):  # type: ignore[type-arg]  # of no configuration
    """Adds the document below `sboms` in the wheel's metadata."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write it where hatchling takes it from."""
        needed = (Path(self.root) / ".ci" / "runtime.txt").read_text("utf-8")
        self.folder = tempfile.TemporaryDirectory()
        file = Path(self.folder.name) / NAME
        file.write_text(json.dumps(document(self.metadata.version, needed.splitlines()), indent=1) + "\n", "utf-8")
        build_data["sbom_files"].append(str(file))

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove it there."""
        self.folder.cleanup()


def document(version: str, needed: Iterable[str]) -> dict[str, Any]:
    """The bill of materials of this version, from the lines of `.ci/runtime.txt`."""
    itself = {**component("nexsis-sync", version), "licenses": [{"license": {"id": "Apache-2.0"}}]}
    found = [match for line in needed if (match := LINE.fullmatch(line.strip()))]
    refs = {match["name"]: set[str]() for match in found}
    for match in found:
        refs[match["name"]].add(purl(match["name"], match["version"]))
    parents = {"nexsis-sync": {itself["bom-ref"]}, **refs}
    edges: dict[str, set[str]] = {ref: set() for each in parents.values() for ref in each}
    for match in found:
        for via in re.split(", *", match["via"]):
            for ref in parents[via.removesuffix(" (pyproject.toml)")]:
                edges[ref].add(purl(match["name"], match["version"]))
    content = {
        "metadata": {"component": itself},
        "components": [component(match["name"], match["version"], match["marker"]) for match in found],
        "dependencies": [{"ref": ref, "dependsOn": sorted(edges[ref])} for ref in sorted(edges)],
    }
    serial = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(content, sort_keys=True))
    head = {"bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": f"urn:uuid:{serial}", "version": 1}
    return {**head, **content}


def component(name: str, version: str, marker: str | None = None) -> dict[str, Any]:
    """A package; `marker` says on which Pythons and systems it is needed, if not on all."""
    ref = purl(name, version)
    found = {"type": "library", "bom-ref": ref, "name": name, "version": version, "purl": ref}
    return {**found, "properties": [{"name": "python:environment-marker", "value": marker}]} if marker else found


def purl(name: str, version: str) -> str:
    """The address of a package, as bills of materials write it."""
    return f"pkg:pypi/{name}@{version}"
