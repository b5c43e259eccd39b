"""Feed readers, or site and mapping files, with random bytes until something else than our own errors comes of it.

    python -m tests.fuzz readers --folder /tmp/fuzz -max_total_time=3600
    python -m tests.fuzz configuration --folder /tmp/fuzz -max_total_time=3600

It needs atheris (`pip install atheris`), which is not among the development tools: it has no wheels for every system.
What follows the folder are options of libFuzzer. The inputs it finds are kept in the folder, so that the next run goes
on from there; one that fails is written to a file `crash-...` or `timeout-...`, and `python -m tests.fuzz readers FILE`
feeds it again.
"""

from __future__ import annotations

import sys
from pathlib import Path

try:
    import atheris
except ImportError:
    sys.exit("atheris is missing: pip install atheris")

with atheris.instrument_imports(include=["sync"]):
    from tests.fuzz.targets import TARGETS

LIMITS = ("-timeout=30", "-rss_limit_mb=3000", "-max_len=65536")
"""Seconds and memory that one input may take, and its size."""


def main() -> None:
    """Begin with the good inputs, in a folder of their own."""
    name, *options = sys.argv[1:] or ["readers"]
    feed, seeds = TARGETS[name]
    if options[:1] == ["--folder"]:
        folder = Path(options[1], name)
        folder.mkdir(parents=True, exist_ok=True)
        for n, data in enumerate(seeds()):
            (folder / f"seed-{n}").write_bytes(data)
        options = [*options[2:], f"-artifact_prefix={folder.parent}/", str(folder)]
    atheris.Setup([sys.argv[0], *LIMITS, *options], feed)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
