"""Shows that the golden reports of two revisions differ in words alone: no number and no identifier is lost.

    python tests/report/words_only.py OLD [NEW]      NEW is the folder as it is; exits with 1 if something is lost

A number is any run of digits with its separators; an identifier any word with a digit in it (S9, C7, h-5e0a91).
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
GOLDEN = "tests/report/golden"
FACTS = re.compile(r"[\w.@+-]*\d(?:[\w.,:@+-]*\w)?")


def facts(text: str) -> set[str]:
    """All numbers and identifiers of a report."""
    return {*FACTS.findall(text)}


def differences(old: str, new: str | None) -> tuple[list[str], list[str]]:
    """What is in the reports of one revision and not in those of the other, a line each: lost, and added."""
    lost, added = [], []
    for name in sorted({*_names(old), *_names(new)}):
        before, after = facts(_text(old, name)), facts(_text(new, name))
        lost += [f"{name}: lost {fact}" for fact in sorted(before - after)]
        added += [f"{name}: added {fact}" for fact in sorted(after - before)]
    return lost, added


def _names(revision: str | None) -> list[str]:
    if revision is None:
        return [file.name for file in (ROOT / GOLDEN).glob("*.txt")]
    return [Path(line).name for line in _git("ls-tree", "--name-only", revision, f"{GOLDEN}/").splitlines()]


def _text(revision: str | None, name: str) -> str:
    if name not in _names(revision):
        return ""
    return (
        (ROOT / GOLDEN / name).read_text("utf-8") if revision is None else _git("show", f"{revision}:{GOLDEN}/{name}")
    )


def _git(*words: str) -> str:
    git = ["git", "-C", str(ROOT), *words]
    return subprocess.run(git, capture_output=True, check=True, text=True, encoding="utf-8").stdout


if __name__ == "__main__":
    lost, added = differences(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None)
    sys.stdout.write("".join(f"{line}\n" for line in (*lost, *added)) or "Only words differ.\n")
    raise SystemExit(bool(lost))
