"""The course's one figure style, and drawings of problems.

Colours mean the same everywhere (Okabe-Ito, safe for the colour-blind); shape, border and text
say it again for readers in grey.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from textwrap import wrap

import matplotlib as mpl
import matplotlib.pyplot as plt
import networkx as nx
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from course_lib.igsm import Problem
from course_lib.studio.canvas import GREY, Canvas, Look, reading_order, widest_row
from course_lib.studio.graph_layout import longest_paths

BLUE, ORANGE, RED, PURPLE, GREEN = "#0072B2", "#E69F00", "#D55E00", "#A8518A", "#007A5A"
OURS = {"color": BLUE}
OTHER = {"color": GREEN, "linestyle": "-."}  # another training of ours, to compare
PAPER = {"color": GREY, "linestyle": "--"}
CHANCE = {"color": GREY, "linestyle": ":"}
STYLE = {"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}

UNNECESSARY = Look()
NECESSARY = Look(face="#FBDD9A", edge="black", width=1.2, ink="black")
QUERY = replace(NECESSARY, edge=RED, width=3, tag="?")
LEGEND = {
    "instance": Look(edge="black", ink="black"),
    "abstract": Look(edge="black", ellipse=True),
    "necessary": NECESSARY,
    "unnecessary": UNNECESSARY,
    "query": QUERY,
}
SOLUTION_EDGE, OTHER_EDGE = Look(edge="black", width=1.1), Look(edge="#B0B0B0", width=0.7)
LINES = {  # of the structure graph
    "unnecessary": UNNECESSARY,
    "necessary": replace(NECESSARY, edge=ORANGE, width=2.5),
    "query": QUERY,
}
COMPUTED = "#9FD9C8"  # face of a parameter whose value is known
SIGNS: dict[str | None, str] = {"+": "+", "*": "×", "": "="}  # before a constant, by its link
BOX, DISC = (1.3, 0.52), (0.38, 0.36)  # inches, for up to four lines or for a number,
LONG_DISC = 0.62, 0.36  # or for a number and some words
WIDEST_WITH_NAMES = 13.0  # inches
CHARS = 21  # in a line of a box
MARKERS = "osD^vPX*"  # of the series of one figure


def axes(width: float = 6.0, height: float = 3.2, columns: int = 1) -> Axes:
    """A new axis of so many inches in the course's style; several columns give an array of them."""
    # Outside the context: a notebook's first figure switches on pictures below cells, for good.
    figure = plt.figure(figsize=(width, height), layout="constrained")
    with mpl.rc_context(STYLE):
        return figure.subplots(1, columns)


def ranked(number: int, count: int) -> dict:
    """The look of one of `count` series in order: later is darker, each with its own marker."""
    return _series(number, 0.15 + 0.85 * (number + 1) / count)


def look_of_steps(t: int) -> dict:
    """The look of what is t = 0 to 8 steps away, the same in all figures: farther is darker."""
    return _series(t, 0.2 + 0.8 * math.log(t + 1, 9))


def _series(number: int, darkness: float) -> dict:
    shade = mpl.colormaps["viridis_r"](darkness)
    return {"color": shade, "marker": MARKERS[number % len(MARKERS)], "markersize": 4}


def beside(at: Sequence[float], number: int, count: int, step: float) -> list[float]:
    """Places next to `at` for one of `count` series, so that their bars do not hide each other."""
    return [place + step * (number - (count - 1) / 2) for place in at]


def draw_structure(problem: Problem | nx.DiGraph, ax: Axes | None = None) -> Axes:
    """Draw the items by layer, categories at the left; each line is an instance parameter.

    Takes a problem, or a graph with the attributes of `problem.structure_graph()`. An axis that is
    alone in its figure makes the figure as large as the drawing.
    """
    if isinstance(problem, nx.DiGraph):
        graph, needed = problem, []
    else:
        graph, needed = problem.structure_graph(), [problem.labels[p] for p in problem.order]
    kinds = dict.fromkeys(graph.edges, "unnecessary")
    kinds |= {edge: "necessary" for edge in needed if edge in kinds}
    kinds |= {edge: "query" for edge in needed[-1:] if edge in kinds}
    legend = {kind: LINES[kind] for kind in LINES if needed and kind in kinds.values()}
    levels = nx.get_node_attributes(graph, "layer")
    canvas = Canvas(ax, graph, levels, BOX, legend, left=1.1, sample=(0.3, 0.0))
    for kind, look in LINES.items():
        canvas.lines([edge for edge in kinds if kinds[edge] == kind], look, arrows=False)
    for item in graph:
        canvas.node(item, LEGEND["instance"], _fold(item), size=8.5)
    for layer, category in {d["layer"]: d["category"] for _, d in graph.nodes.data()}.items():
        canvas.row_name(layer, category)
    return canvas.ax


