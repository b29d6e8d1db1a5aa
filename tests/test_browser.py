"""The lessons in a real JupyterLab, driven by mouse and keyboard in headless Chromium.

Needs `pip install -e '.[browser]'` and a Chromium (Debian: `apt install chromium`); without them
the tests are skipped. Screenshots go to `runs/screenshots`.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from course_lib.paths import NOTEBOOKS, ROOT

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
TOKEN, PATIENCE = "course", 300_000  # milliseconds
SCREENSHOTS = ROOT / "runs" / "screenshots"  # not in the tests' own folder for runs, which goes
LESSONS = sorted(path.name for path in NOTEBOOKS.glob("*.ipynb"))
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]

sync_api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="there is no Chromium on this machine")


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The address of a JupyterLab over a copy of the notebooks, with nobody's settings."""
    home = tmp_path_factory.mktemp("lab")
    shutil.copytree(NOTEBOOKS, home / "notebooks")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    places = ("JUPYTER_CONFIG_DIR", "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR")
    own = {name: str(home / name.lower()) for name in places}
    quiet = Path(own[places[1]], "@jupyterlab/apputils-extension/notification.jupyterlab-settings")
    quiet.parent.mkdir(parents=True)
    quiet.write_text('{"fetchNews": "false"}')  # else a window asks, above everything
    command = [sys.executable, "-m", "jupyter", "lab", "--no-browser", "--allow-root"]
    command += [f"--ServerApp.{name}" for name in (f"port={port}", f"root_dir={home}")]
    command += [f"--IdentityProvider.token={TOKEN}", "--expose-app-in-browser"]
    environment = os.environ | own | {"COURSE_SCALE": "smoke", "COURSE_RUNS": str(home / "runs")}
    with open(home / "log", "w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        wait_until(lambda: answers(f"http://127.0.0.1:{port}/api"))
        yield f"http://127.0.0.1:{port}/lab"
    finally:
        server.terminate()
        server.wait(20)


def answers(address: str) -> bool:
    """Whether a server is there."""
    try:
        return urlopen(address).status == 200
    except OSError:
        return False


def wait_until(true, seconds: float = 60):
    """Returns as soon as `true()` is; fails after so many seconds."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "in vain"
        time.sleep(0.2)


@pytest.fixture(scope="module")
def browser():
    """A headless Chromium."""
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def page(browser):
    """A window that collects in `complaints` what its console calls an error."""
    page = browser.new_page(viewport={"width": 1400, "height": 1000})
    page.set_default_timeout(60_000)
    page.complaints = []
    page.on("console", lambda said: said.type == "error" and page.complaints.append(said))
    page.on("pageerror", lambda error: page.complaints.append(error))
    yield page
    page.close()


def open_and_run(page, lab: str, lesson: str) -> list[dict]:
    """Opens a lesson and runs all its cells; returns them with their outputs."""
    page.goto(f"{lab}/tree/notebooks/{lesson}?token={TOKEN}&reset")
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    page.wait_for_selector(".jp-NotebookPanel-toolbar .jp-Notebook-ExecutionIndicator")
    page.set_default_timeout(PATIENCE)
    return page.evaluate(
        """async () => {
            const app = window.jupyterapp, panel = app.shell.currentWidget
            await panel.sessionContext.ready
            await app.commands.execute('notebook:run-all-cells')
            return panel.content.model.sharedModel.toJSON().cells
        }"""
    )


def show(page, panel: str):
    """Scrolls to the output of the cell that makes a panel; returns it."""
    page.evaluate(
        """async panel => {
            const notebook = window.jupyterapp.shell.currentWidget.content
            const found = notebook.widgets.findIndex(
                cell => cell.model.type == 'code'
                    && cell.model.sharedModel.source.includes(`studio.${panel}(`))
            await notebook.scrollToItem(found, 'start')
            notebook.activeCellIndex = found
        }""",
        panel,
    )
    return page.locator(".jp-Cell.jp-mod-active .jp-OutputArea")


def save(what, name: str):
    """A screenshot, to be looked at."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    what.screenshot(path=SCREENSHOTS / f"{name}.png")


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_lesson_runs_without_complaint(lab, page, lesson):
    cells = open_and_run(page, lab, lesson)
    outputs = [output for cell in cells for output in cell.get("outputs", ())]
    assert outputs and not [o for o in outputs if o["output_type"] == "error"]
    save(page, Path(lesson).stem)
    assert not page.complaints


HTML = "views => views.map(view => view.innerHTML)"
PANELS = {  # each with one of its sliders
    "AskModel": ("00_start_here.ipynb", "seed"),
    "ProblemExplorer": ("01_what_is_a_problem.ipynb", "seed"),
    "SolutionStepper": ("02_how_is_it_solved.ipynb", "step"),
    "XRay": ("05_what_does_it_know.ipynb", "step"),
    "WarningLight": ("06_why_does_it_err.ipynb", "on from %"),
    "DepthGrid": ("07_why_depth.ipynb", "op"),
}


@pytest.mark.parametrize("panel", PANELS)
def test_a_panel_follows_mouse_and_keyboard(lab, page, panel):
    lesson, knob = PANELS[panel]
    open_and_run(page, lab, lesson)
    output = show(page, panel)
    row = output.locator(".widget-hbox", has=page.get_by_text(knob, exact=True))
    number, views = row.locator("input[type=number]"), output.locator(".widget-html")
    before, first = number.input_value(), views.evaluate_all(HTML)
    handle = row.locator(".noUi-handle")
    handle.focus()
    page.keyboard.press("ArrowRight")
    sync_api.expect(number).not_to_have_value(before)
    wait_until(lambda: views.evaluate_all(HTML) != first)
    moved, box = number.input_value(), row.locator(".noUi-target").bounding_box()
    handle.hover()
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 1, box["y"] + box["height"] / 2, steps=5)
    page.mouse.up()
    sync_api.expect(number).not_to_have_value(moved)
    number.fill(before)
    number.press("Enter")
    wait_until(lambda: views.evaluate_all(HTML) == first)
    if panel == "XRay":
        number.fill("0")
        number.press("Enter")
        row.locator(".widget-play button").first.click()
        sync_api.expect(number).to_have_value("1")
    assert not output.locator("img:not([alt])").count()
    save(output, panel)
