from dataclasses import replace
from itertools import pairwise

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse, Rectangle

from course_lib.igsm import ProblemConfig, parse_problem, sample_problem
from course_lib.studio import draw_dependency, draw_shares, draw_structure
from course_lib.studio.canvas import Canvas
from course_lib.studio.graph_layout import crossings, longest_paths, place
from course_lib.studio.plots import BOX, COMPUTED, NECESSARY, SIGNS

MED = ProblemConfig.preset("med")
LARGE = replace(MED, layers=4, items=4, edges=36, op=15)  # 60 parameters
EXAMPLE = sample_problem(replace(MED, layers=3, op=7), seed=7)
numbers = st.integers(0, 10**6)


def blank():
    return Figure().add_subplot()


def words(ax):
    """All texts on an axis, line breaks undone."""
    return [text.get_text().replace("\n", " ") for text in ax.texts]


def shapes(ax, face):
    drawn = (x for x in ax.get_children() if isinstance(x, (Rectangle, Ellipse)))
    return [x for x in drawn if to_hex(x.get_fc()) == face.lower()]


@settings(max_examples=25, deadline=None)
@given(numbers, st.sampled_from([MED, LARGE]))
def test_nothing_overlaps_and_arrows_lead_down(seed, config):
    graph = sample_problem(config, seed).dependency_graph()
    levels = longest_paths(graph)
    assert all(levels[a] < levels[b] for a, b in graph.edges)
    at, ways = place(graph, levels, lambda v: 0.1 if v is None else 1.0)
    rows = {}
    for x, level in at.values():
        rows.setdefault(level, []).append(x)
    assert all(b - a > 0.999 for row in rows.values() for a, b in pairwise(sorted(row)))
    for (a, b), way in ways.items():
        assert (way[0], way[-1]) == (at[a], at[b])
        assert [level for _, level in way] == list(range(levels[a], levels[b] + 1))
        for x, level in way[1:-1]:
            assert all(abs(x - other) > 0.549 for other in rows[level])


def test_sorting_rows_removes_crossings():
    graph = sample_problem(LARGE, 1).dependency_graph()
    levels = longest_paths(graph)
    at, ways = place(graph, levels, lambda v: 1.0)
    pairs = [pair for way in ways.values() for pair in pairwise(way)]
    points = sorted({point for pair in pairs for point in pair})
    sorted_rows = [
        [p for p in points if p[1] == level] for level in range(max(levels.values()) + 1)
    ]
    as_drawn = [sorted(row, key=str) for row in sorted_rows]  # no order in particular
    assert crossings(sorted_rows, pairs) < crossings(as_drawn, pairs) / 2


def test_crossings():
    assert crossings([["a", "b"], ["c", "d"]], [("a", "d"), ("b", "c")]) == 1
    assert crossings([["a", "b"], ["c", "d"]], [("a", "c"), ("b", "d")]) == 0


def test_structure_graph_shows_items_and_categories():
    ax = draw_structure(EXAMPLE, blank())
    items = [item for layer in EXAMPLE.layers for item in layer]
    assert set(items) | set(EXAMPLE.categories) <= set(words(ax))


def test_dependency_graph_marks_what_it_should():
    ax = draw_dependency(EXAMPLE, blank())
    assert {str(p) for p in EXAMPLE.parameters} <= set(words(ax))
    legend = 2  # entries with the face of necessary parameters: necessary and query
    assert len(shapes(ax, NECESSARY.face)) == len(EXAMPLE.order) + legend
    ellipses = [x for x in ax.get_children() if isinstance(x, Ellipse)]
    assert len(ellipses) == len(EXAMPLE.parameters) - EXAMPLE.ip + 1
    used = [d for d in EXAMPLE.definitions if d.constant is not None]
    assert {"?", *(f"{SIGNS[d.link]}{d.constant}" for d in used)} <= set(words(ax))


def test_known_parameters_show_their_values():
    known, following = EXAMPLE.necessary[:3], EXAMPLE.necessary[3]
    ax = draw_dependency(EXAMPLE, blank(), known=known, following=following)
    values = dict(zip(map(str, EXAMPLE.parameters), EXAMPLE.values, strict=True))
    assert {f"{name} = {values[name]}" for name in known} <= set(words(ax))
    assert len(shapes(ax, COMPUTED)) == len(known) + 1
    assert "next" in words(ax)


def test_many_parameters_are_numbered_with_a_key():
    problem = sample_problem(LARGE, 1)
    ax = draw_dependency(problem, blank())
    key = {text.split("  ", 1)[1] for text in words(ax) if "  " in text}
    assert key == {str(p) for p in problem.parameters}


def test_texts_stay_in_their_boxes():
    ax = draw_dependency(sample_problem(replace(MED, op=9), 3), blank())
    ax.figure.draw_without_rendering()
    scale = ax.figure.dpi
    names = [text for text in ax.texts if "'s" in text.get_text()]
    assert names
    for text in names:
        box = text.get_window_extent()
        assert box.width < BOX[0] * scale and box.height < BOX[1] * scale, text.get_text()


def test_the_figure_grows_only_if_the_axis_is_alone_in_it():
    small, large = (
        draw_dependency(EXAMPLE, blank()),
        draw_dependency(sample_problem(LARGE, 1), blank()),
    )
    assert large.figure.get_figwidth() > small.figure.get_figwidth() + 3
    left, right = Figure(figsize=(8, 4)).subplots(1, 2)
    assert draw_dependency(EXAMPLE, left) is left
    assert tuple(left.figure.get_size_inches()) == (8, 4)
    assert left.texts[0].get_fontsize() < small.texts[0].get_fontsize()


def test_graphs_of_others_are_welcome():
    reading = parse_problem(EXAMPLE.problem, EXAMPLE.question)
    ax = draw_dependency(reading.dependency_graph(), blank())
    assert set(EXAMPLE.necessary) <= set(words(ax))
    assert draw_structure(EXAMPLE.structure_graph(), blank()).texts
    assert draw_dependency(nx.DiGraph(), blank()).texts  # the legend


@pytest.mark.parametrize("edges", [0, 1])
def test_a_row_without_edges_is_drawn_too(edges):
    graph = nx.DiGraph([("A", "B")][:edges])
    graph.add_node("C")
    levels = dict.fromkeys(graph, 0) | {"B": 1}
    canvas = Canvas(blank(), graph, levels, BOX, {})
    xs = sorted(canvas.at[v][0] for v in ("A", "C") if v in graph)
    assert all(b - a >= BOX[0] for a, b in pairwise(xs))


def test_shares():
    ax = draw_shares({1: 0.25, 2: 0.75}, {1: 0.3, 2: 0.7}, "theory", blank())
    assert [bar.get_height() for bar in ax.patches if isinstance(bar, Rectangle)] == [0.25, 0.75]
    assert list(ax.lines[0].get_ydata()) == [0.3, 0.7]
