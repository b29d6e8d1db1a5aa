"""The depth grid as a panel: choose a row and the operations, see what depth does."""

from collections.abc import Mapping, Sequence
from statistics import fmean

from matplotlib.axes import Axes

from course_lib.studio.panel import Choice, Knob, Panel, picture
from course_lib.studio.plots import BLUE, OURS, axes
from course_lib.studio.sweep_report import by_shape


class DepthGrid(Panel):
    """Share solved over layers at one op; a dot for each seed."""

    def __init__(self, cells: Sequence[Mapping], op: int):
        """Begin with the first row of these results."""
        self.cells = list(cells)
        largest = max(int(op) for cell in cells for op in cell["by_op"])
        rows = dict.fromkeys(cell["row"] for cell in cells)
        knobs: dict[str, Knob | Choice] = {
            "row": Choice("row", next(iter(rows)), rows),
            "op": Knob("op", 1, largest, op),
        }
        super().__init__(knobs, ("picture",))

    def show(self, row: str, op: int) -> tuple[str, dict[str, str]]:
        """Return the shares in words, and their picture."""
        shares = shares_by_depth(self.cells, row, op)
        told = "; ".join(f"{layers} layers {fmean(x):.0%}" for layers, x in shares.items())
        summary = f"Row {row}, op {op}, mean over {len(next(iter(shares.values())))} seeds: {told}."
        return summary, {"picture": picture(draw_by_depth, self.cells, row, op, alt=summary)}


def shares_by_depth(cells: Sequence[Mapping], row: str, op: int) -> dict[int, list[float]]:
    """For each number of layers the share solved by each seed's model."""
    return {
        layers: [cell["by_op"][str(op)]["accuracy"] for cell in part]
        for (name, layers, _), part in by_shape(cells).items()
        if name == row
    }


def draw_by_depth(cells: Sequence[Mapping], row: str, op: int, ax: Axes | None = None) -> Axes:
    """A dot for each model, and a line through the means."""
    ax = axes(5, 3) if ax is None else ax
    shares = shares_by_depth(cells, row, op)
    ax.plot(shares.keys(), [fmean(x) for x in shares.values()], label="mean", **OURS)
    for layers, found in shares.items():
        ax.plot([layers] * len(found), found, "o", color=BLUE, markersize=4, alpha=0.6)
    ax.set(xlabel="layers", ylabel="solved (share)", ylim=(-0.04, 1.04), title=f"{row}, op {op}")
    ax.set_xticks([*shares])
    return ax
