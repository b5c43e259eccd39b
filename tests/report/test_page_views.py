"""The changes of a page in a real browser: by school, course by course, as a file, on paper, and under an address."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait

from sync.model import Plan
from sync.report.groups import GroupColumn
from tests.examples import LONG
from tests.report import report_plans as plans
from tests.report.browser import axe, chromium, log, printed
from tests.report.page_reader import page as write
from tests.report.test_page_browser import SMALL, choose, evaluated, lines, said, shows

SCHOOL = GroupColumn("SCHOOL", {"course": "categorypath"})
STUDENT = {"roleid": "student"}
MANY = 100_000 if LONG else 4_000


def term(size: int) -> Plan:
    """The start of a term: courses of three schools, new people, enrolments, and some removals on hold."""
    courses = [
        plans.change("create", "course", f"C{n}", row=n + 2,
                     after={"fullname": f"Course {n}", "categorypath": f"/{('Arts', 'Law', 'Science')[n % 3]}"})
        for n in range(max(4, size // 200))
    ]  # fmt: skip
    people = [
        plans.change("create", "user", f"S{n}", after={"firstname": "Ada", "lastname": f"No{n}"}, row=n + 2)
        for n in range(size // 4)
    ]
    rest = range(size - len(courses) - len(people))
    enrolments = [_enrolment(n, len(courses), len(people)) for n in rest]
    night = plans.night()
    return replace(plans.plan(*courses, *people, *enrolments), holds=night.holds, issues=night.issues)


def _enrolment(n: int, courses: int, people: int) -> dict[str, Any]:
    key = f"S{n % people}/C{n * 7 % courses}"
    if n % 6:
        return plans.change("create", "enrolment", key, after=STUDENT, row=n + 2)
    return plans.change(
        "delete", "enrolment", f"S{n % people}/C7", before=STUDENT, file=None, status="held", hold="h-5e0a91"
    )


def written(folder: Path, plan: Plan) -> str:
    """The address of its page, which is compared with a preview that had only the courses."""
    courses = plan.changes[plan.changes["resource"] == "course"]
    before = replace(plan, changes=courses, created=plan.created - timedelta(days=1))
    write(folder, plan, groups=(SCHOOL,), before=before, approvers="Registry office, registry@example.edu")
    return (folder / "page.html").as_uri()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    return written(tmp_path_factory.mktemp("page"), term(46))


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    with chromium() as found:
        yield found


def overview(page: Chrome) -> list[str]:
    """The courses or people, each with its counts."""
    return [each.text.replace("\n", " ") for each in page.find_elements(By.CSS_SELECTOR, ".group > summary")]


def opened(page: Chrome, n: int) -> list[str]:
    """The changes below a line of the overview, once it is opened with the keyboard."""
    group = page.find_elements(By.CSS_SELECTOR, ".group")[n]
    group.find_element(By.TAG_NAME, "summary").send_keys(Keys.ENTER)
    WebDriverWait(page, 300).until(lambda _: group.find_elements(By.TAG_NAME, "tr"))
    return [row.text.replace("\n", " ") for row in group.find_elements(By.CSS_SELECTOR, "tbody tr")]


def visit(browser: Chrome, address: str) -> None:
    """Load a page anew, even if only what is behind its `#` differs."""
    browser.get("about:blank")
    browser.get(address)


# -- by school, by course, by person ---------------------------------------------------------------------------


def test_one_school_is_read_course_by_course_and_its_address_leads_back(browser: Chrome, address: str) -> None:
    visit(browser, address)
    choose(browser, "in.SCHOOL", "/Law")
    shows(browser, "8 found among 46")
    choose(browser, "view", "course by course")
    shows(browser, "8 found among 46, 1 course")
    (course,) = overview(browser)
    assert course == "Course 1 C1 8 add 7 people"
    kept = browser.current_url
    assert kept == f"{address}#changes?view=by.course&in.SCHOOL=%2FLaw"
    visit(browser, kept)
    shows(browser, "8 found among 46, 1 course")
    assert Select(browser.find_element(By.NAME, "in.SCHOOL")).first_selected_option.text == "/Law"
    assert overview(browser) == [course]


def test_each_course_opens_and_has_an_address_of_its_own(browser: Chrome, address: str) -> None:
    visit(browser, f"{address}#changes?view=by.course")
    shows(browser, "46 changes, 5 courses")
    titles = [each.split(" ")[0:2] for each in overview(browser)]
    assert titles[-1] == ["Not", "in"]
    law = opened(browser, 2)
    assert law[0].startswith("add course Course 1 C1")
    browser.find_element(By.CSS_SELECTOR, ".group[open] .link a").click()
    shows(browser, "8 found")
    assert browser.current_url == f"{address}#changes?by.course=C1"
    assert said(browser, "only") == "Only Course 1 ✕"
    assert len(lines(browser)) == 8
    browser.back()
    shows(browser, "46 changes, 5 courses")


def test_the_changes_of_one_course_stay_filtered(browser: Chrome, address: str) -> None:
    visit(browser, f"{address}#changes?view=by.course&op=create&resource=enrolment")
    shows(browser, "25 found")
    opened(browser, 2)
    browser.find_element(By.CSS_SELECTOR, ".group[open] .link a").click()
    WebDriverWait(browser, 60).until(lambda _: said(browser, "only"))
    assert browser.current_url == f"{address}#changes?resource=enrolment&op=create&by.course=C2"
    assert all(line.startswith("add ") and " enrolment " in line for line in lines(browser))


def test_a_person_a_hold_and_a_problem_can_be_linked_to(browser: Chrome, address: str) -> None:
    visit(browser, f"{address}#changes?by.user=S3")
    shows(browser, "4 found among 46")
    assert all("S3" in line for line in lines(browser))
    visit(browser, f"{address}#changes?by.user=nobody")
    shows(browser, "0 found among 46")
    visit(browser, f"{address}#changes?by.course=toString")
    assert browser.find_element(By.ID, "only").text == "Only toString ✕"
    visit(browser, f"{address}#changes?slice=%7B%7D")
    assert browser.find_element(By.ID, "only").text == "Only {} ✕"
    visit(browser, f"{address}#%E0%A4%A")
    visit(browser, f"{address}#changes?hold=h-5e0a91&view=by.user")
    assert overview(browser)[0] == "Ada No0 S0 1 remove 1 on hold"
    visit(browser, f"{address}#h-5e0a91")
    assert browser.switch_to.active_element.get_attribute("id") == "h-5e0a91"
    assert "Who can approve this: Registry office, registry@example.edu" in browser.switch_to.active_element.text
    visit(browser, f"{address}#issue-bad-email-user")
    assert browser.find_element(By.ID, "issue-bad-email-user").get_attribute("open")
    assert (
        browser.execute_script("return document.getElementById('issue-bad-email-user').getBoundingClientRect().top")
        < 900
    )


def test_what_is_new_is_marked_and_can_be_filtered(browser: Chrome, address: str) -> None:
    visit(browser, address)
    assert lines(browser)[0].startswith("add course")
    assert lines(browser)[4].startswith("add new user")
    browser.find_element(By.CSS_SELECTOR, "a[data-since=new]").click()
    shows(browser, "42 found among 46")
    assert browser.current_url.endswith("#changes?since=new")


# -- files -----------------------------------------------------------------------------------------------------


def download(browser: Chrome, button: str, file: Path) -> list[list[str]]:
    """The rows of a file that a button makes, pressed with the keyboard."""
    behaviour = {"behavior": "allow", "downloadPath": str(file.parent)}
    browser.execute_cdp_cmd("Browser.setDownloadBehavior", behaviour)
    browser.find_element(By.ID, button).send_keys(Keys.ENTER)
    WebDriverWait(browser, 300).until(lambda _: file.exists())
    content = file.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    return [*csv.reader(content.decode("utf-8-sig").splitlines())]


def test_lists_are_saved_as_files_without_formulas(browser: Chrome, tmp_path: Path) -> None:
    evil = plans.change("create", "user", "-1+1", after={"firstname": '=HYPERLINK("x")', "lastname": "Şahin, A"}, row=2)
    course = plans.change("create", "course", "007", after={"fullname": "+cmd", "categorypath": "/Law"})
    joins = plans.change("create", "enrolment", "-1+1/007", after=STUDENT)
    plan = plans.plan(evil, course, joins, issues=(plans.bad_email(3, "@x"),))
    name = f"moodle-sync-{plan.id}"
    visit(browser, written(tmp_path, plan))
    head, first, _, third = download(browser, "download", tmp_path / f"{name}-changes.csv")
    one = dict(zip(head, first, strict=True))
    assert one["Identifier"] == "'-1+1"
    assert one["Name"] == '\'=HYPERLINK("x") Şahin, A'
    assert one["What changes"] == 'First name: =HYPERLINK("x"); Last name: Şahin, A'
    other = dict(zip(head, third, strict=True))
    assert (other["Course"], other["User"], other["SCHOOL"]) == ("007", "'-1+1", "/Law")
    head, problem = download(browser, "download-problems", tmp_path / f"{name}-problems.csv")
    assert (problem[head.index("Value")], problem[head.index("Row")]) == ("'@x", "3")
    choose(browser, "view", "course by course")
    shows(browser, "3 changes, 1 course")
    head, *courses = download(browser, "download-groups", tmp_path / f"{name}-courses.csv")
    assert head == ["Identifier", "Name", "Add", "Change", "Remove", "Of which on hold", "People"]
    assert courses == [["007", "'+cmd", "2", "0", "0", "0", "1"], ["", "Not in a course", "1", "0", "0", "0", "1"]]


# -- for everybody, and in any size ----------------------------------------------------------------------------


def test_a_small_plan_is_printed_on_two_pages(browser: Chrome, address: str, tmp_path: Path) -> None:
    visit(browser, address)
    sheets = printed(browser, tmp_path)
    assert len(sheets) <= 2
    assert "S10 / C3" in sheets[-1]


@pytest.fixture(scope="module")
def faults_of(tmp_path_factory: pytest.TempPathFactory) -> str:
    return axe(tmp_path_factory.mktemp("axe"))


@pytest.mark.parametrize(("width", "dark", "least"), [(390, True, 40), (1280, False, 24)], ids=["phone", "desk"])
def test_the_overview_suits_everybody(width: int, dark: bool, least: int, faults_of: str, address: str) -> None:
    with chromium(width=width, dark=dark) as each:
        each.get(f"{address}#changes?view=by.course")
        opened(each, 1)
        evaluated(each, faults_of)
        found = evaluated(each, "axe.run().then(found => found.violations)")
        assert [(fault["id"], fault["nodes"][0]["html"]) for fault in found] == []
        each.execute_script("for (const folded of document.querySelectorAll('details')) folded.open = true")
        assert each.execute_script(SMALL, least) == []
        assert each.execute_script("return document.documentElement.scrollWidth") <= width


def test_thousands_of_changes_can_be_read_course_by_course(tmp_path: Path) -> None:
    address = written(tmp_path, term(MANY))
    with chromium() as fresh:
        fresh.get(f"{address}#changes?view=by.course")
        shows(fresh, f"{MANY:,} changes, {MANY // 200:,} courses")
        assert len(overview(fresh)) <= 200
        choose(fresh, "view", "person by person")
        shows(fresh, f"{MANY:,} changes, {MANY // 4:,} people")
        fresh.execute_cdp_cmd("Performance.enable", {})
        metrics = fresh.execute_cdp_cmd("Performance.getMetrics", {})["metrics"]
        used = next(each["value"] for each in metrics if each["name"] == "JSHeapUsedSize")
        assert used < 512 * 2**20
        assert log(fresh, "browser") == []
