"""`course diagnose`: what the probes say of a model's own mistakes, from its shipped files."""

import random
import time
from argparse import Namespace
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

import torch

from course_lib import lm, probes
from course_lib.errors import CourseError
from course_lib.igsm import Problem, ProblemConfig
from course_lib.lm.checkpoints import Checkpoint
from course_lib.lm.errors_by_token import first_errors
from course_lib.lm.evaluation import APART, accuracy, reasked, tested_ops
from course_lib.probes import ProbeConfig, Sentence, Trace, VProbe, diagnosis, warning_light
from course_lib.studio.scales import PROBE

ASKED = ("nece", "can_next", "nece_next")
ABOUT_CHOICES = ASKED[1:]
USUAL = 200  # problems of a group behind the probes' usual scores
POINTS = 100  # of a curve that are kept
SAMPLE = 400  # solutions that are looked at moment by moment


def run(options: Namespace, note: Callable[[str], None]) -> dict:
    """The figures of `course diagnose`, as values that JSON can hold."""
    begin = time.perf_counter()
    torch.set_num_threads(1)
    found = lm.load_checkpoint(options.checkpoint)
    note("the probes are loaded, or trained where they are not there yet (some minutes each)")
    minds = load_probes(found)
    groups, sentences, traces = {}, [], []
    for name, problems in draw_groups(found.config.problem, options.n, options.seed).items():
        written = probes.traces(found.model, found.tokenizer, problems)
        read = probes.read_sentences(minds, found.model, found.tokenizer, written)
        groups[name] = group_figures(written, read) | {"usual": usual(minds, found, problems)}
        note(f"{name}: {groups[name]['solved']['accuracy']:.1%} of {len(problems)} are solved")
        sentences += read
        traces += written
    groups["all"] = group_figures(traces, sentences)
    return {
        "groups": groups,
        "form": found.config.problem.form,
        "kinds": first_errors(trace.attempt for trace in traces),
        "explained": explained(sentences),
        "light": light_figures(sentences),
        "beforehand": {
            task: beforehand(minds[task], found, traces, SAMPLE) for task in ABOUT_CHOICES
        },
        **{"n": options.n, "seed": options.seed, "seconds": round(time.perf_counter() - begin)},
    }


def load_probes(found: Checkpoint, config: ProbeConfig = PROBE) -> dict[str, VProbe]:
    """The three probes that are asked about mistakes, as shipped, or trained now."""
    wishes = {task: replace(config, task=task) for task in ASKED}
    return {
        task: probes.train_or_load_probe(found.model, found.tokenizer, wish)
        for task, wish in wishes.items()
    }


def draw_groups(config: ProblemConfig, n: int, seed: int) -> dict[str, list[Problem]]:
    """By name: n test problems of the law, re-asked ones, n of each op from the largest trained.

    An op that cannot be drawn is left out.
    """
    seed, law = seed + APART, replace(config, split="test")
    plain = lm.draw_problems(law, n, seed)
    groups = {f"op ≤ {config.max_op}": plain, "re-asked": reasked(plain, random.Random(seed))}
    for op in tested_ops(config):
        if op >= config.max_op:
            with suppress(CourseError):
                groups[f"op {op}"] = lm.draw_problems(replace(law, op=op), n, seed)
    return groups


def usual(minds: Mapping[str, VProbe], found: Checkpoint, problems: list[Problem]) -> dict:
    """Each probe's score on any parameters, along true solutions."""
    return {
        task: probes.score(probes.examine(probe, found.tokenizer, problems[:USUAL]))
        for task, probe in minds.items()
    }


def group_figures(traces: Sequence[Trace], sentences: Sequence[Sentence]) -> dict:
    """How many are solved, and both tables of Result 6: how often false was held for false.

    "unnecessary" is about correct solutions, as in the paper; "unnecessary_anywhere" also about
    others, before their first wrong sentence; "first_wrong" about those, by task.
    """
    wrong = [x.beliefs for x in sentences if x.wrong]
    in_vain = [x for x in sentences if x.unnecessary and not x.wrong]
    spotless = [x.beliefs["nece"] for x in in_vain if x.trace.attempt.correct]
    return {
        "solved": accuracy([trace.attempt for trace in traces]),
        "unnecessary": denied(spotless),
        "unnecessary_anywhere": denied([x.beliefs["nece"] for x in in_vain]),
        "first_wrong": {task: denied([x[task] for x in wrong]) for task in ABOUT_CHOICES},
    }


def denied(beliefs: list[probes.Belief]) -> dict:
    """How often the probe says no, where no is true."""
    return probes.score(beliefs, lambda belief: belief.truth == 0)


def explained(sentences: Sequence[Sentence]) -> dict[str, dict[str, int]]:
    """By kind of first error, how many have each of `diagnosis.EXPLANATIONS`."""
    table: dict[str, Counter] = {}
    for sentence in sentences:
        fault = sentence.trace.fault
        if sentence.wrong and fault:
            table.setdefault(fault.kind, Counter())[sentence.explanation] += 1
    kinds = sorted(table, key=lambda kind: -table[kind].total())
    return {kind: {why: table[kind][why] for why in diagnosis.EXPLANATIONS} for kind in kinds}


def light_figures(sentences: Sequence[Sentence]) -> dict:
    """By light: area under the curve, precision and recall, and some points of the curve."""
    figures = {}
    for name, signals in warning_light.lights(sentences).items():
        points = list(zip(*(x.round(4).tolist() for x in warning_light.roc(signals)), strict=True))
        kept = points[:: max(len(points) // POINTS, 1)] + points[-1:]
        figures[name] = (
            warning_light.area_with_interval(signals)
            | warning_light.alarms(signals)
            | {"roc": kept}
        )
    return figures


def beforehand(
    probe: VProbe, found: Checkpoint, traces: Sequence[Trace], most: int | None = None
) -> dict[str, dict]:
    """By lead, the area for what will be wrongly written, and for what will be rightly.

    Every moment is looked at: where `most` is given, of every k-th solution alone, so that `most`
    to twice as many are left.
    """
    wrong = [trace for trace in traces if trace.wrong_step is not None]
    figures = {}
    for name, part in (("mistakes", wrong), ("control", traces)):
        chosen = part[:: max(len(part) // most, 1)] if most else part
        signals = warning_light.beforehand(
            probe, found.tokenizer, chosen, mistakes=name == "mistakes"
        )
        figures[name] = {lead: warning_light.area_with_interval(signals[lead]) for lead in signals}
    return figures
