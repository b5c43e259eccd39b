"""The verdicts of the present engine, as tables of the page "How we test".

python -m tests.proof.verdicts --seed 1     lives through a year and writes them
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.proof.known import known
from tests.proof.year import DAMAGED, YEAR, Verdict, totals, year

PAGE = Path(__file__).parents[2] / "docs" / "developers" / "how-we-test.md"
RIGHT = "right"

Rows = Sequence[tuple[str, ...]]


def by_kind(verdicts: Sequence[Verdict]) -> Rows:
    """The kinds of honest nights, and what became of them; of other nights only those that are known to go wrong."""
    wrong = {**known("night"), **known("year")}
    kinds: dict[str, list[Verdict]] = {name: [] for name in wrong}
    for verdict in verdicts:
        kinds.setdefault(verdict.kind, []).append(verdict)
    rows = [("Night", "What happens", "Wanted", "Nights", "Today")]
    for name, lived in sorted(kinds.items()):
        if name in wrong or not (name in DAMAGED or name.startswith("after ")):
            first = lived[0] if lived else None
            what, wanted = (first.what, first.wanted) if first else ("none in this year", "")
            rows.append((f"`{name}`", what, wanted, str(len(lived)), _today(name, lived)))
    return rows


def _today(kind: str, lived: Sequence[Verdict]) -> str:
    """What went wrong the first time, and why; or that nothing did."""
    wrong = next((verdict for verdict in lived if verdict.complaints), None)
    why = {**known("night"), **known("year")}.get(kind)
    if wrong is None and why is None:
        return RIGHT
    return f"**{'; '.join(wrong.complaints) if wrong else 'wrong in another year'}**: {why or 'not explained'}"


def in_total(verdicts: Sequence[Verdict]) -> Rows:
    """What the year comes to."""
    return [("In total", "Count"), *((name, f"{count:,}") for name, count in totals(verdicts))]


def table(rows: Rows) -> str:
    """Rows as Markdown, the first as the header."""
    header, *body = (f"| {' | '.join(row)} |" for row in rows)
    return "\n".join([header, "|---" * len(rows[0]) + "|", *body])


def renewed(page: str, name: str, text: str) -> str:
    """A page with other text between the markers of this name."""
    place = rf"(<!-- verdicts: {name} -->\n).*?(<!-- end -->)"
    return re.sub(place, lambda found: f"{found[1]}{text}\n{found[2]}", page, flags=re.DOTALL)


def kinds_gone_wrong(page: str) -> Iterator[str]:
    """The kinds of nights that the page's table calls wrong."""
    yield from re.findall(r"^\| `([^`]+)` .*\| \*\*.*\|$", between(page, "nights"), re.MULTILINE)


def between(page: str, name: str) -> str:
    """What stands between the markers of this name."""
    found = re.search(rf"<!-- verdicts: {name} -->\n(.*?)<!-- end -->", page, re.DOTALL)
    return found[1] if found else ""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.proof.verdicts", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--nights", type=int, default=YEAR)
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        verdicts = [*year(given.seed, given.nights, Path(folder) / "year")]
    page = PAGE.read_text("utf-8")
    for name, rows in (("nights", by_kind(verdicts)), ("totals", in_total(verdicts))):
        page = renewed(page, name, table(rows))
    PAGE.write_text(page, "utf-8")


if __name__ == "__main__":
    main()
