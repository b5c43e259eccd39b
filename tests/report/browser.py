"""A real browser for the tests of the page; a test that needs what this machine lacks is skipped and says so."""

from __future__ import annotations

import atexit
import base64
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

AXE = "NEXSIS_SYNC_AXE"
"""Environment variable that names axe.min.js of the npm package axe-core; without it, npm is asked for the file."""


@contextmanager
def chromium(*, width: int = 1280, dark: bool = False, javascript: bool = True) -> Iterator[webdriver.Chrome]:
    """A tab of a headless browser of that width, without a network. Its console, still empty, is kept.

    The browser itself is started once, because that takes longer than most tests.
    """
    browser = _started()
    before = browser.current_window_handle
    browser.switch_to.new_window("tab")
    # Without motion, scrolling takes no time.
    wishes = {"prefers-color-scheme": "dark" if dark else "light", "prefers-reduced-motion": "reduce"}
    features = [{"name": name, "value": value} for name, value in wishes.items()]
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    _tell(browser, "Emulation.setDeviceMetricsOverride", size)
    _tell(browser, "Emulation.setEmulatedMedia", {"features": features})
    _tell(browser, "Emulation.setScriptExecutionDisabled", {"value": not javascript})
    for kind in ("browser", "performance"):
        log(browser, kind)
    try:
        yield browser
    finally:
        browser.close()
        browser.switch_to.window(before)


@cache
def _started() -> webdriver.Chrome:
    binary, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not binary or not driver:
        pytest.skip("needs chromium and chromedriver (Debian: apt-get install chromium chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--proxy-server=127.0.0.1:9"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(driver))
    atexit.register(browser.quit)
    return browser


def log(browser: webdriver.Chrome, kind: str) -> list[dict[str, Any]]:
    """What is new in a log: `browser` is the console, `performance` everything that was requested."""
    found: list[dict[str, Any]] = browser.get_log(kind)  # type: ignore[no-untyped-call]
    return found


def _tell(browser: webdriver.Chrome, command: str, with_: dict[str, Any]) -> None:
    browser.execute_cdp_cmd(command, with_)


def printed(browser: webdriver.Chrome, folder: Path) -> list[str]:
    """The text of each sheet of A4 paper that a page is printed on."""
    tool = shutil.which("pdftotext")
    if not tool:
        pytest.skip("needs pdftotext (Debian: apt-get install poppler-utils)")
    file = folder / "page.pdf"
    paper = {"paperWidth": 8.27, "paperHeight": 11.69, "preferCSSPageSize": True, "printBackground": True}
    file.write_bytes(base64.b64decode(browser.execute_cdp_cmd("Page.printToPDF", paper)["data"]))
    text = subprocess.run([tool, "-layout", str(file), "-"], capture_output=True, check=True, timeout=300).stdout
    return text.decode().split("\f")[:-1]


def axe(folder: Path) -> str:
    """The script of axe-core, which checks for accessibility."""
    named = os.environ.get(AXE)
    if named:
        return Path(named).read_text("utf-8")
    npm = shutil.which("npm")
    if not npm:
        pytest.skip(f"needs axe-core: npm to fetch it, or {AXE} to name its axe.min.js")
    command = [npm, "install", "--no-save", "--no-audit", "--no-fund", "--prefix", str(folder), "axe-core@4"]
    try:
        subprocess.run(command, capture_output=True, check=True, timeout=300)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        pytest.skip("needs axe-core, which npm could not fetch")
    return (folder / "node_modules/axe-core/axe.min.js").read_text("utf-8")
