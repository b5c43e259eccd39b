"""`plan --as-of`: a preview is in no store, so that nothing can apply it."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from sync.cli import run
from sync.sandbox import SandboxSettings, running

MAPPING = """\
resource: group
sheet: groups.csv
fields: {courseid: COURSE, groupid: GROUP, name: GROUP}
missing: delete
scope: {term: current}
"""


def test_a_preview_cannot_be_applied(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    (inbox / "terms.csv").write_text("T,S,E\n27,2027-01-11,2027-05-28\n")
    (inbox / "groups.csv").write_text("COURSE,GROUP\nC1-27,A\n")
    (tmp_path / "m.yaml").write_text(MAPPING)
    terms = "{sheet: terms.csv, term: T, start: S, end: E, courseid: {text: '*-{T}'}}"
    with running(SandboxSettings()) as sandbox:
        sandbox.moodle.add_course("C1-27")
        monkeypatch.setenv("NEXSIS_TOKEN", sandbox.token)
        site = f"site: {{url: '{sandbox.url}', token: {{env: NEXSIS_TOKEN}}}}\nmappings: m.yaml\nterms: {terms}\n"
        (tmp_path / "site.yaml").write_text(site)
        words = ["--site", str(tmp_path / "site.yaml")]
        assert run(["plan", "--as-of", "2027-02-01", "--json", *words]) == 2
        said = capsys.readouterr()
        plan = orjson.loads(said.out)
        assert [issue["code"] for issue in plan["issues"]] == ["preview"]
        assert "cannot be applied" in said.err
        for command in (["apply"], ["apply", plan["plan"]], ["report"]):
            assert run([*command, *words]) == 1
        assert not sandbox.moodle.groups()
        # `apply` names the command that makes a plan.
        assert "nexsis-sync plan" in capsys.readouterr().err
