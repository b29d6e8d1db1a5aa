"""A warning light: a number that should be high where a mistake is made, or is to come."""

from collections.abc import Hashable, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from course_lib.lm.tokenizer import Tokenizer
from course_lib.probes.diagnosis import Sentence
from course_lib.probes.examination import Belief, clustered
from course_lib.probes.trace import UNKNOWN, Trace, beliefs_along
from course_lib.probes.vprobe import VProbe

RESAMPLES = 300  # of the bootstrap
THRESHOLD = 0.5  # from which a light is on


class Signal(NamedTuple):
    """How bright a light is, and whether it should be."""

    brightness: float  # 0 to 1
    wrong: bool
    stratum: Hashable  # only signals of one stratum are compared by `area`
    solution: int  # signals of one solution rise and fall together


def yes(belief: Belief) -> float:
    """The probability of "yes" by a probe with two answers."""
    return belief.probability if belief.answer == 1 else 1 - belief.probability


def lights(sentences: Iterable[Sentence]) -> dict[str, list[Signal]]:
    """Lights that shine on each parameter as it is named; a stratum for each op.

    By `can_next` and by `nece_next` (the probability of "no"), by the brighter of the two, and by
    the model's own doubt, which needs no probe.
    """
    found: dict[str, list[Signal]] = {name: [] for name in ("can_next", "nece_next", "either")}
    for sentence in sentences:
        doubts = {task: 1 - yes(sentence.beliefs[task]) for task in ("can_next", "nece_next")}
        doubts |= {"either": max(doubts.values()), "own": sentence.own_doubt}
        rest = sentence.wrong, sentence.trace.problem.op, id(sentence.trace)
        for name, brightness in doubts.items():
            found.setdefault(name, []).append(Signal(brightness, *rest))
    return found


def beforehand(
    probe: VProbe, tokenizer: Tokenizer, traces: Iterable[Trace], *, mistakes: bool = True
) -> dict[int, list[Signal]]:
    """By lead, in sentences: how much the probe believes in what will be written, while it is not.

    At each moment before a first mistake, of all parameters that are not written yet, of which "no"
    is true, and which equally much is missing for (a stratum), one will be wrongly written: "wrong"
    in the signal. Is "yes" likelier for that one? Slips, whose parameter could be written, are left
    out. Without `mistakes` the same for what is *rightly* written that many sentences later, before
    any mistake: a control.
    """
    found: dict[int, list[Signal]] = {}
    for trace in traces:
        end = len(trace.written) if trace.wrong_step is None else trace.wrong_step
        steps: Iterable[int | None] = [trace.wrong_step] if mistakes else range(end)
        fates = [step for step in steps if step is not None and trace.written[step] != UNKNOWN]
        moments = beliefs_along(probe, tokenizer, trace) if fates else []
        for fate in fates:
            if mistakes and trace.written[fate] not in _still(trace, fate, moments[fate]):
                continue  # it could be written, or had been
            for step in range(fate + 1):
                signals = _rivals(trace, step, fate, moments[step])
                found.setdefault(fate - step, []).extend(signals)
    return {lead: found[lead] for lead in sorted(found) if found[lead]}


def _still(trace: Trace, step: int, moment: Sequence[Belief]) -> list[int]:
    """What is not written at a moment, and of which "no" is true: it could wrongly seem next."""
    return [p for p, b in enumerate(moment) if b.truth == 0 and p not in trace.written[:step]]


def _rivals(trace: Trace, step: int, fate: int, moment: Sequence[Belief]) -> list[Signal]:
    """Of what could wrongly seem next, what will be written and all that lacks equally much."""
    still, chosen = _still(trace, step, moment), trace.written[fate]
    if chosen not in still:
        return []
    short, stratum = trace.missing(step, chosen), (id(trace), step, fate)
    alike = [p for p in still if trace.missing(step, p) == short]
    if len(alike) == 1:  # alone it cannot be compared
        return []
    return [Signal(yes(moment[p]), p == chosen, stratum, id(trace)) for p in alike]


def roc(signals: Sequence[Signal]) -> tuple[np.ndarray, np.ndarray]:
    """False alarms and hits (shares of the right and of the wrong) as the threshold falls."""
    wrong = np.array([signal.wrong for signal in signals], dtype=bool)
    brightness = np.array([signal.brightness for signal in signals])
    order = np.argsort(-brightness, kind="stable")
    last = np.append(np.diff(brightness[order]) != 0, True)[: len(signals)]  # ties go together
    counts = np.cumsum(~wrong[order])[last], np.cumsum(wrong[order])[last]
    false_alarms, hits = (np.append(0, count / max(count[-1:].sum(), 1)) for count in counts)
    return false_alarms, hits


def area(signals: Iterable[Signal]) -> float | None:
    """Share of pairs of a stratum, one wrong and one right, in which the wrong one is brighter.

    The area under the curve within strata; a tie counts half; None without such a pair.
    """
    better, pairs = _pairs(signals)
    return float(better / pairs) if pairs else None


def _pairs(signals: Iterable[Signal]) -> np.ndarray:
    """How many pairs have the wrong one brighter, and how many there are."""
    strata: dict[Hashable, tuple[list, list]] = {}
    for signal in signals:
        strata.setdefault(signal.stratum, ([], []))[not signal.wrong].append(signal.brightness)
    total = np.zeros(2)
    for wrong, right in strata.values():
        rising = np.sort(right)
        below = np.searchsorted(rising, wrong, "left") + np.searchsorted(rising, wrong, "right")
        total += below.sum() / 2, len(wrong) * len(right)
    return total


def area_with_interval(signals: Sequence[Signal], seed: int = 0) -> dict:
    """`area` with a 95 % interval (bootstrap of solutions), and how many signals are wrong."""
    groups: dict[int, list[Signal]] = {}
    for signal in signals:
        groups.setdefault(signal.solution, []).append(signal)
    parts, rng = list(groups.values()), np.random.default_rng(seed)
    draws = rng.integers(max(len(parts), 1), size=(RESAMPLES, len(parts)))
    strata = {(signal.stratum, signal.solution) for signal in signals}
    if len(strata) == len({stratum for stratum, _ in strata}):  # none spans solutions
        sums = np.array([_pairs(part) for part in parts]).reshape(-1, 2)[draws].sum(1)
        found = [better / pairs for better, pairs in sums if pairs]
    else:
        areas = (area(signal for i in drawn for signal in parts[i]) for drawn in draws)
        found = [x for x in areas if x is not None]
    low, high = np.quantile(found, [0.025, 0.975]).round(4).tolist() if found else (0.0, 1.0)
    whole = area(signals)
    return {
        "area": None if whole is None else round(whole, 4),
        **{"low": low, "high": high, "n": len(signals)},
        "wrong": sum(signal.wrong for signal in signals),
    }


def alarms(signals: Sequence[Signal], threshold: float = THRESHOLD) -> dict[str, dict]:
    """Precision, recall and false alarms of a light that goes on at a threshold.

    Shares with 95 % intervals that count solutions, of n cases of which `count` are true.
    """
    lit = [(signal, signal.brightness >= threshold) for signal in signals]
    cases = {
        "precision": [(signal.wrong, signal.solution) for signal, on in lit if on],
        "recall": [(on, signal.solution) for signal, on in lit if signal.wrong],
        "false_alarms": [(on, signal.solution) for signal, on in lit if not signal.wrong],
    }
    figures = {}
    for name, part in cases.items():
        share, low, high = clustered(part)
        count = sum(true for true, _ in part)
        figures[name] = {"share": share, "low": low, "high": high, "n": len(part), "count": count}
    return figures
