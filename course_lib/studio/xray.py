"""The X-ray: what a model believes of every parameter while its solution grows."""

from collections.abc import Sequence
from math import ceil

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from course_lib.probes import Belief, Trace, find_task
from course_lib.studio.canvas import Look
from course_lib.studio.plots import BLUE, draw_graph, number_names

YES = Look(face="#BFDDF2", edge=BLUE, width=1.2, ink="black")
NO = Look()
WRONG = Look(face="#8C1D40", edge="black", width=2, ink="white")
LEGEND = {
    "believes yes": YES,
    "believes no": NO,
    "wrong belief": WRONG,
    "abstract": Look(ellipse=True),
    "computed": Look(tag="✓", edge="black"),
    "asked for": Look(tag="?", edge="black"),
    "written next": Look(tag="next", edge="black"),
}
SHRINK = 0.8  # of the drawings on a sheet
WIDEST, NARROWEST, TITLE = 12.0, 2.6, 0.35  # inches of a sheet, of a step on it, above it


def draw_xray(
    trace: Trace, beliefs: Sequence[Belief], ax: Axes | None = None, *, small: bool = False
) -> Axes:
    """Draw the dependency graph with a belief on each parameter; dark ones are wrong.

    `small` drawings have numbers for names and no key.
    """
    graph = trace.problem.dependency_graph()
    names = [str(parameter) for parameter in trace.problem.parameters]
    said = {names[belief.query.parameters[-1]]: belief for belief in beliefs}
    following = following_of(trace, beliefs)
    computed = {names[p] for p in trace.written[: beliefs[0].query.step] if p >= 0}
    looks = {}
    for name, attributes in graph.nodes.data():
        look = look_of(said[name]) if name in said else NO
        tags = ["next"] * (name == following) + ["?"] * attributes["query"]
        tags += ["✓"] * (name in computed)
        edge = "black" if tags else look.edge
        shape = (look.face, edge, look.width, look.dash, look.ink, attributes["abstract"])
        looks[name] = Look(*shape, tag=" · ".join(tags))
    texts = {name: tell(belief) for name, belief in said.items()}
    if small:  # room for the number of the name, and a word where it says more than the colour
        texts = {
            name: tell(belief).rsplit(maxsplit=1)[0]
            for name, belief in said.items()
            if not belief.right or (belief.task == "value" and is_yes(belief))
        }
    return draw_graph(graph, looks, {} if small else LEGEND, texts, ax, small=small)


def following_of(trace: Trace, beliefs: Sequence[Belief]) -> str | None:
    """The name of the parameter that the model writes next, if it is one of the problem."""
    step = beliefs[0].query.step
    if step < len(trace.written) and trace.written[step] >= 0:
        return str(trace.problem.parameters[trace.written[step]])
    return None


def look_of(belief: Belief) -> Look:
    """Wrong, or believed, or not."""
    return WRONG if not belief.right else YES if is_yes(belief) else NO


def is_yes(belief: Belief) -> bool:
    """The answer is not "no", or of value not "unknown"."""
    if belief.task == "value":
        return belief.answer != belief.problem.modulus
    return belief.answer == 1


def tell(belief: Belief) -> str:
    """A belief with its probability, such as "yes 98 %", or of value "= 4 98 %" and "? 98 %"."""
    said = ("yes" if belief.answer else "no", "?", f"= {belief.answer}")
    word = said[0 if belief.task != "value" else 1 + is_yes(belief)]
    return f"{word} {belief.probability:.0%}"


def summarise(trace: Trace, beliefs: Sequence[Belief]) -> str:
    """A step in words, the wrong beliefs first of all."""
    names = [str(parameter) for parameter in trace.problem.parameters]
    wrong = [b for b in beliefs if not b.right]
    told = "; ".join(f"{names[b.query.parameters[-1]]} ({tell(b)})" for b in wrong)
    sentence = f"{len(beliefs) - len(wrong)} of {len(beliefs)} beliefs are right."
    sentence += f" Wrong: {told}." if wrong else ""
    following = following_of(trace, beliefs)
    return sentence + (f" Written next: {following}." if following else "")


def draw_xray_sheet(trace: Trace, beliefs: Sequence[Sequence[Belief]]) -> Figure:
    """Draw all steps side by side with numbers, and a key: for print and headless runs."""
    width, height = SHRINK * natural_size(trace, beliefs[0])
    columns = min(max(int(WIDEST / max(width, NARROWEST)), 1), len(beliefs) + 1)
    rows = ceil((len(beliefs) + 1) / columns)
    size = columns * max(width, NARROWEST), rows * (height + TITLE)
    figure = plt.figure(figsize=size)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    figure.subplots_adjust(0, 0, 1, 1 - TITLE / size[1], wspace=0, hspace=TITLE / height)
    for step, (ax, moment) in enumerate(zip(panels, beliefs, strict=False)):
        draw_xray(trace, moment, ax, small=True)
        wrong = sum(not belief.right for belief in moment)
        ax.set_title(f"{title(trace, moment, step)}: {wrong} wrong", fontsize=8)
    for ax in panels[len(beliefs) :]:
        ax.axis("off")
    numbers = number_names(trace.problem.dependency_graph())
    key = "\n".join(f"{number}  {name}" for name, number in numbers.items())
    panels[len(beliefs)].text(0.05, 1, key, va="top", fontsize=7, linespacing=1.3)
    return figure


def natural_size(trace: Trace, beliefs: Sequence[Belief]) -> np.ndarray:
    """Inches (width, height) of a small drawing that has room."""
    figure = draw_xray(trace, beliefs, Figure().add_subplot(), small=True).figure
    return figure.get_size_inches()


def title(trace: Trace, moment: Sequence[Belief], step: int) -> str:
    """When a moment is."""
    task = find_task(moment[0].task)
    if task.once:
        return "before the question" if task.early else "after the question"
    return f"after {step} of {len(trace.sentences)} sentences"
