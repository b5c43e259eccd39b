"""The page in a real browser: search, sorting, texts, accessibility, and that it requests nothing from anywhere."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from selenium.webdriver import ActionChains, Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait

from sync.model import Plan, Run
from sync.report.page import embed, write_page
from sync.report.plan_report import PlanReport
from sync.state import open_store
from tests.clock import Clock
from tests.report import report_plans as plans
from tests.report.browser import axe, chromium, log, printed
from tests.report.page_reader import MANNERS
from tests.report.test_page_safety import HOSTILE, hostile

NAMES = ("Zoë", "Éric", "Ada", "zoe", "Ben", "Eva")


def many() -> Plan:
    """A typical plan, and 2,500 people more."""
    people = [
        plans.change("create", "user", f"N{n}", after={"firstname": NAMES[n % 6], "lastname": f"No{n}"}, row=n + 2)
        for n in range(2500)
    ]
    crowd = plans.plan(*people)
    night = plans.night()
    rows = crowd.changes.assign(n=crowd.changes["n"] + len(night.changes))
    return replace(night, changes=pd.concat([night.changes, rows], ignore_index=True))


def written(folder: Path, plan: Plan, run: Run | None = None) -> str:
    """The address of a page."""
    file = folder / "page.html"
    with open_store("sqlite://", Clock()) as store:
        if run:
            store.save_plan(replace(plan, changes=plan.changes.iloc[:0]))
            store.start_run(run)
        write_page(file, PlanReport(plan, MANNERS, store, run))
    return file.as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    return written(tmp_path_factory.mktemp("page"), many())


@pytest.fixture
def page(browser: Chrome, address: str) -> Chrome:
    browser.get(address)
    return browser


def lines(page: Chrome) -> list[str]:
    """The changes that are shown, each as its text."""
    return _texts(page, "document")


def lines_without_script(page: Chrome, source: str) -> list[str]:
    """The changes that a file contains, each as its text."""
    return _texts(page, "new DOMParser().parseFromString(arguments[0], 'text/html')", source)


def _texts(page: Chrome, document: str, *given: str) -> list[str]:
    text = "row => row.textContent.replace(/\\s+/g, ' ').trim()"
    found: list[str] = page.execute_script(f"return [...{document}.querySelectorAll('#lines tr')].map({text})", *given)
    return found


def said(page: Chrome, id: str) -> str:
    """The text of one part."""
    return page.find_element(By.ID, id).text


def shows(page: Chrome, count: str) -> None:
    """Wait until the page says that it has found this many changes."""
    WebDriverWait(page, 300).until(lambda _: said(page, "count").startswith(count))


def choose(page: Chrome, name: str, text: str) -> None:
    Select(page.find_element(By.NAME, name)).select_by_visible_text(text)


def names(page: Chrome) -> list[str]:
    script = "return [...document.querySelectorAll('#lines .name')].map(name => name.textContent)"
    found: list[str] = page.execute_script(script)
    return found


# -- finding ---------------------------------------------------------------------------------------------------


def test_a_thousand_are_shown_and_more_by_the_thousand(page: Chrome) -> None:
    more, count = page.find_element(By.ID, "more"), []
    for _ in range(3):
        count.append(len(lines(page)))
        if more.is_displayed():
            more.click()
    assert count == [1000, 2000, 2516]
    assert not more.is_displayed()
    assert said(page, "count") == "2,516 changes"


def test_search_looks_at_all_of_them_with_all_words(page: Chrome) -> None:
    search = page.find_element(By.NAME, "search")
    search.send_keys("no2317 users.csv")
    shows(page, "1 found among 2,516")
    (line,) = lines(page)
    assert line.startswith("add user Éric No2317 N2317 First name Éric Last name No2317")
    assert line.endswith("change in the SIS export users.csv, row 2319 to be sent")
    search.send_keys(" nobody")
    shows(page, "0 found")
    page.find_element(By.CSS_SELECTOR, "[type=reset]").click()
    shows(page, "2,516 changes")


@pytest.mark.parametrize(
    ("typed", "name"),
    [("SAHIN", "Şahin"), ("nguyen", "Nguyễn"), ("ISIK", "I\u015f\u0131k"), ("istanbul", "İstanbul"),
     ("Grosse", "Große"), ("orsted", "Ørsted"), ("dang", "Đặng"), ("lodz", "Łódź"),
     ("ŞAHİN", "Sahin"), ("zoë", "Zoe\u0308")],
)  # fmt: skip
def test_search_minds_neither_accents_nor_case(browser: Chrome, typed: str, name: str, tmp_path: Path) -> None:
    others = [plans.change("create", "user", f"N{n}", after={"lastname": "Other"}) for n in range(3)]
    browser.get(written(tmp_path, plans.plan(*others, plans.change("create", "user", "S1", after={"lastname": name}))))
    browser.find_element(By.NAME, "search").send_keys(typed)
    shows(browser, "1 found among 4")
    assert names(browser) == [name]


def test_what_is_in_the_workbook_alone_is_said(
    browser: Chrome, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embed, "MOST", 3)
    people = (plans.change("create", "user", f"N{n}", after={"firstname": "Ada"}) for n in range(1003))
    browser.get(written(tmp_path, plans.plan(*people)))
    assert said(browser, "count") == "3 changes on this page; 1,000 more are only in the workbook"
    browser.find_element(By.NAME, "search").send_keys("n1002")
    shows(browser, "0 found among the 3 on this page; 1,000 more are only in the workbook, which was not searched")


@pytest.mark.parametrize("typed", ["role teacher", "roleid editingteacher"])
def test_a_role_is_found_by_its_name_and_by_its_code(browser: Chrome, typed: str, tmp_path: Path) -> None:
    browser.get(written(tmp_path, plans.night()))
    browser.find_element(By.NAME, "search").send_keys(typed)
    shows(browser, "1 found among 16")
    assert "Role Student → Teacher" in lines(browser)[0]
    field, value = (browser.find_element(By.CSS_SELECTOR, f"#lines {part}") for part in (".field", "ins"))
    assert (field.get_attribute("title"), value.get_attribute("title")) == ("roleid", "editingteacher")


def test_filters_add_up(page: Chrome) -> None:
    choose(page, "op", "remove")
    shows(page, "5 found")
    choose(page, "status", "on hold")
    shows(page, "3 found")
    assert all("C7" in line for line in lines(page))


def test_a_link_shows_the_changes_it_counts(page: Chrome) -> None:
    choose(page, "op", "add")
    page.find_element(By.CSS_SELECTOR, "#held a[data-hold]").click()
    shows(page, "3 found")
    page.find_element(By.CSS_SELECTOR, "#overview a[data-slice*=C2]").click()
    shows(page, "3 found")
    only = page.find_element(By.ID, "only")
    assert only.text == "Only C2 ✕"
    only.click()
    shows(page, "2,516 changes")


def test_sorting_minds_numbers_and_not_accents(page: Chrome) -> None:
    page.find_element(By.NAME, "search").send_keys("lastname")
    choose(page, "resource", "user")
    header = page.find_element(By.CSS_SELECTOR, "th[data-sort=who]")
    header.find_element(By.TAG_NAME, "button").click()
    assert header.get_attribute("aria-sort") == "ascending"
    found = names(page)
    assert found[:3] == ["Ada No2", "Ada No8", "Ada No14"]
    header.find_element(By.TAG_NAME, "button").click()
    assert header.get_attribute("aria-sort") == "descending"
    assert names(page)[:2] == ["zoe No2499", "Zoë No2496"]


# -- consistent texts ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("plan", [plans.night(), plans.morning(), *map(hostile, HOSTILE)], ids=range(2 + len(HOSTILE)))
def test_the_script_says_what_stands_there_without_it(browser: Chrome, plan: Plan, tmp_path: Path) -> None:
    browser.get(written(tmp_path, plan))
    source = (tmp_path / "page.html").read_text("utf-8")
    assert lines(browser) == lines_without_script(browser, source)


def test_without_a_script_the_first_changes_are_there(address: str) -> None:
    with chromium(javascript=False) as plain:
        plain.get(address)
        assert len(plain.find_elements(By.CSS_SELECTOR, "#lines tr")) == 100
        assert "The first 100 of 2,516." in said(plain, "count")
        assert not plain.find_element(By.ID, "filters").is_displayed()
        assert said(plain, "summary-title").startswith("Ready, but")


# -- for everybody ---------------------------------------------------------------------------------------------


def test_everything_can_be_reached_by_keyboard(page: Chrome) -> None:
    keys = ActionChains(page)
    keys.send_keys(Keys.TAB).perform()
    assert page.switch_to.active_element.text == "Skip to the summary"
    page.switch_to.active_element.send_keys(Keys.ENTER)
    assert page.switch_to.active_element.get_attribute("id") == "main"
    page.execute_script("document.querySelector('[data-sort=origin] button').focus()")
    page.switch_to.active_element.send_keys(Keys.ENTER)
    header = page.find_element(By.CSS_SELECTOR, "[data-sort=origin]")
    assert header.get_attribute("aria-sort") == "ascending"
    outline = page.switch_to.active_element.value_of_css_property("outline-style")
    assert outline == "solid"


def test_light_and_dark_can_be_turned_over(page: Chrome) -> None:
    body, theme = page.find_element(By.TAG_NAME, "body"), page.find_element(By.ID, "theme")
    light = body.value_of_css_property("background-color")
    theme.click()
    assert body.value_of_css_property("background-color") != light
    theme.click()
    assert body.value_of_css_property("background-color") == light


@pytest.fixture(scope="module")
def faults_of(tmp_path_factory: pytest.TempPathFactory) -> str:
    return axe(tmp_path_factory.mktemp("axe"))


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_no_fault(width: int, dark: bool, faults_of: str, tmp_path: Path) -> None:
    address = written(tmp_path, plans.morning(), plans.run())
    with chromium(width=width, dark=dark) as each:
        each.get(address)
        evaluated(each, faults_of)
        found: list[dict[str, Any]] = evaluated(each, "axe.run().then(found => found.violations)")
        assert [(fault["id"], fault["impact"], fault["nodes"][0]["html"]) for fault in found] == []


def evaluated(browser: Chrome, expression: str) -> Any:
    """Evaluated with the debugger: the page's own policy lets no other script in."""
    wish = {"expression": expression, "awaitPromise": True, "returnByValue": True}
    answer: Any = browser.execute_cdp_cmd("Runtime.evaluate", wish)
    return answer["result"].get("value")


