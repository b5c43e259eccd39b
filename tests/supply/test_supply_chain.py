"""What users get is what is meant: the wheel's contents, its bill of materials, and the licences of what it needs."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from importlib.metadata import metadata
from pathlib import Path
from typing import Any, Final
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import sync

ROOT = Path(sync.__file__).parents[1]
PROJECT: Mapping[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
RUNTIME: Final = [
    Requirement(line.partition(" #")[0])
    for line in (ROOT / ".ci" / "runtime.txt").read_text("utf-8").splitlines()
    if "==" in line
]
"""What the installed package needs, in the versions that CI tests."""

CONTENTS: Final = {".py", ".typed", ".toml", ".j2", ".css", ".js", ".yaml", ".csv", ".xlsx"}
"""Endings of the files that the package has; anything else got there by mistake."""

LICENCES: Final = {
    "MIT", "MIT License", "BSD License", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "Zlib", "CC0-1.0", "PSF-2.0",
    "Apache-2.0", "Apache Software License", "MPL-2.0", "Mozilla Public License 2.0 (MPL 2.0)",
}  # fmt: skip
"""Licences that ask nothing of those who install or pass on nexsis-sync but to name the authors (and, for MPL, to
publish changes of those very files)."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    builder = pytest.importorskip("hatchling.builders.wheel", reason="needs hatchling, of the extra `dev`")
    return Path(next(builder.WheelBuilder(str(ROOT)).build(directory=str(tmp_path_factory.mktemp("wheel")))))


def test_the_wheel_has_the_package_and_what_it_ships_and_nothing_else(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if not name.endswith("/")}
        about = {name.partition(".dist-info/")[2] for name in names if ".dist-info/" in name}
        same = all(
            archive.read(f"sync/shipped/{file.relative_to(ROOT).as_posix()}") == file.read_bytes()
            for folder in ("mappings", "samples")
            for file in (ROOT / folder).rglob("*.yaml")
        )
    inside = {name for name in names if ".dist-info/" not in name}
    assert about == {
        "METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE", "sboms/nexsis-sync.cdx.json",
    }  # fmt: skip
    assert {Path(name).suffix for name in inside} == CONTENTS
    assert [name for name in inside if not name.startswith("sync/") or "test" in Path(name).name] == []
    assert inside >= {path.relative_to(ROOT).as_posix() for path in (ROOT / "sync").rglob("*.py")}
    assert same


def test_its_bill_of_materials_names_what_it_needs_and_why(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".cdx.json"))
        said = json.loads(archive.read(name))
    assert (said["bomFormat"], said["specVersion"]) == ("CycloneDX", "1.6")
    listed = {(each["name"], each["version"]) for each in said["components"]}
    assert listed == {(each.name, str(each.specifier).removeprefix("==")) for each in RUNTIME}
    itself, edges = (
        said["metadata"]["component"],
        {each["ref"]: set(each["dependsOn"]) for each in said["dependencies"]},
    )
    refs = [itself["bom-ref"], *(each["bom-ref"] for each in said["components"])]
    assert sorted(refs) == sorted(edges)
    direct = {canonicalize_name(Requirement(each).name) for each in PROJECT["dependencies"]}
    assert {re.split("[/@]", ref)[1] for ref in edges[itself["bom-ref"]]} == direct
    reached, new = set[str](), {itself["bom-ref"]}
    while new:
        reached |= new
        new = {ref for each in new for ref in edges[each]} - reached
    assert reached == set(refs)


def test_the_same_tree_gives_the_same_bill_of_materials(wheel: Path, tmp_path: Path) -> None:
    builder = pytest.importorskip("hatchling.builders.wheel")
    again = Path(next(builder.WheelBuilder(str(ROOT)).build(directory=str(tmp_path))))
    assert again.read_bytes() == wheel.read_bytes()


def test_what_users_install_is_what_ci_installs_by_hash() -> None:
    lines = (ROOT / ".ci" / "constraints.txt").read_text("utf-8").replace("\\\n", "").splitlines()
    pinned = [line for line in lines if not line.startswith("#")]
    assert [line for line in pinned if "==" not in line or "--hash=sha256:" not in line] == []
    known = {re.sub(" *--hash.*| *;.*", "", line).strip() for line in pinned}
    assert {f"{each.name}{each.specifier}" for each in RUNTIME} <= known
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    fetching, rest = script.split("export PIP_NO_INDEX=1", 1)
    assert re.findall(r"pip.? (?:install|download).*", fetching) == [
        'pip" download -q --require-hashes -r .ci/constraints.txt -d "$work/packages"'
    ]
    assert "PIP_NO_INDEX" not in rest


@pytest.mark.parametrize("needed", [each for each in RUNTIME if not each.marker or each.marker.evaluate()], ids=str)
def test_the_licence_of_what_it_needs_allows_it(needed: Requirement) -> None:
    said = metadata(needed.name)
    classified = [each.rpartition(" :: ")[2] for each in said.get_all("Classifier", []) if each.startswith("License")]
    stated = [*said.get_all("License-Expression", []), " AND ".join(classified), *said.get_all("License", []), "none"]
    expression = next(filter(None, stated))
    names = set(
        re.split(r" (?:AND|OR) ", expression.replace("(MPL 2.0)", "<MPL>").translate(str.maketrans("", "", "()")))
    )
    assert {name.replace("<MPL>", "(MPL 2.0)") for name in names} <= LICENCES
