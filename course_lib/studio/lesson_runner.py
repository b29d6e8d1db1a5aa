"""All lessons headless: `course run` executes them one by one through papermill."""

import os
import re
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import nbformat
import papermill
from nbconvert import HTMLExporter

from course_lib.errors import CourseError
from course_lib.paths import NOTEBOOKS, RUNS
from course_lib.studio.lesson import convert, find_scale

QUIET_KERNEL = ["--IPKernelApp.log_level=40"]  # no warning about TCP for every lesson
WIDGET = "application/vnd.jupyter.widget-view+json"

# The page without what it would fetch; MathJax only where there are formulas to set.
PAGE = """{% extends "lab/index.html.j2" %}
{% block html_head_js_requirejs %}{% endblock %}
{% block html_head_js_mermaidjs %}{% endblock %}
{% block html_head_js_mathjax %}
{% if "$" in resources.prose %}{{ super() }}{% endif %}
{% endblock %}
"""


class Outcome(NamedTuple):
    """How a lesson went."""

    lesson: str
    seconds: float
    error: str  # empty if all went well

    @property
    def status(self) -> str:
        """One word or the reason."""
        return f"failed, {self.error}" if self.error else "ok"


def run(
    scale: str = "laptop",
    only: str = "",
    wishes: Iterable[str] = (),
    out: Path | None = None,
    folder: Path = NOTEBOOKS,
) -> bool:
    """Runs lessons at a scale, prints a line for each and a table; True if all went well.

    `only` is numbers such as "01,05", `wishes` are parameters as "name=value", each for the
    lessons that declare it. CourseError, before anything runs, for what does not exist.
    """
    timeout = find_scale(scale).cell_timeout
    lessons = choose(folder, only)
    parameters = assign(lessons, wishes)
    out = Path(out or RUNS / f"lessons-{scale}")
    out.mkdir(parents=True, exist_ok=True)
    outcomes = []
    with environment(scale):
        for number, lesson in enumerate(lessons, 1):
            print(f"[{number}/{len(lessons)}] {lesson.stem} ... ", end="", flush=True)
            outcomes.append(execute(lesson, out / lesson.name, parameters[lesson], timeout))
            print(f"{outcomes[-1].status}, {outcomes[-1].seconds:.0f} s", flush=True)
    print(table(outcomes), f"\nExecuted notebooks and HTML copies: {out}", sep="")
    return not any(outcome.error for outcome in outcomes)


def choose(folder: Path, only: str = "") -> list[Path]:
    """The lessons of a folder by number, all if `only` is empty."""
    lessons = {path.name[:2]: path for path in sorted(folder.glob("[0-9][0-9]_*.ipynb"))}
    if not lessons:
        raise CourseError(f"There are no lessons in {folder}.")
    wanted = [number.zfill(2) for number in re.findall(r"[^,\s]+", only)] or list(lessons)
    for number in wanted:
        if number not in lessons:
            raise CourseError(f"There is no lesson {number!r}; there are {', '.join(lessons)}.")
    return [lessons[number] for number in sorted(set(wanted))]


def assign(lessons: list[Path], wishes: Iterable[str]) -> dict[Path, dict]:
    """The parameters each lesson gets, of the type it declares."""
    declared = {lesson: papermill.inspect_notebook(lesson) for lesson in lessons}
    chosen: dict[Path, dict] = {lesson: {} for lesson in lessons}
    for wish in wishes:
        name, equals, text = wish.partition("=")
        takers = [lesson for lesson in lessons if name in declared[lesson]]
        if not equals:
            raise CourseError(f"Write a parameter as name=value, not {wish!r}.")
        if name == "SCALE":
            raise CourseError("Choose the scale with --scale, not with -p.")
        if not takers:
            known = sorted({name for names in declared.values() for name in names} - {"SCALE"})
            raise CourseError(
                f"No chosen lesson has a parameter {name!r}; there are {', '.join(known)}."
            )
        for lesson in takers:
            kind = declared[lesson][name]["inferred_type_name"]
            chosen[lesson][name] = convert(name, text, kind)
    return chosen


def execute(lesson: Path, target: Path, parameters: Mapping, timeout: int) -> Outcome:
    """Runs one lesson into `target` and an HTML copy beside it."""
    begin, error = time.monotonic(), ""
    try:
        papermill.execute_notebook(
            lesson,
            target,
            parameters,
            execution_timeout=timeout,
            progress_bar=False,
            cwd=lesson.parent,  # where JupyterLab starts it, too
            extra_arguments=QUIET_KERNEL,
        )
    except papermill.PapermillExecutionError as failed:
        error = f"cell [{failed.exec_count}]: {failed.ename}: {_first_line(failed.evalue)}"
    except Exception as failed:  # a timeout, a dead kernel: the other lessons still run
        error = f"{type(failed).__name__}: {_first_line(str(failed))}"
    seconds = time.monotonic() - begin
    if target.exists():
        target.with_suffix(".html").write_text(to_html(target), encoding="utf-8")
    return Outcome(lesson.stem, seconds, error)


def to_html(path: Path) -> str:
    """A page of a notebook that opens without a network, with links to its sibling pages."""
    notebook = without_widgets(nbformat.read(path, as_version=4))
    prose = "".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    resources = {"prose": prose, "metadata": {"name": path.stem}}
    page, _ = HTMLExporter(raw_template=PAGE).from_notebook_node(notebook, resources)
    return re.sub(r'href="(\w+)\.ipynb', r'href="\1.html', page)


def without_widgets(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Drops what only a live kernel can show; a static picture stands below each widget."""
    notebook.metadata.pop("widgets", None)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [
                output for output in cell.outputs if WIDGET not in output.get("data", ())
            ]
    return notebook


@contextmanager
def environment(scale: str, **more: str) -> Iterator[None]:
    """What the kernels started within inherit: the scale, no progress bars, inline pictures."""
    before = dict(os.environ)
    os.environ |= {
        "COURSE_SCALE": scale,
        "COURSE_QUIET": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        **more,
    }
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def table(outcomes: list[Outcome]) -> str:
    """Lesson, seconds and status in columns."""
    width = max(len(outcome.lesson) for outcome in outcomes)
    lines = [f"\n{'lesson':<{width}}  seconds  status"]
    lines += [
        f"{lesson:<{width}}  {seconds:7.1f}  {outcome.status}"
        for outcome in outcomes
        for lesson, seconds, _ in [outcome]
    ]
    total = sum(outcome.seconds for outcome in outcomes)
    return "\n".join([*lines, f"{'all':<{width}}  {total:7.1f}"])


def _first_line(text: str) -> str:
    return text.strip().partition("\n")[0]