SMALL = """
const [least] = arguments;
const controls = [...document.querySelectorAll("a, button, summary, select, input")];
return controls.filter((each) => each.offsetParent).filter((each) => {
  const { width, height } = each.getBoundingClientRect();
  return height < least || width < 24;
}).map((each) => each.outerHTML);
"""


@pytest.mark.parametrize(("width", "least"), [(390, 40), (1280, 24)])
def test_whatever_can_be_pressed_is_large_enough(width: int, least: int, tmp_path: Path) -> None:
    address = written(tmp_path, plans.morning(), plans.run())
    with chromium(width=width) as each:
        each.get(address)
        each.execute_script("for (const folded of document.querySelectorAll('details')) folded.open = true")
        assert each.execute_script(SMALL, least) == []


def test_a_phone_has_nothing_to_scroll_sideways(tmp_path: Path) -> None:
    address = written(tmp_path, plans.morning(), plans.run())
    with chromium(width=390) as phone:
        phone.get(address)
        assert phone.execute_script("return document.documentElement.scrollWidth") == 390
        wide = "return [...document.querySelectorAll('.scroll')].filter(each => each.scrollWidth > each.clientWidth)"
        assert phone.execute_script(wide) == []
        users = phone.find_element(By.CSS_SELECTOR, ".totals tr:has([data-resource=user])")
        result = "return [...arguments[0].querySelectorAll('td.number')].filter(each => each.offsetParent)"
        shown = phone.execute_script(f"{result}.map(each => `${{each.textContent}} ${{each.dataset.of}}`)", users)
        assert shown == ["1 add", "2 change", "1,200 unchanged", "5 rows with errors"]


