"""The course's one figure style, and drawings of problems.

Colours mean the same everywhere (Okabe-Ito, safe for the colour-blind); shape, border and text
say it again for readers in grey.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from textwrap import wrap

import matplotlib as mpl
import matplotlib.pyplot as plt
import networkx as nx
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Ellipse, PathPatch, Rectangle
from matplotlib.path import Path

from course_lib.igsm import Problem
from course_lib.studio.layered import longest_paths, place

BLUE, ORANGE, GREEN, RED, PURPLE = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7"
INK, GREY = "black", "#767676"
OURS = {"color": BLUE}
PAPER = {"color": GREY, "linestyle": "--"}
CHANCE = {"color": GREY, "linestyle": ":"}
STYLE = {
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.dpi": 100,
    "savefig.dpi": 100,
    "legend.frameon": False,
}

BOX = 1.3, 0.46  # inches, room for a name of two or three short lines
DISC = 0.36, 0.36  # for a number when there are too many names
MOST_NAMES = 13.0  # inches of the widest row that still show names
CHARS = 21  # in a line of a box


@dataclass(frozen=True)
class Look:
    """How a node is drawn; `text` goes below its name, `badge` on its corner."""

    face: str = "white"
    edge: str = GREY
    width: float = 0.8
    dash: str = "-"
    ink: str = "#555555"
    round: bool = False
    text: str = ""
    badge: str = ""


UNNECESSARY = Look()
NECESSARY = Look(face="#FBDD9A", edge=INK, width=1.2, ink=INK)
QUERY = replace(NECESSARY, edge=RED, width=3.2, badge="?")
KNOWN = replace(NECESSARY, face="#9FD9C8")
READY = replace(NECESSARY, face="white", dash="--", width=1.6)
NEXT = replace(READY, edge=PURPLE, width=3.2, badge="next")


@mpl.rc_context(STYLE)
def axes(width: float = 6.0, height: float = 3.2, columns: int = 1) -> Axes:
    """A new axis in the course's style (an array of them for several columns); inches."""
    return plt.subplots(1, columns, figsize=(width, height), layout="constrained")[1]


