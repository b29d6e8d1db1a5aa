import ast

import nbformat
import numpy as np
import pytest
import torch

from course_lib.paths import NOTEBOOKS
from course_lib.studio.exercises import Exercise, check, find

EXERCISES = find()
MISTAKES = [
    pytest.param(exercise, wrong, message, id=f"{name}-{wrong.__name__}")
    for name, exercise in EXERCISES.items()
    for wrong, message in exercise.mistakes
]
each_exercise = pytest.mark.parametrize("exercise", EXERCISES.values(), ids=EXERCISES)


def stub(*arguments):
    raise NotImplementedError


def broken(*arguments):
    return {}["key"]


def odd(*arguments):
    return "no exercise wants this"


@each_exercise
def test_what_is_said(exercise):
    assert exercise.verdict(stub) == f"{exercise.name}: not attempted yet."
    assert "Well done" in exercise.verdict(exercise.answer)
    assert "KeyError" in exercise.verdict(broken)
    assert "returned 'no exercise wants this'" in exercise.verdict(odd)
    assert "\n" not in exercise.verdict(odd)
    assert len(exercise.mistakes) >= 2


@pytest.mark.parametrize("exercise, wrong, message", MISTAKES)
def test_each_mistake_gets_its_message(exercise, wrong, message):
    assert exercise.verdict(wrong) == f"{exercise.name}: {message}"


def cells(exercise, *folder):
    """The code of the notebook with this exercise: lesson NN holds those of lessonNN.py."""
    number = exercise.answer.__module__[-2:]
    (path,) = NOTEBOOKS.joinpath(*folder).glob(f"{number}_*.ipynb")
    notebook = nbformat.read(path, as_version=4)
    return [cell.source for cell in notebook.cells if cell.cell_type == "code"]


def definition(name, sources):
    found = [
        part
        for source in sources
        for part in ast.parse(source).body
        if isinstance(part, ast.FunctionDef) and part.name == name
    ]
    assert len(found) == 1
    return found[0]


def head(function):
    return ast.dump(function.args), ast.dump(function.returns), ast.get_docstring(function)


@each_exercise
def test_stub_and_solution_differ_in_the_body_alone(exercise):
    lesson = definition(exercise.name, cells(exercise))
    solution = definition(exercise.name, cells(exercise, "solutions"))
    assert head(lesson) == head(solution)
    assert [ast.unparse(line) for line in lesson.body[1:]] == ["raise NotImplementedError"]


@each_exercise
def test_the_solution_notebook_is_accepted(exercise):
    sources = cells(exercise, "solutions")
    parts = [part for source in sources for part in ast.parse(source).body]
    imports = [part for part in parts if isinstance(part, (ast.Import, ast.ImportFrom))]
    space = {}
    module = ast.Module([*imports, definition(exercise.name, sources)], type_ignores=[])
    exec(compile(module, "solution", "exec"), space)
    assert "Well done" in exercise.verdict(space[exercise.name])


def double(x: int) -> int:
    return 2 * x


DOUBLE = Exercise("double", ((1,), (3,)), double, ((lambda x: x + 1, "that adds one."),))


def test_the_first_differing_case_is_shown_without_its_answer():
    assert (
        DOUBLE.verdict(lambda x: 2) == "double: double(3) returned 2; expected was a different int."
    )
    assert "expected was type int" in DOUBLE.verdict(lambda x: float(x))
    assert "TypeError" in DOUBLE.verdict(lambda: 0)


def test_a_likely_error_gets_a_hint_and_a_wrong_shape_is_named():
    count_things, mask = EXERCISES["count_things"], EXERCISES["cached_mask"]
    said = count_things.verdict(lambda owned, kinds, item, category: owned[item][category])
    assert "raised KeyError" in said and "may be missing" in said
    assert "ZeroDivisionError" in count_things.verdict(lambda *_: 1 / 0)
    assert "the shape (4, 4), not (1, 1)" in mask.verdict(lambda *_: torch.ones(1, 1))


def test_arguments_are_fresh_for_every_call():
    appending = Exercise("f", (([1],),), lambda x: [*x, 2], ())
    assert "Well done" in appending.verdict(lambda x: x.append(2) or x)


def test_check_prints_one_line_and_never_raises(capsys):
    check(double)
    check(None)
    exercise = Exercise("odd", [(1,)], lambda n: [n], [])
    assert "expected" in exercise.verdict(lambda n: [np.zeros(2)])  # == has no one truth
    assert capsys.readouterr().out.splitlines() == [
        "There is no exercise called double.",
        "There is no exercise called None.",
    ]
