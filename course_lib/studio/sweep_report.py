"""The depth grid as a table and as a figure, ours beside the paper's (its figure 9)."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import fmean

from matplotlib.axes import Axes

from course_lib.studio.paper import read_paper
from course_lib.studio.plots import CHANCE, OTHER, OURS, axes, beside, ranked

PAPER_OPS = ("op≤15", "15", "20", "21", "22", "23")


def sweep_table(figures: Mapping) -> str:
    """The cells that are done as text: percent solved, mean over seeds and their range."""
    groups = by_shape(figures["cells"])
    if not groups:
        none = f"No cell is done in {figures['folder']}: run `course sweep`."
        return "\n".join([none, *_rates(figures["rates"])])
    ops = list(next(iter(groups.values()))[0]["by_op"])
    lines = [_line("row", "layers", "width", "numbers", "rate", "seeds", "law", "range", *ops)]
    for (row, *_), cells in groups.items():
        one, shares = cells[0], [100 * cell["law"]["accuracy"] for cell in cells]
        means = (fmean(100 * cell["by_op"][op]["accuracy"] for cell in cells) for op in ops)
        lines.append(
            _line(
                *(row, one["layers"], one["width"], f"{one['parameters']:,}", f"{one['rate']:g}"),
                *(len(cells), f"{fmean(shares):.1f}", f"{min(shares):.0f}–{max(shares):.0f}"),
                *(f"{mean:.1f}" for mean in means),
            )
        )
    lines += ["", "the paper (med, question last)", _line("size", "layers", "width", *PAPER_OPS)]
    for (size, layers, width), theirs in paper_rows().items():
        lines.append(_line(size, layers, width, *(theirs[op] for op in PAPER_OPS)))
    lines += ["", *_rates(figures["rates"]), "", *_notes(figures)]
    return "\n".join(lines)


def _line(*cells) -> str:
    return f"{cells[0]!s:10}" + "".join(f"{cell!s:>9}" for cell in cells[1:])


def _rates(trials: Mapping[str, Mapping[str, float | None]]) -> list[str]:
    if not trials:
        return ["No rate was tried: all cells have that of the preset."]
    rates = sorted({rate for losses in trials.values() for rate in losses}, key=float)
    lines = ["loss of the first seed, by peak of the learning rate", _line("layers", *rates)]
    for depth, losses in trials.items():
        told = {r: "broke" if x is None else f"{x:.3f}" for r, x in losses.items()}
        lines.append(_line(depth, *(told.get(rate, "–") for rate in rates)))
    return lines


def _notes(figures: Mapping) -> list[str]:
    one = figures["cells"][0]
    return [
        f"{one['problems']:,} problems a cell, the same in the same order but for the seed; "
        f"{one['law']['n']} fresh",
        "test problems behind each figure of a cell. Numbers: of the blocks, without embeddings",
        "(the paper's size 1: 79 to 89 million). Ours are means over seeds, the paper's the best",
        "of two seeds and two decodings. The head start gives a single layer less than others.",
        "Every row takes the rate that was best at its depth in the row small.",
        f"One cell again: course sweep --only {one['cell']} --out runs/again",
    ]


def by_shape(cells: Sequence[Mapping]) -> dict[tuple, list[Mapping]]:
    """Cells that differ by their seed alone, by (row, layers, width)."""
    groups: dict[tuple, list] = {}
    for cell in cells:
        groups.setdefault((cell["row"], cell["layers"], cell["width"]), []).append(cell)
    return groups


def paper_rows(dataset: str = "med", order: str = "pq") -> dict[tuple, dict[str, float]]:
    """The paper's percentages by op, for each (size, layers, width)."""
    rows: dict[tuple, dict] = {}
    for row in read_paper("depth_fig9.csv"):
        if (row["dataset"], row["order"]) == (dataset, order):
            shape = int(row["size"]), int(row["layers"]), int(row["width"])
            rows.setdefault(shape, {})[row["op"]] = float(row["accuracy_percent"])
    return dict(sorted(rows.items()))


