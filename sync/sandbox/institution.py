"""The file that seeds a site with what no call of the API creates.

    programs: {P12: Induction}
    certifications: {C12: First aid}
    departments: {D5: Physics}
    positions: {P4: Lecturer}
    grades:
      - {userid: S1, courseid: C1, rawfinalgrade: 92, rawgrademax: 100, feedback: Great effort!}
    grade_categories: {C1: {6: Coursework}}

Every section may be left out, the order of sections and keys doesn't matter, and loading a file again changes nothing.
Identifiers are taken as they are typed: `007` keeps its zeros. Grades and their categories wait for their users and
courses.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from sync.sandbox.moodle import Moodle

Section = Callable[[Moodle, Any], Iterator[str]]
"""Seeds the site with a section's contents, all its scalars as text, and reports what is wrong with it."""


def load(moodle: Moodle, path: Path) -> None:
    """Seed the site from the file, or leave it as it is.

    Raises OSError if it can't be read, ValueError with all its faults, one a line.
    """
    faults: list[str] = []
    values = _read(path, faults)
    with moodle.transaction():
        unknown = values.keys() - SECTIONS.keys()
        faults += [f"{name}: there is no such section; expected {', '.join(SECTIONS)}" for name in unknown]
        for name, section in SECTIONS.items():
            if values.get(name, "") != "":
                faults += [f"{name}: {fault}" for fault in section(moodle, values[name])]
        if faults:
            raise ValueError("\n".join([f"{path} cannot be loaded:", *(f"  {fault}" for fault in sorted(faults))]))


def _named(add: Callable[[Moodle, str, str], None]) -> Section:
    """A section of identifiers and names."""

    def section(moodle: Moodle, values: Any) -> Iterator[str]:
        if not isinstance(values, dict):
            yield "expected an identifier and a name on each line, as in `P12: Induction`"
            return
        for key, name in values.items():
            if not key.strip():
                yield "an identifier is empty"
            elif not isinstance(name, str) or not name.strip():
                yield f"{key}: expected a name"
            else:
                add(moodle, key, name)

    return section


_GRADE = {
    "userid": str,
    "courseid": str,
    "rawfinalgrade": float,
    "rawgrademax": float,
    "feedback": str,
    "timemodified": str,
}
_NEEDED = {"userid", "courseid", "rawfinalgrade"}


def _grades(moodle: Moodle, values: Any) -> Iterator[str]:
    """A list of grades, each with the parameters of `Moodle.add_grade` by name."""
    if not isinstance(values, list):
        yield "expected a list, as in `- {userid: S1, courseid: C1, rawfinalgrade: 92}`"
        return
    for number, grade in enumerate(values, 1):
        if not isinstance(grade, dict) or not _NEEDED <= grade.keys() <= _GRADE.keys():
            yield f"grade {number}: expected {', '.join(_GRADE)}; the last three may be left out"
            continue
        if not all(isinstance(value, str) for value in grade.values()):
            yield f"grade {number}: expected single values"
            continue
        try:
            moodle.add_grade(**{name: _GRADE[name](value) for name, value in grade.items()})
        except ValueError as error:
            yield f"grade {number}: {error}"


def _grade_categories(moodle: Moodle, values: Any) -> Iterator[str]:
    """Courses, and in them Moodle's own numbers and names of categories."""
    if not isinstance(values, dict):
        yield "expected courses, as in `C1: {6: Coursework}`"
        return
    for courseid, categories in values.items():
        if not isinstance(categories, dict):
            yield f"{courseid}: expected numbers and names, as in `{{6: Coursework}}`"
            continue
        for number, name in categories.items():
            if not re.fullmatch(r"[1-9][0-9]{0,17}", number) or not isinstance(name, str):
                yield f"{courseid}: {number}: expected a whole number and a name"
            else:
                moodle.add_grade_category(courseid, int(number), name)


SECTIONS: Mapping[str, Section] = {
    "programs": _named(Moodle.add_program),
    "certifications": _named(Moodle.add_certification),
    "departments": _named(Moodle.add_department),
    "positions": _named(Moodle.add_position),
    "grades": _grades,
    "grade_categories": _grade_categories,
}


class _Loader(yaml.BaseLoader):
    """Leaves scalars as they are typed, and notes duplicate keys."""

    faults: list[str]

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        met: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.faults.append(f"line {key.start_mark.line + 1}: a key must be plain text")
            elif key.value in met:
                self.faults.append(f"line {key.start_mark.line + 1}: {key.value} is here twice")
            else:
                met.add(key.value)
        node.value = [(key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)]
        return super().construct_mapping(node, deep)


def _read(path: Path, faults: list[str]) -> dict[str, Any]:
    try:
        loader = _Loader(path.read_bytes())
        loader.faults = faults
        values = loader.get_single_data()
    except (yaml.YAMLError, RecursionError) as error:
        faults.append(f"this is not valid YAML: {' '.join(str(error).split())}")
        return {}
    if values in (None, ""):
        return {}
    if not isinstance(values, dict):
        faults.append(f"expected sections: {', '.join(SECTIONS)}")
        return {}
    return values
