"""In which layer `nece` can be read, near the question and far from it (paper §6, Result 8)."""

from collections.abc import Iterable
from dataclasses import replace

from course_lib.igsm import Problem
from course_lib.igsm.orders import breadth_first
from course_lib.lm.model import GPT
from course_lib.lm.tokenizer import Tokenizer
from course_lib.probes.examination import Belief, examine, score
from course_lib.probes.store import train_or_load_probe
from course_lib.probes.vprobe import ProbeConfig


def distances(problem: Problem) -> dict[int, int]:
    """For each necessary parameter the fewest steps that lead from it to the question's, 0 itself.

    A step leads from an operand to what is computed from it.
    """
    found = {problem.query: 0}
    for p in breadth_first(problem.query, problem.definitions):
        for operand in problem.definitions[p].operands:
            found.setdefault(operand, found[p] + 1)
    return found


def read_layer(
    model: GPT,
    tokenizer: Tokenizer,
    config: ProbeConfig,
    layer: int,
    problems: list[Problem],
) -> dict:
    """What a probe of `nece` that reads this layer recalls, and how far to trust its yes.

    `recall` is by distance to the question (as text), over the parameters that are necessary;
    `precision` over those that the probe believes necessary, wherever they stand.
    """
    read = None if layer == len(model.blocks) else layer  # the last is what all probes read
    probe = train_or_load_probe(model, tokenizer, replace(config, layer=read))
    return recall_and_precision(examine(probe, tokenizer, problems))


def recall_and_precision(beliefs: Iterable[Belief]) -> dict:
    """Scores of beliefs in `nece`; see `read_layer`."""
    near: dict[int, list[Belief]] = {}
    believed = []
    for belief in beliefs:
        if belief.truth:
            steps = distances(belief.problem)[belief.query.parameters[0]]
            near.setdefault(steps, []).append(belief)
        if belief.answer:
            believed.append(belief)
    return {
        "recall": {str(t): _share(near[t]) for t in sorted(near)},
        "precision": _share(believed),
    }


def _share(beliefs: list[Belief]) -> dict:
    found = score(beliefs)
    return {name: found[name] for name in ("accuracy", "low", "high", "n")}
