"""Figures of mistakes: their kinds, what explains them, and lights that warn of them."""

from collections.abc import Iterable, Mapping, Sequence

from matplotlib.axes import Axes

from course_lib.lm.error_kinds import first_errors
from course_lib.probes import Trace, light
from course_lib.probes.diagnosis import EXPLANATIONS
from course_lib.studio.plots import BLUE, CHANCE, GREEN, ORANGE, PURPLE, RED, axes

RARE = 0.02  # of all wrong solutions; rarer kinds are drawn as one
KIND_LOOKS = (
    *({"color": RED}, {"color": ORANGE, "hatch": "//"}, {"color": PURPLE, "hatch": "\\\\"}),
    *({"color": GREEN, "hatch": ".."}, {"color": BLUE, "hatch": "xx"}),
)
REST = {"color": "0.8", "hatch": "++"}
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
LIGHTS = {
    "can_next": ("can_next says no", {"color": BLUE}),
    "nece_next": ("nece_next says no", {"color": GREEN, "linestyle": "-."}),
    "either": ("one of them says no", {"color": PURPLE, "linestyle": "--"}),
    "own": ("its own doubt, no probe", {"color": "black", "linestyle": (0, (3, 1, 1, 1))}),
}
BEFOREHAND = {
    "mistakes": ("will be wrongly written", {"color": RED, "marker": "o"}),
    "control": ("will be rightly written", {"color": BLUE, "marker": "s", "linestyle": "--"}),
}


def draw_kinds(traces: Iterable[Trace], ax: Axes | None = None) -> Axes:
    """Share of wrong solutions over op, by the kind of the first error."""
    ax = axes(6.5, 3.4) if ax is None else ax
    table = first_errors(trace.attempt for trace in traces)
    ops = sorted({int(op) for counts in table.values() for op in counts})
    totals = {op: sum(counts.get(str(op), 0) for counts in table.values()) for op in ops}
    kinds = {kind: counts for kind, counts in table.items() if kind != "right"}
    wrong = sum(sum(counts.values()) for counts in kinds.values())
    common = sorted(
        (kind for kind in kinds if sum(kinds[kind].values()) >= RARE * wrong),
        key=lambda kind: -sum(kinds[kind].values()),
    )[: len(KIND_LOOKS)]
    rest: dict[str, int] = {}
    for kind in kinds.keys() - set(common):
        for op, n in kinds[kind].items():
            rest[op] = rest.get(op, 0) + n
    bars = [*zip(common, map(kinds.get, common), KIND_LOOKS, strict=False)]
    below = [0.0] * len(ops)
    for name, counts, look in [*bars, *([("other", rest, REST)] if rest else [])]:
        shares = [counts.get(str(op), 0) / totals[op] for op in ops]
        ax.bar(ops, shares, bottom=below, label=name, edgecolor="black", linewidth=0.5, **look)
        below = [a + b for a, b in zip(below, shares, strict=True)]
    ax.set(ylabel="wrong (share of solutions)", ylim=(0, 1.04), xlabel="operations")
    ax.set_xticks(ops, [f"{op}\nn={totals[op]}" for op in ops])
    ax.legend(title="first error", loc="upper left")
    return ax


def draw_explained(table: Mapping[str, Mapping[str, int]], ax: Axes | None = None) -> Axes:
    """What was believed before the first wrong parameter, a bar for each kind of error."""
    ax = axes(7, 0.9 + 0.45 * len(table)) if ax is None else ax
    kinds = [*table][::-1]
    left = [0] * len(kinds)
    for why, look in WHY_LOOKS.items():
        counts = [table[kind][why] for kind in kinds]
        ax.barh(kinds, counts, left=left, label=why, edgecolor="black", linewidth=0.5, **look)
        left = [a + b for a, b in zip(left, counts, strict=True)]
    ax.set(xlabel="solutions", ylabel="first error")
    ax.legend(loc="lower right", fontsize=8)
    return ax


def draw_roc(
    lights: Mapping[str, Sequence[light.Signal]],
    ax: Axes | None = None,
    threshold: float = light.THRESHOLD,
) -> Axes:
    """Mistakes found over false alarms as the threshold falls; a dot where it is `threshold`."""
    ax = axes(4.4, 4) if ax is None else ax
    for name, signals in lights.items():
        label, look = LIGHTS[name]
        ax.plot(*light.roc(signals), label=label, **look)
        found = light.alarms(signals, threshold)
        ax.plot(found["false_alarms"]["share"], found["recall"]["share"], "o", color=look["color"])
    ax.plot([0, 1], [0, 1], label="chance", **CHANCE)
    ax.set(xlabel="false alarms (share of right sentences)", ylabel="mistakes found (share)")
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    ax.legend(loc="lower right", fontsize=8)
    return ax


def draw_beforehand(
    areas: Mapping[str, Mapping[int, Mapping]], ax: Axes | None = None, fewest: int = 10
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
    ax.set(ylabel="area under the curve", ylim=(0.3, 1.02))
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.legend(loc="lower right", fontsize=8)
    return ax
