"""Makes the pictures of the docs: the second day of the demo, as the terminal and the report page show it.

    python docs/pictures/make.py      writes docs/pictures/*.png

Needs chromium and chromedriver.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from sync.sandbox import SandboxSettings, running

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ADDRESS = "https://moodle.northmere.example"
COLUMNS = 120
LINES = 46
"""Lines of the dry run that are shown: the summary, and what is on hold."""
WIDTH, HEIGHT = 1100, 1180


def main() -> None:
    """Plan the second day of the demo, and take both pictures."""
    with TemporaryDirectory() as name, _browser() as browser:
        folder = Path(name)
        text = _dry_run(folder)
        _take(browser, folder / "plan.html", HEIGHT, HERE / "report-page.png")
        _draw(text, folder / "terminal.svg")
        browser.get((folder / "terminal.svg").as_uri())
        box = browser.execute_script("return document.documentElement.viewBox.baseVal")
        height = round(WIDTH * box["height"] / box["width"])
        _take(browser, folder / "terminal.svg", height, HERE / "terminal-plan.png")


def _dry_run(folder: Path) -> str:
    """Run the first day, plan the second, write its page; what the terminal shows, with its colours."""
    samples = ROOT / "samples"
    # Copied without their age: guards hold what an old export asks for.
    shutil.copytree(ROOT / "mappings" / "nexsis", folder / "mappings", copy_function=shutil.copyfile)
    with running(SandboxSettings(institution=samples / "institution.yaml")) as sandbox:
        (folder / "site.yaml").write_text(
            f"site: {{url: '{sandbox.url}', token: {{env: NEXSIS_TOKEN}}, timezone: Europe/London}}\n"
            "mappings: [mappings/*.yaml]\nallow: category_grade\n",
            "utf-8",
        )
        environment = {**os.environ, "NEXSIS_TOKEN": sandbox.token, "FORCE_COLOR": "1"}
        words: list[str]
        for day, words in (("night-1", ["run"]), ("night-2", ["plan", "--html", "plan.html"])):
            shutil.copytree(samples / day, folder / "inbox", copy_function=shutil.copyfile, dirs_exist_ok=True)
            done = subprocess.run(  # noqa: S603 - this program itself
                [sys.executable, "-m", "sync", *words], cwd=folder, env=environment, capture_output=True, check=False
            )
            if done.returncode not in (0, 2, 3):
                raise SystemExit(done.stderr.decode())
        page = folder / "plan.html"
        page.write_text(page.read_text("utf-8").replace(sandbox.url, ADDRESS), "utf-8")
        return done.stdout.decode().replace(sandbox.url, ADDRESS)


def _draw(text: str, file: Path) -> None:
    """Text with its colours as a drawing of a terminal."""
    with Path(os.devnull).open("w") as nowhere:
        console = Console(record=True, width=COLUMNS, file=nowhere)
        for line in text.splitlines()[:LINES]:
            console.print(Text.from_ansi(line.rstrip()))
        console.save_svg(str(file), title="nexsis-sync plan", theme=MONOKAI)


@contextmanager
def _browser() -> Iterator[webdriver.Chrome]:
    """A headless browser that reaches no network."""
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium") or "chromium"
    for argument in ("--headless=new", "--no-sandbox", "--hide-scrollbars", "--proxy-server=127.0.0.1:9"):
        options.add_argument(argument)
    browser = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        yield browser
    finally:
        browser.quit()


def _take(browser: webdriver.Chrome, file: Path, height: int, picture: Path) -> None:
    """Photograph a file, in light colours."""
    metrics = {"width": WIDTH, "height": height, "deviceScaleFactor": 1, "mobile": False}
    light = {"features": [{"name": "prefers-color-scheme", "value": "light"}]}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", light)
    browser.get(file.as_uri())
    browser.save_screenshot(str(picture))


if __name__ == "__main__":
    main()
