"""The tables of `course diagnose`, beside the paper's (its figure 8)."""

from collections.abc import Mapping

from course_lib.probes.diagnosis import EXPLANATIONS
from course_lib.probes.light import THRESHOLD
from course_lib.studio.curves import percent
from course_lib.studio.paper import read_paper

LIGHTS = {
    "can_next": "can_next says no",
    "nece_next": "nece_next says no",
    "either": "one of them says no",
    "own": "its own doubt, no probe",
}


def diagnosis_table(figures: Mapping) -> str:
    """The figures of `course diagnose` as text: shares in percent with 95 % intervals."""
    groups = figures["groups"]
    lines = [
        *_result_6a(groups),
        "",
        *_result_6b(groups),
        "",
        *_explained(figures["explained"]),
        "",
        *_lights(figures["light"]),
        "",
        *_ahead(figures["ahead"]),
        "",
        f"{figures['n']:,} problems a group, test split, seed {figures['seed']}; "
        f"{figures['seconds']} seconds. Percent [95 %] and number of cases.",
    ]
    return "\n".join(lines)


def _result_6a(groups: Mapping) -> list[str]:
    lines = ["6a  rightly computed though unnecessary: did nece hold it unnecessary beforehand?"]
    lines.append(_row("", "in correct solutions", "in any solution", "of any parameter", "solved"))
    for name, group in groups.items():
        shares = [_share(group[case]) for case in ("unnecessary", "unnecessary_anywhere")]
        lines.append(_row(name, *shares, _normal(group, "nece"), percent(group["solved"])))
    case = "written though unnecessary, pq reask beam1"
    for data in ("med", "hard"):
        lines.append(_row(f"paper, {data}, re-asked", paper_range("nece", case, data)))
    return lines


def _result_6b(groups: Mapping) -> list[str]:
    tasks = ("can_next", "nece_next")
    lines = ["6b  first wrong parameters of which the task is false: did the probe say so before?"]
    lines.append(_row("", *[text for task in tasks for text in (task, "of any parameter")]))
    for name, group in groups.items():
        pairs = ((_share(group[task]), _normal(group, task)) for task in tasks)
        lines.append(_row(name, *[cell for pair in pairs for cell in pair]))
    for data in ("med", "hard"):
        ranges = (paper_range(task, "first wrong, pq beam1", data) for task in tasks)
        cells = [cell for text in ranges for cell in (text, "")]
        lines.append(_row(f"paper, {data}, unseen op", *cells))
    return lines


def _explained(table: Mapping[str, Mapping[str, int]]) -> list[str]:
    lines = ["What was believed just before the first wrong parameter (solutions)"]
    lines.append(_counts("first error", EXPLANATIONS))
    for kind, counts in table.items():
        lines.append(_counts(kind, [counts[why] for why in EXPLANATIONS]))
    totals = [sum(counts[why] for counts in table.values()) for why in EXPLANATIONS]
    n = max(sum(totals), 1)
    lines.append(_counts("all", totals))
    return [*lines, _counts("", [f"{100 * total / n:.0f} %" for total in totals])]


def _lights(lights: Mapping) -> list[str]:
    measures = ("precision", "recall", "false_alarms")
    lines = [
        f"A warning light at each sentence; on from {THRESHOLD:g}; area among those of equal op"
    ]
    lines.append(_row("", "area under the curve", "precision", "recall", "false alarms"))
    for name, part in lights.items():
        cells = [_share(part[measure], "share") for measure in measures]
        lines.append(_row(LIGHTS[name], _area(part), *cells))
    return lines


def _ahead(tasks: Mapping) -> list[str]:
    lines = ["Ahead of it: of all with a false label, is the one to go wrong believed in more?"]
    lines.append(_row("area under the curve", *tasks))
    for lead in sorted({int(lead) for parts in tasks.values() for lead in parts}):
        cells = [_area(parts[str(lead)]) if str(lead) in parts else "" for parts in tasks.values()]
        lines.append(_row(f"{lead} sentences before", *cells))
    return lines


def _row(name: str, *cells) -> str:
    return f"{name:24}" + "".join(f"{cell!s:>27}" for cell in cells).rstrip()


def _counts(name: str, cells) -> str:
    return f"{name:20}" + "".join(f"{cell!s:>17}" for cell in cells)


def _share(part: Mapping, key: str = "accuracy") -> str:
    if not part["n"]:
        return "no case"
    share, low, high = (100 * part[name] for name in (key, "low", "high"))
    return f"{share:.1f} [{low:.1f}, {high:.1f}] {part['n']:5}"


def _area(part: Mapping) -> str:
    if part["area"] is None:
        return "no case"
    return f"{part['area']:.2f} [{part['low']:.2f}, {part['high']:.2f}] {part['wrong']:5}"


def _normal(group: Mapping, task: str) -> str:
    return percent(group["normal"][task]) if "normal" in group else ""


def paper_range(probe: str, case: str, dataset: str) -> str:
    """The paper's least and largest percentage over the ops of a case, such as "31.6 to 49.2"."""
    wanted = dict(probe=probe, case=case, dataset=dataset)
    rows = [row for row in read_paper("mistakes_fig8.csv") if wanted.items() <= row.items()]
    shares = sorted(float(row["probe_accuracy_percent"]) for row in rows)
    return f"{shares[0]} to {shares[-1]}"
