from random import Random

import ipywidgets as widgets
import pytest

from course_lib.igsm import ProblemConfig, sample_problem
from course_lib.studio import ProblemExplorer, SolutionStepper
from course_lib.studio.panel import Knob

MED = ProblemConfig.preset("med")
PROBLEM = sample_problem(MED, seed=7)


def values(panel):
    return [panel.summary.value, *(view.value for view in panel.views.values())]


def tree(widget):
    return [widget, *(w for child in getattr(widget, "children", ()) for w in tree(child))]


@pytest.fixture(scope="module")
def explorer():
    return ProblemExplorer(MED, seed=7)


def test_the_explorer_shows_the_problem_of_its_seed(explorer):
    explorer.knobs["seed"].slider.value = 7
    assert f"op {PROBLEM.op}, answer {PROBLEM.answer}." in explorer.summary.value
    assert PROBLEM.question in explorer.views["text"].value
    assert explorer.views["text"].value.count("<mark>") == sum(
        p < PROBLEM.ip for p in PROBLEM.order
    )
    for name in ("structure", "dependency"):
        assert "data:image/svg+xml;base64," in explorer.views[name].value
        assert f"op {PROBLEM.op}" in explorer.views[name].value  # in words, too


def test_sliders_and_number_boxes_redraw_everything(explorer):
    explorer.knobs["op"].law.value = False
    before = values(explorer)
    explorer.knobs["op"].slider.value = 9
    by_slider = values(explorer)
    assert "op 9," in explorer.summary.value
    assert all(a != b for a, b in zip(before, by_slider, strict=True))
    explorer.knobs["op"].number.value = 4  # typed
    assert explorer.knobs["op"].slider.value == 4 and "op 4," in explorer.summary.value
    explorer.knobs["op"].law.value = True
    explorer.knobs["seed"].slider.value = 7
    assert f"op {PROBLEM.op}," in explorer.summary.value


def test_an_impossible_wish_is_answered_with_a_sentence(explorer):
    for name, value in (("layers", 2), ("items", 2), ("edges", 9)):
        explorer.knobs[name].slider.value = value
        explorer.knobs[name].law.value = False
    assert "cannot be" in explorer.summary.value
    assert not any(view.value for view in explorer.views.values())
    explorer.knobs["edges"].slider.value = 3
    assert "3 instance" in explorer.summary.value and all(values(explorer))
    for name in ("layers", "items", "edges"):
        explorer.knobs[name].law.value = True


def test_a_knob_left_to_the_law():
    knob, heard = Knob("op", 1, 15, 4, law=True), []
    knob.watch(heard.append)
    assert knob.value is None and knob.slider.disabled and knob.number.disabled
    knob.law.value = False
    assert knob.value == 4 and not knob.number.disabled and len(heard) == 1


def test_stepping_through_a_solution():
    stepper = SolutionStepper(PROBLEM)
    last = len(PROBLEM.order)
    pictures = set()
    for step in range(last + 1):
        stepper.knobs["step"].slider.value = step
        assert stepper.views["text"].value.count("Define") == step
        assert ("Correct" in stepper.summary.value) == (step == last)
        pictures.add(stepper.views["dependency"].value)
    assert f"the answer is {PROBLEM.answer}" in stepper.summary.value
    assert len(pictures) == last + 1


def test_the_verdict_follows_the_text_shown():
    problem = next(
        p for p in map(lambda seed: sample_problem(MED, seed), range(99)) if len(p.order) > 2
    )
    first = problem.solution.split(";")[1].split(".")[0]
    stepper = SolutionStepper(problem, problem.solution.replace(first, first + "1", 1))
    assert "No mistake" in stepper.summary.value
    stepper.knobs["step"].slider.value = 1
    assert "Mistake (wrong constant)" in stepper.summary.value


def test_a_name_that_is_not_in_the_problem_is_a_mistake_like_others():
    text = PROBLEM.solution.replace(PROBLEM.necessary[0], "Nobody's Nothing")
    stepper = SolutionStepper(PROBLEM, text)
    stepper.knobs["step"].slider.value = 1
    assert "Mistake (wrong name)" in stepper.summary.value and stepper.views["dependency"].value


def test_a_solution_without_its_last_period_is_read_as_the_verifier_does():
    stepper = SolutionStepper(PROBLEM, PROBLEM.solution.rstrip("."))
    stepper.knobs["step"].slider.value = len(PROBLEM.necessary)
    assert "Correct" in stepper.summary.value


def test_unnecessary_steps_are_named():
    blind = next(
        (p, level0)
        for p, level0 in (
            (p, p.level0(Random(1))) for p in (sample_problem(MED, s) for s in range(99))
        )
        if len(level0.order) > len(p.order)
    )
    stepper = SolutionStepper(blind[0], blind[1].solution)
    stepper.knobs["step"].slider.value = len(blind[1].order)
    assert "Correct" in stepper.summary.value and "Unnecessary: " in stepper.summary.value


def test_no_output_widgets_and_no_dragging(explorer):
    parts = tree(explorer)
    assert not any(isinstance(part, widgets.Output) for part in parts)
    sliders = [part for part in parts if isinstance(part, widgets.IntSlider)]
    assert len(sliders) == 5 and not any(slider.continuous_update for slider in sliders)
