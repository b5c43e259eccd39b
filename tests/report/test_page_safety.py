"""No text can do anything to the page, nobody else can read it, and what fails leaves the old one."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from sync.errors import NexsisSyncError
from sync.model import Hold, Issue, Plan
from tests.report import report_plans as plans
from tests.report.page_reader import page

HOSTILE = (
    "</script><script>alert(1)</script>",
    "<!-- <script>",
    "]]>",
    "<img src=x onerror=alert(1)>",
    "\"'><b>",
    "&lt;b&gt;",
    "{{ 7 * 7 }}",
    "\u2028\u2029",
    "\u202egpj.exe",
    "\u2066x\u2069",
    "S\u200b1",
    "a\r\nb\x00",
    "Zoë 李小龍 مرحبا 🎓",
)


def hostile(value: str) -> Plan:
    """A plan that has the text wherever a text can be."""
    changes = (
        plans.change("create", "user", "S1", after={"firstname": value, "lastname": value}, file=value, tab=value),
        plans.change("update", "enrolment", f"S1/{value.replace('/', '')}", before={"roleid": value},
                     after={"roleid": value + "x"}, status="failed", error=value),
    )  # fmt: skip
    hold = Hold("h-1", "empty", "enrolment", {"courseid": value}, 1, 1, f"1 {value}", value, approved_by=value)
    issue = Issue("odd-cell", "error", value, value, "user", value, value, 2, value, value)
    return plans.plan(*changes, holds=(hold,), issues=(issue,))


@pytest.mark.parametrize("value", HOSTILE)
def test_no_value_can_do_anything_to_the_page(value: str, tmp_path: Path) -> None:
    tame, read = page(tmp_path, hostile("tame")), page(tmp_path, hostile(value))
    assert [name for name, _ in read.tags] == [name for name, _ in tame.tags]
    assert read.data["after"][0] == {"firstname": value, "lastname": value}
    assert all(c.isprintable() or c == "\n" for c in "".join(read.seen))
    assert not {"\u2028", "\u2029"} & set(read.raw["application/json"])


def test_what_would_turn_the_order_of_reading_is_shown_and_kept_apart(tmp_path: Path) -> None:
    source = page(tmp_path, hostile("\u202eabc")).source
    assert "<bdi>\\u202eabc</bdi>" in source


def test_a_file_name_that_is_no_text_does_not_stop_it(tmp_path: Path) -> None:
    issue = Issue("odd-file", "warning", "not read", file="\udcff.csv")
    assert "not read \\udcff.csv" in page(tmp_path, plans.plan(issues=(issue,))).text


def test_nothing_is_loaded_from_anywhere(tmp_path: Path) -> None:
    read = page(tmp_path, plans.night())
    policy = next(a["content"] for a in read.of("meta") if a.get("http-equiv") == "Content-Security-Policy")
    assert policy and policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert not any({"src", "srcset", "style"} & set(attributes) for _, attributes in read.tags)
    assert all((a["href"] or "").startswith("#") for a in read.of("a"))
    assert not read.of("link")
    assert "url(" not in read.raw["style"] and "@import" not in read.raw["style"]


# -- the file --------------------------------------------------------------------------------------------------


def test_only_its_owner_can_read_it(tmp_path: Path) -> None:
    page(tmp_path, plans.night())
    assert stat.S_IMODE((tmp_path / "page.html").stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["page.html"]


def test_a_file_that_cannot_be_written_is_an_error_for_people(tmp_path: Path) -> None:
    with pytest.raises(NexsisSyncError, match=r"nowhere.*cannot be written"):
        page(tmp_path / "nowhere", plans.night())


def test_what_fails_leaves_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("old")
    broken = plans.night().changes.assign(key='{"userid":')
    with pytest.raises(Exception, match="end of data"):
        page(tmp_path, replace(plans.night(), changes=broken))
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("page.html", "old")]
