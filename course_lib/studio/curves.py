"""Figures of training and accuracy, in the course's one style."""

import math
import os
import time
from collections.abc import Mapping
from io import BytesIO

import matplotlib as mpl
from IPython.display import Image, display
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter

from course_lib.lm import Run
from course_lib.studio.plots import CHANCE, OURS, STYLE, axes, ranked


def draw_learning_curve(run: Run, ax: Axes | None = None) -> Axes:
    """Loss (nats a token) over the problems read, with the loss of total ignorance."""
    ax = axes(7, 3.2) if ax is None else ax
    lines = run.history
    ax.plot([x["problems"] for x in lines], [x["loss"] for x in lines], label="this model", **OURS)
    ignorance = math.log(run.config.model.vocab_size)
    ax.axhline(ignorance, label="every token equally likely", **CHANCE)
    ax.set(xlabel="problems read", ylabel="loss (nats per token, log scale)", yscale="log")
    ax.yaxis.set_major_formatter("{x:g}")
    ax.yaxis.set_minor_formatter(NullFormatter())
    ax.legend(loc="best")  # curves jump where a training changes
    return ax


class LiveCurve:
    """Loss and accuracy while a training runs: `lm.train_or_load(config, on_progress=LiveCurve())`.

    One picture in the notebook that is drawn anew every few seconds and stays as it was at the end;
    only this last one with COURSE_QUIET=1, as in headless runs. Any run will do, a loaded one too.
    """

    def __init__(self, seconds: float = 10.0):
        """Wait so long between pictures; drawing one takes about a quarter of a second."""
        self.seconds, self.due = seconds, 0.0
        self.output = None  # where the picture is shown

    def __call__(self, run: Run) -> None:
        """Show the run as far as it got, if it is time."""
        quiet = os.environ.get("COURSE_QUIET") == "1"
        if run.going_on and (quiet or time.monotonic() < self.due):
            return
        image = Image(data=draw_training(run))
        if self.output is None:
            self.output = display(image, display_id=True)
        else:
            self.output.update(image)
        self.due = time.monotonic() + self.seconds


def draw_training(run: Run) -> bytes:
    """Learning curve and accuracy curve side by side, as a PNG."""
    figure, file = Figure(figsize=(11, 3.2), layout="constrained"), BytesIO()
    with mpl.rc_context(STYLE):
        left, right = figure.subplots(1, 2, sharex=True)
        draw_learning_curve(run, left)
        draw_accuracy_curve(run, right)
        figure.savefig(file, metadata={"Software": None})
    return file.getvalue()


def percent(figures: Mapping[str, float], key: str = "accuracy") -> str:
    """A share (with keys low and high) as text: percent with its 95 % interval."""
    if figures[key] is None:
        return "no case"
    share, low, high = (100 * figures[name] for name in (key, "low", "high"))
    return f"{share:5.1f} % [{low:.1f}, {high:.1f}]"


def draw_accuracy_curve(run: Run, ax: Axes | None = None) -> Axes:
    """Share of fresh problems solved, over the problems read, one line for each op."""
    ax = axes(7, 3.2) if ax is None else ax
    marked = [line for line in run.history if "by_op" in line]
    ops = sorted({int(op) for line in marked for op in line["by_op"]})
    for rank, op in enumerate(ops):
        points = [(x["problems"], x["by_op"][str(op)]) for x in marked if str(op) in x["by_op"]]
        ax.plot(*zip(*points, strict=True), label=op, **ranked(rank, len(ops)))
    ax.set(xlabel="problems read", ylabel="solved (share)", ylim=(-0.04, 1.04))
    if ops:
        ax.legend(title="op", loc="center left", bbox_to_anchor=(1, 0.5))
    return ax


def draw_accuracy(
    groups: Mapping[str, Mapping[str, float]],
    ax: Axes | None = None,
    *,
    chance: float | None = None,
    label: str = "ours, 95 % interval",
    shift: float = 0.0,
    **style,
) -> Axes:
    """Accuracy of each group (keys accuracy, low, high, n) with its 95 % interval, and of guessing.

    A second call with the same groups and axes adds a second series; `shift` moves it aside.
    """
    ax = axes(7, 3.2) if ax is None else ax
    places = [place + shift for place in range(len(groups))]
    shares = [group["accuracy"] for group in groups.values()]
    errors = [
        [group["accuracy"] - group["low"] for group in groups.values()],
        [group["high"] - group["accuracy"] for group in groups.values()],
    ]
    look = {"marker": "o", "linestyle": "none", "capsize": 3, **OURS, **style}
    ax.errorbar(places, shares, errors, label=label, **look)
    if chance is not None:
        ax.axhline(chance, label="guessing the answer", **CHANCE)
    ax.set(ylabel="solved (share)", ylim=(-0.04, 1.04), xlim=(-0.5, len(groups) - 0.5))
    ticks = [f"{name}\nn={group['n']}" for name, group in groups.items()]
    ax.set_xticks(range(len(groups)), ticks)
    ax.legend()
    return ax