def draw_depth(cells: Sequence[Mapping], row: str = "small", ax: Axes | None = None) -> Axes:
    """Share solved over op, a line for each depth: mean over seeds, bars from least to most."""
    ax = axes(6, 3.4) if ax is None else ax
    groups = {key: part for key, part in by_shape(cells).items() if key[0] == row}
    for number, ((_, layers, width), part) in enumerate(groups.items()):
        ops = list(map(int, part[0]["by_op"]))
        shares = [[cell["by_op"][str(op)]["accuracy"] for cell in part] for op in ops]
        means, bars = _mean_and_range(shares)
        places, look = beside(ops, number, len(groups), 0.06), ranked(number, len(groups))
        ax.errorbar(places, means, bars, capsize=2, label=f"{layers} × {width}", **look)
    largest = max((cell["config"]["problem"]["max_op"] for cell in cells), default=0)
    return _finish(ax, largest)


PLANS = {  # by row: what is written before the solution, and its look
    "small": ("nothing", OURS | {"marker": "o"}),
    "filler": ("a filler, as long as the plan", CHANCE | {"marker": "s"}),
    "backward": ("the plan, from the question back", OTHER | {"marker": "^"}),
}


def draw_plans(cells: Sequence[Mapping], ax: Axes | None = None) -> Axes:
    """Share of the law that is solved over layers, a line for each thing written first."""
    ax = axes(5, 3) if ax is None else ax
    groups = by_shape(cells)
    depths = sorted({layers for row, layers, _ in groups if row == "backward"})
    for number, (row, (label, look)) in enumerate(PLANS.items()):
        parts = [part for (name, n, _), part in groups.items() if name == row and n in depths]
        shares = [[cell["law"]["accuracy"] for cell in part] for part in parts]
        places = beside([part[0]["layers"] for part in parts], number, len(PLANS), 0.04)
        ax.errorbar(places, *_mean_and_range(shares), capsize=2, label=label, **look)
    ax.set(xlabel="layers", ylabel="solved (share)", ylim=(-0.04, 1.04), xticks=depths)
    ax.legend(title="before the solution", fontsize=8)
    return ax


def _mean_and_range(shares: Sequence[Sequence[float]]) -> tuple[list[float], list[list[float]]]:
    means = [fmean(x) for x in shares]
    below = [mean - min(x) for mean, x in zip(means, shares, strict=True)]
    above = [max(x) - mean for mean, x in zip(means, shares, strict=True)]
    return means, [below, above]


def draw_paper_depth(size: int = 1, ax: Axes | None = None) -> Axes:
    """The paper's lines for `med` in the same style."""
    ax = axes(6, 3.4) if ax is None else ax
    ops = [int(op) for op in PAPER_OPS if op.isdecimal()]
    rows = {shape: shares for shape, shares in paper_rows().items() if shape[0] == size}
    for number, ((_, layers, width), shares) in enumerate(rows.items()):
        values = [shares[str(op)] / 100 for op in ops]
        ax.plot(ops, values, label=f"{layers} × {width}", **ranked(number, len(rows)))
    ax.set_xticks(ops)
    return _finish(ax, 15)


def _finish(ax: Axes, largest: int) -> Axes:
    """The frame of both figures; `largest` is the largest op of the training."""
    ax.axvline(largest + 0.5, color="grey", linewidth=0.8, linestyle=":")
    ax.set(xlabel="operations (dotted: the largest of the training)", ylabel="solved (share)")
    ax.set_ylim(-0.04, 1.04)
    ax.legend(title="layers × width", fontsize=8)
    return ax


def save_figure(cells: Sequence[Mapping], path: str | Path) -> str | Path:
    """Both figures side by side, as a PNG; returns its path."""
    left, right = axes(11, 3.6, columns=2)
    draw_depth(cells, ax=left).set_title("ours")
    draw_paper_depth(ax=right).set_title("the paper, size 1, med")
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    left.figure.savefig(path, dpi=120, format="png", metadata={"Software": None})
    return path
