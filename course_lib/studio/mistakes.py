"""Figures of mistakes: their kinds, what explains them, and lights that warn of them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes

from course_lib.lm import first_errors
from course_lib.probes import Trace, warning_light
from course_lib.probes.diagnosis import EXPLANATIONS
from course_lib.studio.plots import BLUE, CHANCE, GREEN, ORANGE, PURPLE, RED, axes

RARE = 0.02  # of all wrong solutions; rarer kinds are drawn as one
KIND_LOOKS = (
    *({"color": RED}, {"color": ORANGE, "hatch": "//"}, {"color": PURPLE, "hatch": "\\\\"}),
    *({"color": GREEN, "hatch": ".."}, {"color": BLUE, "hatch": "xx"}),
)
REST = {"color": "0.8", "hatch": "++"}
LABEL = {"facecolor": "white", "edgecolor": "none", "pad": 1.0}
OUTLINE = {"edgecolor": "black", "linewidth": 0.5}
WHY_LOOKS = dict(
    zip(
        EXPLANATIONS,
        (
            *({"color": RED}, {"color": ORANGE, "hatch": "//"}),
            *({"color": "0.75", "hatch": ".."}, {"color": "0.95", "hatch": ""}),
        ),
        strict=True,
    )
)
LIGHTS: dict[str, tuple[str, dict[str, Any]]] = {
    "can_next": ("can_next says no", {"color": BLUE}),
    "nece_next": ("nece_next says no", {"color": GREEN, "linestyle": "-."}),
    "either": ("one of them says no", {"color": PURPLE, "linestyle": "--"}),
    "own": ("its own doubt, no probe", {"color": "black", "linestyle": (0, (3, 1, 1, 1))}),
}
BEFOREHAND = {
    "mistakes": ("will be wrongly written", {"color": RED, "marker": "o"}),
    "control": ("will be rightly written", {"color": BLUE, "marker": "s", "linestyle": "--"}),
}


def draw_kinds(traces: Sequence[Trace], ax: Axes | None = None, fewest: int = 10) -> Axes:
    """Share of wrong solutions over op, by the kind of the first error.

    From the first op on that fewer solutions have, all are one bar; rare kinds are one colour.
    """
    ax = axes(7.5, 3.4) if ax is None else ax
    end = _first_rare(Counter(trace.attempt.problem.op for trace in traces), fewest)
    totals = Counter(min(trace.attempt.problem.op, end) for trace in traces)
    table = first_errors(trace.attempt for trace in traces)
    table.pop("right", None)
    kinds = Counter({kind: sum(counts.values()) for kind, counts in table.items()})
    common = [kind for kind, n in kinds.most_common(len(KIND_LOOKS)) if n >= RARE * kinds.total()]
    wrong: Counter[tuple[str, int]] = Counter()
    for kind, counts in table.items():
        for op, count in counts.items():
            wrong[kind if kind in common else "other", min(int(op), end)] += count
    shown = dict(zip(common, KIND_LOOKS, strict=False))
    if len(kinds) > len(common):
        shown["other"] = REST
    below = dict.fromkeys(totals, 0.0)
    for kind, look in shown.items():
        shares = {op: wrong[kind, op] / totals[op] for op in sorted(totals)}
        style = {"bottom": [below[op] for op in shares], "label": kind, **OUTLINE, **look}
        ax.bar(shares.keys(), shares.values(), **style)
        below = {op: below[op] + share for op, share in shares.items()}
    beyond = any(trace.attempt.problem.op > end for trace in traces)
    names = {op: f"{op}+" if beyond and op == end else f"{op}" for op in sorted(totals)}
    ax.set_xticks([*names], [f"{name}\nn={totals[op]}" for op, name in names.items()])
    ax.set(ylabel="wrong (share of solutions)", ylim=(0, 1.04), xlabel="operations")
    ax.legend(title="first error", loc="center left", bbox_to_anchor=(1, 0.5))
    return ax


def _first_rare(counts: Mapping[int, int], fewest: int) -> int:
    """The first op that fewer have, or the last of all."""
    rare = (op for op in range(min(counts), max(counts) + 1) if counts.get(op, 0) < fewest)
    return next(rare, max(counts))


def draw_explained(table: Mapping[str, Mapping[str, int]], ax: Axes | None = None) -> Axes:
    """What was believed before the first wrong parameter, a bar for each kind of error."""
    ax = axes(7, 0.9 + 0.45 * len(table)) if ax is None else ax
    kinds = [*table][::-1]
    left = [0] * len(kinds)
    longest = max((sum(counts.values()) for counts in table.values()), default=0)
    for why, look in WHY_LOOKS.items():
        counts = [table[kind][why] for kind in kinds]
        bars = ax.barh(kinds, counts, left=left, label=why, **OUTLINE, **look)
        texts = [n if n > 0.04 * longest else "" for n in counts]
        ax.bar_label(bars, texts, label_type="center", fontsize=8, bbox=LABEL)
        left = [a + b for a, b in zip(left, counts, strict=True)]
    ax.set(xlabel="solutions", ylabel="first error")
    ax.set_xlim(0, 1.04 * max(longest, 1))
    ax.legend(loc="lower right", fontsize=8)
    return ax


def draw_roc(
    lights: Mapping[str, Sequence[warning_light.Signal]],
    ax: Axes | None = None,
    threshold: float = warning_light.THRESHOLD,
) -> Axes:
    """Mistakes found over false alarms as the threshold falls; a dot where it is `threshold`."""
    ax = axes(4.4, 4) if ax is None else ax
    for name, signals in lights.items():
        label, look = LIGHTS[name]
        label = label if label.startswith(name) else f"{name}: {label}"
        ax.plot(*warning_light.roc(signals), label=label, **look)
        found = warning_light.alarms(signals, threshold)
        dot = found["false_alarms"]["share"], found["recall"]["share"]
        if None not in dot:  # there are mistakes and right sentences
            ax.plot(*dot, "o", color=look["color"])
    ax.plot([0, 1], [0, 1], label="chance", **CHANCE)
    ax.set(xlabel="false alarms (share of right sentences)", ylabel="mistakes found (share)")
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    ax.legend(loc="lower right", fontsize=8)
    return ax


def draw_beforehand(
    areas: Mapping[str, Mapping[int, Mapping]], ax: Axes | None = None, fewest: int = 20
) -> Axes:
    """Area under the curve (0.5 is chance) over sentences before, for mistakes and the control.

    `areas` is as from `diagnosing.beforehand`; figures that rest on fewer cases are left out.
    """
    ax = axes(5.5, 3.2) if ax is None else ax
    for name, (label, look) in BEFOREHAND.items():
        leads = [lead for lead, part in areas[name].items() if part["wrong"] >= fewest]
        parts = [areas[name][lead] for lead in leads]
        middle = [part["area"] for part in parts]
        bars = [
            [part["area"] - part["low"] for part in parts],
            [part["high"] - part["area"] for part in parts],
        ]
        places = [-lead for lead in leads]
        ax.errorbar(places, middle, bars, label=label, capsize=3, **look)
    ax.axhline(0.5, label="chance", **CHANCE)
    ax.set(xlabel="sentences before it is written (0: it comes now)")
    ax.set(ylabel="believed in more (share of comparisons)", ylim=(0.3, 1.02))
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.legend(loc="lower right", fontsize=8)
    return ax
