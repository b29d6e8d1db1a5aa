"""A warning light: a number that should be high where a mistake is made, or is to come."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from course_lib.lm.evaluation import interval
from course_lib.lm.tokenizer import Tokenizer
from course_lib.probes.diagnosis import Sentence
from course_lib.probes.examination import Belief
from course_lib.probes.trace import UNKNOWN, Trace, beliefs_along
from course_lib.probes.vprobe import VProbe

RESAMPLES = 300  # of the bootstrap
THRESHOLD = 0.5  # from which a light is on


class Signal(NamedTuple):
    """How bright a light is, and whether it should be."""

    brightness: float  # 0 to 1
    wrong: bool
    kin: tuple  # only signals of the same kin are compared by `area`
    group: int  # signals of one solution, which rise and fall together


def yes(belief: Belief) -> float:
    """The probability of "yes" by a probe with two answers."""
    return belief.probability if belief.answer == 1 else 1 - belief.probability


def lights(sentences: Iterable[Sentence]) -> dict[str, list[Signal]]:
    """Lights that shine on each parameter as it is named; kin are those of equal op.

    By `can_next` and by `nece_next` (the probability of "no"), by the brighter of the two, and by
    the model's own doubt, which needs no probe.
    """
    found: dict[str, list[Signal]] = {}
    for sentence in sentences:
        doubts = {task: 1 - yes(sentence.beliefs[task]) for task in ("can_next", "nece_next")}
        doubts |= {"either": max(doubts.values()), "own": sentence.own_doubt}
        fate = sentence.wrong, (sentence.trace.problem.op,), id(sentence.trace)
        for name, brightness in doubts.items():
            found.setdefault(name, []).append(Signal(brightness, *fate))
    return found


def ahead(probe: VProbe, tokenizer: Tokenizer, traces: Iterable[Trace]) -> dict[int, list[Signal]]:
    """By lead (sentences before a mistake), how much the probe believes in what will go wrong.

    At each moment before the mistake, all parameters of which the probe should say no (kin), among
    them the one that will be the first wrong: is "yes" likelier for that one?
    """
    found: dict[int, list[Signal]] = {}
    for trace in traces:
        end = trace.wrong_step
        if end is None or trace.written[end] == UNKNOWN:
            continue
        moments = beliefs_along(probe, tokenizer, trace)[: end + 1]
        if moments[-1][trace.written[end]].truth == 1:  # rightly chosen
            continue
        for step, moment in enumerate(moments):
            for p, belief in enumerate(moment):
                if belief.truth == 0:
                    fate = p == trace.written[end], (id(trace), step), id(trace)
                    found.setdefault(end - step, []).append(Signal(yes(belief), *fate))
    return dict(sorted(found.items()))


def roc(signals: Sequence[Signal]) -> tuple[np.ndarray, np.ndarray]:
    """False alarms and hits (shares of the right and of the wrong) as the threshold falls."""
    wrong = np.array([signal.wrong for signal in signals])
    brightness = np.array([signal.brightness for signal in signals])
    order = np.argsort(-brightness, kind="stable")
    last = np.append(np.diff(brightness[order]) != 0, True)  # ties change sides together
    counts = np.cumsum(~wrong[order])[last], np.cumsum(wrong[order])[last]
    false_alarms, hits = (np.append(0, count / max(count[-1], 1)) for count in counts)
    return false_alarms, hits


def area(signals: Iterable[Signal]) -> float | None:
    """Share of pairs of kin, one wrong and one right, in which the wrong one is brighter.

    The area under the curve among kin; a tie counts half; None without such a pair.
    """
    better, pairs = _pairs(signals)
    return better / pairs if pairs else None


def _pairs(signals: Iterable[Signal]) -> np.ndarray:
    """How many pairs have the wrong one brighter, and how many there are."""
    kin: dict[tuple, tuple[list, list]] = {}
    for signal in signals:
        kin.setdefault(signal.kin, ([], []))[not signal.wrong].append(signal.brightness)
    total = np.zeros(2)
    for wrong, right in kin.values():
        right = np.sort(right)
        below = np.searchsorted(right, wrong, "left") + np.searchsorted(right, wrong, "right")
        total += below.sum() / 2, len(wrong) * len(right)
    return total


def area_with_interval(signals: Sequence[Signal], seed: int = 0) -> dict:
    """`area` with a 95 % interval (bootstrap of solutions), and how many signals are wrong."""
    groups: dict[int, list[Signal]] = {}
    for signal in signals:
        groups.setdefault(signal.group, []).append(signal)
    parts, rng = list(groups.values()), np.random.default_rng(seed)
    draws = rng.integers(len(parts), size=(RESAMPLES, len(parts))) if parts else []
    areas = (area(signal for i in drawn for signal in parts[i]) for drawn in draws)
    found = [x for x in areas if x is not None]
    low, high = np.quantile(found, [0.025, 0.975]).round(4).tolist() if found else (0.0, 1.0)
    whole = area(signals)
    return {
        "area": None if whole is None else round(float(whole), 4),
        **{"low": low, "high": high, "n": len(signals)},
        "wrong": sum(signal.wrong for signal in signals),
    }


def alarms(signals: Sequence[Signal], threshold: float = THRESHOLD) -> dict[str, Mapping]:
    """Precision, recall and false alarms of a light that goes on at a threshold."""
    lit = [signal.wrong for signal in signals if signal.brightness >= threshold]
    wrong = sum(signal.wrong for signal in signals)
    return {
        "precision": interval("share", sum(lit), len(lit)),
        "recall": interval("share", sum(lit), wrong),
        "false_alarms": interval("share", len(lit) - sum(lit), len(signals) - wrong),
    }
