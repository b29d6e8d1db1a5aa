"""The first line of a lesson: parameters are checked, never silently ignored."""

import pytest

from course_lib.errors import CourseError
from course_lib.studio import begin
from course_lib.studio.lesson import convert
from course_lib.studio.scales import SCALES

PARAMETERS = "import os\nSCALE: str = 'smoke'\nSEED: int = 7\nRATE: float = 0.5\n"


def notebook(*cells):
    """The globals of a notebook after its parameters cell and these."""
    namespace = {"In": ["", PARAMETERS], "Out": {}, "_": 3, "_i1": "x"}
    for cell in (PARAMETERS, *cells):
        exec(cell, namespace)
    return namespace


def test_a_lesson_begins(capsys):
    lesson = begin(notebook("SEED = 8", "RATE = 2"))
    assert (lesson.scale, lesson.seed, lesson.settings) == ("smoke", 8, SCALES["smoke"])
    report = capsys.readouterr().out
    for part in ("Python 3.", "torch 2.", "cpu", "smoke", "8"):
        assert part in report
    begin(notebook("SEED = 8"))
    assert capsys.readouterr().out == report


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        ("sede = 3", "no parameter 'sede', it has SCALE, SEED, RATE"),
        ("wishes = [1]", "no parameter 'wishes'"),
        ("SEED = '8'", "SEED must be of type int, not '8'"),
        ("SEED = True", "SEED must be of type int"),
        ("SEED = 8.0", "SEED must be of type int"),
        ("RATE = '1e-3'", "RATE must be of type float"),
        ("SCALE = 3", "SCALE must be of type str"),
        ("SCALE = 'huge'", "no scale 'huge'"),
        ("del __annotations__['SEED']", "declare SEED"),
    ],
)
def test_wrong_parameters_are_refused(cell, sentence):
    with pytest.raises(CourseError, match=sentence):
        begin(notebook(cell))


def test_the_cell_may_run_again_later():
    namespace = notebook()
    namespace["lesson"] = begin(namespace)
    exec("n = 3\nwidths: list[int] = [1, 2]\nSEED = 9", namespace)
    assert begin(namespace).seed == 9


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [("3", "int", 3), ("1e-3", "float", 0.001), ("False", "bool", False), ("3", "str", "3")],
)
def test_typed_values_are_converted(text, kind, value):
    converted = convert("x", text, kind)
    assert converted == value and type(converted) is type(value)


@pytest.mark.parametrize(("text", "kind"), [("3.5", "int"), ("no", "bool"), ("3", "None")])
def test_ill_typed_values_are_refused(text, kind):
    with pytest.raises(CourseError, match="x must be of type"):
        convert("x", text, kind)
