"""The long table of an evaluation: ours beside the paper's and an independent re-training's.

Those two trained on `med` (op up to 15), we on smaller worlds: an op of ours stands beside the op
of theirs that is as many times the largest training op, within `CLOSE`.
"""

from collections.abc import Mapping

from course_lib.studio.curves import percent
from course_lib.studio.paper import read_paper

MED_OP = 15
CLOSE = 0.05
NOTHING = "–"


def evaluation_table(figures: Mapping) -> str:
    """The figures of `lm.evaluate` as a text of some forty lines."""
    paper, again = _paper_accuracy(figures["form"]), _retraining(figures["form"])
    largest, by_op = figures["train_max_op"], figures["by_op"]

    def beside(place: str) -> tuple[str, str]:
        return paper.get(place, NOTHING), again.get(place, NOTHING)

    rows = [
        ("in distribution, test split", percent(figures["in_distribution"]), *beside("op≤15")),
        *_new_templates(figures),
        ("in distribution, training split", percent(figures["known_templates"])),
        ("another question (reask)", percent(figures["reask"]), *beside("op=20 reask")),
        (f"  of these op≤{largest}", percent(figures["reask_up_to_max_op"])),
        *_smaller_world(figures["smaller_world"]),
        ("by op, test split",),
    ]
    for op, part in by_op.items():
        twin = beside(_twin(int(op), largest))
        rows.append((_place(int(op), largest), percent(part), *twin, part["templates"]))
    rows.append(("by op, training split",))
    for op, part in figures["known_by_op"].items():
        rows.append((_place(int(op), largest), percent(part), "", "", part["templates"]))
    lines = [_line("", "ours [95 %]", "paper", "re-training", "templates")]
    lines += [_line(*row) for row in rows]
    lines += ["", _line("in correct solutions", "ours", "paper"), *_redundancy_lines(figures)]
    return "\n".join([*lines, "", *_notes(figures)])


def _new_templates(figures: Mapping) -> list[tuple]:
    shared, part = figures["shared_op"], figures["new_templates"]
    if not shared or not part["n"]:
        return []
    return [(f"  of these op>{shared}: new templates", percent(part), "", "", part["n"])]


def _smaller_world(found: Mapping | None) -> list[tuple]:
    if found is None:
        return []
    return [
        (
            f"op≤{found['max_op']}, ≤{found['max_edges']} sentences",
            percent(found["in_distribution"]),
        ),
        (f"  op {found['max_op']:2}, the largest of these", percent(found["largest_op"])),
    ]


def _line(name: str, ours="", paper="", again="", templates="") -> str:
    return f"{name:38}{ours:>22}{paper:>16}{again:>16}{templates:>11}".rstrip()


def _place(op: int, largest: int) -> str:
    if op == largest:
        return f"  op {op:2}, the largest in training"
    return f"  op {op:2}" + (f", {op / largest:.2f} × the largest" if op > largest else "")


def _twin(op: int, largest: int) -> str:
    """The op of the med tests that is as far from 15 as `op` from the largest in training."""
    near = min((15, 20, 21, 22, 23), key=lambda other: abs(other / MED_OP - op / largest))
    return f"op={near}" if abs(near / MED_OP - op / largest) <= CLOSE else ""


def _paper_accuracy(form: str) -> dict[str, str]:
    cells = {}
    for row in read_paper("accuracy_fig3.csv"):
        if (row["dataset"], row["order"], row["decoding"]) == ("med", form, "beam1"):
            op = row["op"] if row["op"].startswith("op") else f"op={row['op']}"
            place = f"{op} reask" if row["query"] == "reask" else op
            cells[place] = f"{row['accuracy_percent']} ({place.removesuffix(' reask')})"
    return cells


def _retraining(form: str) -> dict[str, str]:
    rows = read_paper("independent_retraining.csv")
    return {row["op"]: row["retraining_percent"] for row in rows if row["order"] == form}


def _redundancy_lines(figures: Mapping) -> list[str]:
    lines = []
    for query, found in (("fresh", figures), ("reask", figures["reask_redundancy"])):
        share = found["level1_share"]
        level1 = percent(share, "share") if share["n"] else "none correct"
        lines.append(_line(f"{query}: nothing unnecessary (level-1)", level1, NOTHING))
        for counted in ("parameters", "operations"):
            mean, margin = (found[f"unnecessary_{counted}{end}"] for end in ("", "_margin"))
            spread = "" if margin is None else f" ± {margin:.3f}"
            ours = "none correct" if mean is None else f"{mean:.3f}{spread}"
            theirs = _paper_redundancy(figures["form"], query, counted)
            lines.append(_line(f"{query}: unnecessary {counted}", ours, theirs))
    return lines


def _paper_redundancy(form: str, query: str, counted: str) -> str:
    wanted = dict(dataset="med", order=form, op="op≤15", query=query, counted=counted)
    for row in read_paper("redundancy_fig4.csv"):
        if wanted.items() <= row.items():
            return f"{row['unnecessary_per_correct_solution']} (op≤15)"
    return NOTHING


def _notes(figures: Mapping) -> list[str]:
    counts = sorted({part["n"] for part in figures["by_op"].values()})
    lines = [
        f"{figures['in_distribution']['n']:,} problems a figure; by op "
        f"{' or '.join(f'{n:,}' for n in counts)}. Every step and the answer must be right.",
        "Paper and re-training: 124 M numbers, med (op≤15, mod 23), new templates; reask at op=20.",
    ]
    if shared := figures["shared_op"]:
        lines[1:1] = [
            f"Up to op {shared} there are few templates, and both splits have all of them; above, "
            "those of the test split are new.",
        ]
    elif "1" in figures["law"]:
        lines[1:1] = [
            f"{figures['law']['1']:.0%} of the problems with new templates have op 1, all of one "
            "kind (a category of which",
            "an item has nothing): the first line rests on it, so read it by op.",
        ]
    return lines


def errors_table(figures: Mapping) -> str:
    """The figures of `lm.find_errors` as text: errors by op, in percent of tokens and as counts."""
    tokens = {
        kind: {op: f"{100 * part['error']:.1f}" for op, part in parts.items()}
        for kind, parts in figures["tokens"].items()
    }
    return "\n".join(
        [
            *_by_op_lines("wrong tokens (%), given all before, op", tokens),
            "",
            *_by_op_lines("free solutions by first error, op", figures["first_errors"]),
        ]
    )


def _by_op_lines(title: str, table: Mapping[str, Mapping]) -> list[str]:
    ops = sorted({int(op) for parts in table.values() for op in parts})
    lines = [f"{title:40}" + "".join(f"{op:>7}" for op in ops)]
    for name, parts in table.items():
        lines.append(f"{name:40}" + "".join(f"{parts.get(str(op), '.'):>7}" for op in ops))
    return lines
