"""The page of a reconciliation: what it shows, and how to find things in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait

from tests.reconcile.school import EXPORTS, Kept, School, unheard
from tests.report.browser import axe, chromium
from tests.report.page_reader import Page
from tests.report.test_page_browser import SMALL, evaluated

MAIL = "mail: {host: localhost, security: none, from: a@x.example, title: Spring 2027, to: [{address: b@x.example}]}\n"
BAD = ("S4,Cem@,Cem,Şahin,ACTIVE", ",zz,Zoë,Li,ACTIVE")


@pytest.fixture(scope="module")
def differing(after_first_night: Kept, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a school with many differences."""
    school = after_first_night.again(tmp_path_factory.mktemp("differing"), unheard())
    school.moodle.add_user("X9", "x9", firstname="Eve", lastname="Roe")
    school.moodle.add_enrolment("X9", "BIO", plugin="manual")
    school.moodle.add_enrolment("S2", "BIO", plugin="self")
    school.by_hand.put_user("S1", lastname="Wu")
    school.by_hand.delete_enrolment("S1", "HIS")
    school.without("enrolments", "S2,BIO,S")
    school.export(courses=("ID,NAME", "BIO,Life", "HIS,History"), people=(*EXPORTS["people.csv"], *BAD))
    site = school.folder / "site.yaml"
    site.write_text(site.read_text() + MAIL)
    page = school.folder / "r.html"
    assert school.type("reconcile", "--html", str(page)) == 2
    return page


def test_it_shows_what_differs_for_whom_and_where(differing: Path) -> None:
    read = Page(differing.read_text("utf-8"))
    assert "SIS and Spring 2027, http://127.0.0.1" in read.text
    assert "6 records differ between the SIS and Moodle. Missing in Moodle: 1 enrolment." in read.text
    assert "1 missing 2 not in SIS 1 still in Moodle 1 different 1 edited Compared" in read.text
    assert "enrolments 2 1 2 1 - -" in read.text.replace("\u2013", "-")
    for line in (
        "missing enrolment Amy Lee · History S1 / HIS Role Student used to be in Moodle enrolments.csv, row 4",
        "not in SIS enrolment Life X9 / BIO Role Student through the plugin manual",
        "still in Moodle enrolment Ben Dam · Life S2 / BIO Role Student through the plugin self",
        "different course Life BIO Course full name Biology → Life courses.csv, row 2",
        "edited user Amy Lee S1 Last name Wu → Lee was Last name: Lee people.csv, row 2",
        "not visible group member Amy Lee · Life · Mondays BIO / G1 / S1 sent 20",
    ):
        assert line in read.text
    assert "row 5 (people.csv) Cem Şahin S4" in read.text
    assert "row 6 (people.csv) Zoë Li" in read.text
    assert "Records under 'kept' and 'not visible' are also counted as agreeing or different." in read.text


@pytest.fixture
def browser() -> Iterator[Chrome]:
    with chromium() as found:
        yield found


def shows(page: Chrome, count: str) -> None:
    WebDriverWait(page, 10).until(lambda _: page.find_element(By.ID, "count").text.startswith(count))


def found(page: Chrome, document: str = "document", *given: str) -> list[str]:
    """The findings that are shown, each as its text."""
    text = "row => row.textContent.replace(/\\s+/g, ' ').trim()"
    rows: list[str] = page.execute_script(f"return [...{document}.querySelectorAll('#lines tr')].map({text})", *given)
    return rows


def test_it_is_searched_filtered_and_sorted_as_the_preview_page_is(differing: Path, browser: Chrome) -> None:
    browser.get(differing.as_uri())
    shows(browser, "7 findings")
    still = "new DOMParser().parseFromString(arguments[0], 'text/html')"
    assert found(browser) == found(browser, still, differing.read_text("utf-8"))
    browser.find_element(By.NAME, "search").send_keys("ben DAM")
    shows(browser, "2 found among 7")
    Select(browser.find_element(By.NAME, "by")).select_by_visible_text("self")
    shows(browser, "1 found among 7")
    browser.find_element(By.CSS_SELECTOR, ".tiles a[data-op=missing]").click()
    shows(browser, "1 found among 7")
    assert found(browser)[0].startswith("missing enrolment Amy Lee · History")
    browser.find_element(By.CSS_SELECTOR, "#overview a[data-resource=enrolment]").click()
    shows(browser, "4 found among 7")
    browser.find_element(By.CSS_SELECTOR, "th[data-sort=who] button").click()
    assert [row.split(" / ")[0].split()[-1] for row in found(browser)] == ["S1", "S2", "S2", "X9"]


@pytest.fixture(scope="module")
def faults_of(tmp_path_factory: pytest.TempPathFactory) -> str:
    return axe(tmp_path_factory.mktemp("axe"))


@pytest.mark.parametrize(("width", "least"), [(390, 40), (1280, 24)])
def test_everybody_can_use_it(differing: Path, width: int, least: int, faults_of: str) -> None:
    for dark in (False, True):
        with chromium(width=width, dark=dark) as each:
            each.get(differing.as_uri())
            assert each.execute_script(SMALL, least) == []
            assert each.execute_script("return document.documentElement.scrollWidth <= innerWidth")
            evaluated(each, faults_of)
            faults: list[dict[str, Any]] = evaluated(each, "axe.run().then(found => found.violations)")
            assert [(fault["id"], fault["nodes"][0]["html"]) for fault in faults] == []


def test_what_cannot_be_judged_is_reported_with_its_true_cause(school: School) -> None:
    school.export(people=(*EXPORTS["people.csv"], ",zz,Zoë,Li,ACTIVE"), groups=("WHERE,ID,NAME",))
    mappings = (school.folder / "mappings.yaml").read_text().replace("missing: delete", "mode: delta")
    (school.folder / "mappings.yaml").write_text(mappings)
    shown = [issue for issue in school.json("reconcile")[1]["issues"] if issue["code"] == "not-judged"]
    assert {issue["resource"]: (issue["message"].rsplit(": ", 1)[1], issue["hint"]) for issue in shown} == {
        "user": (
            "the exports of the mapping people have rows that do not say which record they refer to",
            "Fix those rows, which are listed as errors, and reconcile again.",
        ),
        "enrolment": (
            "the exports of the mapping mappings.3 contain changes only",
            "To see them, reconcile with a full export.",
        ),
        "group": (
            "the exports of the mapping mappings.4 are empty or truncated",
            "Export complete files, and reconcile again.",
        ),
    }


def test_a_row_that_does_not_say_who_keeps_its_course_from_being_judged(school: School) -> None:
    school.export(enrolments=("WHO,WHERE,ROLE", "S3,BIO,T", ",BIO,S"))
    answer = school.json("reconcile")[1]
    extra = [each["key"] for each in answer["findings"] if each["kind"] == "extra"]
    assert extra == [{"userid": "S1", "courseid": "HIS"}]
    (shown,) = [issue["message"] for issue in answer["issues"] if issue["code"] == "not-judged"]
    assert shown.startswith("cannot tell which enrolments in `bio` are in Moodle but not in the exports: ")
