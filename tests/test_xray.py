"""The X-ray: what a model writes and believes, step by step, drawn and as a panel."""

from dataclasses import replace
from html import escape

import ipywidgets as widgets
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import Ellipse, Rectangle
from test_panels import tree

from course_lib import probes
from course_lib.errors import CourseError
from course_lib.igsm import ProblemConfig, sample_problem
from course_lib.lm import GPT, ModelConfig, Tokenizer
from course_lib.studio import cover
from course_lib.studio.ask_panel import AskModel, verdict
from course_lib.studio.xray import WRONG, draw_xray, draw_xray_sheet, summarise, tell
from course_lib.studio.xray_panel import XRay

POCKET = ProblemConfig.preset("pocket")
TOKENIZER = Tokenizer(POCKET)
MODEL = GPT(ModelConfig(len(TOKENIZER), layers=2, heads=2, width=32, context=400))
PROBLEM = sample_problem(replace(POCKET, op=4), seed=2)
SOLUTION = TOKENIZER.encode_problem(PROBLEM)[1]


def probe_of(task):
    config = probes.ProbeConfig(task, steps=2, batch_size=2, queries=6)
    return probes.train_probe(MODEL, TOKENIZER, config)


PROBES = {name: probe_of(name) for name in probes.TASKS}
TRUE = probes.trace(MODEL, TOKENIZER, PROBLEM, SOLUTION)


def test_a_trace_of_the_true_solution_is_right_throughout():
    assert TRUE.written == PROBLEM.order and TRUE.attempt.correct and TRUE.wrong_step is None
    assert " ".join(TRUE.sentences) == PROBLEM.solution


def test_a_trace_knows_the_first_wrong_sentence_and_what_is_no_parameter():
    number = next(t for t, x in enumerate(SOLUTION) if TOKENIZER.pieces[x].isdecimal())
    wrong = list(SOLUTION)
    wrong[number] = TOKENIZER.ids[str((int(TOKENIZER.pieces[wrong[number]]) + 1) % 7)]
    assert probes.trace(MODEL, TOKENIZER, PROBLEM, wrong).wrong_step == 0
    swapped = list(SOLUTION)
    swapped[1], swapped[2] = swapped[2], swapped[1]
    assert probes.trace(MODEL, TOKENIZER, PROBLEM, swapped).written[0] == -1
    empty = probes.trace(MODEL, TOKENIZER, PROBLEM, [TOKENIZER.end])
    assert empty.sentences == () and not empty.attempt.correct


@pytest.mark.parametrize("name", probes.TASKS)
def test_beliefs_follow_the_solution(name):
    moments = probes.beliefs_along(PROBES[name], TOKENIZER, TRUE)
    assert len(moments) == (1 if name in ("dep", "nece") else len(PROBLEM.order) + 1)
    for step, beliefs in enumerate(moments):
        assert len(beliefs) == len(PROBLEM.parameters) - (name == "dep")
        queries = {query for query in probes.find_task(name).at(PROBLEM, step)}
        assert {belief.query for belief in beliefs} <= queries


def boxes(ax):
    kinds = (Rectangle, Ellipse)
    return [a for a in ax.get_children() if isinstance(a, kinds) and a is not ax.patch]


@pytest.mark.parametrize("edges", [3, 9, 16])
def test_each_parameter_is_drawn_and_the_wrong_ones_are_dark(edges):
    problem = sample_problem(
        replace(POCKET, layers=2 + (edges > 5), edges=edges, max_edges=edges), 1
    )
    found = probes.trace(MODEL, TOKENIZER, problem, TOKENIZER.encode_problem(problem)[1])
    for name in ("known", "value"):
        beliefs = probes.beliefs_along(PROBES[name], TOKENIZER, found)[-1]
        drawn = boxes(draw_xray(found, beliefs))
        dark = sum(to_hex(box.get_facecolor()) == WRONG.face.lower() for box in drawn)
        wrong = sum(not belief.right for belief in beliefs)
        assert dark == wrong + 1  # one in the legend
        assert f"{len(beliefs) - wrong} of {len(beliefs)} beliefs" in summarise(found, beliefs)