def draw_dependency(
    problem: Problem | nx.DiGraph,
    ax: Axes | None = None,
    known: Collection[str] | None = None,
    following: str | None = None,
) -> Axes:
    """Draw the parameters, each below what it is computed from.

    Takes a problem, or a graph with the attributes of `problem.dependency_graph()`. With `known`,
    the names computed so far, values appear and what is ready; `following` is computed next.
    """
    graph = problem if isinstance(problem, nx.DiGraph) else problem.dependency_graph()
    looks = {v: _look(**attributes) for v, attributes in graph.nodes.data()}
    legend = LEGEND | {"constant": Look(constant="+5")}
    if known is not None:
        moments = {"computed": _computed, "ready": _ready, "next": _next}
        legend |= {name: replace(moment(NECESSARY), tag="") for name, moment in moments.items()}
        for v in graph:
            if v in known:
                looks[v] = _computed(looks[v])
            elif set(graph.pred[v]) <= set(known):
                looks[v] = _ready(looks[v])
            if v == following:
                looks[v] = _next(looks[v])
    values = {v: f"= {graph.nodes[v]['value']}" for v in known or ()}
    return draw_graph(graph, looks, legend, values, ax)


def draw_graph(
    graph: nx.DiGraph,
    looks: Mapping[str, Look],
    legend: Mapping[str, Look],
    texts: Mapping[str, str],
    ax: Axes | None = None,
    *,
    small: bool = False,
) -> Axes:
    """Draw a dependency graph with a look for each parameter and a text below the names of some.

    Where names do not fit side by side, numbers stand for them and a key lists them; `small` are
    drawings with numbers whose key stands elsewhere.
    """
    levels = longest_paths(graph)
    if widest_row(graph, levels, BOX) <= WIDEST_WITH_NAMES and not small:
        canvas = Canvas(ax, graph, levels, BOX, legend)
        names = {v: _fold(v) for v in graph}
    else:
        box = LONG_DISC if any(len(text) > 4 for text in texts.values()) else DISC
        room = {"narrowest": 0.0} if small else {"key": len(graph)}
        canvas = Canvas(ax, graph, levels, box, legend, **room)
        names = number_names(graph)
        if not small:
            canvas.draw_key((f"{names[v]}  {v}", looks[v].key_ink) for v in names)
    for look, needed in ((OTHER_EDGE, False), (SOLUTION_EDGE, True)):
        canvas.lines([e for e in graph.edges if graph.nodes[e[1]]["necessary"] == needed], look)
    for v in graph:
        canvas.node(v, looks[v], "\n".join(filter(None, (names[v], texts.get(v)))))
    return canvas.ax


def number_names(graph: nx.DiGraph) -> dict[str, str]:
    """The numbers that stand for names in drawings without room: row by row from the left."""
    order = reading_order(graph, longest_paths(graph), DISC)
    return {v: str(number) for number, v in enumerate(order, start=1)}


def draw_shares(
    ours: Mapping[int, float], reference: Mapping[int, float], name: str, ax: Axes | None = None
) -> Axes:
    """Draw a measured law as bars and a reference, called `name`, as a dashed line."""
    ax = axes() if ax is None else ax
    ax.bar(ours.keys(), ours.values(), label="ours", **OURS)
    ax.plot(reference.keys(), reference.values(), "o", markersize=3, label=name, **PAPER)
    ax.set(ylabel="share")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.legend()
    return ax


def _look(
    abstract: bool, necessary: bool, query: bool, constant: int | None, link: str | None = None, **_
) -> Look:
    look = QUERY if query else NECESSARY if necessary else UNNECESSARY
    told = "" if constant is None else f"{SIGNS.get(link, '')}{constant}"
    return replace(look, ellipse=abstract, constant=told)


def _computed(look: Look) -> Look:
    return replace(look, face=COMPUTED)


def _ready(look: Look) -> Look:
    return replace(look, dash="--", width=max(1.6, look.width))


def _next(look: Look) -> Look:
    edge = look.edge if look.tag else PURPLE
    return replace(look, edge=edge, width=3, tag=f"next {look.tag}".strip())


def _fold(name: str) -> str:
    return "\n".join(
        line for part in name.replace("'s ", "'s\n").split("\n") for line in wrap(part, CHARS)
    )
