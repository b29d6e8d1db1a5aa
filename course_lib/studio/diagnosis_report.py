"""The tables of `course diagnose`, beside the paper's (its figure 8)."""

from collections.abc import Mapping

from course_lib.probes.diagnosis import EXPLANATIONS
from course_lib.probes.warning_light import THRESHOLD
from course_lib.studio.curves import percent
from course_lib.studio.mistakes import LIGHTS
from course_lib.studio.paper import read_paper


def diagnosis_table(figures: Mapping) -> str:
    """The figures of `course diagnose` as text: shares in percent with 95 % intervals."""
    groups = figures["groups"]
    lines = [
        *_result_6a(groups, figures["form"]),
        "",
        *_result_6b(groups, figures["form"]),
        "",
        *_explained(figures["explained"], figures["kinds"]),
        "",
        *_lights(figures["light"]),
        "",
        *_beforehand(figures["beforehand"]),
        "",
        f"{figures['n']:,} problems a group, test split, seed {figures['seed']}; "
        f"{figures['seconds']} seconds. Percent [95 %] and number of cases.",
    ]
    return "\n".join(lines)


def _result_6a(groups: Mapping, form: str) -> list[str]:
    lines = ["6a  rightly computed though unnecessary: did nece hold it unnecessary beforehand?"]
    lines.append(_row("", "in correct solutions", "in any solution", "usually", "solved"))
    for name, group in groups.items():
        shares = [_share(group[case]) for case in ("unnecessary", "unnecessary_anywhere")]
        lines.append(_row(name, *shares, _usual(group, "nece"), percent(group["solved"])))
    case = f"written though unnecessary, {form} reask beam1"
    for data in ("med", "hard"):
        lines.append(_row(f"paper, {data}, re-asked", paper_range("nece", case, data)))
    return lines


def _result_6b(groups: Mapping, form: str) -> list[str]:
    tasks = ("can_next", "nece_next")
    lines = ["6b  first wrong parameters of which the task is false: did the probe say so before?"]
    lines.append(_row("", *[text for task in tasks for text in (task, "usually")]))
    for name, group in groups.items():
        pairs = ((_share(group["first_wrong"][task]), _usual(group, task)) for task in tasks)
        lines.append(_row(name, *[cell for pair in pairs for cell in pair]))
    for data in ("med", "hard"):
        ranges = (paper_range(task, f"first wrong, {form} beam1", data) for task in tasks)
        cells = [cell for text in ranges for cell in (text, "")]
        lines.append(_row(f"paper, {data}, unseen op", *cells))
    return lines


def _explained(table: Mapping[str, Mapping[str, int]], kinds: Mapping) -> list[str]:
    lines = ["What was believed just before the first wrong parameter (solutions)"]
    lines.append(_counts("first error", EXPLANATIONS))
    for kind, counts in table.items():
        lines.append(_counts(kind, [counts[why] for why in EXPLANATIONS]))
    totals = [sum(counts[why] for counts in table.values()) for why in EXPLANATIONS]
    n = sum(totals)
    lines.append(_counts("all", totals))
    lines.append(_counts("", [f"{100 * total / max(n, 1):.0f} %" for total in totals]))
    wrong = sum(sum(part.values()) for kind, part in kinds.items() if kind != "right")
    return [*lines, f"In none of these rows: {wrong - n} that fail otherwise (end too early, say)."]


def _lights(lights: Mapping) -> list[str]:
    measures = ("precision", "recall", "false_alarms")
    lines = [f"A warning light at each sentence; on from {THRESHOLD:g}; area within equal op"]
    lines.append(_row("", "area under the curve", "precision", "recall", "false alarms"))
    for name, part in lights.items():
        cells = [_share(part[measure], "share") for measure in measures]
        lines.append(_row(LIGHTS[name][0], _area(part), *cells))
    return lines


def _beforehand(tasks: Mapping) -> list[str]:
    lines = ["Beforehand: of what is not next, is the one that will be written believed in more?"]
    columns = {
        f"{task}, {'wrongly' if name == 'mistakes' else 'rightly'}": parts
        for task, pair in tasks.items()
        for name, parts in pair.items()
    }
    lines.append(_row("area under the curve", *columns))
    for lead in sorted({lead for parts in columns.values() for lead in parts}, key=int):
        cells = [_area(parts[lead]) if lead in parts else "" for parts in columns.values()]
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


def _usual(group: Mapping, task: str) -> str:
    return percent(group["usual"][task]) if "usual" in group else ""


def paper_range(probe: str, case: str, dataset: str) -> str:
    """The paper's least and largest percentage over the ops of a case, such as "31.6 to 49.2"."""
    wanted = dict(probe=probe, case=case, dataset=dataset)
    rows = [row for row in read_paper("mistakes_fig8.csv") if wanted.items() <= row.items()]
    shares = sorted(float(row["probe_accuracy_percent"]) for row in rows)
    return f"{shares[0]} to {shares[-1]}"