def test_paper_gets_what_is_folded(page: Chrome) -> None:
    folded = "details:not([open])"
    before = len(page.find_elements(By.CSS_SELECTOR, folded))
    page.execute_script("document.querySelector('details').open = false; dispatchEvent(new Event('beforeprint'))")
    assert page.find_elements(By.CSS_SELECTOR, folded) == []
    page.execute_script("dispatchEvent(new Event('afterprint'))")
    assert len(page.find_elements(By.CSS_SELECTOR, folded)) == before + 1


def test_every_sheet_of_paper_has_column_headings(browser: Chrome, tmp_path: Path) -> None:
    people = (plans.change("create", "user", f"N{n}", after={"firstname": "Ada"}) for n in range(240))
    browser.get(written(tmp_path, plans.plan(*people)))
    sheets = [text for text in printed(browser, tmp_path) if "Ada" in text]
    assert len(sheets) > 2
    assert all("Who and where" in text and "Source" in text for text in sheets)
    assert not any("Search" in text or "Copy" in text for text in sheets)


# -- no requests -----------------------------------------------------------------------------------------------


def test_nothing_is_asked_for_and_nothing_is_complained_of(address: str) -> None:
    with chromium() as fresh:
        fresh.get(address)
        fresh.find_element(By.NAME, "search").send_keys("ada")
        shows(fresh, "41")
        events = [json.loads(entry["message"])["message"] for entry in log(fresh, "performance")]
        asked = {e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"}
        assert asked == {address}
        assert log(fresh, "browser") == []
