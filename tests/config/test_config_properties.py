"""What holds for every file: layout does not change a digest, and a bad file raises nothing but a ConfigError."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given
from hypothesis import strategies as st

from sync.config.document import read
from sync.config.site import load
from sync.errors import ConfigError

GOOD = Path(__file__).parent / "cases" / "good" / "everything"
TEXTS = {name: (GOOD / name).read_text("utf-8") for name in ("site.yaml", "mappings/staff.yaml", "mappings/terms.yaml")}
TEXTS["mappings/classes.yaml"] = (GOOD.parent / "language" / "mappings" / "classes.yaml").read_text("utf-8")
TEXTS["mappings/included.yaml"] = (GOOD.parent / "include" / "mappings" / "a.yaml").read_text("utf-8")

texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"], exclude_characters="\ufeff\ufffe\uffff"),
    max_size=8,
)
trees = st.dictionaries(
    texts,
    st.recursive(
        texts, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=8
    ),
    min_size=1,
    max_size=4,
)


def written(folder: Path, data: dict[str, Any], **layout: Any) -> Any:
    file = folder / "any.yaml"
    file.write_text(yaml.safe_dump(data, allow_unicode=True, **layout), encoding="utf-8")
    (document,), faults = read(file, "any.yaml")
    assert faults == []
    return document


@given(trees)
def test_a_digest_depends_on_what_is_said_alone(data: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        block = written(folder, data, default_flow_style=False, sort_keys=True)
        flow = written(folder, dict(reversed(data.items())), default_flow_style=True, sort_keys=False, width=20)
        other = written(folder, data | {"one more": "x"})
    assert block.data == flow.data == data
    assert block.digest == flow.digest != other.digest


@given(
    name=st.sampled_from(sorted(TEXTS)),
    at=st.floats(0, 1, exclude_max=True),
    length=st.integers(0, 12),
    instead=st.text("ab1: -{}[]*&!|>'\"#\n\t%@\x07é?,", max_size=6),
)
def test_whatever_stands_in_a_file_only_config_errors_come_of_it(
    name: str, at: float, length: int, instead: str
) -> None:
    start = int(at * len(TEXTS[name]))
    damaged = TEXTS | {name: TEXTS[name][:start] + instead + TEXTS[name][start + length :]}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "mappings").mkdir()
        for file, text in damaged.items():
            (folder / file).write_text(text, encoding="utf-8")
        try:
            config = load(folder / "site.yaml")
        except ConfigError as error:
            faults = error.faults
        else:
            assert config.mappings
            return
    for fault in faults:
        place = re.fullmatch(rf"{re.escape(folder.as_posix())}/([^:]+)(?::(\d+))?(?::\d+)?", fault.where)
        assert place and place[1] in damaged
        assert 1 <= int(place[2] or 1) <= damaged[place[1]].count("\n") + 1
        assert "Input should" not in fault.message and "pydantic" not in fault.message
