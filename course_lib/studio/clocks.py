"""Rotary positions as clocks: how far each pair of a query has turned against its key."""

import numpy as np
import torch
from matplotlib.axes import Axes

from course_lib.lm.attention import rotary_angles
from course_lib.studio.panel import Knob, Panel, picture
from course_lib.studio.plots import BLUE, GREY, OURS, axes

HEAD_WIDTH, FARTHEST = 8, 60
SIZE = 6.4, 4.2  # inches


def clock_angles(distances: list[int]) -> np.ndarray:
    """The angles (distance × pair, radians) between query and key, from the model's own turns."""
    cos, sin = rotary_angles(torch.tensor([distances]), HEAD_WIDTH)
    return torch.atan2(sin, cos)[0, 0, :, HEAD_WIDTH // 2 :].numpy()  # the left half turns back


def draw_clocks(distance: int, ax: Axes | None = None) -> Axes:
    """Draw a dial for each pair at this distance, and below the score at every distance.

    Query and key are equal and have length 1 in each pair, so the score is a sum of cosines.
    """
    ax = ax or axes(*SIZE)
    if ax.figure.axes == [ax]:
        ax.figure.set_layout_engine("none")
        ax.figure.set_size_inches(SIZE)
        ax.set_position((0, 0, 1, 1))
    ax.axis("off")
    pairs = clock_angles([distance])[0]
    for i, angle in enumerate(pairs):
        dial = ax.inset_axes((i / len(pairs), 0.55, 1 / len(pairs), 0.35))
        _draw_dial(dial, angle)
        dial.set_title(f"pair {i}\n{10.0**-i:g} rad a position", fontsize=9)
    distances = np.arange(FARTHEST + 1)
    scores = np.cos(clock_angles(distances.tolist())).sum(-1)
    curve = ax.inset_axes((0.08, 0.12, 0.9, 0.4))
    curve.plot(distances, scores, ".-", lw=0.8, ms=4, **OURS)
    curve.plot(distance, scores[distance], "o", ms=10, mfc="none", mew=2, color="black")
    above = {"xytext": (0, 9), "textcoords": "offset points", "ha": "center"}
    curve.annotate(f"distance {distance}", (distance, scores[distance]), **above)
    curve.set(xlabel="distance between query and key", ylabel="score", ylim=(-0.5, 5))
    curve.spines[["top", "right"]].set_visible(False)
    return ax


def _draw_dial(dial: Axes, angle: float) -> None:
    dial.plot(*_tip(np.linspace(0, 2 * np.pi)), lw=0.8, color=GREY)
    for turn, width, name, colour in ((0.0, 5, "k", GREY), (angle, 2, "q", BLUE)):
        arrow = {"arrowstyle": "-|>", "color": colour, "lw": width, "shrinkA": 0, "shrinkB": 0}
        dial.annotate("", _tip(turn), (0, 0), arrowprops=arrow)
        place = (0.3, -0.25) if name == "k" else 1.2 * _tip(turn)
        dial.text(*place, name, ha="center", va="center", color=colour)
    dial.set(xlim=(-1.4, 1.4), ylim=(-1.4, 1.4), aspect="equal")
    dial.axis("off")


def _tip(angle: float | np.ndarray) -> np.ndarray:
    return np.array([np.cos(angle), np.sin(angle)])


class RotaryClocks(Panel):
    """Move a query away from its key and see every pair of it turn."""

    def __init__(self, distance: int = 0):
        """Begin at this distance."""
        super().__init__({"distance": Knob("distance", 0, FARTHEST, distance)}, ("clocks",))

    def show(self, distance: int) -> tuple[str, dict[str, str]]:
        """Return the angles and the score in words, and the dials."""
        angles = clock_angles([distance])[0]
        degrees = ", ".join(f"{round(float(np.degrees(a))) % 360}°" for a in angles)
        summary = f"Distance {distance}: the pairs have turned by {degrees}; "
        summary += f"score {np.cos(angles).sum():.2f} of {len(angles)}."
        return summary, {"clocks": picture(draw_clocks, distance, alt=summary)}
