"""Figures of mistakes and the panel of the warning light show what was counted."""

from types import SimpleNamespace

import pytest
from matplotlib.figure import Figure

from course_lib.probes import EXPLANATIONS
from course_lib.probes.warning_light import Signal
from course_lib.studio.light_panel import WarningLight
from course_lib.studio.mistakes import draw_beforehand, draw_explained, draw_kinds, draw_roc


def trace(op, kind=None):
    fault = kind and SimpleNamespace(kind=kind)
    verdict = SimpleNamespace(first_error=fault)
    attempt = SimpleNamespace(problem=SimpleNamespace(op=op), verdict=verdict, correct=not kind)
    return SimpleNamespace(attempt=attempt)


def lamp(*pairs):
    return [Signal(x, wrong, 0, i) for i, (x, wrong) in enumerate(pairs)]


SIGNALS = lamp((0.9, True), (0.3, True), (0.6, False), (0.2, False), (0.1, False))


def panel():
    return Figure().add_subplot()


def test_bars_of_an_op_add_up_to_its_wrong_solutions():
    rare = [trace(3, "unreadable")] + [trace(3, "not ready")] * 60
    traces = [trace(1)] * 3 + [trace(2, "not ready"), trace(2, "wrong operand"), trace(2), *rare]
    ax = draw_kinds(traces, panel(), fewest=1)
    tops = {}
    for bar in ax.patches:
        op = round(bar.get_x() + bar.get_width() / 2)
        tops[op] = max(tops.get(op, 0), bar.get_y() + bar.get_height())
    assert tops == pytest.approx({1: 0, 2: 2 / 3, 3: 1})
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["not ready", "other"]  # each of the other kinds is rarer than RARE
    assert [t.get_text() for t in ax.get_xticklabels()] == ["1\nn=3", "2\nn=3", "3\nn=61"]
    long = [*traces, trace(7, "not ready"), trace(9)]
    ax = draw_kinds([t for t in long for _ in range(2)], panel(), fewest=5)
    names = [text.get_text() for text in ax.get_xticklabels()]
    assert names == ["1\nn=6", "2\nn=6", "3\nn=122", "4+\nn=4"]


def test_bars_begin_with_the_least_op_and_hold_right_steps_with_a_wrong_number():
    wrong_number = trace(7)
    wrong_number.attempt.correct = False
    ax = draw_kinds([trace(6), trace(6, "not ready"), trace(7), wrong_number], panel(), fewest=2)
    assert [t.get_text() for t in ax.get_xticklabels()] == ["6\nn=2", "7\nn=2"]
    names = [text.get_text() for text in ax.get_legend().get_texts()]
    assert names == ["not ready", "wrong number"]


def test_a_bar_for_each_kind_is_as_long_as_its_count():
    table = {"not ready": dict(zip(EXPLANATIONS, (5, 2, 3, 0), strict=True))}
    ax = draw_explained(table, panel())
    assert sum(bar.get_width() for bar in ax.patches) == 10


def test_the_dot_stands_where_the_threshold_is():
    ax = draw_roc({"can_next": SIGNALS}, panel(), threshold=0.5)
    dot = next(line for line in ax.lines if line.get_marker() == "o")
    assert dot.get_xydata().tolist() == [[pytest.approx(1 / 3, abs=1e-4), 0.5]]
    without = draw_roc({"can_next": [s for s in SIGNALS if not s.wrong]}, panel())
    assert all(line.get_marker() != "o" for line in without.lines)


def test_areas_of_few_mistakes_are_left_out():
    part = {"area": 0.8, "low": 0.7, "high": 0.9}
    by_lead = {0: part | {"wrong": 50}, 1: part | {"wrong": 19}}
    ax = draw_beforehand({"mistakes": by_lead, "control": {}}, panel())
    assert ax.containers[0].lines[0].get_xdata().tolist() == [0]


def test_the_panel_follows_its_threshold():
    light = WarningLight({"can_next": SIGNALS, "own": SIGNALS[:3]})
    assert "shines at 2 of 5 sentences and finds 1 of 2 mistakes" in light.summary.value
    assert "disturbs 1 of 3 right sentences" in light.summary.value
    light.knobs["percent"].slider.value = 25
    assert "finds 2 of 2 mistakes" in light.summary.value
    light.knobs["name"].box.value = "own"
    assert "3 of 3 sentences" in light.summary.value and "<img" in light.views["curve"].value
    light.knobs["percent"].number.value = 100
    assert "it never shines" in light.summary.value