def test_beliefs_are_told_with_their_probability():
    query = probes.Query(0, (0,), 1)
    belief = probes.Belief("nece", PROBLEM, query, 1, 1, 0.98)
    assert tell(belief) == "yes 98%" and tell(belief._replace(answer=0)) == "no 98%"
    assert tell(belief._replace(task="value", answer=4)) == "= 4 98%"
    assert tell(belief._replace(task="value", answer=7)) == "? 98%"


def test_a_sheet_shows_all_steps_and_a_key():
    figure = draw_xray_sheet(TRUE, probes.beliefs_along(PROBES["can_next"], TOKENIZER, TRUE))
    titles = [ax.get_title() for ax in figure.axes if ax.get_title()]
    assert len(titles) == len(PROBLEM.order) + 1 and titles[1].startswith("after 1 of")
    key = figure.axes[len(titles)].texts[0].get_text()
    assert all(str(parameter) in key for parameter in PROBLEM.parameters)


@pytest.fixture
def panel():
    return XRay(MODEL, TOKENIZER, PROBES, seed=5)


def test_the_panel_steps_by_slider_number_and_play(panel):
    last = panel.knobs["step"].slider.max
    assert last == len(panel.trace_of(5, None, False).sentences)
    panel.knobs["task"].box.value = "known"
    seen = set()
    for step in range(last + 1):
        panel.steps[2].value = step  # as the player does
        assert panel.knobs["step"].value == step
        assert f"asked after {step} of {last}" in panel.summary.value
        seen.add(panel.views["xray"].value)
    assert len(seen) == last + 1
    panel.knobs["step"].number.value = 0
    assert "asked after 0" in panel.summary.value


def test_another_problem_begins_before_its_first_sentence(panel):
    panel.knobs["step"].slider.value = 1
    for knob, value in (("seed", 6), ("op", 3)):
        panel.knobs["op"].law.value = knob != "op"
        panel.knobs[knob].slider.value = value
        assert panel.knobs["step"].value == 0
        assert panel.trace_of(*panel.shown).problem.question in panel.views["xray"].value
    before = panel.views["xray"].value
    panel.knobs["another"].box.value = True
    assert panel.views["xray"].value != before


def test_a_problem_that_cannot_be_is_answered_with_a_sentence(panel, monkeypatch):
    def refuse(*wish):
        raise CourseError("No such problem.")

    monkeypatch.setattr(panel, "problem_of", refuse)
    panel.knobs["seed"].slider.value = 77
    assert "No such problem." in panel.summary.value and panel.views["xray"].value == ""


def test_the_model_can_be_asked_about_any_problem():
    asked = AskModel(MODEL, TOKENIZER, seed=5)
    found = asked.trace_of(5, None, False)
    for text in (found.problem.problem, found.problem.question, found.sentences[0]):
        assert escape(text) in asked.views["text"].value
    assert f"op {found.problem.op}. Not correct (" in asked.summary.value
    asked.knobs["op"].law.value = False
    asked.knobs["op"].slider.value = POCKET.max_op + 1
    assert "1 more than in training" in asked.summary.value
    for truth in (True, False):
        right = probes.trace(MODEL, TOKENIZER, PROBLEM, SOLUTION if truth else SOLUTION[:-2])
        assert verdict(right) == ("The solution is correct." if truth else "No answer is given.")


def test_the_panel_has_a_text_for_those_who_see_no_picture_and_no_output_widget(panel):
    assert 'alt="known (A is computed' in panel.views["xray"].value
    assert not any(isinstance(part, widgets.Output) for part in tree(panel))


def test_the_picture_of_the_readme_can_be_drawn_anew(tmp_path, monkeypatch):
    monkeypatch.setattr(cover, "PATH", tmp_path / "xray.png")
    cover.main()
    assert cover.PATH.stat().st_size > 10_000
