"""The committed notebooks: their anatomy, and that nbval really compares what is stored.

`pytest` itself runs every cell at smoke scale: pyproject.toml names nbval and the notebooks.
"""

import subprocess
import sys

import nbformat
import pytest
from anatomy import CHECKED, faults, lesson_faults, links

from course_lib.paths import NOTEBOOKS, ROOT
from course_lib.studio.notebooks import tags

LESSONS = sorted(NOTEBOOKS.glob("*.ipynb"))
SOLUTIONS = sorted(NOTEBOOKS.glob("solutions/*.ipynb"))


@pytest.mark.parametrize("path", [*LESSONS, *SOLUTIONS], ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_notebook(path):
    assert faults(path) == []


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_lesson(path):
    assert lesson_faults(path) == []


def test_lessons_and_solutions_have_the_same_names():
    assert [path.name for path in LESSONS] == [path.name for path in SOLUTIONS] != []


def test_the_readme_links_to_files_that_exist():
    targets = links((ROOT / "README.md").read_text(encoding="utf-8"))
    assert targets and [target for target in targets if not (ROOT / target).exists()] == []


def nbval(path):
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--nbval-lax"]
    command += ["--nbval-current-env", path.name]
    return subprocess.run(command, cwd=path.parent, capture_output=True, text=True, timeout=120)


def test_nbval_fails_when_a_stored_output_changes(tmp_path):
    """Lesson 01 up to its first compared cell, as it is committed and with one more character."""
    copy = tmp_path / "copy.ipynb"
    notebook = nbformat.read(LESSONS[1], as_version=4)
    position = next(i for i, cell in enumerate(notebook.cells) if CHECKED in tags(cell))
    notebook.cells = notebook.cells[: position + 1]
    nbformat.write(notebook, copy)
    assert nbval(copy).returncode == 0

    output = notebook.cells[position].outputs[0]
    holder, key = (output, "text") if "text" in output else (output.data, "text/plain")
    holder[key] = "!" + holder[key]
    nbformat.write(notebook, copy)
    changed = nbval(copy)
    assert changed.returncode == 1 and "1 failed" in changed.stdout
