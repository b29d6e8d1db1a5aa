"""`make notebooks` stores clean, byte-stable notebooks; the linter finds planted faults."""

import nbformat
import pytest
from anatomy import CHECKED, code_cells, faults, lesson_faults, shown
from notebook_writer import write_notebook

from course_lib.errors import CourseError
from course_lib.studio import notebooks
from course_lib.studio.lesson_runner import WIDGET

NAME = "01_what_is_it.ipynb"
NOISE = """\
import sys
import ipywidgets
print("never stored", file=sys.stderr)
for n in range(200):
    print(n, flush=True)
ipywidgets.IntSlider()"""
STUB = "def my_sum(n: int) -> int:\n    raise NotImplementedError"
QUESTIONS = "\n".join(
    f"<details><summary>{n}. Why?</summary>\n\nSo.\n</details>" for n in range(1, 11)
)
CELLS = (  # cell 0 holds the parameters
    "# What is it?\n\nTen minutes. You will be able to count.",
    "from course_lib import studio\n\nlesson = studio.begin(globals())",
    "import matplotlib.pyplot as plt\n\nplt.plot([1, 2]);",
    NOISE,
    "n = 2\nn + SEED",
    "# Exercises\n\n<details>\n\n```python\nx = 1\n```\n</details>",
    *[STUB, "print('studio.check(my_sum)')"] * 2,
    f"# Ten questions\n\n{QUESTIONS}\n\n# Summary",
    "# What could fool us",
    f"# Next\n\n[solutions](solutions/{NAME})",
    *["# Words\n\n" + "word " * 60] * 24,
)


@pytest.fixture(scope="module")
def lesson(tmp_path_factory):
    """A lesson without fault, as `make notebooks` leaves it."""
    path = tmp_path_factory.mktemp("course") / NAME
    write_notebook(path, *CELLS)
    notebook = nbformat.read(path, as_version=4)
    notebook.cells[5].metadata = {"tags": [CHECKED], "execution": {"begun": "at noon"}}
    injected = nbformat.v4.new_code_cell("SEED = 1", metadata={"tags": ["injected-parameters"]})
    notebook.cells.insert(1, injected)
    save(notebook, path)
    assert notebooks.main(["01"], path.parent) == 0
    return path


def save(notebook, path):
    """As a lesson with its solution."""
    (path.parent / "solutions").mkdir(exist_ok=True)
    nbformat.write(notebook, path)
    nbformat.write(notebook, path.parent / "solutions" / path.name)


def test_a_built_lesson_has_no_faults(lesson):
    assert faults(lesson) + lesson_faults(lesson) == []
    cells = code_cells(nbformat.read(lesson, as_version=4))
    numbers = "".join(f"{n}\n" for n in range(200))
    assert [list(map(shown, cell.outputs)) for cell in cells[3:5]] == [[numbers], ["9"]]


def test_building_again_changes_nothing(lesson, capsys):
    before = lesson.read_bytes()
    assert notebooks.main([NAME], lesson.parent) == 0
    assert lesson.read_bytes() == before
    assert f"{NAME} ... unchanged" in capsys.readouterr().out


def test_only_the_id_of_a_changed_cell_changes(lesson):
    notebook = nbformat.read(lesson, as_version=4)
    before = [cell.id for cell in notebook.cells]
    assert len(set(before)) == len(before)
    notebook.cells[5].source += " "
    after = [cell.id for cell in notebooks.clean(notebook).cells]
    assert [i for i, pair in enumerate(zip(before, after, strict=True)) if len({*pair}) == 2] == [5]


def test_check_tells_and_writes_nothing(tmp_path):
    write_notebook(tmp_path / NAME, "print(SCALE)")
    before = (tmp_path / NAME).read_bytes()
    assert notebooks.main(["--check"], tmp_path) == 1
    assert (tmp_path / NAME).read_bytes() == before


def test_a_failing_notebook_is_left_as_it_was(tmp_path, capsys):
    write_notebook(tmp_path / NAME, "1 / 0")
    before = (tmp_path / NAME).read_bytes()
    assert notebooks.main([], tmp_path) == 1
    assert (tmp_path / NAME).read_bytes() == before
    assert "ZeroDivisionError" in capsys.readouterr().out
    with pytest.raises(CourseError, match="no such notebook"):
        notebooks.find(["99"], tmp_path)


def add(position, text):
    """A change that adds to a cell's source."""
    return lambda cells: cells[position].update(source=cells[position].source + text)


def say(text, **others):
    """A change of what cell 4 has printed."""
    return lambda cells: cells[4].outputs[0].update(text=text, **others)


PLANTED = {
    "parameters": lambda cells: cells[0].metadata.clear(),
    "annotations": add(0, "\nRATE = 3"),
    "long cell": add(5, "\n" * 25 + "1"),
    "counts": lambda cells: cells[2].update(execution_count=7),
    "stderr": say("oh", name="stderr"),
    "widget state": lambda cells: cells[3].outputs[0].data.update({WIDGET: {}}),
    "stray metadata": lambda cells: cells[1].metadata.update(scrolled=True),
    "size": add(1, "x" * 1_000_000),
    "link": add(1, "[lost](lost.ipynb)"),
    "folded code": add(1, "<details>\n```python\nx = = 1\n```\n</details>"),
    "absolute path": say("saved in /home/me/runs"),
    "pip": add(5, "\n!pip install torch"),
    "Output widget": add(5, "\nout = widgets.Output()"),
    "address in memory": say("<object object at 0x7f00aa00bb>"),
    "title": lambda cells: cells[1].update(source="# It is"),
    "length": lambda cells: [cells.pop() for _ in range(9)],
    "words": add(1, " word" * 1200),
    "long cells": lambda cells: [add(n, "\n" * 8 + "1")(cells) for n in (2, 3, 4, 5, 7, 8, 9, 10)],
    "nothing compared": lambda cells: cells[5].outputs.clear(),
    "picture": lambda cells: cells[3].outputs.clear(),
    "exercises": lambda cells: cells[7].update(source="1"),
    "check": lambda cells: cells[8].update(source="1"),
    "minutes": lambda cells: cells[1].update(source="# What?"),
    "self-test": lambda cells: cells[11].update(source="# Ten questions\n\n# Summary"),
    "what could fool us": lambda cells: cells.pop(12),
}


@pytest.mark.parametrize("fault", PLANTED)
def test_planted_faults_are_found(lesson, tmp_path, fault):
    notebook = nbformat.read(lesson, as_version=4)
    PLANTED[fault](notebook.cells)
    save(notebook, tmp_path / NAME)
    assert fault in faults(tmp_path / NAME) + lesson_faults(tmp_path / NAME)
