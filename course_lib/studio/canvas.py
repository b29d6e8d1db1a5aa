"""A sheet on which a layered graph is drawn in inches, so that names fit their boxes."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from math import ceil

import matplotlib.pyplot as plt
import networkx as nx
from matplotlib.axes import Axes
from matplotlib.collections import PathCollection
from matplotlib.patches import Ellipse, Rectangle
from matplotlib.path import Path

from course_lib.studio.graph_layout import place

GREY, CONSTANT = "#767676", "#00664D"
MARGIN = 0.2  # inches, as all lengths here
GAP, PASSAGE = 0.2, 0.12  # between boxes, and for an edge that passes between them
ROW = 0.5  # between rows
ENTRY = 1.25, 0.3  # of the legend
KEY = 3.1, 0.155  # a line of the key
LOWEST = 2.5  # beside a key


@dataclass(frozen=True)
class Look:
    """How a node or an edge is drawn; `tag` sits on its right corner, `constant` on its left."""

    face: str = "white"
    edge: str = GREY
    width: float = 0.8  # points
    dash: str = "-"
    ink: str = "#555555"
    ellipse: bool = False
    tag: str = ""
    constant: str = ""

    @property
    def key_ink(self) -> str:
        """The colour of its name in a key, on white paper."""
        return self.edge if self.ink == "white" else self.ink


class Canvas:
    """A graph placed on an axis; one that is alone in its figure makes the figure fit."""

    def __init__(
        self,
        ax: Axes | None,
        graph: nx.DiGraph,
        levels: Mapping[Hashable, int],
        box: tuple[float, float],
        legend: Mapping[str, Look],
        key: int = 0,  # its lines
        left: float = 0.0,  # room for the names of the rows
        sample: tuple[float, float] = (0.26, 0.15),  # size in the legend; without height, a line
        narrowest: float = 5.0,
    ) -> None:
        """Place everything; draw the legend."""
        self.ax, self.box = ax or plt.subplots()[1], box
        places, ways = place(graph, levels, lambda v: PASSAGE if v is None else box[0] + GAP)
        step = -box[1] - ROW
        self.at = {v: (x, level * step) for v, (x, level) in places.items()}
        self.ways = {e: [(x, level * step) for x, level in way] for e, way in ways.items()}
        across = [x for way in [self.at.values(), *self.ways.values()] for x, _ in way] or [0.0]
        spare = max(0.0, narrowest - left - box[0] - max(across) + min(across)) / 2
        depth = max(box[1] - step * max(levels.values(), default=0), LOWEST if key else 0)
        self.left = min(across) - box[0] / 2 - spare - left
        self.right = max(across) + box[0] / 2 + spare
        self.top, self.bottom = box[1] / 2, box[1] / 2 - depth
        rows, columns = int(depth / KEY[1]), max(int((self.right - self.left) / ENTRY[0]), 1)
        self._open(KEY[0] * ceil(key / rows), ENTRY[1] * ceil(len(legend) / columns))
        self._draw_legend(legend, columns, sample)

    def _open(self, right: float, below: float) -> None:
        ax, figure = self.ax, self.ax.figure
        x = self.left - MARGIN, self.right + right + MARGIN
        y = self.bottom - below - 2 * MARGIN, self.top + MARGIN
        size = x[1] - x[0], y[1] - y[0]
        if figure.axes == [ax]:
            figure.set_size_inches(size)
            ax.set_position((0, 0, 1, 1))
        ax.set(xlim=x, ylim=y, aspect="equal")
        ax.axis("off")
        self.scale = min(ax.get_position().size * figure.get_size_inches() / size)

    def write(self, x: float, y: float, text: str, size: float, **how) -> None:
        """Text of so many points where the drawing has its natural size."""
        how = {"ha": "center", "va": "center", "zorder": 4} | how
        self.ax.text(x, y, text, fontsize=size * self.scale, **how)

    def node(self, v: Hashable, look: Look, text: str, size: float = 7.5) -> None:
        """Draw a node of the graph with its text."""
        (x, y), (w, h) = self.at[v], self.box
        self._shape(x, y, w, h, look)
        self.write(x, y, text, size, color=look.ink, linespacing=1.15)

    def lines(self, edges: Iterable[tuple], look: Look, arrows: bool = True) -> None:
        """Draw edges of the graph along their ways: curves with arrows, or straight without."""
        ways = [self.ways[edge] for edge in edges]
        paths = [self._path(way, 0.6 if arrows else 0.0) for way in ways]
        how = {"lw": look.width * self.scale, "ls": look.dash, "ec": look.edge, "zorder": 1}
        self.ax.add_artist(PathCollection(paths, fc="none", transform=self.ax.transData, **how))
        if arrows and paths:
            size = ((3 + 2.5 * look.width) * self.scale) ** 2
            tips = zip(*(path.vertices[-1] for path in paths), strict=True)
            self.ax.scatter(*tips, size, look.edge, marker="v", linewidths=0, zorder=2)
        for (x, y), *_, (x2, y2) in ways:
            self._badge((x + x2) / 2, (y + y2) / 2, look.tag, look.edge)

    def _path(self, way: list[tuple[float, float]], bend: float) -> Path:
        half = self.box[1] / 2
        points, codes = [(way[0][0], way[0][1] - half)], [Path.MOVETO]
        for (x, y), (x2, y2) in zip(way, way[1:], strict=False):
            start, end = y - half, y2 + half
            pull = (start - end) * bend
            points += [(x, start), (x, start - pull), (x2, end + pull), (x2, end)]
            codes += [Path.LINETO, *[Path.CURVE4] * 3]
        return Path(points, codes)

    def row_name(self, level: int, name: str) -> None:
        """Write the name of a row at its left."""
        y = -level * (self.box[1] + ROW)
        self.write(self.left, y, name, 9, ha="left", fontweight="bold")

    def _shape(self, x: float, y: float, w: float, h: float, look: Look) -> None:
        how = {"fc": look.face, "ec": look.edge, "ls": look.dash, "lw": look.width * self.scale}
        if look.ellipse:
            shape = Ellipse((x, y), w * 1.1, h, zorder=3, **how)
        else:
            shape = Rectangle((x - w / 2, y - h / 2), w, h, zorder=3, **how)
        self.ax.add_artist(shape)
        corner = 0.4 if look.ellipse else 0.5
        self._badge(x - w * corner, y + h * corner, look.constant, CONSTANT)
        self._badge(x + w * corner, y + h * corner, look.tag, look.edge)

    def _badge(self, x: float, y: float, text: str, colour: str) -> None:
        if text:
            box = {"boxstyle": "round,pad=0.2", "fc": colour, "ec": "white", "lw": 0.6}
            self.write(x, y, text, 6.5, color="white", bbox=box, zorder=5, fontweight="bold")

    def _draw_legend(
        self, legend: Mapping[str, Look], columns: int, sample: tuple[float, float]
    ) -> None:
        for i, (name, look) in enumerate(legend.items()):
            x = self.left + 0.15 + i % columns * ENTRY[0]
            y = self.bottom - MARGIN - ENTRY[1] * (i // columns + 0.5)
            self._shape(x, y, *sample, look)
            self.write(x + (0.35 if len(look.tag) > 1 else 0.25), y, name, 8, ha="left")

    def draw_key(self, lines: Iterable[tuple[str, str]]) -> None:
        """List texts, each with its ink, at the right of the drawing."""
        rows = int((self.top - self.bottom) / KEY[1])
        for i, (text, ink) in enumerate(lines):
            x = self.right + MARGIN + KEY[0] * (i // rows)
            y = self.top - KEY[1] * (i % rows + 0.5)
            self.write(x, y, text, 7.5, ha="left", color=ink)


def reading_order(graph: nx.DiGraph, levels: Mapping[Hashable, int], box: tuple) -> list:
    """The nodes row by row from the left, where boxes of this size are drawn."""
    places, _ = place(graph, levels, lambda v: PASSAGE if v is None else box[0] + GAP)
    return sorted(places, key=lambda v: (places[v][1], places[v][0]))


def widest_row(graph: nx.DiGraph, levels: Mapping[Hashable, int], box: tuple) -> float:
    """Inches that the fullest row takes with boxes of this size."""
    rows = dict.fromkeys(levels.values(), 0.0)
    for level in levels.values():
        rows[level] += box[0] + GAP
    for a, b in graph.edges:
        for level in range(levels[a] + 1, levels[b]):
            rows[level] += PASSAGE
    return max(rows.values(), default=0.0)
