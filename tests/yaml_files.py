"""YAML by libyaml where there is one: in Python, cases alone would take seconds before the first test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def read_yaml(file: Path) -> Any:
    """What a file says."""
    return yaml.load(file.read_text("utf-8"), _Loader)


def as_yaml(document: Any) -> str:
    """A document with its keys in the order given."""
    text: str = yaml.dump(document, Dumper=_Dumper, sort_keys=False)
    return text
