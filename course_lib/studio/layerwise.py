"""`course layers`: `nece` read off every layer, near the question and far from it (Result 8)."""

import json
import math
import os
import time
from argparse import Namespace
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace

import torch
from joblib import Parallel, delayed
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from course_lib import lm
from course_lib.igsm import Problem
from course_lib.lm.checkpoints import write_whole
from course_lib.lm.evaluation import APART
from course_lib.paths import DATA
from course_lib.probes import ProbeConfig, layers
from course_lib.provenance import provenance
from course_lib.studio.paper import read_paper
from course_lib.studio.plots import axes, beside, look_of_steps
from course_lib.studio.scales import BRIEF_PROBE


def run(options: Namespace, note: Callable[[str], None]) -> dict:
    """The figures of `course layers`, as values that JSON can hold."""
    begin = time.perf_counter()
    found = lm.load_checkpoint(options.checkpoint)
    depth = found.config.model.layers
    workers = options.workers or os.cpu_count() or 1
    jobs = (delayed(read)(options, layer) for layer in range(1, depth + 1))
    table = {}
    for layer, part in Parallel(workers, return_as="generator_unordered")(jobs):
        table[layer] = part
        left = (time.perf_counter() - begin) / len(table) * (depth - len(table)) / 60
        note(f"layer {layer} of {depth} is read; about {left:.0f} minutes left")
    figures = {
        **{"model": found.config.run_name, "depth": depth, "n": options.n, "seed": options.seed},
        "op": options.op or found.config.problem.max_op,
        "probe": asdict(probe_of(options)),
        "layers": {str(layer): table[layer] for layer in sorted(table)},
        "seconds": round(time.perf_counter() - begin),
    }
    if options.ship:
        text = json.dumps(figures | provenance(), indent=1) + "\n"
        path = DATA / "results" / f"{figures['model']}-layers.json"
        write_whole(path, lambda draft: draft.write_text(text, encoding="utf-8"))
    return figures


def read(options: Namespace, layer: int) -> tuple[int, dict]:
    """One layer; runs in a process of its own."""
    torch.set_num_threads(1)
    found = lm.load_checkpoint(options.checkpoint)
    problems = problems_of(found.config.problem, options)
    probe = probe_of(options)
    return layer, layers.read_layer(found.model, found.tokenizer, probe, layer, problems)


def probe_of(options: Namespace) -> ProbeConfig:
    """How the probe of each layer is trained."""
    return replace(BRIEF_PROBE, task="nece", **({"steps": options.steps} if options.steps else {}))


def problems_of(config, options: Namespace) -> list[Problem]:
    """Test problems of the op that is asked for, or the largest of the training."""
    hard = replace(config, split="test", op=options.op or config.max_op)
    return lm.draw_problems(hard, options.n, options.seed + APART)


def layers_table(figures: Mapping) -> str:
    """Recall (percent) by layer and distance, and precision."""
    table = figures["layers"]
    steps = sorted({int(t) for part in table.values() for t in part["recall"]})
    lines = [
        f"nece in {figures['model']} at op {figures['op']}: recall by distance, and precision",
        f"{'layer':>6}" + "".join(f"{f't = {t}':>10}" for t in steps) + f"{'precision':>12}",
    ]
    for layer, part in table.items():
        shares = [part["recall"].get(str(t), {"accuracy": None})["accuracy"] for t in steps]
        cells = "".join(f"{_percent(share):>10}" for share in shares)
        lines.append(f"{layer:>6}{cells}{_percent(part['precision']['accuracy']):>12}")
    counts = [next(iter(table.values()))["recall"].get(str(t), {"n": 0})["n"] for t in steps]
    lines.append(f"{'n':>6}" + "".join(f"{n:>10,}" for n in counts))
    return "\n".join([*lines, "", f"{figures['n']} problems."])


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f}"


def draw_layers(figures: Mapping, ax: Axes | None = None) -> Axes:
    """Recall over layers, a line for each distance with its 95 % interval; precision dashed."""
    ax = axes(6, 3.4) if ax is None else ax
    table = figures["layers"]
    at = list(map(int, table))
    steps = sorted({int(t) for part in table.values() for t in part["recall"]})
    for number, t in enumerate(steps):
        parts = [part["recall"][str(t)] for part in table.values()]
        shares = [part["accuracy"] for part in parts]
        bars = [
            [part["accuracy"] - part["low"] for part in parts],
            [part["high"] - part["accuracy"] for part in parts],
        ]
        label = f"{t}" + (" (the question's own)" if t == 0 else "")
        places = beside(at, number, len(steps), 0.02 * len(at))
        ax.errorbar(places, shares, bars, capsize=2, label=label, **look_of_steps(t))
    said = [part["precision"]["accuracy"] for part in table.values()]
    precision = [math.nan if share is None else share for share in said]  # it never said yes
    ax.plot(at, precision, color="black", linestyle="--", label="precision, all")
    _finish(ax, at[-1])
    return ax


def draw_paper_layers(depth: int = 20, op: str = "15", ax: Axes | None = None) -> Axes:
    """The paper's curves for `med`, question last (digitised; recall alone is given)."""
    ax = axes(6, 3.4) if ax is None else ax
    wanted = dict(depth=str(depth), size="1", dataset="med", order="pq", op=op)
    lines: dict[int, list] = {}
    for row in read_paper("layerwise_nece_fig10_fig14.csv"):
        if wanted.items() <= row.items():
            point = int(row["layer"]), float(row["recall_percent_digitised"]) / 100
            lines.setdefault(int(row["distance_to_query"]), []).append(point)
    for t, points in sorted(lines.items()):
        ax.plot(*zip(*points, strict=True), label=t, **look_of_steps(t))
    _finish(ax, depth)
    return ax


def _finish(ax: Axes, depth: int) -> None:
    ax.set(xlabel="layer that the probe reads", ylabel="recall of nece (share)")
    ax.set(ylim=(-0.04, 1.04), xlim=(0.5, depth + 0.5))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.legend(title="distance t", fontsize=7, loc="center left", bbox_to_anchor=(1, 0.5))
