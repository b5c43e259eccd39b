"""A plan of a few rows loads only what it uses: starting up is most of its time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from sync.sandbox import running
from tests.bench.small_plan import write_site

NOT_NEEDED = (
    "aiosmtpd", "alembic", "httpx", "jinja2", "markupsafe", "mako", "openpyxl", "pandera", "psycopg", "python_calamine",
    "smtplib", "sqlalchemy.dialects.postgresql", "starlette", "uvicorn", "xlsxwriter", "sync.apply",
    "sync.diff.reconciliation", "sync.export", "sync.notify", "sync.report.mail", "sync.report.page",
    "sync.report.workbook", "sync.sandbox",
)  # fmt: skip


FORMS: tuple[list[str], ...] = ([], ["--json"], ["--jsonl"], ["--quiet"])


def test_a_small_plan_imports_only_what_it_uses(tmp_path: Path) -> None:
    """Whatever form it is printed in: one process makes a plan in each."""
    script = (
        "import sys\n"
        "from sync.cli import run\n"
        f"for form in {FORMS!r}:\n"
        "    code = run(['plan', *form])\n"
        f"    print(form, [name for name in {NOT_NEEDED!r} if name in sys.modules], code, file=sys.stderr)\n"
    )
    with running() as sandbox:
        environment = write_site(tmp_path, sandbox.url, sandbox.token)
        command = [sys.executable, "-c", script]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert [line for line in done.stderr.splitlines() if line.startswith("[")] == [f"{form} [] 2" for form in FORMS]
