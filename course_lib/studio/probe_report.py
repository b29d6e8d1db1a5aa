"""The table of `course probe`: ours with all controls, beside the paper's."""

from collections.abc import Mapping

from course_lib.probes import TASKS
from course_lib.studio.paper import read_paper

COLUMNS = ("ours [95 %]", "majority", "random", "shuffled", "unnamed", "MCC", "paper", "majority")


def probe_table(figures: Mapping) -> str:
    """The figures of `course probe` as text: accuracies in percent."""
    tasks = figures["tasks"]
    lines = [_line("in distribution", COLUMNS + ("random",))]
    lines += [_line(name, _cells(name, part)) for name, part in tasks.items()]
    labels = sorted({label for part in tasks.values() for label in part["by_label"]}, key=int)
    lines += ["", f"{'by true label':16}" + "".join(f"{label:>8}" for label in labels)]
    for name, part in tasks.items():
        shares = part["by_label"]
        cells = (_percent(shares[label]) if label in shares else " " * 8 for label in labels)
        lines.append(f"{name:16}{''.join(cells)}".rstrip())
    lines.append("(0: no, 1: yes; of value the number itself, the largest label: not known)")
    ops = list(next(iter(tasks.values()))["by_op"])
    lines += ["", f"{'by op':16}" + "".join(f"{op:>8}" for op in ops) + f"{'reask':>8}"]
    for name, part in tasks.items():
        shares = [part["by_op"][op]["accuracy"] for op in ops] + [part["reask"]["accuracy"]]
        lines.append(f"{name:16}" + "".join(map(_percent, shares)))
    lines += ["", "A not necessary, by true label (the paper's level-2 evidence); paper"]
    for name in [name for name in ("dep", "can_next") if name in tasks]:
        labels = tasks[name]["unnecessary"].get("by_label", {})
        theirs = "".join(_percent(_paper_label(name, truth)) for truth in ("false", "true"))
        shares = "".join(_percent(labels.get(label)) for label in ("0", "1"))
        lines.append(f"{name:16}{shares}    {theirs}")
    return "\n".join([*lines, "", *_notes(figures)])


def _line(name: str, cells: tuple) -> str:
    return f"{name:16}{cells[0]:>20}" + "".join(f"{cell:>10}" for cell in cells[1:])


def _cells(name: str, part: Mapping) -> tuple:
    ours = f"{100 * part['pretrained']:.1f} [{100 * part['low']:.1f}, {100 * part['high']:.1f}]"
    controls = ("majority", "random_init", "shuffled", "unnamed")
    theirs = [paper_accuracy(name, model) for model in ("pretrained", "majority", "random_init")]
    return (
        *(ours, *(f"{100 * part[control]:.1f}" for control in controls)),
        *(f"{part['mcc']:.2f}", *theirs),
    )


def _percent(share: float | None) -> str:
    return f"{'–' if share is None else format(100 * share, '.1f'):>8}"


def paper_accuracy(task: str, model: str) -> str:
    """The paper's percentage on med, op≤15, question last."""
    for row in read_paper("probing_fig7a.csv"):
        if (row["task"], row["model"]) == (task, model) and row["order"] in ("", "pq"):
            if (row["dataset"], row["op"]) == ("med", "op≤15"):
                return row["accuracy_percent"]
    return "–"


def _paper_label(task: str, label: str) -> float | None:
    wanted = dict(task=task, true_label=label, restricted_to="unnecessary_only", order="pq")
    wanted |= dict(query="fresh", dataset="med", op="op≤15")
    for row in read_paper("probing_by_label_fig7b_fig12.csv"):
        if wanted.items() <= row.items():
            return float(row["accuracy_percent"]) / 100
    return None


def _notes(figures: Mapping) -> list[str]:
    meanings = "; ".join(f"{name}: {TASKS[name].meaning}" for name in figures["tasks"])
    return [
        meanings + ".",
        "Controls: always the commonest answer; the same probe on a model with random weights; on",
        "labels drawn by lot for each name; not told which parameter is meant. The paper's: med,",
        "op≤15, 124 M numbers. Intervals count problems, since answers about one go together.",
        f"{figures['seconds']} seconds.",
    ]
