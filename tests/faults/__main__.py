"""`python -m tests.faults --seed 1 --cases 300`: plays the cases, and prints how they ended."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.faults.cases import KINDS, cases
from tests.faults.ground import lay
from tests.faults.play import Verdict, play, undisturbed
from tests.faults.processes import warm_up
from tests.ports import reserved_port


def main() -> int:
    """Play, print a line for each case that went wrong, and a table; 1 if there was any."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cases", type=int, default=300)
    parser.add_argument("--only", type=int, help="the number of a single case, with all that was printed")
    parser.add_argument("--verbose", action="store_true", help="a line for every case")
    asked = parser.parse_args()
    warm_up()
    begun, verdicts = time.monotonic(), list[Verdict]()
    with tempfile.TemporaryDirectory() as name, reserved_port() as port:
        folder = Path(name)
        ground = lay(folder / "ground", port)
        whole = undisturbed(ground, folder)
        for case in cases(asked.seed, asked.cases):
            if asked.only in (None, case.number):
                verdict = play(case, ground, whole, folder / str(case.number))
                verdicts.append(verdict)
                if verdict.wrong or asked.verbose or asked.only:
                    print(verdict, flush=True)
                if asked.only:
                    print(verdict.said)
    print(_table(verdicts))
    print(f"seed {asked.seed}: {len(verdicts)} cases in {time.monotonic() - begun:.0f} s")
    return int(any(verdict.wrong for verdict in verdicts))


def _table(verdicts: list[Verdict]) -> str:
    """By kind: cases, the exit codes of the disturbed commands, and how many went wrong."""
    lines = ["| What happens | Cases | Exit codes of the disturbed command | Wrong |", "|---|---|---|---|"]
    for kind in KINDS:
        own = [verdict for verdict in verdicts if verdict.case.kind == kind]
        codes = Counter(verdict.codes[0][1] for verdict in own if verdict.codes)
        shown = ", ".join(f"{'killed' if code < 0 else code} ({count})" for code, count in sorted(codes.items()))
        lines.append(f"| {kind} | {len(own)} | {shown} | {sum(bool(verdict.wrong) for verdict in own)} |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
